using System.Text.Json.Nodes;
using LoginEtl.Audit;
using LoginEtl.Faults;
using LoginEtl.Keysets;
using LoginEtl.Unit.Fixtures;
using Xunit;

namespace LoginEtl.Unit.Privacy.Audit;

/// <summary>What a record costs, and how large it may be, against an anchor in memory.</summary>
public sealed class AuditLogTests : IDisposable
{
    private readonly TestKeys _keys = new();

    private string FilePath => Path.Combine(_keys.Folder, "..", "audit.jsonl");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _keys.Dispose();

    [Fact]
    public async Task First_record_of_a_process_reads_a_long_file_once()
    {
        await using var anchor = new MemoryAnchor();
        await RecordAsync(anchor, lines: 400);
        await RecordAsync(anchor, lines: 1);

        using var keys = new AuditKeys(_keys.Ring);
        await using var file = File.OpenRead(FilePath);
        var chain = new AuditChain(keys);
        chain.Follow(file);
        chain = new AuditChain(keys);
        var before = GC.GetAllocatedBytesForCurrentThread();
        chain.Follow(file);
        var once = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.Equal((401, null), (chain.Count, chain.Broken));
        await file.DisposeAsync();

        Assert.InRange(await RecordAsync(anchor, lines: 1), once, once * 3 / 2);
    }

    [Fact]
    public async Task Line_that_nobody_could_read_again_is_not_written()
    {
        await using var anchor = new MemoryAnchor();
        await RecordAsync(anchor, lines: 1);
        using (var log = new AuditLog(FilePath, _keys.Ring, anchor))
        {
            var entry = new AuditEntry { Command = "Test", Reason = new string('x', AuditLine.Longest), Attributes = ["ip"], Tokens = [] };
            Assert.Equal("AuditLineTooLong", (await Assert.ThrowsAsync<LoginEtlException>(() => log.RecordAsync(entry, Token))).Id);
            // As long as is read, to the byte: without its reason, the line has as many bytes more than this as the other was too long.
            var rest = new FileInfo(FilePath).Length;
            await log.RecordAsync(entry with { Reason = "" }, Token);
            rest = new FileInfo(FilePath).Length - rest;
            await log.RecordAsync(entry with { Reason = new string('x', AuditLine.Longest - (int)rest) }, Token);
        }

        await RecordAsync(anchor, lines: 1);
        using var keys = new AuditKeys(_keys.Ring);
        await using var file = File.OpenRead(FilePath);
        var chain = new AuditChain(keys);
        chain.Follow(file);
        Assert.Equal((4, null), (chain.Count, chain.Broken));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Nothing_is_recovered_under_another_audit_key_than_the_first_anchor_s(bool isOfTheSameId)
    {
        await using var anchor = new MemoryAnchor();
        await RecordAsync(anchor, lines: 2);
        var path = KeyFolder.PathOf(_keys.Folder, KeysetName.Audit);
        var (real, keyset) = (File.ReadAllText(path), JsonNode.Parse(File.ReadAllText(path))!);
        var value = Convert.FromBase64String(keyset["key"]![0]!["keyData"]!["value"]!.GetValue<string>());
        value[^1] ^= 1;
        keyset["key"]![0]!["keyData"]!["value"] = Convert.ToBase64String(value);
        if (!isOfTheSameId)
        {
            keyset["key"]![0]!["keyId"] = 77777777;
            keyset["primaryKeyId"] = 77777777;
            keyset["key"]!.AsArray().Add(new JsonObject { ["status"] = "DESTROYED", ["keyId"] = JsonNode.Parse(real)!["primaryKeyId"]!.DeepClone(), ["outputPrefixType"] = "TINK" });
        }

        File.WriteAllText(path, keyset.ToJsonString());
        using var ring = Keyring.Open(_keys.Folder);
        // As one who adds by hand what holds under their key does, who cannot change the first.
        using (var own = new AuditKeys(ring))
        {
            await AnchorChain.AddAsync(anchor, own, new AuditAnchor { FileId = Guid.NewGuid(), Line = 1, Mac = new string('0', 64), Place = "elsewhere" }, anchor.Anchors[^1]);
        }

        foreach (var file in new[] { FilePath, $"{FilePath}.other" })
        {
            using var log = new AuditLog(file, ring, anchor);
            var fault = await Assert.ThrowsAsync<LoginEtlException>(() => log.RecordAsync(new AuditEntry { Command = "Test", Reason = "Test", Attributes = ["ip"], Tokens = [] }, Token));
            Assert.Equal("AuditKeyOther", fault.Id);
        }

        Assert.Equal(3, anchor.Anchors.Count);
        Assert.False(File.Exists($"{FilePath}.other"));
        // Under the right one all goes on, and what was added by hand is told of.
        File.WriteAllText(path, real);
        using var right = new AuditLog(FilePath, _keys.Ring, anchor);
        Assert.Contains("does not follow", await right.RecordAsync(new AuditEntry { Command = "Test", Reason = "Test", Attributes = ["ip"], Tokens = [] }, Token), StringComparison.Ordinal);
    }

    [Fact]
    public async Task All_is_recorded_under_the_first_anchor_s_key_whichever_is_primary_in_a_copy()
    {
        await using var anchor = new MemoryAnchor();
        await RecordAsync(anchor, lines: 1);
        var path = KeyFolder.PathOf(_keys.Folder, KeysetName.Audit);
        var real = File.ReadAllText(path);
        var change = KeysetChange.Of(_keys.Folder, KeysetName.Audit, new KeyAccess());
        change.Promote(change.Add().KeyId);
        using (var copy = Keyring.Open(_keys.Folder))
        using (var log = new AuditLog(FilePath, copy, anchor))
        {
            await log.RecordAsync(new AuditEntry { Command = "Test", Reason = "Test", Attributes = ["ip"], Tokens = ["siv1.AX5A8m0"] }, Token);
        }

        // Who watches has the key from before alone.
        File.WriteAllText(path, real);
        using var keys = new AuditKeys(_keys.Ring);
        Assert.Empty(AnchorChain.Faults(keys, anchor.Anchors));
        await using var written = File.OpenRead(FilePath);
        var chain = new AuditChain(keys);
        chain.Follow(written);
        Assert.Equal((2, null), (chain.Count, chain.Broken));
    }

    // Answers what it allocated: the anchor never waits, so all of it is on this thread.
    private async Task<long> RecordAsync(MemoryAnchor anchor, int lines)
    {
        var tokens = Enumerable.Range(0, 100).Select(i => $"siv1.AX5A8m{i}").ToList();
        using var log = new AuditLog(FilePath, _keys.Ring, anchor);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < lines; i++)
        {
            await log.RecordAsync(new AuditEntry { Command = "Test", Reason = "Test", Attributes = ["ip"], Tokens = tokens }, Token);
        }

        return GC.GetAllocatedBytesForCurrentThread() - before;
    }
}
