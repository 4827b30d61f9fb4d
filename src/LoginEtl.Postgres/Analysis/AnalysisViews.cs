using System.Security.Cryptography;
using System.Text;
using LoginEtl.Postgres.Catalog;
using LoginEtl.Postgres.Targets;
using LoginEtl.Versions;

namespace LoginEtl.Postgres.Analysis;

/// <summary>What the views for analysts say. Columns have our names and types, whatever the table's are.</summary>
/// <param name="table">The user's table.</param>
/// <param name="columns">Its columns that are written, of whatever types.</param>
/// <param name="format">How its versions are encoded.</param>
internal sealed class AnalysisViews(QualifiedName table, IReadOnlyList<TargetColumn> columns, AppVersionFormat format)
{
    // Lengths of prefixes in bits: what one site has, as a rule.
    private const int Network4 = 24;
    private const int Network6 = 48;

    // pfx1, a key id in hexadecimal digits, and the dots after both.
    private const int PfxStart = 14;
    private const string Pfx = @"^pfx1\.[0-9a-f]{8}\.";
    private const string Ip4 = @"((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])\.){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])";
    private const string Full6 = "[0-9a-f]{1,4}(:[0-9a-f]{1,4}){7}";
    private const string Groups6 = "[0-9a-f]{1,4}(:[0-9a-f]{1,4})*";

    /// <summary>A view's statements, whose comment says which definition it is of. What is replaced keeps its grants.</summary>
    public static string Create(QualifiedName view, string query, string comment, bool replaces) =>
        $"""
        CREATE {(replaces ? "OR REPLACE " : "")}VIEW {view.Quoted} AS
        {query};
        COMMENT ON VIEW {view.Quoted} IS '{comment}'
        """;

    /// <summary>What a view's comment is where its definition is this one.</summary>
    public static string Comment(string view, string query) =>
        $"LoginEtl: {Purpose(view)}. Definition {Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(query)).AsSpan(0, 6))}";

    /// <summary>The query of a view.</summary>
    public string Query(string view) => view switch
    {
        AnalysisNames.Logins => Logins(),
        AnalysisNames.Tokens => Tokens(),
        AnalysisNames.Networks => Networks(),
        _ => Days(),
    };

    private static string Purpose(string view) => view switch
    {
        AnalysisNames.Logins => "the logins by standard names, their versions decoded",
        AnalysisNames.Tokens => "each token with its logins, users, first and last day",
        AnalysisNames.Networks => "each masked network of pfx tokens with its logins",
        _ => "counts by day, device type, locale and version",
    };

    private string LoginView => table.Beside(AnalysisNames.Logins).Quoted;

    private string Logins()
    {
        var (version, parts) = Versions();
        return $"""
            SELECT {Day(Column(RecordField.CreateDate))} AS day,
                {Text(RecordField.UserId)} AS user_id,
                {Text(RecordField.DeviceType)} AS device_type,
                {Text(RecordField.Locale)} AS locale,
                {version} AS app_version,
                {parts[0]} AS app_version_major,
                {parts[1]} AS app_version_minor,
                {parts[2]} AS app_version_patch,
                {Text(RecordField.MaskedIp)} AS masked_ip,
                {Text(RecordField.MaskedDeviceId)} AS masked_device_id,
                {Network(Text(RecordField.MaskedIp))} AS ip_network
            FROM {table.Quoted}
            """;
    }

    // A condition on the attribute leaves the other half unread.
    private string Tokens() =>
        $"""
        SELECT 'ip'::text AS attribute, masked_ip AS token, count(*) AS logins, pg_catalog.count(DISTINCT user_id) AS users, min(day) AS first_day, max(day) AS last_day
        FROM {LoginView} WHERE masked_ip IS NOT NULL GROUP BY masked_ip
        UNION ALL
        SELECT 'device_id'::text, masked_device_id, count(*), pg_catalog.count(DISTINCT user_id), min(day), max(day)
        FROM {LoginView} WHERE masked_device_id IS NOT NULL GROUP BY masked_device_id
        """;

