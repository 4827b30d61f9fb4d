using LoginEtl.Records;
using LoginEtl.Run;
using Xunit;

namespace LoginEtl.Unit.Core.Run;

/// <summary>Rows with personal data where none belongs are counted by field, and told of once.</summary>
public sealed class PiiFoundTests : RunningTests
{
    [Fact]
    public async Task Rows_are_counted_by_field_and_the_warning_has_no_value()
    {
        var source = Source();
        source.Add(body: Body("user_id", "ada@example.org"));
        source.Add(body: Body("user_id", "grace@example.org"));
        source.Add(body: Body("locale", "203.0.113.7"));
        source.Add(body: Body("user_id", "lost@example.org"));
        source.Add(body: Body("locale", "RU"));
        Sink.Outcomes = batch => [.. batch.Select((_, i) => i == 3 ? Outcome.Duplicate : Outcome.Written)];
        var receipt = await EtlRun.RunAsync(source, Protectors, Sink, new BatchOptions { BatchSize = 5 }, null, Limit);
        Assert.Equal((2, 1, 0, 0), (receipt.PiiUserId, receipt.PiiLocale, receipt.PiiAppVersion, receipt.PiiDeviceType));
        Assert.Equal((0, true), (receipt.ExitCode, receipt.Balanced));
        Assert.Contains("\"pii_user_id\":2", ReceiptText.Json(receipt), StringComparison.Ordinal);
        var warning = ReceiptText.PiiWarning(receipt)!;
        Assert.StartsWith("user_id of 2 logins and locale of 1 login as a whole is ", warning, StringComparison.Ordinal);
        Assert.DoesNotContain("example.org", warning + receipt, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_without_them_has_no_warning() => Assert.Null(ReceiptText.PiiWarning(
        new Receipt { Source = "a", Outcome = RunState.Completed, StartedAt = Deliveries.Sent, Elapsed = TimeSpan.Zero, Received = 2, Written = 2 }));

    private static string Body(string field, string text) => Deliveries.Replace(field, $"\"{text}\"");
}
