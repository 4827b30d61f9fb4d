using System.Text;
using LoginEtl.Faults;

namespace LoginEtl.Recovery;

/// <summary>Why somebody does what others will ask about, in their own words.</summary>
public static class GivenReason
{
    // Unicode counts these as letters, and they show nothing: fillers of Hangul.
    private const string Fillers = "\u115F\u1160\u3164\uFFA0";

    /// <summary>Whether it is rather a body or a connection string, in the wrong place: a reason is kept, and may be sent to a server.</summary>
    public static bool IsSomethingElse(string reason)
    {
        ArgumentNullException.ThrowIfNull(reason);
        // A body, one behind a byte order mark, or an object as PowerShell makes a text of it.
        var text = reason.AsSpan().TrimStart().TrimStart('\uFEFF').TrimStart();
        return Quotable.HasPassword(reason) || text is ['{' or '[' or '"', ..] || text.StartsWith("@{", StringComparison.Ordinal);
    }

    /// <summary>Whether it says anything: it has a letter or a digit, of whatever script.</summary>
    public static bool Says(string? reason) => reason is not null && reason.EnumerateRunes().Any(r => Rune.IsLetterOrDigit(r) && !Fillers.EnumerateRunes().Contains(r));
}
