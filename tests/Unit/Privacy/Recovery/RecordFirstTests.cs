using System.Text;
using LoginEtl.Audit;
using LoginEtl.Keysets;
using LoginEtl.Masking;
using LoginEtl.Protecting;
using LoginEtl.Quarantine;
using LoginEtl.Records;
using LoginEtl.Recovery;
using LoginEtl.Tokens;
using LoginEtl.Unit.Fixtures;
using LoginEtl.Unit.Privacy.Audit;
using Xunit;

namespace LoginEtl.Unit.Privacy.Recovery;

/// <summary>
/// A line may stand for values that never left, and never the other way about, nor for others than it names. What opens them is
/// taken away, or changed, while their line is anchored: whatever had been opened before would come out all the same.
/// </summary>
public sealed class RecordFirstTests : IDisposable
{
    private readonly TestKeys _keys = new();
    private readonly MemoryAnchor _anchor = new();
    private readonly Keyring _ring;
    private readonly AuditLog _audit;

    public RecordFirstTests()
    {
        _ring = Keyring.Open(_keys.Folder);
        _audit = new AuditLog(AuditPath, _ring, _anchor);
    }

    private string AuditPath => Path.Combine(_keys.Folder, "..", "audit.jsonl");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static RecoveryOptions Options => new() { Command = "Test", Reason = "test" };

    public void Dispose()
    {
        _audit.Dispose();
        _ring.Dispose();
        _keys.Dispose();
    }

    [Theory]
    [InlineData("ip")]
    [InlineData("ip.pfx")]
    public async Task No_token_is_opened_before_its_line_is_anchored(string keyset)
    {
        var kind = keyset == "ip" ? TokenKind.Siv : TokenKind.Pfx;
        using var masker = AttributeKeys.Masker(kind, _keys.Ring.Get(keyset), _keys.Ring.Get(keyset).Primary, "ip", _keys.Ring);
        var tokens = new Token?[1];
        masker.Mask([new Plaintext("192.0.2.1")], tokens, new bool[1]);
        using var recovery = new TokenRecovery(_ring, _audit, Options);
        _anchor.Adding = _ring.Get(keyset).Dispose;
        await Assert.ThrowsAsync<ObjectDisposedException>(() => recovery.RecoverAsync([new MaskedPair(tokens[0]!.Text, null)], Token));
        await AssertRecordedAsync();
    }

    [Fact]
    public async Task No_original_is_opened_before_its_line_is_anchored()
    {
        var token = $"mac1.AQQQQQQ{new string('A', 43)}";
        using var sealer = new OriginalSealer(_keys.Ring.Get("escrow"));
        var escrow = EscrowKey.Read(_keys.EscrowPath);
        await using var vault = new Vault(token, sealer.Seal("ip", token, "192.0.2.1").AsMemory());
        using var recovery = new TokenRecovery(_ring, _audit, Options with { Escrow = escrow, Vault = vault });
        _anchor.Adding = escrow.Dispose;
        await Assert.ThrowsAsync<ObjectDisposedException>(() => recovery.RecoverAsync([new MaskedPair(token, null)], Token));
        await AssertRecordedAsync();
    }

    [Fact]
    public async Task No_body_is_opened_before_its_line_is_anchored()
    {
        var entry = Entry(Sealed("body", "m"), "m");
        using var recovery = new BodyRecovery(_keys.PrivatePath, _audit, Options);
        Assert.Equal("body", Assert.Single(await recovery.RecoverAsync([entry], Token)).Body!.Reveal());
        _anchor.Adding = recovery.Dispose;
        await Assert.ThrowsAsync<ObjectDisposedException>(() => recovery.RecoverAsync([entry], Token));
        Assert.Equal(2, (await File.ReadAllLinesAsync(AuditPath, Token)).Length);
    }

    [Fact]
    public async Task Entry_that_names_another_message_while_its_line_is_written_is_not_opened_under_that_name()
    {
        var entry = Entry(Sealed("secret", "the real one"), "another");
        _anchor.Adding = () => typeof(QuarantineEntry).GetProperty(nameof(entry.MessageId))!.SetValue(entry, "the real one");
        var opened = await RecoverAsync(entry, _keys.PrivatePath);
        Assert.Equal("the real one", entry.MessageId);
        Assert.Equal((null, "SealedBodyUnopened"), (opened.Body, opened.Fault?.Id));
        Assert.Contains("\"messages\":[\"another\"]", await File.ReadAllTextAsync(AuditPath, Token), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Entry_whose_bytes_change_while_its_line_is_written_opens_as_it_was()
    {
        var (dull, secret) = (Sealed("the dull", "the one"), Sealed("a secret", "the one"));
        _anchor.Adding = () => secret.CopyTo(dull, 0);
        Assert.Equal("the dull", (await RecoverAsync(Entry(dull, "the one"), _keys.PrivatePath)).Body?.Reveal());
    }

    [Fact]
    public async Task Original_of_the_vault_is_no_body()
    {
        var token = $"mac1.AQQQQQQ{new string('A', 43)}";
        using var sealer = new OriginalSealer(_keys.Ring.Get(KeysetName.Escrow));
        var original = sealer.Seal("ip", token, "192.0.2.1").AsMemory().ToArray();
        var opened = await RecoverAsync(Entry(original, $"login-etl/1/ip\0{token}"), _keys.EscrowPath);
        Assert.Equal((null, "SealedBodyUnopened"), (opened.Body, opened.Fault?.Id));
    }

    private static QuarantineEntry Entry(byte[] body, string messageId) =>
        new(body, null) { Id = 1, MessageId = messageId, Reason = "invalid_json", ReceiveCount = 1, CreatedAt = DateTimeOffset.UnixEpoch };

    private byte[] Sealed(string body, string messageId) =>
        new BodySealer(_keys.Ring.Get(KeysetName.Quarantine)).Seal(Encoding.UTF8.GetBytes(body), new MessageId(messageId)).AsMemory().ToArray();

    private async Task<OpenedBody> RecoverAsync(QuarantineEntry entry, string privateKeyPath)
    {
        using var recovery = new BodyRecovery(privateKeyPath, _audit, Options);
        return Assert.Single(await recovery.RecoverAsync([entry], Token));
    }

    private async Task AssertRecordedAsync()
    {
        var report = await AuditVerification.RunAsync(AuditPath, _keys.Ring, _anchor, [], Token);
        Assert.Equal((true, 1L, 1L), (report.IsIntact, report.Lines, report.Anchored));
    }

    private sealed class Vault(string token, ReadOnlyMemory<byte> original) : IVault
    {
        public Task<IReadOnlyDictionary<string, ReadOnlyMemory<byte>>> FindAsync(
            string attribute, IReadOnlyCollection<string> tokens, CancellationToken cancellationToken) =>
            Task.FromResult<IReadOnlyDictionary<string, ReadOnlyMemory<byte>>>(new Dictionary<string, ReadOnlyMemory<byte>> { [token] = original });

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
