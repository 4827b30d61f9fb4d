using System.Data;
using System.Runtime.CompilerServices;
using LoginEtl.Faults;
using LoginEtl.Postgres.Catalog;
using LoginEtl.Postgres.Connections;
using LoginEtl.Postgres.Faults;
using LoginEtl.Postgres.Rotation;
using LoginEtl.Postgres.Targets;
using LoginEtl.Quarantine;
using LoginEtl.Rotation;
using LoginEtl.Settings;
using LoginEtl.Subjects;
using Npgsql;

namespace LoginEtl.Postgres.Subjects;

/// <summary>A person's data in one snapshot of a PostgreSQL database.</summary>
internal sealed class PostgresSubject : ISubjectData
{
    private readonly Database _database;
    private readonly NpgsqlConnection _connection;
    private readonly NpgsqlTransaction _transaction;
    private readonly SubjectQueries _queries;
    private readonly Subject _subject;
    private readonly SealedFindings _found;
    private readonly long[] _opened;
    private readonly long[] _searched;

    private PostgresSubject(Database database, NpgsqlConnection connection, NpgsqlTransaction transaction, SubjectQueries queries, Subject subject, SealedFindings opened)
    {
        (_database, _connection, _transaction, _queries, _subject) = (database, connection, transaction, queries, subject);
        (_found, _opened, _searched) = (opened, [.. opened.Entries], [.. opened.Searched]);
    }

    /// <inheritdoc/>
    public string Name => $"{_queries.Table}";

    /// <summary>Takes the snapshot.</summary>
    /// <param name="database">Taken over.</param>
    /// <param name="settings">With the table's name.</param>
    /// <param name="subject">Who is looked for.</param>
    /// <param name="opened">What was found in sealed bodies.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="LoginEtlException"><c>RowSecurity</c>, <c>TableAccessDenied</c>, <c>TableUnsuitable</c>, <c>LedgerNotFound</c>, <c>LedgerUnsuitable</c>, <c>ForeignObject</c>.</exception>
    public static async Task<PostgresSubject> OpenAsync(
        Database database, DatabaseSettings settings, Subject subject, SealedFindings opened, CancellationToken cancellationToken)
    {
        NpgsqlConnection? connection = null;
        try
        {
            connection = await database.Source.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
            var queries = new SubjectQueries(await Preflight.FindAsync(connection, settings, cancellationToken).ConfigureAwait(false), subject);
            await SubjectRights.RequireReadableAsync(connection, queries, cancellationToken).ConfigureAwait(false);
            var transaction = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancellationToken).ConfigureAwait(false);
            // Row security that comes after the look fails what reads.
            await connection.RunAsync(
                $"SET TRANSACTION READ ONLY; SET LOCAL search_path = {Queries.SystemPath}; SET LOCAL row_security = off; SET LOCAL TimeZone = 'UTC'", cancellationToken).ConfigureAwait(false);
            return new PostgresSubject(database, connection, transaction, queries, subject, opened);
        }
        catch (Exception e)
        {
            if (connection is not null)
            {
                await connection.DisposeAsync().ConfigureAwait(false);
            }

            if (DatabaseFault.IsOfDatabase(e))
            {
                throw DatabaseFault.From(e, database.Endpoint);
            }

            throw;
        }
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<PrefixCount>> CountValuesAsync(CancellationToken cancellationToken) => !_subject.IsMasked
        ? Task.FromResult<IReadOnlyList<PrefixCount>>([])
        : GuardAsync(() => PrefixCounts.CountAsync(_connection, _queries.AllValues, cancellationToken));

    /// <inheritdoc/>
    public Task<long> CountSealedAsync(CancellationToken cancellationToken) =>
        GuardAsync(() => SubjectSearch.CountSealedAsync(_connection, _queries, _searched, cancellationToken));

    /// <inheritdoc/>
    public IAsyncEnumerable<string> RowsAsync(CancellationToken cancellationToken) =>
        ReadAsync($"SELECT pg_catalog.row_to_json(t)::text FROM {_queries.Table.Quoted} t WHERE {_queries.IsRow}", [_queries.Stored], r => r.GetString(0), cancellationToken);

