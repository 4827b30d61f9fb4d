using System.Reflection;
using System.Text.Json.Nodes;
using LoginEtl.Faults;
using LoginEtl.Run;
using Xunit;

namespace LoginEtl.Unit.Core.Run;

public sealed class ReceiptTests
{
    private static readonly Receipt Good = new()
    {
        Source = "login-queue",
        Outcome = RunState.Completed,
        StartedAt = Deliveries.Sent,
        Elapsed = TimeSpan.FromMilliseconds(1234.5678),
        Received = 55,
        Written = 1,
        Updated = 2,
        Skipped = 3,
        Duplicate = 4,
        Confirmed = 5,
        Returned = 6,
        Lapsed = 34,
    };

    [Fact]
    public void Books_balance_when_every_delivery_has_one_outcome()
    {
        Assert.True(Good.Balanced);
        Assert.False((Good with { Received = 56 }).Balanced);
        Assert.True((Good with { Undeleted = 7 }).Balanced);
        foreach (var outcome in Enum.GetNames<Outcome>())
        {
            var property = typeof(Receipt).GetProperty(outcome, BindingFlags.Public | BindingFlags.Instance)!;
            var changed = Good with { };
            property.SetValue(changed, (long)property.GetValue(changed)! + 1);
            Assert.False(changed.Balanced, outcome);
        }
    }

    [Fact]
    public void Exit_codes_tell_success_failure_and_rejects()
    {
        var rejects = Good with { Received = 56, Quarantined = 1 };
        Assert.Equal(0, Good.ExitCode);
        Assert.Equal(0, (Good with { Outcome = RunState.Stopped, Undeleted = 3 }).ExitCode);
        Assert.Equal(2, rejects.ExitCode);
        Assert.Equal(1, (rejects with { Outcome = RunState.Failed }).ExitCode);
        Assert.Equal(75, Good.FailedBy(new LoginEtlException(ErrorId.DatabaseUnreachable, "It is away.", "Run again.")).ExitCode);
        Assert.Equal(1, (Good with { Received = 54 }).FailedBy(new LoginEtlException(ErrorId.DatabaseUnreachable, "It is away.", "Run again.")).ExitCode);
        Assert.Equal(1, (Good with { Received = 54 }).ExitCode);
        Assert.Equal(1, (Good with { Received = 56, Unknown = 1 }).ExitCode);
    }

    [Fact]
    public void Every_outcome_of_the_books_reaches_the_receipt()
    {
        var book = new InFlightMessages(100);
        foreach (var outcome in Enum.GetValues<Outcome>())
        {
            for (var i = 0; i <= (int)outcome; i++)
            {
                var delivery = Deliveries.New();
                book.Admit(delivery);
                book.Settle(delivery, outcome);
            }
        }

        book.CountUndeleted(3);
        var receipt = Receipt.From("q", RunState.Completed, Deliveries.Sent, TimeSpan.Zero, book.Counts());
        foreach (var outcome in Enum.GetValues<Outcome>())
        {
            Assert.Equal((long)outcome + 1, typeof(Receipt).GetProperty(outcome.ToString())!.GetValue(receipt));
        }

        Assert.Equal((55, 3, true), (receipt.Received, receipt.Undeleted, receipt.Balanced));
    }

    [Fact]
    public void One_line_tells_people_what_happened()
    {
        Assert.Equal(
            "login-queue: Completed, received 55, 1 written, 2 updated, 3 skipped, 4 duplicate, 0 quarantined, 5 confirmed, "
            + "6 returned, 34 lapsed in 1.2 s; balanced",
            Good.ToString());
        Assert.EndsWith("; NOT BALANCED", ReceiptText.Line(Good with { Received = 1 }), StringComparison.Ordinal);
        Assert.Matches("^logins so far: received 60, .* s, 5 in hand\\.$", ReceiptText.SoFar(Good with { Source = "logins", Received = 60 }));
    }

