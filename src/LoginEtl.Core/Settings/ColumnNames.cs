using System.Text;
using LoginEtl.Faults;
using LoginEtl.Records;

namespace LoginEtl.Settings;

/// <summary>What the table calls the columns that logins go to.</summary>
public sealed class ColumnNames
{
    /// <summary>As the assignment's table calls them.</summary>
    public static readonly ColumnNames Default = new(new Dictionary<string, string>());

    // PostgreSQL's NAMEDATALEN less one: what is longer it cuts without an error.
    private const int MostBytes = 63;

    private readonly IReadOnlyDictionary<string, string> _given;

    private ColumnNames(IReadOnlyDictionary<string, string> given) => _given = given;

    /// <summary>The table's name of a column.</summary>
    /// <param name="column">Ours: one of <see cref="LoginFields.Columns"/>.</param>
    public string Of(string column) => _given.GetValueOrDefault(column, column);

    /// <summary>Whether a name was given for a column.</summary>
    /// <param name="column">Ours.</param>
    public bool AreGivenFor(string column) => _given.ContainsKey(column);

    /// <summary>Reads <c>masked_ip=hashed_ip,create_date=logged_at</c>; a column that is left out keeps its name.</summary>
    /// <exception cref="LoginEtlException"><c>ColumnNameInvalid</c>.</exception>
    public static ColumnNames Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return From(text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(pair =>
            pair.Split('=', 2, StringSplitOptions.TrimEntries) is [var column, var name]
                ? KeyValuePair.Create<string, string?>(column, name)
                : throw Invalid("A name is given without the column that it is for")));
    }

    /// <summary>Our names, in any case, and the table's, which are taken exactly.</summary>
    /// <exception cref="LoginEtlException">
    /// <c>ColumnNameInvalid</c>. The texts are not quoted: what stands in the wrong place may be a secret.
    /// </exception>
    public static ColumnNames From(IEnumerable<KeyValuePair<string, string?>> names)
    {
        ArgumentNullException.ThrowIfNull(names);
        var given = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (column, name) in names)
        {
            var ours = LoginFields.Columns.FirstOrDefault(c => string.Equals(c, column, StringComparison.OrdinalIgnoreCase))
                ?? throw Invalid($"A name is given for a column that is none of {string.Join(", ", LoginFields.Columns)}");
            if (!given.TryAdd(ours, Checked(ours, name)))
            {
                throw Invalid($"Two names are given for {ours}");
            }
        }

        var all = new ColumnNames(given);
        return LoginFields.Columns.GroupBy(all.Of).FirstOrDefault(g => g.Count() > 1) is not { } same
            ? all
            : throw Invalid($"One column of the table would be {string.Join(" and ", same)}");
    }

    /// <inheritdoc/>
    public override string ToString() => string.Join(',', _given.Select(g => $"{g.Key}={g.Value}"));

    private static string Checked(string column, string? name)
    {
        if (string.IsNullOrWhiteSpace(name))
        {
            throw Invalid($"The name for {column} is empty");
        }

        if (name.Contains('=', StringComparison.Ordinal) || name.Contains("://", StringComparison.Ordinal) || name.Contains("\":", StringComparison.Ordinal))
        {
            throw Invalid($"What is given for {column} looks like a connection string, like several names or like JSON, and not like a name");
        }

        return name.Contains('\0', StringComparison.Ordinal) || !SurrogatePairs.AreWhole(name)
            ? throw Invalid($"The name for {column} has a character that no name can have")
            : Encoding.UTF8.GetByteCount(name) <= MostBytes ? name
            : throw Invalid($"The name for {column} has more than {MostBytes} bytes, which PostgreSQL would cut");
    }

    private static LoginEtlException Invalid(string why) => new(
        ErrorId.ColumnNameInvalid, $"The names of columns cannot be used: {why}.",
        "Give, for each column that the table calls otherwise, our name and the table's: @{ masked_ip = 'hashed_ip' }, or masked_ip=hashed_ip,create_date=logged_at.");
}
