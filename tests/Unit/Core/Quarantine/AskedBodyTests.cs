using LoginEtl.Audit;
using LoginEtl.Keysets;
using LoginEtl.Masking;
using LoginEtl.Protecting;
using LoginEtl.Quarantine;
using LoginEtl.Records;
using LoginEtl.Recovery;
using LoginEtl.Unit.Fixtures;
using LoginEtl.Unit.Privacy.Audit;
using Xunit;

namespace LoginEtl.Unit.Core.Quarantine;

/// <summary>What is opened is what the audit's line says, whatever is done to the objects that were given.</summary>
public sealed class AskedBodyTests : IDisposable
{
    private readonly TestKeys _keys = new();
    private readonly MemoryAnchor _anchor = new();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    private string AuditPath => Path.Combine(_keys.Folder, "..", "audit.jsonl");

    public void Dispose() => _keys.Dispose();

    [Fact]
    public async Task Entry_that_names_another_message_while_its_line_is_written_is_not_opened_under_that_name()
    {
        var entry = Entry(Seal("secret", "the real one"), "another");
        _anchor.Adding = () => Rename(entry, "the real one");
        var opened = await RecoverAsync(entry, _keys.PrivatePath);
        Assert.Equal("the real one", entry.MessageId);
        Assert.Equal((null, "SealedBodyUnopened"), (opened.Body, opened.Fault?.Id));
        Assert.Contains("\"messages\":[\"another\"]", await File.ReadAllTextAsync(AuditPath, Cancelled), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Entry_whose_bytes_change_while_its_line_is_written_opens_as_it_was()
    {
        var (dull, secret) = (Seal("the dull", "the one"), Seal("a secret", "the one"));
        var entry = Entry(dull, "the one");
        _anchor.Adding = () => secret.CopyTo(dull, 0);
        Assert.Equal("the dull", (await RecoverAsync(entry, _keys.PrivatePath)).Body?.Reveal());
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

    private static void Rename(QuarantineEntry entry, string messageId) => typeof(QuarantineEntry).GetProperty(nameof(entry.MessageId))!.SetValue(entry, messageId);

    private static QuarantineEntry Entry(byte[] body, string messageId) =>
        new(body, null) { Id = 1, MessageId = messageId, Reason = "invalid_json", ReceiveCount = 1, CreatedAt = DateTimeOffset.UtcNow };

    private byte[] Seal(string body, string messageId) =>
        new BodySealer(_keys.Ring.Get(KeysetName.Quarantine)).Seal(System.Text.Encoding.UTF8.GetBytes(body), new MessageId(messageId)).AsMemory().ToArray();

    private async Task<OpenedBody> RecoverAsync(QuarantineEntry entry, string privateKeyPath)
    {
        using var audit = new AuditLog(AuditPath, _keys.Ring, _anchor);
        using var bodies = new BodyRecovery(privateKeyPath, audit, new RecoveryOptions { Command = "Test", Reason = "test" });
        return Assert.Single(await bodies.RecoverAsync([entry], Cancelled));
    }
}
