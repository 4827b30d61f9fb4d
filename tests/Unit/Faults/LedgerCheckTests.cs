using LoginEtl.Postgres.Catalog;
using LoginEtl.Unit.Faults.Messages;
using Xunit;

namespace LoginEtl.Unit.Faults;

/// <summary>The check that all scenarios end with is seen to fail.</summary>
public sealed class LedgerCheckTests(FaultLane lane) : IClassFixture<FaultLane>
{
    private static readonly SentMessage[] Sent =
        [new("m1", "u1", Fate.Row), new("m2", "u2", Fate.Row), new("m3", null, Fate.Quarantine), new("m4", "u4", Fate.Quarantine)];

    private static readonly SentMessage[] Grouped =
    [
        new("m1", "u1", Fate.Row, "g"), new("m9", "u9", Fate.Row, "h"), new("m2", "u2", Fate.Row, "g"), new("m3", "u3", Fate.Row, "g"),
        new("m4", null, Fate.Quarantine, "g"), new("m5", "u5", Fate.Quarantine, "g"),
    ];

    // Two copies of one notification, two of one that is rejected, and bodies that are no login.
    private static readonly SentMessage[] Copies =
    [
        new("m1", "u1", Fate.Row) { Envelope = "n1" }, new("m2", "u1", Fate.Row) { Envelope = "n1" },
        new("m3", null, Fate.Quarantine) { Envelope = "n2", Reason = "missing_field" }, new("m4", null, Fate.Quarantine) { Envelope = "n2", Reason = "missing_field" },
        new("m5", null, Fate.Quarantine) { Reason = "invalid_json" },
    ];

    private static readonly Standing AllWell = Of("u1 u2", "m3 m4");

    [Fact]
    public void All_well_is_no_complaint()
    {
        Assert.Empty(LedgerCheck.Complaints(Sent, AllWell));
        Assert.Empty(LedgerCheck.ComplaintsAfterDrain(Sent, AllWell));
        Assert.Empty(LedgerCheck.Complaints(Sent, Of("u1", "m3", "m2 m4")));
    }

    [Theory]
    [InlineData("u1", "m3 m4", "", "1 nowhere: m2 of u2")]
    [InlineData("u1 u2", "m4", "m1", "1 nowhere: m3 of nobody")]
    [InlineData("u1 u2 u2", "m3 m4", "", "1 in the table more than once: u2 (2 rows)")]
    [InlineData("u1 u2", "m3 m4 m4", "", "1 in quarantine more than once: m4 (2 entries)")]
    [InlineData("u1 u2 u4", "m3", "", "1 in the table and should be in quarantine: m4 of u4")]
    [InlineData("u1", "m2 m3 m4", "", "1 in quarantine and should be in the table: m2 of u2")]
    [InlineData("u1 u2 u9", "m3 m4", "", "1 in the table and never sent: u9")]
    [InlineData("u1 u2", "m3 m4 m9", "", "1 in quarantine and never sent: m9")]
    public void What_is_lost_doubled_or_misplaced_is_named(string rows, string quarantined, string queued, string complaint) =>
        Assert.Contains(complaint, LedgerCheck.Complaints(Sent, Of(rows, quarantined, queued)));

    [Theory]
    [InlineData("u1", "n2 m5", "", null)]
    [InlineData("u1", "n2 m5", "m1 m2 m4", null)]
    [InlineData("u1 u1", "n2 m5", "", "1 in the table more than once: u1 (2 rows)")]
    [InlineData("", "n2 m5", "", "2 nowhere: m1 of u1, m2 of u1")]
    [InlineData("", "n2 m5", "m2", "1 nowhere: m1 of u1")]
    [InlineData("u1", "n2 n2 m5", "", "1 in quarantine more than once: n2 (2 entries)")]
    [InlineData("u1", "m5", "m3", "1 nowhere: m4 of nobody")]
    [InlineData("u1", "n1 n2 m5", "", "2 in quarantine and should be in the table: m1 of u1, m2 of u1")]
    [InlineData("u1", "m3 n2 m5", "", "1 in quarantine and never sent: m3")]
    [InlineData("u1 nobody", "n2", "m5", "1 in the table and never sent: nobody")]
    [InlineData("u1", "n2", "", "1 nowhere: m5 of nobody")]
    [InlineData("u1", "n2 m5 m5", "", "1 in quarantine more than once: m5 (2 entries)")]
    public void Copy_doubled_or_lost_and_a_body_that_is_no_login_in_the_wrong_place_are_named(string rows, string quarantined, string queued, string? complaint)
    {
        var complaints = LedgerCheck.Complaints(Copies, Of(rows, quarantined, queued));
        if (complaint is null)
        {
            Assert.Empty(complaints);
        }
        else
        {
            Assert.Contains(complaint, complaints);
        }
    }

