using System.Text.Json;

namespace LoginEtl.Records;

/// <summary>The codes of <see cref="RejectReason"/>.</summary>
public static class RejectReasons
{
    private static readonly Dictionary<RejectReason, string> Codes = Enum.GetValues<RejectReason>()
        .ToDictionary(r => r, r => JsonNamingPolicy.SnakeCaseLower.ConvertName(r.ToString()));

    /// <summary>The reason as the quarantine table holds it: <c>missing_field</c>, <c>invalid_json</c>, …</summary>
    public static string Code(this RejectReason reason) => Codes[reason];
}
