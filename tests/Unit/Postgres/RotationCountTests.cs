using LoginEtl.Keysets;
using LoginEtl.Rotation;
using LoginEtl.Unit.Fixtures;
using LoginEtl.Unit.Privacy.Recovery;
using Xunit;

namespace LoginEtl.Unit.Postgres;

/// <summary>What a rotation says it has done is what it has done, whatever others do to the table while it goes by.</summary>
public sealed class RotationCountTests(ServersFixture servers) : IDisposable
{
    private readonly RotatingKeys _keys = new();

    public void Dispose() => _keys.Dispose();

    [Fact]
    public async Task Tokens_of_rows_that_are_gone_when_they_would_be_replaced_do_not_count()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await RotatingLogins.WriteAsync(database, RotatingLogins.Records(_keys, 10));
        await database.RunAsync("UPDATE user_logins SET masked_device_id = NULL WHERE user_id = 'user-9'");
        _keys.Promote();
        var receipt = await RotateAsync(database, () => database.RunAsync("DELETE FROM user_logins WHERE user_id IN ('user-3', 'user-4')"));
        Assert.Equal((8, 15, 0), (receipt.RowsUpdated, receipt.TokensReplaced, receipt.ExitCode));
        Assert.Equal(8, await database.CountAsync());
    }

    [Fact]
    public async Task Unreadable_rows_that_go_away_do_not_hide_rows_that_were_missed()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await RotatingLogins.WriteAsync(database, RotatingLogins.Records(_keys, 10));
        var old = RotatingLogins.Record(_keys, 7);
        var damaged = old.MaskedIp![..20] + (old.MaskedIp[20] == 'A' ? 'B' : 'A') + old.MaskedIp[21..];
        await database.RunAsync($"INSERT INTO user_logins (user_id, masked_ip) SELECT 'damaged', '{damaged}' FROM generate_series(1, 3)");
        _keys.Promote();
        // Behind the pass, as a row that somebody changes.
        var receipt = await RotateAsync(database, () => database.RunAsync(
            $"DELETE FROM user_logins WHERE user_id = 'damaged'; INSERT INTO user_logins (user_id, masked_device_id) SELECT 'moved', '{old.MaskedDeviceId}' FROM generate_series(1, 3)"));
        Assert.Equal(0, await RotatingLogins.CountOldAsync(database, _keys));
        Assert.Equal((13, 23, 2, 0), (receipt.RowsUpdated, receipt.TokensReplaced, receipt.Passes, receipt.ExitCode));
    }

    private async Task<RotationReceipt> RotateAsync(TestDatabase database, Func<Task> meanwhile)
    {
        await using var tokens = new DisturbedTokens(await database.TokensAsync(), meanwhile);
        using var ring = _keys.Open();
        using var rotation = new TokenRotation(tokens, ring);
        return await rotation.RunAsync(null, TestDatabase.Token);
    }

    /// <summary>Something happens between the first reading of rows and their change.</summary>
    private sealed class DisturbedTokens(ITokenTable table, Func<Task> meanwhile) : ITokenTable
    {
        private bool _done;

        public string Name => table.Name;

        public Task<IReadOnlyList<StoredKey>> KeysAsync(CancellationToken cancellationToken) => table.KeysAsync(cancellationToken);

        public Task ChangeAsync(Func<IReadOnlyList<StoredKey>, IReadOnlyCollection<StoredKey>> decide, CancellationToken cancellationToken) => table.ChangeAsync(decide, cancellationToken);

        public Task<IReadOnlyList<PrefixCount>> CountAsync(CancellationToken cancellationToken) => table.CountAsync(cancellationToken);

        public Task<IReadOnlyList<PrefixCount>> CountTableAsync(string attribute, CancellationToken cancellationToken) => table.CountTableAsync(attribute, cancellationToken);

        public Task<IReadOnlyList<string>> StrangersAsync(CancellationToken cancellationToken) => table.StrangersAsync(cancellationToken);

        public Task<TokenSample?> SampleAsync(CancellationToken cancellationToken) => table.SampleAsync(cancellationToken);

        public IAsyncEnumerable<StoredLogin> FindAsync(string attribute, IReadOnlyList<string> tokens, CancellationToken cancellationToken) =>
            table.FindAsync(attribute, tokens, cancellationToken);

        public Task RequireReplaceableAsync(CancellationToken cancellationToken) => table.RequireReplaceableAsync(cancellationToken);

        public Task<IReadOnlyList<RowRange>> RangesAsync(int rows, CancellationToken cancellationToken) => table.RangesAsync(rows, cancellationToken);

        public async Task<IReadOnlyList<TokenRow>> ReadAsync(RowRange range, IReadOnlyList<StoredKey> old, bool others, CancellationToken cancellationToken)
        {
            var rows = await table.ReadAsync(range, old, others, cancellationToken);
            if (rows.Count > 0 && !_done)
            {
                _done = true;
                await meanwhile();
            }

            return rows;
        }

        public Task<ReplacedTokens> ReplaceAsync(RowRange range, IReadOnlyList<TokenChange> changes, CancellationToken cancellationToken) =>
            table.ReplaceAsync(range, changes, cancellationToken);

        public ValueTask DisposeAsync() => table.DisposeAsync();
    }
}
