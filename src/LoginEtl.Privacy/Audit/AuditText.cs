using LoginEtl.Faults;

namespace LoginEtl.Audit;

/// <summary>Text that somebody else put into the database, for a person's eyes.</summary>
internal static class AuditText
{
    private const int Longest = 1000;

    /// <summary>Without what moves a terminal's cursor or turns the direction of writing, and not endless.</summary>
    public static string Safe(string text) => Quotable.Plain(text.Length <= Longest ? text : $"{text[..Longest]}…");
}