    [Fact]
    public void One_line_of_JSON_tells_programs_every_count()
    {
        var text = ReceiptText.Json((Good with { Source = "a \"b\"\nc" }).FailedBy(Fault("É")));
        var json = JsonNode.Parse(text)!.AsObject();
        Assert.DoesNotContain('\n', text);
        Assert.Equal(
            ["source", "version", "outcome", "ended", "started_at", "elapsed_seconds", "received", .. Enum.GetNames<Outcome>().Select(o => o.ToLowerInvariant()),
                "undeleted", "held_groups", "not_an_address", "pii_user_id", "pii_app_version", "pii_device_type", "pii_locale", "not_held", "balanced", "exit_code", "error_id", "error"],
            json.Select(m => m.Key));
        Assert.Equal(("a \"b\"\nc", "failed", 1.235, 34, true, 1),
            ((string)json["source"]!, (string)json["outcome"]!, (double)json["elapsed_seconds"]!, (long)json["lapsed"]!,
                (bool)json["balanced"]!, (int)json["exit_code"]!));
        Assert.Equal(("É", "It broke. Mend it."), ((string)json["error_id"]!, (string)json["error"]!));
        Assert.False(JsonNode.Parse(ReceiptText.Json(Good))!.AsObject().ContainsKey("error"));
        Assert.Equal("drain_timeout", (string)JsonNode.Parse(ReceiptText.Json(Good with { Ended = EndReason.DrainTimeout }))!["ended"]!);
    }

    [Fact]
    public void Calls_stand_in_JSON_where_there_were_any_and_add_up()
    {
        var receipt = Good with { Calls = new CallCounts { ReceiveMessage = 30, DeleteMessageBatch = 4 } };
        Assert.Equal("34 (30 ReceiveMessage, 4 DeleteMessageBatch)", $"{receipt.Calls}");
        Assert.Equal(30, (long)JsonNode.Parse(receipt.ToJson())!["calls"]!["ReceiveMessage"]!);
        Assert.False(JsonNode.Parse(Good.ToJson())!.AsObject().ContainsKey("calls"));
        Assert.Equal(new CallCounts { ReceiveMessage = 60, DeleteMessageBatch = 8 }, Receipt.Sum([receipt, receipt]).Calls);
    }

    [Fact]
    public void Suppressed_rows_balance_and_are_rejects_unless_they_are_accepted()
    {
        var receipt = Good with { Received = Good.Received + 7, Suppressed = 7 };
        Assert.Equal((true, 2), (receipt.Balanced, receipt.ExitCode));
        Assert.Contains(", 7 suppressed, ", receipt.ToString(), StringComparison.Ordinal);
        Assert.Equal(0, (receipt with { SuppressedAccepted = true }).ExitCode);
        var sum = Receipt.Sum([Good, receipt with { SuppressedAccepted = true }, receipt with { SuppressedAccepted = true }]);
        Assert.Equal((14, true, 0), (sum.Suppressed, sum.SuppressedAccepted, sum.ExitCode));
        Assert.Equal(2, Receipt.Sum([receipt, receipt with { SuppressedAccepted = true }]).ExitCode);
    }

    [Fact]
    public void Several_receipts_add_up_to_one_with_the_worst_outcome()
    {
        var other = Good with { Source = "other", Outcome = RunState.Stopped, StartedAt = Good.StartedAt.AddSeconds(10), Undeleted = 2 };
        var sum = Receipt.Sum([Good, other, Good]);
        EndReason? Ended(params EndReason?[] reasons) => Receipt.Sum([.. reasons.Select(r => Good with { Ended = r })]).Ended;
        Assert.Equal((EndReason.Drained, null), (Ended(EndReason.Drained, EndReason.Drained), Ended(EndReason.Drained, EndReason.Stopped)));
        Assert.Equal(("login-queue, other", RunState.Stopped), (sum.Source, sum.Outcome));
        var failed = Receipt.Sum([Good, other.FailedBy(Fault("First")), other.FailedBy(Fault("Second"))]);
        Assert.Equal((RunState.Failed, EndReason.Failed, "First", "It broke. Mend it. It broke. Mend it."), (failed.Outcome, failed.Ended, failed.ErrorId, failed.Error));
        Assert.Equal((165, 102, 2, true), (sum.Received, sum.Lapsed, sum.Undeleted, sum.Balanced));
        Assert.Equal(TimeSpan.FromSeconds(10) + Good.Elapsed, sum.Elapsed);
        Assert.Same(Good, Receipt.Sum([Good]));
    }

    private static LoginEtlException Fault(string name) => new(new ErrorId(FaultKind.Failed, name), "It broke.", "Mend it.");
}
