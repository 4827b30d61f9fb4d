using LoginEtl.Faults;
using LoginEtl.Keysets;
using LoginEtl.Postgres.Catalog;
using LoginEtl.Postgres.Connections;
using LoginEtl.Postgres.Targets;
using LoginEtl.Protecting;
using LoginEtl.Records;
using LoginEtl.Rotation;
using Npgsql;

namespace LoginEtl.Postgres.Keys;

/// <summary>Keys that a writer comes with: those that the database has not seen are registered in the batch's own transaction, or refused.</summary>
/// <param name="table">As it was read.</param>
/// <param name="isNewKey">Goes on under any key.</param>
/// <param name="isDryRun">Registers nothing: others would wait for the end of the run.</param>
internal sealed class KeyRegistration(LiveTable table, bool isNewKey, bool isDryRun)
{
    private static readonly string[] Columns = ["attribute", "method", "prefix", "check_value"];

    private readonly QualifiedName _keys = table.Name.Beside(SchemaNames.Keys);
    private readonly KeyStates _states = new(table.Name.Beside(SchemaNames.Keys));

    /// <summary>What the table held that was masked by somebody else, where it was looked at: before the first key of an attribute.</summary>
    public IReadOnlyList<ForeignValues> Foreign { get; private set; } = [];

    /// <summary>The keys that the records were masked with.</summary>
    public static IReadOnlyCollection<StoredKey> KeysOf(IEnumerable<ProtectedLogin> logins)
    {
        // One protector masks nearly all of them.
        var keys = new HashSet<StoredKey>();
        IReadOnlyList<StoredKey>? last = null;
        foreach (var own in logins.OfType<LoginRecord>().Select(r => r.GetMaskingKeys()))
        {
            if (own != last)
            {
                keys.UnionWith(own);
            }

            last = own;
        }

        return keys;
    }

    /// <summary>Looks whether rows may be written under the keys.</summary>
    /// <exception cref="LoginEtlException"><c>KeyNotKnown</c>, <c>KeyMismatch</c>, <c>TableAccessDenied</c>.</exception>
    public async Task<IReadOnlyList<StoredKey>> RequireAsync(
        NpgsqlConnection connection, IReadOnlyCollection<StoredKey> keys, IReadOnlyList<StoredKey> known, CancellationToken cancellationToken)
    {
        var unknown = await KeyAdmission.RequireAsync(
            keys, known, isNewKey, LookAsync).ConfigureAwait(false);
        if (unknown.Count > 0 && !await IsGrantedAsync(connection, _keys, cancellationToken).ConfigureAwait(false))
        {
            throw new LoginEtlException(
                ErrorId.TableAccessDenied, $"The user may not tell the database of a key that it has not seen: {KeyRetired.List(unknown)}.",
                Grant(_keys));
        }

        return unknown;

        async Task<TokenSample?> LookAsync()
        {
            var sample = await TableSample.ReadAsync(connection, table, cancellationToken).ConfigureAwait(false);
            Foreign = sample?.Others ?? [];
            return sample;
        }
    }

    /// <summary>The same, and registers what is not known. In a transaction that keeps states as they are.</summary>
    /// <inheritdoc cref="RequireAsync"/>
    public async Task RegisterAsync(
        NpgsqlConnection connection, IReadOnlyCollection<StoredKey> keys, KnownKeys known, CancellationToken cancellationToken)
    {
        if (known.Contains(keys))
        {
            return;
        }

        if (isDryRun)
        {
            await RequireAsync(connection, keys, known.All, cancellationToken).ConfigureAwait(false);
            return;
        }

        // Of two that come with a first key, one is first.
        await connection.RunAsync(KeyLock.Registering(_keys), cancellationToken).ConfigureAwait(false);
        var now = await _states.ListAsync(connection, cancellationToken).ConfigureAwait(false);
        var unknown = await RequireAsync(connection, keys, now, cancellationToken).ConfigureAwait(false);
        object[] parameters =
        [
            unknown.Select(k => k.Attribute).ToArray(), unknown.Select(k => k.Method).ToArray(), unknown.Select(k => k.Prefix).ToArray(),
            unknown.Select(k => k.CheckValue).ToArray(),
        ];
        await WriteLock.TakeAsync(connection, table.Name, [WriteLock.ToInsert(_keys, Columns)], [SchemaNames.Keys], cancellationToken).ConfigureAwait(false);
        await connection.RunAsync(
            $"INSERT INTO {_keys.Quoted} ({string.Join(", ", Columns)}) SELECT * FROM unnest($1, $2, $3, $4)", parameters, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Whether the user may register keys.</summary>
    public static async Task<bool> IsGrantedAsync(NpgsqlConnection connection, QualifiedName keys, CancellationToken cancellationToken) => (await connection.QueryAsync(
        "SELECT bool_and(pg_catalog.has_column_privilege($1, c, 'INSERT')) FROM pg_catalog.unnest($2) c", [keys.Quoted, Columns], r => r.GetBoolean(0), cancellationToken).ConfigureAwait(false))[0];

    /// <summary>What to do where it is not so.</summary>
    public static string Grant(QualifiedName keys) =>
        $"GRANT INSERT ({string.Join(", ", Columns)}) ON {keys} TO the user, as Initialize-LoginDatabase -Role does for login_etl_writer; or have the key's keeper tell of it, with Add-LoginKey or Set-LoginPrimaryKey and -Database.";
}