    /// <inheritdoc/>
    public IAsyncEnumerable<SubjectEntry> EntriesAsync(CancellationToken cancellationToken) => ReadAsync(
        $"""
        SELECT id, pg_catalog.row_to_json(e)::text FROM (
            SELECT id, message_id, source, {SchemaNames.Queue}, reason, field, sqlstate, constraint_name, receive_count, sent_at, created_at, {SchemaNames.RestoredAt}, record
            FROM {_queries.Quarantine.Quoted} WHERE {_queries.IsRecord} OR id = ANY ($1)) e
        ORDER BY id
        """,
        [_opened, _queries.InRecords], r => new SubjectEntry(r.GetInt64(0), r.GetString(1)), cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<SubjectOriginal>> OriginalsAsync(CancellationToken cancellationToken) => GuardAsync<IReadOnlyList<SubjectOriginal>>(async () =>
    {
        var tokens = await CandidatesAsync(cancellationToken).ConfigureAwait(false);
        var originals = new List<SubjectOriginal>();
        foreach (var group in tokens.GroupBy(t => t.Attribute).OrderBy(g => g.Key, StringComparer.Ordinal))
        {
            originals.AddRange(await _connection.QueryAsync(
                $"SELECT attribute, token, {Queries.Readable("created_at")} FROM {_queries.Vault.Quoted} WHERE attribute = $1 AND token = ANY ($2) ORDER BY token",
                [group.Key, group.Select(t => t.Token).ToArray()],
                r => new SubjectOriginal(r.GetString(0), r.GetString(1), new DateTimeOffset(r.GetDateTime(2), TimeSpan.Zero)), cancellationToken).ConfigureAwait(false));
        }

        return originals;
    });

    /// <inheritdoc/>
    public Task<SubjectCounts> CountAsync(CancellationToken cancellationToken) => GuardAsync(async () =>
    {
        var tokens = await CandidatesAsync(cancellationToken).ConfigureAwait(false);
        tokens.ExceptWith(await SubjectSearch.NeededAsync(_connection, _queries, tokens, withTheirs: false, _opened, cancellationToken).ConfigureAwait(false));
        var originals = 0L;
        foreach (var group in tokens.GroupBy(t => t.Attribute))
        {
            originals += await CountAsync(
                $"{_queries.Vault.Quoted} WHERE attribute = $1 AND token = ANY ($2)", [group.Key, group.Select(t => t.Token).ToArray()], cancellationToken).ConfigureAwait(false);
        }

        return new SubjectCounts(
            await CountAsync($"{_queries.Table.Quoted} WHERE {_queries.IsRow}", [_queries.Stored], cancellationToken).ConfigureAwait(false),
            await CountAsync(
                $"{_queries.Quarantine.Quoted} WHERE (sealed_body IS NOT NULL OR record IS NOT NULL) AND ({_queries.IsRecord} OR id = ANY ($1))", [_opened, _queries.InRecords], cancellationToken).ConfigureAwait(false),
            originals);
    });

    /// <inheritdoc/>
    public async Task<SubjectCounts> RemoveAsync(Dismissal dismissal, Func<SubjectCounts, Task> witness, CancellationToken cancellationToken)
    {
        // What it saw has been told, and keeps nobody from cleaning up.
        await _transaction.DisposeAsync().ConfigureAwait(false);
        return await new SubjectEraser(_database, _queries, new EraseTransaction(_queries, _subject, _found)).RunAsync(dismissal, witness, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _transaction.DisposeAsync().ConfigureAwait(false);
        await _connection.DisposeAsync().ConfigureAwait(false);
        await _database.DisposeAsync().ConfigureAwait(false);
    }

    private async Task<HashSet<(string Attribute, string Token)>> CandidatesAsync(CancellationToken cancellationToken)
    {
        var tokens = await SubjectSearch.TokensAsync(_connection, _queries, _opened, cancellationToken).ConfigureAwait(false);
        if (_subject.IsMasked)
        {
            tokens.UnionWith(_queries.Stored.Select(t => (_subject.Attribute, t)));
        }

        return tokens;
    }

    private async Task<long> CountAsync(string what, object[] parameters, CancellationToken cancellationToken) =>
        (await _connection.QueryWholeAsync($"SELECT count(*) FROM {what}", parameters, r => r.GetInt64(0), cancellationToken).ConfigureAwait(false))[0];

    private async IAsyncEnumerable<T> ReadAsync<T>(string query, object[] parameters, Func<NpgsqlDataReader, T> read, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var command = new NpgsqlCommand(query, _connection) { CommandTimeout = Queries.WholeTableSeconds };
        await using var _ = command.ConfigureAwait(false);
        foreach (var parameter in parameters)
        {
            command.Parameters.Add(new NpgsqlParameter { Value = parameter });
        }

        var reader = await GuardAsync(() => command.ExecuteReaderAsync(cancellationToken)).ConfigureAwait(false);
        await using var __ = reader.ConfigureAwait(false);
        while (await GuardAsync(() => reader.ReadAsync(cancellationToken)).ConfigureAwait(false))
        {
            yield return read(reader);
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
