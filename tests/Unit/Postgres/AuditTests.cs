using System.Text;
using LoginEtl.Audit;
using LoginEtl.Faults;
using LoginEtl.Keysets;
using LoginEtl.Postgres;
using LoginEtl.Settings;
using LoginEtl.Unit.Fixtures;
using Xunit;

namespace LoginEtl.Unit.Postgres;

/// <summary>No plaintext without a line on disk and in the anchor; whatever was done to the file afterwards shows.</summary>
public sealed class AuditTests(ServersFixture servers) : IDisposable
{
    private const string SecretToken = "siv1.AX5A8mOW2lqAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

    private readonly TestKeys _keys = new();

    private string Path => System.IO.Path.Combine(_keys.Folder, "..", "audit.jsonl");

    private static CancellationToken Token => TestDatabase.Token;

    public void Dispose() => _keys.Dispose();

    [Fact]
    public async Task Lines_are_chained_anchored_and_say_who_why_and_what_without_values()
    {
        await using var anchor = await AnchorAsync();
        Assert.Null(await RecordAsync(anchor, "Ticket 4711, \"quoted\"\nsecond line", SecretToken, "rubbish 192.0.2.1"));
        Assert.Null(await RecordAsync(anchor, "another"));
        var text = await File.ReadAllTextAsync(Path, Token);
        Assert.Equal(2, text.Count(c => c == '\n'));
        Assert.DoesNotContain(SecretToken, text, StringComparison.Ordinal);
        Assert.DoesNotContain("192.0.2.1", text, StringComparison.Ordinal);
        Assert.Contains("siv1.AX5A8m", text, StringComparison.Ordinal);
        Assert.Contains($"\"user\":\"{Environment.UserName}\"", text, StringComparison.Ordinal);
        Assert.True(OperatingSystem.IsWindows() || File.GetUnixFileMode(Path) == (UnixFileMode.UserRead | UnixFileMode.UserWrite));
        var report = await VerifyAsync(anchor, SecretToken);
        Assert.Equal((true, 2L, 2L, null), (report.IsIntact, report.Lines, report.Anchored, report.Note));
        Assert.Equal([1L], report.Found);
    }

    [Fact]
    public async Task Changed_missing_moved_and_added_lines_are_named()
    {
        await using var anchor = await AnchorAsync();
        for (var i = 1; i <= 5; i++)
        {
            await RecordAsync(anchor, $"reason {i}");
        }

        var whole = await File.ReadAllLinesAsync(Path, Token);
        await AssertBrokenAsync(anchor, 3, "changed", [.. whole[..2], whole[2].Replace("reason 3", "reason 9", StringComparison.Ordinal), .. whole[3..]]);
        await AssertBrokenAsync(anchor, 2, "taken out", [whole[0], .. whole[2..]]);
        await AssertBrokenAsync(anchor, 2, "taken out", [whole[0], whole[2], whole[1], .. whole[3..]]);
        await AssertBrokenAsync(anchor, 4, "taken out", [.. whole[..3], whole[2], .. whole[3..]]);
        await AssertBrokenAsync(anchor, 6, "not a line", [.. whole, "{}"]);
        await AssertBrokenAsync(anchor, 1, "not a line", ["", .. whole]);
        await AssertBrokenAsync(anchor, 4, "cut off", whole[..3]);
        await AssertBrokenAsync(anchor, 1, "cut off", []);
        await File.WriteAllLinesAsync(Path, whole, Token);
        Assert.True((await VerifyAsync(anchor)).IsIntact);
    }

    [Fact]
    public async Task Nothing_is_added_to_a_file_that_was_changed()
    {
        await using var anchor = await AnchorAsync();
        for (var i = 1; i <= 3; i++)
        {
            await RecordAsync(anchor, $"reason {i}");
        }

        var whole = await File.ReadAllLinesAsync(Path, Token);
        await AssertRefusedAsync(anchor, "AuditBroken", [whole[0], whole[1].Replace("reason 2", "reason 9", StringComparison.Ordinal), whole[2]]);
        await AssertRefusedAsync(anchor, "AuditFileCut", whole[..2]);
        await AssertRefusedAsync(anchor, "AuditFileCut", []);
        File.Delete(Path);
        Assert.Equal("AuditFileCut", (await Assert.ThrowsAsync<LoginEtlException>(() => RecordAsync(anchor, "new"))).Id);
    }

