using LoginEtl.Audit;
using LoginEtl.Faults;
using LoginEtl.Settings;
using LoginEtl.Unit.Fixtures;
using Xunit;

namespace LoginEtl.Unit.Postgres;

/// <summary>Whoever may recover may add an anchor by hand, too. It shows, and it hides nothing.</summary>
public sealed class HandMadeAnchorTests(ServersFixture servers)
{
    private const string Table = "login_etl_audit_anchor";

    [Fact]
    public async Task Anchor_made_by_hand_hides_no_change_behind_it()
    {
        await using var witness = await Witness.NewAsync(servers);
        await witness.RecordAsync("official.jsonl", times: 2);
        var account = await ByHandAsync(witness);
        await witness.RecordAsync("official.jsonl", times: 2);
        await witness.RecordAsync("other.jsonl", times: 2);
        await witness.RecordAsync("official.jsonl");
        var alone = Assert.Single(await FaultsAsync(witness));
        Assert.Equal(3, alone.AnchorNumber);
        Assert.Contains($"added as {account}", alone.Why, StringComparison.Ordinal);
        Assert.Contains("Mark", alone.Fault()!.Remedy, StringComparison.Ordinal);

        await witness.Database.RunAsync($"{Witness.ByForce} UPDATE {Table} SET anchored_by = 'somebody else' WHERE number = 5");
        var one = await witness.VerifyAsync("official.jsonl");
        Assert.Equal(AuditState.AnchorsLost, one.State);
        Assert.All(["anchor 3 ", "anchor 6 "], n => Assert.Contains(n, one.Why, StringComparison.Ordinal));

        await witness.Database.RunAsync($"DELETE FROM {Table} WHERE number = 7");
        var faults = await FaultsAsync(witness);
        Assert.Equal([3L, 6L, 7L], faults.Select(f => f.AnchorNumber!.Value));
        Assert.Contains("anchor 6 ", faults[1].Why, StringComparison.Ordinal);
        Assert.Equal("anchor 7 is gone", faults[2].Why);
    }

    // A schedule leaves out what is known by its mark: whoever recovers must not be able to hide more behind it.
    [Fact]
    public async Task Mark_is_of_one_finding_and_not_of_what_is_added_to_it()
    {
        await using var witness = await Witness.NewAsync(servers);
        await witness.RecordAsync("official.jsonl");
        await witness.RecordAsync("lost.jsonl");
        var copy = await File.ReadAllBytesAsync(witness.PathOf("lost.jsonl"), TestDatabase.Token);
        File.Delete(witness.PathOf("lost.jsonl"));
        const string Forged = $"INSERT INTO {Table} (file_id, line, mac, place, number, link) SELECT gen_random_uuid(), 1, decode(repeat('00', 32), 'hex'), 'x:/y', max(number) + 1, decode(repeat('00', 36), 'hex') FROM {Table}";
        await witness.Database.RunAsync(Forged);
        var (lost, forged) = await MarksAsync();

        await witness.Database.RunAsync(Forged);
        Assert.Equal(lost, (await MarksAsync()).Lost);
        Assert.NotEqual(forged, (await MarksAsync()).Forged);

        await File.WriteAllBytesAsync(witness.PathOf("lost.jsonl"), copy, TestDatabase.Token);
        await witness.RecordAsync("lost.jsonl");
        File.Delete(witness.PathOf("lost.jsonl"));
        Assert.NotEqual(lost, (await MarksAsync()).Lost);

        async Task<(string? Lost, string? Forged)> MarksAsync()
        {
            var reports = await AuditVerification.RunAsync(witness.Keys.Ring, witness.Anchor, [], [], [], TestDatabase.Token);
            Assert.All(reports, r => Assert.Equal(r.IsIntact, r.Mark is null));
            return (reports.Single(r => r.State == AuditState.Missing && r.Place.EndsWith("lost.jsonl", StringComparison.Ordinal)).Mark, Assert.Single(reports, r => r.AnchorNumber is not null).Mark);
        }
    }

    [Fact]
    public async Task Recovery_says_that_the_newest_anchor_was_made_by_hand_and_goes_on()
    {
        await using var witness = await Witness.NewAsync(servers);
        Assert.Null(await RecordAsync(witness, "before.jsonl"));
        foreach (var name in (string[])["first.jsonl", "first.jsonl", "second.jsonl"])
        {
            var account = await ByHandAsync(witness);
            var note = await RecordAsync(witness, name);
            Assert.Contains("the newest anchor does not hold", note, StringComparison.Ordinal);
            Assert.Contains($"added as {account}", note, StringComparison.Ordinal);
            Assert.Contains(account, (await File.ReadAllLinesAsync(witness.PathOf(name), TestDatabase.Token))[^1], StringComparison.Ordinal);
            Assert.Null(await RecordAsync(witness, name));
        }

        Assert.Equal([2L, 5L, 8L], (await FaultsAsync(witness)).Select(f => f.AnchorNumber!.Value));
    }

