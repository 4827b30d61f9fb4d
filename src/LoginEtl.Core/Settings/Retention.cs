using System.Globalization;
using LoginEtl.Faults;

namespace LoginEtl.Settings;

/// <summary>For how many days a database keeps what it has; what has no number is kept for ever.</summary>
public sealed record Retention
{
    /// <summary>The longest: a hundred years.</summary>
    public const int MostDays = 36_500;

    /// <summary>Nothing is deleted.</summary>
    public static readonly Retention None = new();

    /// <summary>Rows of the user's table, by their <c>create_date</c>.</summary>
    public int? Rows { get; init; }

    /// <summary>What entries of the quarantine hold, by when they were made; the entries stay.</summary>
    public int? Quarantine { get; init; }

    /// <summary>Originals in the vault, by when they were sealed.</summary>
    public int? Vault { get; init; }

    /// <summary>Reads <c>Rows</c>, <c>Quarantine</c> and <c>Vault</c>, in any case, and whole days each: <c>400d</c>, <c>400</c>, <c>400.00:00:00</c>.</summary>
    /// <exception cref="LoginEtlException"><c>SettingInvalid</c>. The texts are not quoted: what stands in the wrong place may be a secret.</exception>
    public static Retention From(IEnumerable<KeyValuePair<string, string?>> given)
    {
        ArgumentNullException.ThrowIfNull(given);
        var retention = None;
        foreach (var (kind, text) in given)
        {
            retention = kind.ToUpperInvariant() switch
            {
                "ROWS" => retention with { Rows = Days(nameof(Rows), text) },
                "QUARANTINE" => retention with { Quarantine = Days(nameof(Quarantine), text) },
                "VAULT" => retention with { Vault = Days(nameof(Vault), text) },
                _ => throw Invalid($"one is given for something that is none of {nameof(Rows)}, {nameof(Quarantine)} and {nameof(Vault)}"),
            };
        }

        return retention;
    }

    /// <inheritdoc/>
    public override string ToString() => this == None ? "none" : string.Join(", ", new[] { Text("rows", Rows), Text("quarantine", Quarantine), Text("vault", Vault) }.OfType<string>());

    /// <summary>A number of days in words: <c>1 day</c>, <c>30 days</c>.</summary>
    public static string Text(int days) => string.Create(CultureInfo.InvariantCulture, $"{days} {(days == 1 ? "day" : "days")}");

    private static string? Text(string kind, int? days) => days is { } number ? $"{kind} {Text(number)}" : null;

    private static int Days(string kind, string? text)
    {
        var number = text?.Trim() ?? "";
        // A plain number is one of days: seconds, as elsewhere, would be none here.
        var days = int.TryParse(number.EndsWith("d", StringComparison.OrdinalIgnoreCase) ? number[..^1] : number, NumberStyles.None, CultureInfo.InvariantCulture, out var whole) ? whole
            : number.Contains(':', StringComparison.Ordinal) && TimeSpan.TryParse(number, CultureInfo.InvariantCulture, out var time) && time == TimeSpan.FromDays(time.Days) ? time.Days
            : 0;
        return days is >= 1 and <= MostDays ? days : throw Invalid(string.Create(CultureInfo.InvariantCulture, $"that of {kind} is no number of whole days from 1 to {MostDays}"));
    }

    private static LoginEtlException Invalid(string why) => new(
        ErrorId.SettingInvalid, $"The retention cannot be used: {why}.",
        "Give whole days for what is not kept for ever, as in Initialize-LoginDatabase -Retention @{ Rows = '400d'; Quarantine = '30d'; Vault = '90d' }. @{} ends it.");
}
