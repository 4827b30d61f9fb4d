using System.Text.Json;
using System.Text.Json.Serialization;

namespace LoginEtl.Sandbox.Demo;

/// <summary>The receipt as a host prints it: one line of JSON.</summary>
internal sealed record RunReceipt
{
    private static readonly JsonSerializerOptions Format = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        PropertyNameCaseInsensitive = true,
    };

    public required string Outcome { get; init; }

    public required long Received { get; init; }

    public long Written { get; init; }

    public long Updated { get; init; }

    public long Skipped { get; init; }

    public long Duplicate { get; init; }

    public long Quarantined { get; init; }

    public long Suppressed { get; init; }

    public long Confirmed { get; init; }

    public long Returned { get; init; }

    public long Lapsed { get; init; }

    public long Unknown { get; init; }

    public long Undeleted { get; init; }

    /// <summary>Its entry in the chain of receipts.</summary>
    public string? Link { get; init; }

    public long HeldGroups { get; init; }

    public required bool Balanced { get; init; }

    public int ExitCode { get; init; }

    public double ElapsedSeconds { get; init; }

    public string? ErrorId { get; init; }

    public string? Error { get; init; }

    /// <summary>How the host's process ended, which must agree with <see cref="ExitCode"/>.</summary>
    [JsonIgnore]
    public int? ProcessExitCode { get; init; }

    /// <summary>Reads a line of a host's output; false when it is not a receipt.</summary>
    public static bool TryRead(string line, out RunReceipt? receipt)
    {
        receipt = null;
        if (!line.StartsWith('{')) return false;
        try
        {
            receipt = JsonSerializer.Deserialize<RunReceipt>(line, Format);
        }
        catch (JsonException)
        {
            return false;
        }
        return receipt is not null;
    }

    public override string ToString() => string.Create(System.Globalization.CultureInfo.InvariantCulture,
        $"{Received} received: {Written} written, {Quarantined} quarantined, {Duplicate} duplicate, " +
        $"{Returned} returned{Others()}, {(Balanced ? "balanced" : "NOT BALANCED")} ({Outcome}, {ElapsedSeconds:0.0} s)");

    private string Others() => string.Concat(
        new[] { ("updated", Updated), ("skipped", Skipped), ("suppressed", Suppressed), ("confirmed", Confirmed), ("lapsed", Lapsed),
            ("unknown", Unknown), ("undeleted", Undeleted), ("held groups", HeldGroups) }
            .Where(count => count.Item2 > 0).Select(count => $", {count.Item2} {count.Item1}"));
}
