using System.Diagnostics;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using LoginEtl.Sandbox.Servers;
using LoginEtl.Telemetry;
using LoginEtl.Unit.Fixtures;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using Xunit;
using YamlDotNet.Serialization;
using YamlDotNet.Serialization.NamingConventions;

namespace LoginEtl.Unit.Deploy;

/// <summary>The dashboard and the alerts ask for what there is, by the names that OpenTelemetry's exporter for Prometheus gives it.</summary>
public sealed partial class DashboardTests
{
    // What Prometheus adds: the scraped worker, and a bucket's bound.
    private static readonly string[] s_added = ["instance", "le"];

    [Fact]
    public async Task Dashboard_and_alerts_name_metrics_and_labels_that_there_are()
    {
        var labels = await ScrapeAsync();
        Assert.InRange(labels.Count, 15, 100);
        var expressions = Dashboard().Concat(Alerts().Select(a => a.Expr!)).ToList();
        Assert.InRange(expressions.Count, 20, 200);
        var used = new HashSet<string>(StringComparer.Ordinal);
        foreach (var expression in expressions)
        {
            var names = Metric().Matches(expression).Select(m => m.Value).Where(n => !labels.Values.Any(l => l.Contains(n))).ToHashSet(StringComparer.Ordinal);
            Assert.NotEmpty(names);
            Assert.All(names, n => Assert.True(labels.ContainsKey(n), $"{n} in {expression}"));
            var known = names.SelectMany(n => labels[n]).Concat(s_added).ToHashSet(StringComparer.Ordinal);
            Assert.All(Labels(expression), l => Assert.True(known.Contains(l), $"{l} in {expression}"));
            used.UnionWith(names);
        }

        // Nothing that is measured is left out of the dashboard.
        var shown = Dashboard().SelectMany(e => Metric().Matches(e).Select(m => m.Value)).ToHashSet(StringComparer.Ordinal);
        var families = labels.Keys.Select(Family).Distinct().Where(f => f != "login_etl_messages_received_total");
        Assert.Empty(families.Except(shown.Select(Family)));
    }

    [Fact]
    public void Panels_have_a_place_of_their_own_and_say_what_they_show()
    {
        var panels = Json()["panels"]!.AsArray();
        Assert.Equal(panels.Count, panels.Select(p => (int)p!["id"]!).Distinct().Count());
        var cells = panels.SelectMany(p => Cells(p!["gridPos"]!)).ToList();
        Assert.Equal(cells.Count, cells.Distinct().Count());
        Assert.All(cells, c => Assert.InRange(c.X, 0, 23));
        Assert.All(panels, p => Assert.NotEqual("", (string?)p!["description"] ?? ""));
        Assert.All(panels, p => Assert.Equal("${source}", (string?)p!["datasource"]!["uid"]));
    }

    [Fact]
    public void Alerts_say_what_is_the_matter_and_what_to_do()
    {
        var alerts = Alerts();
        Assert.Equal(alerts.Count, alerts.Select(a => a.Alert).Distinct().Count());
        Assert.All(alerts, a => Assert.Contains(a.Labels!["severity"], new[] { "warning", "critical" }));
        Assert.All(alerts, a => Assert.Equal(["action", "summary"], a.Annotations!.Keys.Order(StringComparer.Ordinal)));
        // What a text shows of a label, the alert's own expression keeps.
        foreach (var alert in alerts)
        {
            Assert.All(Shown().Matches(string.Join(' ', alert.Annotations!.Values)).Select(m => m.Groups[1].Value), l => Assert.Contains(l, alert.Expr!, StringComparison.Ordinal));
        }
    }

