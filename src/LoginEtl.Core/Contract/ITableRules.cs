using LoginEtl.Records;
using LoginEtl.Versions;

namespace LoginEtl.Contract;

/// <summary>What a table takes of a login, as far as it can be said without the server.</summary>
public interface ITableRules
{
    /// <summary>The same as numbers.</summary>
    ColumnLimits Limits { get; }

    /// <summary>Null, or why the record could be no row of it. Tokens are not looked at.</summary>
    Rejection? Check(LoginRecord record);
}

/// <summary>What the columns take of a login's fields; lengths are in characters (code points), and null where there is no limit.</summary>
public sealed record ColumnLimits
{
    /// <summary>Whether they are of a table.</summary>
    public bool IsOfTable { get; init; }

    /// <summary>Longest user id.</summary>
    public int? UserId { get; init; }

    /// <summary>Whether a user id has to be a uuid.</summary>
    public bool UserIdIsUuid { get; init; }

    /// <summary>Longest device type.</summary>
    public int? DeviceType { get; init; }

    /// <summary>Longest locale.</summary>
    public int? Locale { get; init; }

    /// <summary>Which versions.</summary>
    public required VersionLimits AppVersion { get; init; }
}

/// <summary>No table: bodies are taken as they are read, and versions in the format that is named.</summary>
/// <param name="format">Auto for any text.</param>
public sealed class AnyTable(AppVersionFormat format) : ITableRules
{
    /// <inheritdoc/>
    public ColumnLimits Limits { get; } = new()
    {
        AppVersion = format is AppVersionFormat.Auto or AppVersionFormat.Text or AppVersionFormat.Sortable
            ? VersionLimits.OfText(format, longest: null)
            : VersionLimits.OfInteger(format, int.MaxValue),
    };

    /// <inheritdoc/>
    public Rejection? Check(LoginRecord record)
    {
        ArgumentNullException.ThrowIfNull(record);
        return Limits.AppVersion.Format is AppVersionFormat.Text or AppVersionFormat.Sortable
            ? AppVersionEncoding.TryEncode(Limits.AppVersion.Format, record.AppVersion, out string _)
            : AppVersionEncoding.TryEncode(Limits.AppVersion.Format, record.AppVersion, out int _);
    }
}
