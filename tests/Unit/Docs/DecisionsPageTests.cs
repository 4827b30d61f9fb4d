using System.Text.RegularExpressions;
using LoginEtl.Unit.Aws;
using LoginEtl.Unit.Core;
using LoginEtl.Unit.Fixtures;
using LoginEtl.Unit.Postgres;
using Xunit;

namespace LoginEtl.Unit.Docs;

/// <summary>The commands of docs/decisions.md, run in their order in one session.</summary>
public sealed partial class DecisionsPageTests(ServersFixture servers) : IDisposable
{
    private readonly TestKeys _keys = new();

    public void Dispose() => _keys.Dispose();

    [Fact]
    public async Task Every_command_runs_and_shows_what_the_page_says()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        var queue = await TestQueue.CreateAsync(servers);
        for (var i = 0; i < 4; i++)
        {
            await queue.SendAsync(Deliveries.Body);
        }

        await queue.SendAsync("{}");
        var blocks = Block().Matches(await File.ReadAllTextAsync(Repository.PathOf("docs/decisions.md"), TestDatabase.Token)).Select(m => m.Groups[1].Value).ToList();
        Assert.True(blocks.Count >= 10, $"Only {blocks.Count} blocks were found.");
        var script = string.Concat(blocks.Select((b, i) => $"'=== {i}'\n{b}")).Replace("recovery.jsonl", Path.Combine(_keys.Folder, "recovery.jsonl"), StringComparison.Ordinal);
        var settings = queue.Settings;
        var (exitCode, said) = await PowerShellHost.RunScriptAsync(script, new Dictionary<string, string>
        {
            ["LOGINETL_QUEUE"] = queue.Name,
            ["LOGINETL_KEYSET"] = $"file:{_keys.Folder}",
            ["LOGINETL_DATABASE"] = database.ConnectionString,
            ["AWS_REGION"] = settings.Region!,
            ["AWS_ENDPOINT_URL_SQS"] = servers.SqsEndpoint.AbsoluteUri,
            ["AWS_ACCESS_KEY_ID"] = settings.AccessKey!,
            ["AWS_SECRET_ACCESS_KEY"] = settings.SecretKey!.Reveal(),
        }, TestDatabase.Token);
        Assert.True(exitCode == 0, said);
        // A block each, in their order.
        var shown = Marker().Split(said)[1..];
        string[] expected =
        [
            "[redacted]", "missing_field", "True: siv1.", "received 5, 4 written, 0 duplicate, 1 quarantined", "Pass", "GRANT ",
            "2 after 4 written, 1 in quarantine", queue.Name, "199.172.111.135", "missing_field",
        ];
        Assert.Equal(expected.Length, shown.Length);
        Assert.All(expected.Zip(shown), e => Assert.True(e.Second.Contains(e.First, StringComparison.Ordinal), $"{e.First} is not in: {e.Second}"));
        Assert.Contains("Intact", shown[8], StringComparison.Ordinal);
    }

    [GeneratedRegex(@"=== \d+")]
    private static partial Regex Marker();

    [GeneratedRegex("(?s)```powershell\n(.*?)```")]
    private static partial Regex Block();
}
