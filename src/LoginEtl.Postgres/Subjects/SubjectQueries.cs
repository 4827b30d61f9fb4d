using System.Text;
using LoginEtl.Faults;
using LoginEtl.Postgres.Catalog;
using LoginEtl.Postgres.Targets;
using LoginEtl.Postgres.Writing;
using LoginEtl.Records;
using LoginEtl.Subjects;
using LoginEtl.Tokens;

namespace LoginEtl.Postgres.Subjects;

/// <summary>Where a person's data is: conditions and queries over what stands in the database for them, which is <c>$1</c> of the table and <c>$2</c> of quarantined records.</summary>
internal sealed class SubjectQueries
{
    private static readonly string s_mac = TokenPrefix.Shapes.Single(s => TokenPrefix.MethodOf(s.Like) == "mac").Like;

    private readonly TokenColumns _columns;
    private readonly string _attribute;

    /// <param name="table">The user's.</param>
    /// <param name="subject">Who is looked for.</param>
    /// <exception cref="LoginEtlException"><c>TableUnsuitable</c>: it lacks a column that this goes by.</exception>
    public SubjectQueries(LiveTable table, Subject subject)
    {
        TargetCheck.RequireTable(table);
        TargetCheck.RequireAllRows(table);
        TargetCheck.RequireColumns(table, RecordField.UserId, RecordField.MaskedIp, RecordField.MaskedDeviceId);
        _columns = new TokenColumns(table);
        _attribute = subject.Attribute;
        Table = table.Name;
        Stored = [.. subject.Stored()];
        InRecords = subject.IsMasked ? Stored : [.. Stored.SelectMany(Written).Distinct(StringComparer.Ordinal)];
        var column = subject.IsMasked ? _columns.Of(subject.Attribute) : QualifiedName.Quote(table.NameOf(RecordField.UserId));
        IsRow = $"{column}::text = ANY ($1)";
        var field = subject.Attribute switch
        {
            LoginFields.Ip => LoginFields.MaskedIp,
            LoginFields.DeviceId => LoginFields.MaskedDeviceId,
            var own => own,
        };
        IsRecord = $"(record IS NOT NULL AND {TokenColumns.OfRecord(field)} = ANY ($2))";
    }

    /// <summary>The user's.</summary>
    public QualifiedName Table { get; }

    /// <summary>Beside it.</summary>
    public QualifiedName Quarantine => Table.Beside(SchemaNames.Quarantine);

    /// <summary>Beside it.</summary>
    public QualifiedName Vault => Table.Beside(SchemaNames.Vault);

    /// <summary>What stands in rows: <c>$1</c>.</summary>
    public string[] Stored { get; }

    /// <summary>What stands in quarantined records: <c>$2</c>.</summary>
    public string[] InRecords { get; }

    /// <summary>A row of the table is theirs.</summary>
    public string IsRow { get; }

    /// <summary>An entry's record is theirs.</summary>
    public string IsRecord { get; }

    /// <summary>The masked values of a row, as columns.</summary>
    public string TokensOfRow => $"{_columns.Ip}::text, {_columns.DeviceId}::text";

    /// <summary>The masked values of an entry's record, as columns.</summary>
    public static string TokensOfRecord => $"{TokenColumns.OfRecord(LoginFields.MaskedIp)}, {TokenColumns.OfRecord(LoginFields.MaskedDeviceId)}";

    /// <summary>A row of <see cref="TokensOfRow"/>, as ip and device_id, has a token that the vault may have an original of.</summary>
    public static string MayHaveOriginal => $"(ip LIKE '{s_mac}' OR device_id LIKE '{s_mac}')";

    /// <summary>Every value of the attribute, in the table, the quarantine and the vault.</summary>
    public string AllValues =>
        $"SELECT v.attribute, v.token FROM ({_columns.AllValues(Table, hasQuarantine: true)} UNION ALL SELECT attribute, token FROM {Vault.Quoted}) v WHERE v.attribute::text = '{_attribute}'::text";

    // As the writer has it, and as it is printed once somebody has made jsonb of it and json again.
    private static IEnumerable<string> Written(string value)
    {
        var json = new StringBuilder();
        RecordJson.AppendText(json, value);
        yield return json.ToString()[1..^1];
        if (!value.Contains('"', StringComparison.Ordinal) && !value.Contains('\0', StringComparison.Ordinal) && SurrogatePairs.AreWhole(value))
        {
            yield return value;
        }
    }
}
