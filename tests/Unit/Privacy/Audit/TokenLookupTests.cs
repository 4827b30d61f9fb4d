using System.Buffers.Text;
using System.Text;
using LoginEtl.Audit;
using LoginEtl.Keysets;
using LoginEtl.Recovery;
using LoginEtl.Tokens;
using LoginEtl.Unit.Fixtures;
using Xunit;

namespace LoginEtl.Unit.Privacy.Audit;

/// <summary>A token finds the lines under which it was asked for, under whichever key id it was asked for.</summary>
public sealed class TokenLookupTests : IDisposable
{
    private readonly TestKeys _keys = new();
    private readonly MemoryAnchor _anchor = new();

    private string AuditPath => Path.Combine(_keys.Folder, "..", "audit.jsonl");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _keys.Dispose();

    [Theory]
    [InlineData("ip")]
    [InlineData("ip.pfx")]
    public async Task Token_under_another_key_id_that_somebody_gave_to_a_copy_of_the_keys_is_found(string keyset)
    {
        var (kind, key) = (keyset == "ip" ? TokenKind.Siv : TokenKind.Pfx, _keys.Ring.Get(keyset).Primary.Id);
        using var masker = AttributeKeys.Masker(kind, _keys.Ring.Get(keyset), _keys.Ring.Get(keyset).Primary, "ip", _keys.Ring);
        var tokens = new Token?[1];
        masker.Mask([new Plaintext("192.0.2.1")], tokens, new bool[1]);
        var token = tokens[0]!.Text;
        Assert.True(TokenParts.TryParse(token, out var parts));

        // The copy's file has another id for the same key, and the token's header names it.
        var other = key ^ 0x33333300;
        var path = KeyFolder.PathOf(_keys.Folder, keyset);
        await File.WriteAllTextAsync(path, (await File.ReadAllTextAsync(path, Token)).Replace($"{key}", $"{other}", StringComparison.Ordinal), Token);
        var rewritten = kind == TokenKind.Siv ? SivToken.Create(other, parts.Body, []).Text : PfxToken.Create(other, parts.Body).Text;
        using var copy = Keyring.Open(_keys.Folder);
        using var audit = new AuditLog(AuditPath, copy, _anchor);
        using var recovery = new TokenRecovery(copy, audit, new RecoveryOptions { Command = "Test", Reason = "test" });
        Assert.Equal("192.0.2.1", Assert.Single(await recovery.RecoverAsync([new MaskedPair(rewritten, null)], Token)).OfIp!.Value.Plaintext!.Reveal());

        Assert.Equal([1L], await FoundAsync(token));
        Assert.Equal([1L], await FoundAsync(rewritten));
        Assert.Empty(await FoundAsync(token[..^4] + (token.EndsWith("AAAA", StringComparison.Ordinal) ? "AAAB" : "AAAA")));
    }

    [Fact]
    public async Task Lines_of_earlier_versions_are_found_by_the_token_as_it_was_written()
    {
        var token = SivToken.Create(7, new byte[16], new byte[16]).Text;
        using var keys = new AuditKeys(_keys.Ring);
        var fingerprint = Base64Url.EncodeToString(Convert.FromHexString(keys.Mac(keys.Current, Encoding.UTF8.GetBytes($"login-etl/audit/token\0{token}"))!).AsSpan(0, 9));
        var content = $"{{\"line\":1,\"file\":\"{Guid.NewGuid()}\",\"at\":\"2026-01-02T03:04:05.678Z\",\"asked\":1,\"opened\":1,\"tokens\":[\"{fingerprint}\"],\"key\":{keys.Current},\"previous\":\"{AuditLine.None}\"";
        await File.WriteAllTextAsync(AuditPath, $"{content},\"mac\":\"{keys.Mac(keys.Current, Encoding.ASCII.GetBytes(content))}\"}}\n", Token);
        Assert.Equal([1L], await FoundAsync(token));
        Assert.Empty(await FoundAsync(SivToken.Create(7, new byte[16], Enumerable.Repeat((byte)1, 16).ToArray()).Text));
    }

    [Fact]
    public async Task What_is_no_token_is_found_as_it_was_given()
    {
        using var audit = new AuditLog(AuditPath, _keys.Ring, _anchor);
        using var recovery = new TokenRecovery(_keys.Ring, audit, new RecoveryOptions { Command = "Test", Reason = "test" });
        await recovery.RecoverAsync([new MaskedPair("rubbish", null)], Token);
        Assert.Equal([1L], await FoundAsync("rubbish"));
        Assert.Empty(await FoundAsync("rubbisH"));
    }

    private async Task<IReadOnlyList<long>> FoundAsync(string token)
    {
        var report = await AuditVerification.RunAsync(AuditPath, _keys.Ring, null, [token], Token);
        Assert.True(report.IsIntact, report.Why);
        return report.Found;
    }
}
