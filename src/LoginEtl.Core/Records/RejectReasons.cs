using System.Text.Json;
using LoginEtl.Faults;

namespace LoginEtl.Records;

/// <summary>The codes of <see cref="RejectReason"/>.</summary>
public static class RejectReasons
{
    private static readonly Dictionary<RejectReason, string> Codes = Enum.GetValues<RejectReason>()
        .ToDictionary(r => r, r => JsonNamingPolicy.SnakeCaseLower.ConvertName(r.ToString()));

    /// <summary>The reason as the quarantine table holds it: <c>missing_field</c>, <c>invalid_json</c>, …</summary>
    public static string Code(this RejectReason reason) => Codes[reason];

    /// <summary>A code as somebody gives it, where there is such a reason: what is none may be anything, and is neither quoted nor sent.</summary>
    /// <param name="code">As given.</param>
    /// <param name="parameter">How the host calls it, for the error.</param>
    /// <exception cref="LoginEtlException"><c>SettingInvalid</c>.</exception>
    public static string Require(string code, string parameter) => Codes.Values.FirstOrDefault(c => c.Equals(code, StringComparison.OrdinalIgnoreCase)) ?? throw new LoginEtlException(
        "SettingInvalid", FaultKind.Configuration, $"{parameter} is none of the reasons that messages are rejected for.",
        $"They are {string.Join(", ", Codes.Values)}.");
}
