using System.Runtime.CompilerServices;
using LoginEtl.Keysets;
using LoginEtl.Postgres.Catalog;
using LoginEtl.Postgres.Connections;
using LoginEtl.Postgres.Faults;
using LoginEtl.Postgres.Keys;
using LoginEtl.Postgres.Targets;
using LoginEtl.Records;
using LoginEtl.Rotation;
using LoginEtl.Settings;
using Npgsql;

namespace LoginEtl.Postgres.Rotation;

/// <summary>The tokens of a PostgreSQL table. Faults of the system are retried for a minute; everything here can be done again.</summary>
internal sealed class PostgresTokens : ITokenTable
{
    private static readonly TimeSpan RetryFor = TimeSpan.FromMinutes(1);

    private readonly Database _database;
    private readonly LiveTable _table;
    private readonly KeyStates _keys;
    private readonly string _quarantine;

    private PostgresTokens(Database database, LiveTable table)
    {
        _database = database;
        _table = table;
        _keys = new KeyStates(table.Name.Beside(SchemaNames.Keys));
        _quarantine = table.Name.Beside(SchemaNames.Quarantine).Quoted;
    }

    /// <inheritdoc/>
    public string Name => _table.Name.ToString();

    /// <summary>Finds the table and what is beside it.</summary>
    /// <param name="database">Taken over.</param>
    /// <param name="settings">With the table's name.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    public static Task<PostgresTokens> OpenAsync(Database database, DatabaseSettings settings, CancellationToken cancellationToken) => database.UseAsync(
        async connection =>
        {
            var table = await Preflight.FindAsync(connection, settings, cancellationToken).ConfigureAwait(false);
            TargetCheck.RequireTable(table);
            foreach (var masked in new[] { table.Find(RecordField.MaskedIp), table.Find(RecordField.MaskedDeviceId) }.OfType<LiveColumn>())
            {
                TargetCheck.RequireExact(table, masked);
            }

            foreach (var beside in await CompanionTable.ReadAsync(connection, table.Name, cancellationToken).ConfigureAwait(false))
            {
                beside.RequireLoginEtlTable();
                if (beside.Name.Name == SchemaNames.Keys)
                {
                    beside.RequireUnique();
                }
            }

            await ForeignObjects.RequireNoneAsync(connection, table.Name, SchemaNames.TrustedByRuns, cancellationToken).ConfigureAwait(false);

            return new PostgresTokens(database, table);
        },
        cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<StoredKey>> KeysAsync(CancellationToken cancellationToken) => TryAsync(_keys.ListAsync, cancellationToken);

