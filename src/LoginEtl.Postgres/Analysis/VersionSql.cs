using System.Globalization;
using LoginEtl.Versions;

namespace LoginEtl.Postgres.Analysis;

/// <summary>Versions that integers hold, as SQL takes them apart.</summary>
internal static class VersionSql
{
    /// <summary>What a part is multiplied by; null where the format keeps no parts.</summary>
    public static int? Radix(AppVersionFormat format) => format switch
    {
        AppVersionFormat.Packed => 1000,
        AppVersionFormat.Decimal => 100,
        AppVersionFormat.Nibble => 16,
        _ => null,
    };

    /// <summary>Expressions for major, minor and patch.</summary>
    /// <param name="version">An expression of the type bigint.</param>
    /// <param name="radix">What a part is multiplied by.</param>
    public static string[] Parts(string version, int radix)
    {
        var (minor, major) = (radix.ToString(CultureInfo.InvariantCulture), (radix * radix).ToString(CultureInfo.InvariantCulture));
        return [$"{version} / {major}::bigint", $"{version} / {minor}::bigint % {minor}::bigint", $"{version} % {minor}::bigint"];
    }
}