    [Fact]
    public async Task First_one_made_by_hand_ends_recoveries_until_the_owner_takes_it_out()
    {
        await using var witness = await Witness.NewAsync(servers);
        var account = await ByHandAsync(witness);
        var fault = await Assert.ThrowsAsync<LoginEtlException>(() => RecordAsync(witness, "first.jsonl"));
        Assert.Equal("AuditKeyOther", fault.Id);
        Assert.Contains($"added as {account}", fault.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(witness.PathOf("first.jsonl")));
        await witness.Database.RunAsync($"DELETE FROM {Table} WHERE number = 1");
        Assert.Null(await RecordAsync(witness, "first.jsonl"));
        Assert.Empty(await FaultsAsync(witness));
    }

    [Fact]
    public async Task Many_made_by_hand_at_once_are_one_report_and_very_many_do_not_fill_the_screen()
    {
        await using var witness = await Witness.NewAsync(servers);
        await witness.RecordAsync("official.jsonl");
        await ByHandAsync(witness, 400);
        await witness.RecordAsync("official.jsonl");
        var one = Assert.Single(await FaultsAsync(witness));
        Assert.Equal(2, one.AnchorNumber);
        Assert.Contains("up to 401,", one.Why, StringComparison.Ordinal);

        // Each by another account, as it were, so that no two are one.
        await witness.Database.RunAsync($"{Witness.ByForce} UPDATE {Table} SET anchored_by = concat(anchored_by, number) WHERE place = 'here'");
        var many = await FaultsAsync(witness);
        Assert.Equal(101, many.Count);
        Assert.Contains("the last one at anchor 402", many[^1].Why, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Newest_anchor_made_by_hand_is_taken_out_as_the_page_says_and_one_that_others_follow_stays()
    {
        await using var witness = await Witness.NewAsync(servers);
        await witness.RecordAsync("official.jsonl", times: 2);
        await ByHandAsync(witness);
        var remedy = (await File.ReadAllTextAsync(Repository.PathOf("docs/security.md"), TestDatabase.Token)).Split('`').Single(c => c.StartsWith("DELETE FROM login_etl_audit_anchor", StringComparison.Ordinal));
        await witness.Database.RunAsync(remedy.Replace("= N ", "= 3 ", StringComparison.Ordinal));
        Assert.True((await witness.VerifyAsync("official.jsonl")).IsIntact);
        Assert.Null(await RecordAsync(witness, "official.jsonl"));
        await witness.Database.RunAsync(remedy.Replace("= N ", "= 2 ", StringComparison.Ordinal));
        Assert.Equal(3, await witness.Database.CountAsync(Table));
    }

    private static async Task<string?> RecordAsync(Witness witness, string name)
    {
        using var log = new AuditLog(witness.PathOf(name), witness.Keys.Ring, witness.Anchor);
        return await log.RecordAsync(new AuditEntry { Command = "Test", Reason = "test", Attributes = ["ip"], Tokens = [] }, TestDatabase.Token);
    }

    private static async Task<List<AuditReport>> FaultsAsync(Witness witness) =>
        [.. (await AuditVerification.RunAsync(witness.Keys.Ring, witness.Anchor, [], [], [], TestDatabase.Token)).Where(r => r.AnchorNumber is not null)];

    // With the rights of a recoverer, and no more.
    private static async Task<string> ByHandAsync(Witness witness, int times = 1)
    {
        var account = "";
        await witness.Database.InitializeAsync(new SchemaOptions { Roles = true });
        await witness.Database.AsMemberAsync("login_etl_recoverer", async settings =>
        {
            account = settings.UserName!;
            await TestDatabase.RunAsAsync(
                settings,
                $"""
                INSERT INTO {Table} (file_id, line, mac, place, number, link)
                SELECT gen_random_uuid(), 1, decode(repeat('00', 32), 'hex'), 'here', n + coalesce((SELECT max(number) FROM {Table}), 0), decode(repeat('00', 36), 'hex') FROM generate_series(1, {times}) n
                """);
        });
        return account;
    }
}