    // Metrics by the names of their samples, and the labels that these have.
    private static async Task<Dictionary<string, HashSet<string>>> ScrapeAsync()
    {
        var port = FreePort.Next();
        using var provider = Sdk.CreateMeterProviderBuilder().AddMeter(RunMetrics.Name)
            .AddPrometheusHttpListener(o => (o.Host, o.Port) = ("127.0.0.1", port)).Build();
        var run = new RunGauges("q", () => [(RunMetrics.Received, 2), (RunMetrics.Undeleted, 1), ("written", 1), ("lapsed", 1)])
        {
            Held = () => 1,
            HeldBytes = () => 1,
            Stalled = () => 1,
            Backlog = () => 1,
            State = () => RunMetrics.Receiving,
        };
        RunMetrics.Begin(run);
        try
        {
            RunMetrics.Rejected("invalid_json");
            RunMetrics.Written("q", TimeSpan.FromSeconds(1));
            RunMetrics.Committed(1, TimeSpan.FromSeconds(1));
            RunMetrics.Extended("q", 1);
            RunMetrics.Retried(RunMetrics.OfQueue, "Unavailable");
            RunMetrics.Called("ReceiveMessage", Stopwatch.GetTimestamp(), "Throttled");
            using var http = new HttpClient();
            var text = await http.GetStringAsync(new Uri($"http://127.0.0.1:{port}/metrics"), TestContext.Current.CancellationToken);
            return text.Split('\n').Where(l => l.StartsWith("login_etl_", StringComparison.Ordinal))
                .Select(l => (Name: Metric().Match(l).Value, Labels: l.Contains('{', StringComparison.Ordinal) ? Label().Matches(l[l.IndexOf('{', StringComparison.Ordinal)..]).Select(m => m.Groups[1].Value) : []))
                .GroupBy(s => s.Name).ToDictionary(g => g.Key, g => g.SelectMany(s => s.Labels).ToHashSet(StringComparer.Ordinal), StringComparer.Ordinal);
        }
        finally
        {
            RunMetrics.End(run);
        }
    }

    private static JsonNode Json() => JsonNode.Parse(File.ReadAllText(Repository.PathOf("deploy/observability/grafana.json")))!;

    private static IEnumerable<string> Dashboard() =>
        [
            .. Json()["panels"]!.AsArray().SelectMany(p => p!["targets"]!.AsArray()).Select(t => (string)t!["expr"]!),
            .. Json()["templating"]!["list"]!.AsArray().Select(v => v!["query"] is JsonObject query ? (string)query["query"]! : "").Where(q => q.Length > 0),
        ];

    private static List<Rule> Alerts() => [.. new DeserializerBuilder().WithNamingConvention(UnderscoredNamingConvention.Instance).WithDuplicateKeyChecking().Build()
        .Deserialize<RuleFile>(File.ReadAllText(Repository.PathOf("deploy/observability/prometheus-rules.yaml"))).Groups!.SelectMany(g => g.Rules!)];

    private static IEnumerable<string> Labels(string expression) =>
        Matchers().Matches(expression).SelectMany(m => Label().Matches(m.Value).Select(l => l.Groups[1].Value))
            .Concat(Grouping().Matches(expression).SelectMany(m => m.Groups[1].Value.Split(',', StringSplitOptions.TrimEntries)))
            .Concat(Values().Matches(expression).Select(m => m.Groups[1].Value));

    private static string Family(string sample) => HistogramPart().Replace(sample, "");

    private static IEnumerable<(int X, int Y)> Cells(JsonNode at) =>
        from x in Enumerable.Range((int)at["x"]!, (int)at["w"]!) from y in Enumerable.Range((int)at["y"]!, (int)at["h"]!) select (x, y);

    [GeneratedRegex("login_etl_[a-z_]+")]
    private static partial Regex Metric();

    [GeneratedRegex("([a-z_]+)(?:=~|!=|=)\"")]
    private static partial Regex Label();

    [GeneratedRegex(@"\{[^}]*\}")]
    private static partial Regex Matchers();

    [GeneratedRegex(@"\b(?:by|on) ?\(([^)]*)\)")]
    private static partial Regex Grouping();

    [GeneratedRegex(@"label_values\([a-z_]+, ([a-z_]+)\)")]
    private static partial Regex Values();

    [GeneratedRegex(@"\$labels\.([a-z_]+)")]
    private static partial Regex Shown();

    [GeneratedRegex("_(?:bucket|sum|count)$")]
    private static partial Regex HistogramPart();

    // As Prometheus reads rules; an unknown member is a fault.
    private sealed class RuleFile
    {
        public List<RuleGroup>? Groups { get; set; }
    }

    private sealed class RuleGroup
    {
        public string? Name { get; set; }

        public List<Rule>? Rules { get; set; }
    }

    private sealed class Rule
    {
        public string? Alert { get; set; }

        public string? Expr { get; set; }

        public string? For { get; set; }

        public Dictionary<string, string>? Labels { get; set; }

        public Dictionary<string, string>? Annotations { get; set; }
    }
}
