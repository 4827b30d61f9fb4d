namespace LoginEtl.Export;

/// <summary>A column of exported rows.</summary>
/// <param name="Name">As the view <c>login_etl_login</c> has it.</param>
/// <param name="Kind">Of its values, each of which may be null.</param>
public sealed record ExportColumn(string Name, ExportKind Kind)
{
    /// <summary>All of them, in their order.</summary>
    public static readonly IReadOnlyList<ExportColumn> All =
    [
        new("day", ExportKind.Day),
        new("user_id", ExportKind.Text),
        new("device_type", ExportKind.Text),
        new("locale", ExportKind.Text),
        new("app_version", ExportKind.Text),
        new("app_version_major", ExportKind.Number),
        new("app_version_minor", ExportKind.Number),
        new("app_version_patch", ExportKind.Number),
        new("masked_ip", ExportKind.Text),
        new("masked_device_id", ExportKind.Text),
        new("ip_network", ExportKind.Text),
    ];
}

/// <summary>What the values of a column are.</summary>
public enum ExportKind
{
    /// <summary>Strings.</summary>
    Text,

    /// <summary><see cref="DateOnly"/>, each or null.</summary>
    Day,

    /// <summary><see cref="long"/>, each or null.</summary>
    Number,
}