    private string Networks() =>
        $"""
        SELECT ip_network, count(*) AS logins, pg_catalog.count(DISTINCT masked_ip) AS addresses, pg_catalog.count(DISTINCT user_id) AS users, min(day) AS first_day, max(day) AS last_day
        FROM {LoginView} WHERE ip_network IS NOT NULL GROUP BY ip_network
        """;

    private string Days() =>
        $"""
        SELECT day, device_type, locale, app_version, count(*) AS logins, pg_catalog.count(DISTINCT user_id) AS users, pg_catalog.count(DISTINCT masked_device_id) AS devices, pg_catalog.count(DISTINCT masked_ip) AS addresses
        FROM {LoginView} GROUP BY day, device_type, locale, app_version
        """;

    private TargetColumn Column(RecordField field) => columns.First(c => c.Field == field);

    private string Name(RecordField field) => QualifiedName.Quote(Column(field).Live.Name);

    private string Text(RecordField field) => $"{Name(field)}::text";

    private static string Day(TargetColumn column)
    {
        var name = QualifiedName.Quote(column.Live.Name);
        return column.Live.Type == ColumnType.TimestampTz ? $"({name} AT TIME ZONE 'UTC'::text)::date" : $"{name}::date";
    }

    /// <summary>The version as people write it, and its three parts as integers; null where they are none.</summary>
    private (string Text, string[] Parts) Versions()
    {
        if (columns.All(c => c.Field != RecordField.AppVersion))
        {
            string[] names = [Name(RecordField.AppVersionMajor), Name(RecordField.AppVersionMinor), Name(RecordField.AppVersionPatch)];
            return ($"CASE WHEN {names[0]} IS NOT NULL THEN {Joined(names)} END", [.. names.Select(n => $"{n}::bigint")]);
        }

        var name = Name(RecordField.AppVersion);
        if (VersionSql.Radix(format) is { } radix)
        {
            var parts = VersionSql.Parts($"{name}::bigint", radix);
            return ($"CASE WHEN {name} IS NOT NULL THEN {Joined(parts)} END", parts);
        }

        var text = $"{name}::text";
        if (format == AppVersionFormat.Digits)
        {
            // They collide.
            return (text, ["NULL::bigint", "NULL::bigint", "NULL::bigint"]);
        }

        // All of a text is a version, or nothing.
        var isVersion = $@"{text} ~ '^[0-9]{{1,9}}(\.[0-9]{{1,9}}){{0,2}}$'::text";
        string[] ofText = [.. Enumerable.Range(1, 3).Select(i => $"CASE WHEN {isVersion} THEN nullif(pg_catalog.split_part({text}, '.'::text, {i}), ''::text)::bigint END")];
        return (format == AppVersionFormat.Sortable ? $"CASE WHEN {isVersion} THEN {Joined(ofText)} ELSE {text} END" : text, ofText);
    }

    private static string Joined(string[] parts) => $"pg_catalog.concat_ws('.'::text, {string.Join(", ", parts)})";

    // What has the prefix and is no address, which only others can have written, must not end a query.
    private static string Network(string ip)
    {
        var address = $"pg_catalog.substr({ip}, {PfxStart + 1})";
        var colons = $"pg_catalog.length({address}) - pg_catalog.length(pg_catalog.replace({address}, ':'::text, ''::text))";
        return $"""
            CASE WHEN {ip} ~ '{Pfx}{Ip4}$'::text THEN {Of(Network4)}
                    WHEN {ip} ~ '{Pfx}{Full6}$'::text OR ({ip} ~ '{Pfx}({Groups6})?::({Groups6})?$'::text AND {colons} <= 7) THEN {Of(Network6)} END
            """;

        string Of(int bits) => $"pg_catalog.concat(pg_catalog.substr({ip}, 1, {PfxStart}), pg_catalog.network(pg_catalog.set_masklen({address}::inet, {bits})))";
    }
}