    /// <inheritdoc/>
    public Task ChangeAsync(Func<IReadOnlyList<StoredKey>, IReadOnlyCollection<StoredKey>> decide, CancellationToken cancellationToken) => TryAsync(
        async (connection, token) =>
        {
            await SchemaRecord.RequireAsync(connection, _table.Name, token).ConfigureAwait(false);
            await _keys.ChangeAsync(connection, _table.Name, decide, token).ConfigureAwait(false);
            return 0;
        },
        cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<PrefixCount>> CountAsync(CancellationToken cancellationToken) => LookAsync(
        (connection, token) => PrefixCounts.CountAsync(connection, new TokenColumns(_table).AllValues(_table.Name, hasQuarantine: true), token), cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<PrefixCount>> CountTableAsync(string attribute, CancellationToken cancellationToken) => LookAsync(
        (connection, token) => PrefixCounts.CountAsync(
            connection, $"SELECT '{attribute}' AS attribute, {new TokenColumns(_table).Of(attribute)}::text AS token FROM {_table.Name.Quoted}", token),
        cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<string>> StrangersAsync(CancellationToken cancellationToken) => TryAsync(
        async (connection, token) => (IReadOnlyList<string>)await Strangers.NamesAsync(connection, _table.Name, token).ConfigureAwait(false), cancellationToken);

    /// <inheritdoc/>
    public Task<TokenSample?> SampleAsync(CancellationToken cancellationToken) => LookAsync(
        (connection, token) => TableSample.ReadAsync(connection, _table, token), cancellationToken);

    /// <inheritdoc/>
    public async IAsyncEnumerable<StoredLogin> FindAsync(
        string attribute, IReadOnlyList<string> tokens, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var rows = new LoginRows(_table);
        var connection = await GuardAsync(() => _database.Source.OpenConnectionAsync(cancellationToken).AsTask()).ConfigureAwait(false);
        await using var _ = connection.ConfigureAwait(false);
        var transaction = await GuardAsync(() => connection.BeginTransactionAsync(cancellationToken).AsTask()).ConfigureAwait(false);
        await using var ____ = transaction.ConfigureAwait(false);
        await GuardAsync(() => RequireAllRowsAsync(connection, cancellationToken)).ConfigureAwait(false);
        var command = new NpgsqlCommand(rows.Query(attribute), connection) { CommandTimeout = Queries.WholeTableSeconds };
        await using var __ = command.ConfigureAwait(false);
        command.Parameters.Add(new NpgsqlParameter { Value = tokens.ToArray() });
        var reader = await GuardAsync(() => command.ExecuteReaderAsync(cancellationToken)).ConfigureAwait(false);
        await using var ___ = reader.ConfigureAwait(false);
        while (await GuardAsync(() => reader.ReadAsync(cancellationToken)).ConfigureAwait(false))
        {
            yield return rows.Read(reader);
        }
    }

    /// <inheritdoc/>
    public Task RequireReplaceableAsync(CancellationToken cancellationToken) => TryAsync(
        async (connection, token) =>
        {
            await SchemaRecord.RequireAsync(connection, _table.Name, token).ConfigureAwait(false);
            await ReplaceableTokens.RequireAsync(connection, _table, token).ConfigureAwait(false);
            return 0;
        },
        cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<RowRange>> RangesAsync(int rows, CancellationToken cancellationToken) => TryAsync<IReadOnlyList<RowRange>>(
        async (connection, token) => await TableRanges.CutAsync(connection, _table, rows, token).ConfigureAwait(false), cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<TokenRow>> ReadAsync(RowRange range, IReadOnlyList<StoredKey> old, bool others, CancellationToken cancellationToken)
    {
        var (ips, devices) = (Prefixes(LoginFields.Ip), Prefixes(LoginFields.DeviceId));
        return TryAsync<IReadOnlyList<TokenRow>>(
            async (connection, token) => range.Relation == _quarantine
                ? await QuarantineTokens.ReadAsync(connection, range, ips, devices, token).ConfigureAwait(false)
                : await TableTokens.ReadAsync(connection, new TokenColumns(_table), range, ips, devices, others, token).ConfigureAwait(false),
            cancellationToken);

        string[] Prefixes(string attribute) => [.. old.Where(k => k.Attribute == attribute).Select(k => k.Prefix)];
    }

    /// <inheritdoc/>
    public Task<ReplacedTokens> ReplaceAsync(RowRange range, IReadOnlyList<TokenChange> changes, CancellationToken cancellationToken) => TryAsync(
        async (connection, token) =>
        {
            var transaction = await connection.BeginTransactionAsync(token).ConfigureAwait(false);
            await using var _ = transaction.ConfigureAwait(false);
            await connection.RunAsync($"SELECT {KeyLock.Shared(_table.Name.Beside(SchemaNames.Keys))}", token).ConfigureAwait(false);
            await WriteLock.TakeAsync(connection, _table.Name, [WriteLock.ToUpdate(_table.Name.Beside(SchemaNames.Quarantine), "record")], [SchemaNames.Quarantine], token).ConfigureAwait(false);
            new KnownKeys(await _keys.ListAsync(connection, token).ConfigureAwait(false)).Refuse(changes);
            var replaced = range.Relation == _quarantine
                ? await QuarantineTokens.ReplaceAsync(connection, range, changes, token).ConfigureAwait(false)
                : await TableTokens.ReplaceAsync(connection, new TokenColumns(_table), range, changes, token).ConfigureAwait(false);
            await ForeignObjects.CommitAsync(transaction, _table.Name, [SchemaNames.Quarantine], token).ConfigureAwait(false);
            return replaced;
        },
        cancellationToken);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _database.DisposeAsync();

    // What is said of all rows is said of none where row security hides some.
    private Task<T> LookAsync<T>(Func<NpgsqlConnection, CancellationToken, Task<T>> look, CancellationToken cancellationToken) => TryAsync(
        async (connection, token) =>
        {
            var transaction = await connection.BeginTransactionAsync(token).ConfigureAwait(false);
            await using var _ = transaction.ConfigureAwait(false);
            await RequireAllRowsAsync(connection, token).ConfigureAwait(false);
            return await look(connection, token).ConfigureAwait(false);
        },
        cancellationToken);

    // Where it comes later, the server refuses to read.
    private async Task<int> RequireAllRowsAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        TargetCheck.RequireAllRows(_table);
        await connection.RunAsync("SET TRANSACTION READ ONLY; SET LOCAL row_security = off", cancellationToken).ConfigureAwait(false);
        return 0;
    }

    private async Task<T> TryAsync<T>(Func<NpgsqlConnection, CancellationToken, Task<T>> work, CancellationToken cancellationToken)
    {
        var retry = new FaultRetry(RetryFor, _database.Endpoint);
        while (true)
        {
            try
            {
                var connection = await _database.Source.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
                await using var _ = connection.ConfigureAwait(false);
                return await work(connection, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception e) when (FaultRetry.Concerns(e))
            {
                await retry.WaitAsync(e, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private async Task<T> GuardAsync<T>(Func<Task<T>> work)
    {
        try
        {
            return await work().ConfigureAwait(false);
        }
        catch (Exception e) when (DatabaseFault.IsOfDatabase(e))
        {
            throw DatabaseFault.From(e, _database.Endpoint);
        }
    }
}