    [Fact]
    public async Task File_made_anew_with_the_audit_key_shows_by_its_anchor()
    {
        await using var anchor = await AnchorAsync();
        for (var i = 1; i <= 3; i++)
        {
            await RecordAsync(anchor, $"reason {i}");
        }

        // The same id and number of lines, under the real key, other content from line 2 on.
        var whole = await File.ReadAllLinesAsync(Path, Token);
        using var keys = new AuditKeys(_keys.Ring);
        var first = AuditLine.Read(keys, Encoding.ASCII.GetBytes(whole[0]), out _)!;
        var forged = new MemoryStream();
        forged.Write(Encoding.ASCII.GetBytes(whole[0] + "\n"));
        var head = first.Mac;
        for (var i = 2; i <= 3; i++)
        {
            var (bytes, mac) = AuditLine.Write(keys, i, first.FileId, DateTimeOffset.UtcNow, Entry("harmless"), anchor.Target, null, null, head);
            forged.Write(bytes);
            head = mac;
        }

        await File.WriteAllBytesAsync(Path, forged.ToArray(), Token);
        var alone = await VerifyAsync(null);
        Assert.True(alone.IsIntact);
        Assert.Contains("not asked", alone.Note, StringComparison.Ordinal);
        var report = await VerifyAsync(anchor);
        Assert.Equal(2, report.BrokenLine);
        Assert.Contains("rewritten", report.Why, StringComparison.Ordinal);
        Assert.Equal("AuditFileRewritten", (await Assert.ThrowsAsync<LoginEtlException>(() => RecordAsync(anchor, "new"))).Id);

        // Another file altogether, in the same place.
        var (other, _) = AuditLine.Write(keys, 1, Guid.NewGuid(), DateTimeOffset.UtcNow, Entry("harmless"), anchor.Target, null, null, AuditLine.None);
        await File.WriteAllBytesAsync(Path, other, Token);
        Assert.Equal(AuditState.Replaced, (await VerifyAsync(anchor)).State);
        Assert.Equal("AuditFileReplaced", (await Assert.ThrowsAsync<LoginEtlException>(() => RecordAsync(anchor, "new"))).Id);
    }

