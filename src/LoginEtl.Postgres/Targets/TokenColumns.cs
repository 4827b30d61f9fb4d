using LoginEtl.Postgres.Catalog;
using LoginEtl.Records;
using LoginEtl.Tokens;

namespace LoginEtl.Postgres.Targets;

/// <summary>The masked columns of a table, as SQL takes them, and a token's prefix.</summary>
internal sealed class TokenColumns
{
    /// <exception cref="LoginEtl.Faults.LoginEtlException"><c>TableUnsuitable</c>: the table lacks one.</exception>
    public TokenColumns(LiveTable table)
    {
        TargetCheck.RequireColumns(table, RecordField.MaskedIp, RecordField.MaskedDeviceId);
        Ip = QualifiedName.Quote(table.NameOf(RecordField.MaskedIp));
        DeviceId = QualifiedName.Quote(table.NameOf(RecordField.MaskedDeviceId));
    }

    /// <summary>Token of the address.</summary>
    public string Ip { get; }

    /// <summary>Token of the device.</summary>
    public string DeviceId { get; }

    /// <summary>The column of an attribute.</summary>
    public string Of(string attribute) => attribute switch
    {
        LoginFields.Ip => Ip,
        LoginFields.DeviceId => DeviceId,
        _ => throw new ArgumentException($"No column is masked for {attribute}.", nameof(attribute)),
    };

    /// <summary>An expression for the prefix of a token, a text; null for what is none by its looks.</summary>
    public static string Prefix(string token) =>
        $"CASE {string.Join(" ", TokenPrefix.Shapes.Select(s => $"WHEN {token} LIKE '{s.Like}'{string.Concat(s.Unlike.Select(u => $" AND {token} NOT LIKE '{u}'"))} THEN left({token}, {s.Length})"))} END";

    /// <summary>
    /// A token of a quarantined record, which has our names; the writer's JSON has no quotes inside of values, and no blanks, which
    /// whoever makes jsonb of it and json again puts there.
    /// </summary>
    public static string OfRecord(string column) => $"substring(record::text FROM '\"{column}\"[[:space:]]*:[[:space:]]*\"([^\"]*)\"')";

    /// <summary>Every value of both attributes, in the table and in the quarantine where there is one, as columns attribute and token.</summary>
    public string AllValues(QualifiedName table, bool hasQuarantine) =>
        $"SELECT v.attribute, v.token FROM {table.Quoted} CROSS JOIN LATERAL (VALUES ('{LoginFields.Ip}', {Ip}::text), ('{LoginFields.DeviceId}', {DeviceId}::text)) v(attribute, token)"
        + (hasQuarantine ? OfQuarantine(table) : "");

    private static string OfQuarantine(QualifiedName table) =>
        $"""

        UNION ALL
        SELECT v.attribute, v.token FROM {table.Beside(SchemaNames.Quarantine).Quoted}
        CROSS JOIN LATERAL (VALUES ('{LoginFields.Ip}', {OfRecord(LoginFields.MaskedIp)}), ('{LoginFields.DeviceId}', {OfRecord(LoginFields.MaskedDeviceId)})) v(attribute, token) WHERE record IS NOT NULL
        """;
}