    [Fact]
    public void Reason_that_is_not_the_true_one_is_named() => Assert.Equal(
        ["1 in quarantine for another reason: m5 of nobody (empty_body, not invalid_json)"],
        LedgerCheck.Complaints(Copies, Of("u1", "n2 m5") with { Reasons = new Dictionary<string, string> { ["n2"] = "missing_field", ["m5"] = "empty_body" } }));

    [Fact]
    public void Ledger_that_does_not_match_is_a_complaint() => Assert.Equal(
        ["the ledger has 3 Written for 2 rows"],
        LedgerCheck.Complaints(Sent, AllWell with { Ledger = new Dictionary<LedgerOutcome, int> { [LedgerOutcome.Written] = 3, [LedgerOutcome.Quarantined] = 2 } }));

    [Fact]
    public void What_was_kept_out_is_settled_once_and_only_so()
    {
        var suppressed = Of("u1", "m3 m4") with { Suppressed = new Dictionary<string, int> { ["u2"] = 1 }, Ledger = AllWell.Ledger };
        Assert.Empty(LedgerCheck.Complaints(Sent, suppressed));
        Assert.Contains(
            "1 kept out of the table more than once, or in it as well: u2",
            LedgerCheck.Complaints(Sent, suppressed with { Suppressed = new Dictionary<string, int> { ["u2"] = 2 } }));
        Assert.Contains(
            "1 kept out of the table more than once, or in it as well: u1",
            LedgerCheck.Complaints(Sent, suppressed with { Suppressed = new Dictionary<string, int> { ["u1"] = 1 } }));
    }

    [Fact]
    public void Row_with_another_version_than_was_sent_is_named() => Assert.Equal(
        ["1 in the table with another version: m1 of u1"],
        LedgerCheck.Complaints([.. Sent.Select(m => m with { Version = 2003000 })], AllWell with { Versions = new Dictionary<string, int> { ["u1"] = 892221497, ["u2"] = 2003000 } }));

    [Fact]
    public void What_is_left_after_a_drain_is_a_complaint() => Assert.Contains(
        "1 left in the queue, 1 of them unsettled", LedgerCheck.ComplaintsAfterDrain(Sent, Of("u1", "m3 m4", "m2")));

    [Fact]
    public void Copy_that_is_left_after_a_drain_is_a_complaint() => Assert.Equal(
        ["1 left in the queue, 0 of them unsettled"], LedgerCheck.ComplaintsAfterDrain(Copies, Of("u1", "n2 m5", "m2")));

    [Theory]
    [InlineData("u1 u2 u3 u9", "m4 m5", "u9 u1 u2 u3", null)]
    [InlineData("u1 u2", "", "u1 u2", null)]
    [InlineData("u1 u3", "m4", "u1 u3", "m4 is settled before m2, which is earlier in its group")]
    [InlineData("u1 u2 u3", "m4", "u1 u3 u2", "the row of m3 is written before that of m2, which is earlier in its group")]
    [InlineData("u1 u2", "m4", "u1 u2", "m4 is settled before m3, which is earlier in its group")]
    public void What_is_settled_out_of_its_groups_order_is_named(string rows, string quarantined, string order, string? complaint) =>
        Assert.Equal(complaint is null ? [] : [complaint], GroupCheck.Complaints(Grouped, Of(rows, quarantined, order: order)));

    [Fact]
    public void What_is_settled_behind_a_bad_message_that_holds_its_group_is_named()
    {
        var before = Of("u1 u2", "");
        Assert.Equal(["m4", "m5"], GroupCheck.Held(Grouped, before).Order());
        Assert.Empty(GroupCheck.HeldComplaints(Grouped, before, Of("u1 u2 u3 u9", "")));
        Assert.StartsWith("m4 is settled and should be held with its group: ", Assert.Single(GroupCheck.HeldComplaints(Grouped, before, Of("u1 u2 u3", "m4"))), StringComparison.Ordinal);
        // A copy of what was settled before is no later message of its group.
        var first = Grouped[0] with { Envelope = "n1" };
        Assert.Empty(GroupCheck.Complaints([first, .. Grouped[1..], first with { MessageId = "m6" }], before));
        Assert.Empty(GroupCheck.HeldComplaints([first, .. Grouped[1..], first with { MessageId = "m6" }], Of("", ""), before));
        // Settled before, by a run that holds nothing.
        Assert.Equal(["m5"], GroupCheck.Held(Grouped, Of("u1 u2 u3", "m4")));
    }