    [Fact]
    public async Task Killed_within_a_line_the_next_cuts_the_rest_off_and_says_so()
    {
        await using var anchor = await AnchorAsync();
        await RecordAsync(anchor, "one");
        var whole = await File.ReadAllBytesAsync(Path, Token);
        foreach (var length in new[] { 1, whole.Length / 2, whole.Length - 1 })
        {
            var before = await File.ReadAllBytesAsync(Path, Token);
            await using (var file = File.Open(Path, FileMode.Append))
            {
                file.Write(whole.AsSpan(0, length));
            }

            var unfinished = await VerifyAsync(anchor);
            Assert.True(unfinished.IsIntact);
            Assert.Contains("unfinished", unfinished.Note, StringComparison.Ordinal);
            Assert.Contains($"{length} bytes", await RecordAsync(anchor, "next"), StringComparison.Ordinal);
            Assert.True((await File.ReadAllBytesAsync(Path, Token)).AsSpan().StartsWith(before));
            Assert.True((await VerifyAsync(anchor)).IsIntact);
        }

        Assert.Contains("cut off", (await File.ReadAllLinesAsync(Path, Token))[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Killed_between_line_and_anchor_the_next_anchors_it_and_says_so()
    {
        await using var anchor = await AnchorAsync();
        await RecordAsync(anchor, "one");
        await using (var lost = new LosingAnchor(anchor))
        {
            await Assert.ThrowsAsync<LoginEtlException>(() => RecordAsync(lost, "line without anchor"));
        }

        var ahead = await VerifyAsync(anchor);
        Assert.Equal((true, 2L, 1L), (ahead.IsIntact, ahead.Lines, ahead.Anchored));
        Assert.Contains("not anchored", ahead.Note, StringComparison.Ordinal);
        Assert.Contains("lines 2 to 2", await RecordAsync(anchor, "next"), StringComparison.Ordinal);
        var report = await VerifyAsync(anchor);
        Assert.Equal((true, 3L, 3L, null), (report.IsIntact, report.Lines, report.Anchored, report.Note));
        Assert.Null(await RecordAsync(anchor, "and on"));
    }

    [Fact]
    public async Task Anchor_whose_answer_was_lost_is_found_again()
    {
        await using var anchor = await AnchorAsync();
        await using (var lost = new LosingAnchor(anchor) { Keeps = true })
        {
            await Assert.ThrowsAsync<LoginEtlException>(() => RecordAsync(lost, "anchored, and nobody knows"));
        }

        Assert.Null(await RecordAsync(anchor, "next"));
        Assert.Equal(2, (await VerifyAsync(anchor)).Anchored);
    }

    [Fact]
    public async Task Many_who_write_one_file_at_once_take_turns()
    {
        await using var anchor = await AnchorAsync();
        await Task.WhenAll(Enumerable.Range(0, 4).Select(writer => Task.Run(async () =>
        {
            using var log = new AuditLog(Path, _keys.Ring, anchor);
            for (var i = 0; i < 10; i++)
            {
                await log.RecordAsync(Entry($"writer {writer} line {i}"), Token);
            }
        })));
        var report = await VerifyAsync(anchor);
        Assert.Equal((true, 40L, 40L), (report.IsIntact, report.Lines, report.Anchored));
    }

    [Fact]
    public async Task File_that_cannot_be_written_and_anchor_that_is_gone_are_faults()
    {
        await using var anchor = await AnchorAsync();
        using var nowhere = new AuditLog("/nowhere/audit.jsonl", _keys.Ring, anchor);
        Assert.Equal("AuditFileUnwritable", (await Assert.ThrowsAsync<LoginEtlException>(() => nowhere.RecordAsync(Entry("x"), Token))).Id);
        var database = await TestDatabase.InitializedAsync(servers);
        await using var gone = await new PostgresConnector().OpenAnchorAsync(database.Settings(), Token);
        await database.RunAsync("DROP TABLE login_etl_audit_anchor");
        Assert.Equal("AuditAnchorNotFound", (await Assert.ThrowsAsync<LoginEtlException>(() => RecordAsync(gone, "x"))).Id);
        Assert.Equal("AuditAnchorNotFound", (await Assert.ThrowsAsync<LoginEtlException>(() => new PostgresConnector().OpenAnchorAsync(database.Settings(), Token))).Id);
        File.Delete(System.IO.Path.Combine(_keys.Folder, "audit.json"));
        using var without = Keyring.Open(_keys.Folder);
        using var masks = new LoginEtl.Protecting.Protector(without);
        Assert.Equal("KeysetNotFound", Assert.Throws<LoginEtlException>(() => new AuditLog(Path, without, anchor)).Id);
    }

    [Fact]
    public async Task Writers_have_no_right_to_the_anchor()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await database.InitializeAsync(new SchemaOptions { Roles = true });
        foreach (var privilege in new[] { "SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "TRIGGER" })
        {
            Assert.False(await database.ReadAsync<bool>($"SELECT has_table_privilege('login_etl_writer', 'login_etl_audit_anchor', '{privilege}')"));
        }
    }

    private static AuditEntry Entry(string reason, params string[] tokens) => new()
    {
        Command = "Unprotect-LoginPii",
        Reason = reason,
        Attributes = ["ip"],
        Tokens = tokens,
    };

    private async Task<IAuditAnchor> AnchorAsync() =>
        await new PostgresConnector().OpenAnchorAsync((await TestDatabase.InitializedAsync(servers)).Settings(), Token);

    // A process of its own, as it were: nothing is remembered between calls.
    private async Task<string?> RecordAsync(IAuditAnchor anchor, string reason, params string[] tokens)
    {
        using var log = new AuditLog(Path, _keys.Ring, anchor);
        return await log.RecordAsync(Entry(reason, tokens), Token);
    }

    private Task<AuditReport> VerifyAsync(IAuditAnchor? anchor, params string[] tokens) =>
        AuditVerification.RunAsync(Path, _keys.Ring, anchor, tokens, Token);

    private async Task AssertBrokenAsync(IAuditAnchor anchor, long line, string why, string[] lines)
    {
        await File.WriteAllLinesAsync(Path, lines, Token);
        var report = await VerifyAsync(anchor);
        Assert.Equal(line, report.BrokenLine);
        Assert.Contains(why, report.Why, StringComparison.Ordinal);
    }

    private async Task AssertRefusedAsync(IAuditAnchor anchor, string id, string[] lines)
    {
        await File.WriteAllLinesAsync(Path, lines, Token);
        var before = await File.ReadAllBytesAsync(Path, Token);
        Assert.Equal(id, (await Assert.ThrowsAsync<LoginEtlException>(() => RecordAsync(anchor, "new"))).Id);
        Assert.Equal(before, await File.ReadAllBytesAsync(Path, Token));
    }

    /// <summary>An anchor whose answers to additions are lost, with the addition or without.</summary>
    private sealed class LosingAnchor(IAuditAnchor anchor) : IAuditAnchor
    {
        public bool Keeps { get; init; }

        public AuditTarget Target => anchor.Target;

        public Task<string?> RequireApartAsync(CancellationToken cancellationToken) => anchor.RequireApartAsync(cancellationToken);

        public Task<AnchorFacts> AskAsync(Guid? fileId, string place, CancellationToken cancellationToken) => anchor.AskAsync(fileId, place, cancellationToken);

        public Task<IReadOnlyList<AuditAnchor>> ListAsync(Guid? fileId, CancellationToken cancellationToken) => anchor.ListAsync(fileId, cancellationToken);

        public Task<IReadOnlyList<string>> WritersAsync(CancellationToken cancellationToken) => anchor.WritersAsync(cancellationToken);

        public Task<IReadOnlyList<string>> ElsewhereAsync(CancellationToken cancellationToken) => anchor.ElsewhereAsync(cancellationToken);

        public async Task<AuditAnchor?> AddAsync(AuditAnchor added, CancellationToken cancellationToken)
        {
            if (Keeps)
            {
                await anchor.AddAsync(added, cancellationToken);
            }

            throw new LoginEtlException(ErrorId.DatabaseUnreachable, "Lost.", "Look.");
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
