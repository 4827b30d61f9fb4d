using LoginEtl.Audit;
using LoginEtl.Recovery;
using LoginEtl.Unit.Fixtures;
using LoginEtl.Unit.Privacy.Audit;
using Xunit;

namespace LoginEtl.Unit.Privacy.Recovery;

public sealed class TokenRecoveryTests : IDisposable
{
    private static readonly string Mac = $"mac1.AQQQQQQ{new string('A', 43)}";
    private static readonly string Siv = "siv1.AQ" + new string('A', 48);

    private readonly TestKeys _keys = new();

    public void Dispose() => _keys.Dispose();

    [Fact]
    public async Task Vault_is_asked_for_the_tokens_that_it_may_hold_and_not_at_all_without_any()
    {
        var vault = new AskedVault();
        using var escrow = EscrowKey.Read(_keys.EscrowPath);
        using var audit = new AuditLog(Path.Combine(_keys.Folder, "..", "audit.jsonl"), _keys.Ring, new MemoryAnchor());
        using var recovery = new TokenRecovery(
            _keys.Ring, audit, new RecoveryOptions { Command = "Test", Reason = "test", Escrow = escrow, Vault = vault });
        var pairs = await recovery.RecoverAsync([new(Siv, "rubbish"), new("mac1.rubbish", Mac), new(null, Siv)], TestContext.Current.CancellationToken);
        Assert.Equal([("device_id", Mac)], vault.Asked);
        Assert.Equal(
            [(TokenRefusal.UnknownKey, TokenRefusal.Malformed), (TokenRefusal.Malformed, TokenRefusal.NotInVault), (null, TokenRefusal.UnknownKey)],
            pairs.Select(p => (p.OfIp?.Refusal, p.OfDeviceId?.Refusal)));
    }

    private sealed class AskedVault : IVault
    {
        public List<(string Attribute, string Token)> Asked { get; } = [];

        public Task<IReadOnlyDictionary<string, ReadOnlyMemory<byte>>> FindAsync(
            string attribute, IReadOnlyCollection<string> tokens, CancellationToken cancellationToken)
        {
            Asked.AddRange(tokens.Select(t => (attribute, t)));
            return Task.FromResult<IReadOnlyDictionary<string, ReadOnlyMemory<byte>>>(new Dictionary<string, ReadOnlyMemory<byte>>());
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