    [Fact]
    public async Task Row_lost_and_a_row_doubled_in_a_real_database_are_found()
    {
        await using var scenario = await Scenario.OnAsync(lane, messages: 40);
        await scenario.ProveAsync();
        var users = scenario.Sent.Where(m => m.Fate == Fate.Row).Take(2).ToList();
        await scenario.ExecuteAsync($"DELETE FROM user_logins WHERE user_id = '{users[0].UserId}'");
        await scenario.ExecuteAsync($"INSERT INTO user_logins SELECT * FROM user_logins WHERE user_id = '{users[1].UserId}'");

        var complaints = LedgerCheck.Complaints(scenario.Sent, await scenario.ReadAsync(await scenario.Queue.LookAsync()));

        Assert.Equal(
            [$"1 nowhere: {users[0].MessageId} of {users[0].UserId}", $"1 in the table more than once: {users[1].UserId} (2 rows)"], complaints);
        Assert.Contains("1 nowhere", (await Assert.ThrowsAnyAsync<Xunit.Sdk.XunitException>(scenario.ProveAsync)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Erased_user_counts_as_written_and_must_not_come_back()
    {
        SentMessage[] sent = [new("a", "ua", Fate.Row), new("b", "ub", Fate.Row)];
        var erased = Of("ub", "") with { Erased = new HashSet<string> { "ua" }, Ledger = new Dictionary<LedgerOutcome, int> { [LedgerOutcome.Written] = 2 } };
        Assert.Empty(LedgerCheck.Complaints(sent, erased));
        var back = erased with { Rows = new Dictionary<string, int> { ["ua"] = 1, ["ub"] = 1 } };
        Assert.Contains("1 in the table after it was erased: ua", LedgerCheck.Complaints(sent, back));
    }

    [Fact]
    public async Task What_befell_copies_large_bodies_and_those_of_something_else_in_a_real_database_is_found()
    {
        var mixture = new Mixture { Enveloped = 0.6, Twice = 0.7, Foreign = 0.2, Large = 0.05 };
        await using var scenario = await Scenario.OnAsync(lane, messages: 80, mixture: mixture);
        await scenario.ProveAsync();
        var twice = scenario.Sent.GroupBy(m => m.Identity).Where(g => g.Count() > 1).Select(g => g.First()).ToList();
        var (lost, doubled, bad) = (twice.First(m => m.Fate == Fate.Row), twice.Last(m => m.Fate == Fate.Row), twice.First(m => m.Fate == Fate.Quarantine));
        var foreign = scenario.Sent.Last(m => m.Reason == "not_an_object" && m.Identity != bad.Identity);
        await scenario.ExecuteAsync($"DELETE FROM user_logins WHERE user_id = '{lost.UserId}'");
        await scenario.ExecuteAsync($"INSERT INTO user_logins SELECT * FROM user_logins WHERE user_id = '{doubled.UserId}'");
        await scenario.ExecuteAsync($"DELETE FROM login_etl_quarantine WHERE message_id IN ({string.Join(", ", scenario.Sent.Where(m => m.Identity == bad.Identity).Select(m => $"'{m.MessageId}'"))})");
        await scenario.ExecuteAsync($"UPDATE login_etl_quarantine SET reason = 'missing_field' WHERE message_id = '{foreign.MessageId}'");
        await scenario.ExecuteAsync("INSERT INTO user_logins (user_id) VALUES ('of-s3')");

        var complaints = LedgerCheck.Complaints(scenario.Sent, await scenario.ReadAsync(await scenario.Queue.LookAsync()));

        Assert.Contains(complaints, c => c.Contains("nowhere", StringComparison.Ordinal) && c.Contains($"of {lost.UserId}", StringComparison.Ordinal));
        Assert.Contains($"1 in the table more than once: {doubled.UserId} (2 rows)", complaints);
        Assert.Contains(complaints, c => c.Contains("nowhere", StringComparison.Ordinal) && c.Contains($"{bad.MessageId} of", StringComparison.Ordinal));
        Assert.Contains(complaints, c => c.Contains($"{foreign.MessageId} of nobody (missing_field, not not_an_object)", StringComparison.Ordinal));
        Assert.Contains("1 in the table and never sent: of-s3", complaints);
    }

    internal static Standing Of(string rows, string quarantined, string queued = "", string order = "")
    {
        var (r, q) = (Words(rows), Words(quarantined));
        return new Standing
        {
            Rows = r.CountBy(w => w).ToDictionary(),
            Places = Words(order).Index().ToDictionary(w => w.Item, w => w.Index),
            Quarantined = q.CountBy(w => w).ToDictionary(),
            Ledger = new Dictionary<LedgerOutcome, int> { [LedgerOutcome.Written] = r.Length, [LedgerOutcome.Quarantined] = q.Length },
            Queued = Words(queued).ToHashSet(),
        };
    }

    private static string[] Words(string text) => text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
}
