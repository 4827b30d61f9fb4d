using System.Text;
using System.Text.Json;
using LoginEtl.Decoding;
using LoginEtl.Faults;
using LoginEtl.History;
using LoginEtl.Protecting;
using LoginEtl.Records;
using LoginEtl.Report;
using LoginEtl.Run;
using LoginEtl.Unit.Fixtures;
using Microsoft.Extensions.Time.Testing;

namespace LoginEtl.Unit.Core.Report;

/// <summary>Runs to make pages of: full ones, empty ones, and one in which strangers wrote what they could.</summary>
internal sealed class ReportSamples : IDisposable
{
    public const string User = "user-who-must-not-appear";

    // What acts in a page, a terminal or a line of writing, and what is no character at all.
    public static readonly string[] Odd =
    [
        "<script>alert(1)</script>", "\"><img src=https://example.org/x onerror=alert(1)>", "'`&amp;&", "a\u202Ebc\u0000\u001B[31m\n", "\uD800x", "\uFFFE\uFFFF", " ", "",
        "]]><!--", new('w', 5000), "https://example.org/", "😀é漢\U000E0041",
    ];

    private readonly TestKeys _keys = new();
    private readonly Protector _protector;

    public ReportSamples() => _protector = _keys.Protector();

    public FakeTimeProvider Time { get; } = new(Deliveries.Sent);

    public void Dispose() => _keys.Dispose();

    public LoginRecord Login(int user = 0, string ip = "203.0.113.7", string device = "d", string? deviceType = "ios", string? locale = "DE", string version = "1.2.3", DateOnly? day = null)
    {
        var record = (LoginRecord)Protect(JsonSerializer.Serialize(new { user_id = $"{User}-{user}", app_version = "1.0.0", device_type = "x", ip, locale = "x", device_id = device }));
        (record.DeviceType, record.Locale, record.AppVersion, record.CreateDate) = (deviceType, locale, version, day ?? record.CreateDate);
        return record;
    }

    public ProtectedLogin Protect(string body) => _protector.Protect(LoginDecoder.Decode(Deliveries.New(), Encoding.UTF8.GetBytes(body)));

    public static BatchReport Batch(IReadOnlyList<ProtectedLogin> logins, Outcome outcome = Outcome.Written, double seconds = 0.02) =>
        new(Guid.NewGuid(), logins, [.. logins.Select(l => l is SealedReject ? Outcome.Quarantined : outcome)], TimeSpan.FromSeconds(seconds));

    /// <summary>A run of three minutes: busy, then slow, then little; with rejects, duplicates and all that is to be told.</summary>
    public (Receipt Receipt, RunStatistics Statistics) Rich()
    {
        var random = new Random(7);
        var statistics = new RunStatistics(Time);
        string[] types = ["ios", "android", "android", "web", "tv"];
        string[] locales = ["DE", "US", "US", "US", "FR", "JP", "BR", "IN", "MX", "ES", "IT", "NL", "SE", "PL", "TR", "KR"];
        var received = 0;
        for (var second = 0; second < 180; second++)
        {
            Time.Advance(TimeSpan.FromSeconds(1));
            var size = second < 90 ? 30 + random.Next(20) : second < 130 ? 8 : random.Next(4);
            var logins = Enumerable.Range(0, size).Select(i => (ProtectedLogin)Login(
                i, $"203.0.113.{Math.Min(random.Next(250), random.Next(250))}", $"d{Math.Pow(random.Next(1000), 2) / 1000:0}", random.Next(40) == 0 ? null : types[random.Next(types.Length)],
                random.Next(9) == 0 ? null : locales[random.Next(locales.Length)], $"{1 + random.Next(3)}.{random.Next(12)}.{random.Next(4)}", new DateOnly(2026, 11, 30).AddDays(-random.Next(random.Next(1, 9))))).ToList();
            if (second % 20 == 3)
            {
                logins.Add(Protect("{}"));
                logins.Add(Protect("not json"));
            }

            statistics.Add(Batch(logins, second % 30 == 7 ? Outcome.Duplicate : Outcome.Written, second is > 90 and < 130 ? 0.9 + random.NextDouble() : 0.02 + (random.NextDouble() / 40)));
            received += logins.Count;
        }

        return (Receipt(received, statistics) with { Undeleted = 3, NotAnAddress = 41, HeldGroups = 1 }, statistics);
    }

    /// <summary>A run whose values strangers chose.</summary>
    public (Receipt Receipt, RunStatistics Statistics) Hostile()
    {
        var statistics = new RunStatistics(Time);
        statistics.Add(Batch([.. Odd.SelectMany(o => new[] { Login(deviceType: o, locale: o, version: o), Login(deviceType: o, locale: o, version: o) })]));
        var refused = new RefusedRow("m", new Rejection(RejectReason.RefusedByDatabase, "no_<b>ios</b>\u202E"), "23514");
        statistics.Add(Batch([]) with { Refused = [refused] });
        return (Receipt(Odd.Length * 2, statistics) with { Source = "queue<script>\u0007" }, statistics);
    }

    public static Receipt Receipt(int received, RunStatistics statistics, RunState outcome = RunState.Completed)
    {
        var counts = statistics.Outcomes;
        return new Receipt
        {
            Source = "login-queue",
            Outcome = outcome,
            Ended = EndReason.Drained,
            StartedAt = new(2026, 11, 30, 17, 8, 2, TimeSpan.Zero),
            Elapsed = TimeSpan.FromSeconds(182.4),
            Received = received,
            Written = counts[Outcome.Written],
            Duplicate = counts[Outcome.Duplicate],
            Quarantined = counts[Outcome.Quarantined],
        };
    }

    public static Receipt Failed() => LoginEtl.Run.Receipt.Failed("login-queue", new(2026, 11, 30, 17, 8, 2, TimeSpan.Zero), new LoginEtlException(
        ErrorId.KeyNotKnown, "The database has never seen the key 1234 of ip.", "Tell it of the key with Set-LoginPrimaryKey and -Database, or take it with -NewKey."));

    /// <summary>A month of runs, every hour, of which some failed and one was lost.</summary>
    public static IReadOnlyList<ReportedRun> Runs(int count = 700)
    {
        var random = new Random(7);
        return [.. Enumerable.Range(0, count).Select(i =>
        {
            var state = i % 97 == 5 ? LoginRunState.Failed : i % 311 == 9 ? LoginRunState.Lost : i == count - 1 ? LoginRunState.Running : LoginRunState.Completed;
            var started = new DateTimeOffset(2026, 11, 1, 0, 5, 0, TimeSpan.Zero).AddHours(i);
            var written = (long)(4000 * (1.2 + Math.Sin(i / 24.0 * 2 * Math.PI)) * (state == LoginRunState.Failed ? 0 : 0.8 + (random.NextDouble() / 3)));
            return ReportedRun.Of(new LoginRun
            {
                Id = Guid.NewGuid(), State = state, Source = "login-queue", Host = "host", Version = "1.0.0", StartedBy = "writer", StartedAt = started,
                SeenAt = started.AddSeconds(3 + (written / 900)), EndedAt = state is LoginRunState.Lost or LoginRunState.Running ? null : started.AddSeconds(4 + (written / 800)),
                ErrorId = state == LoginRunState.Failed ? i % 2 == 0 ? "DatabaseUnreachable" : "KeyNotKnown" : null,
                Batches = written / 500, Written = written, Quarantined = random.Next(40) == 0 ? random.Next(30) : 0, Received = written + 5, Duplicate = 5,
            });
        })];
    }
}
