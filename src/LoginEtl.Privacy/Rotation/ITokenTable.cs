using LoginEtl.Keysets;

namespace LoginEtl.Rotation;

/// <summary>The tokens of a table and of the quarantine beside it, and what the database knows of their keys.</summary>
public interface ITokenTable : IAsyncDisposable
{
    /// <summary>Schema and name.</summary>
    string Name { get; }

    /// <summary>The keys the database knows.</summary>
    Task<IReadOnlyList<StoredKey>> KeysAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Changes states in one transaction, by what they are while nobody else changes any. When it returns, no batch is under way
    /// that has not seen them: it waits for those that are, a bounded time.
    /// </summary>
    /// <param name="decide">
    /// Is given the keys that the database knows, and answers those whose states are to be set; what it throws ends the change.
    /// Called when nothing but the connection can fail any more, and again where that does.
    /// </param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="Faults.LoginEtlException"><c>KeysBusy</c>: a batch did not end in time; <c>TableAccessDenied</c>.</exception>
    Task ChangeAsync(Func<IReadOnlyList<StoredKey>, IReadOnlyCollection<StoredKey>> decide, CancellationToken cancellationToken);

    /// <summary>All prefixes that rows carry, in one look at the table and the quarantine. Reads all of both.</summary>
    /// <exception cref="Faults.LoginEtlException"><c>RowSecurity</c>: this user does not see all rows. So with all that reads rows here.</exception>
    Task<IReadOnlyList<PrefixCount>> CountAsync(CancellationToken cancellationToken);

    /// <summary>The prefixes of one attribute that rows of the table carry. Reads all of it.</summary>
    Task<IReadOnlyList<PrefixCount>> CountTableAsync(string attribute, CancellationToken cancellationToken);

    /// <summary>A bounded look at the table's tokens, whoever has put something on it; null when the user may not read them.</summary>
    Task<TokenSample?> SampleAsync(CancellationToken cancellationToken);

    /// <summary>What of the table belongs to neither who asks nor the owners of its schema and database, and may run code with the rights of who reads or writes it; a part of a sentence each.</summary>
    Task<IReadOnlyList<string>> StrangersAsync(CancellationToken cancellationToken);

    /// <summary>Rows whose attribute is one of the tokens.</summary>
    IAsyncEnumerable<StoredLogin> FindAsync(string attribute, IReadOnlyList<string> tokens, CancellationToken cancellationToken);

    /// <summary>Whether tokens can be replaced there.</summary>
    /// <exception cref="Faults.LoginEtlException"><c>UniqueMaskedColumn</c>, <c>RowSecurity</c>, <c>TableAccessDenied</c>, <c>TableUnsuitable</c>.</exception>
    Task RequireReplaceableAsync(CancellationToken cancellationToken);

    /// <summary>All of the table and the quarantine, as it is now, in ranges of about so many rows.</summary>
    Task<IReadOnlyList<RowRange>> RangesAsync(int rows, CancellationToken cancellationToken);

    /// <summary>The rows of a range that carry one of the prefixes; of the table also those with values that are no tokens, where they are asked for.</summary>
    Task<IReadOnlyList<TokenRow>> ReadAsync(RowRange range, IReadOnlyList<StoredKey> old, bool others, CancellationToken cancellationToken);

    /// <summary>Replaces tokens in one transaction; a row that somebody changed meanwhile stays as it is.</summary>
    Task<ReplacedTokens> ReplaceAsync(RowRange range, IReadOnlyList<TokenChange> changes, CancellationToken cancellationToken);
}

/// <summary>How many values of a column begin with a prefix.</summary>
/// <param name="Attribute"><c>ip</c> or <c>device_id</c>.</param>
/// <param name="Prefix">Of a key's tokens; null for what is no token.</param>
/// <param name="Rows">In the table and in the quarantine.</param>
public sealed record PrefixCount(string Attribute, string? Prefix, long Rows);

/// <summary>What became of changes: rows that somebody changed meanwhile are not among them.</summary>
/// <param name="Rows">Rows changed.</param>
/// <param name="Tokens">Values replaced in them, of both columns.</param>
public readonly record struct ReplacedTokens(long Rows, long Tokens);

/// <summary>A stretch of a relation: blocks of a table, or ids of the quarantine.</summary>
/// <param name="Relation">As SQL takes it.</param>
/// <param name="First">First block or id.</param>
/// <param name="End">First block or id behind it.</param>
public readonly record struct RowRange(string Relation, long First, long End);

/// <summary>A row's tokens and where it stands.</summary>
/// <param name="Place">Names the row within its range for as long as nobody changes it.</param>
/// <param name="MaskedIp">As stored.</param>
/// <param name="MaskedDeviceId">As stored.</param>
public readonly record struct TokenRow(string Place, string? MaskedIp, string? MaskedDeviceId);

/// <summary>What a bounded look at a table has seen of its tokens.</summary>
/// <param name="Prefixes">How many tokens begin with which prefix, among the values looked at.</param>
/// <param name="IsWhole">All rows were looked at; else a random part of the table's blocks.</param>
public sealed record TokenSample(IReadOnlyList<PrefixCount> Prefixes, bool IsWhole)
{
    /// <summary>Values that are no tokens, as whatever wrote to the table before has left them.</summary>
    public IReadOnlyList<ForeignValues> Others { get; init; } = [];

    /// <summary>Values of an attribute that are tokens.</summary>
    public IEnumerable<PrefixCount> Of(string attribute) => Prefixes.Where(p => p.Attribute == attribute);
}
