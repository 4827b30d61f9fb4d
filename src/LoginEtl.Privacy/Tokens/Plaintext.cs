using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace LoginEtl.Tokens;

/// <summary>
/// A personal value in clear: its text, JSON and CLIXML forms are all <c>[redacted]</c>. It has equality and an
/// ordering (ordinal), so that it can be grouped, sorted and compared; only <see cref="Reveal"/> gives the value.
/// </summary>
[SuppressMessage("Design", "CA1036:Override methods on comparable types",
    Justification = "PowerShell compares through IComparable; ordering operators would invite range queries on PII.")]
[JsonConverter(typeof(RedactedConverter))]
public sealed class Plaintext : IEquatable<Plaintext>, IComparable<Plaintext>, IComparable
{
    /// <summary>What every textual form of a personal value says.</summary>
    public const string Redacted = "[redacted]";

    // A field, and no property: serialisers walk properties.
    private readonly string _value;

    /// <summary>Hides <paramref name="value"/>.</summary>
    public Plaintext(string value)
    {
        ArgumentNullException.ThrowIfNull(value);
        _value = value;
    }

    /// <summary>The value itself. Whoever calls this answers for where it goes.</summary>
    public string Reveal() => _value;

    /// <inheritdoc/>
    public override string ToString() => Redacted;

    /// <inheritdoc/>
    public bool Equals(Plaintext? other) => other is not null && string.Equals(_value, other._value, StringComparison.Ordinal);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as Plaintext);

    /// <inheritdoc/>
    public override int GetHashCode() => string.GetHashCode(_value, StringComparison.Ordinal);

    /// <inheritdoc/>
    public int CompareTo(Plaintext? other) => string.CompareOrdinal(_value, other?._value);

    /// <inheritdoc/>
    public int CompareTo(object? obj) => obj switch
    {
        null => 1,
        Plaintext other => CompareTo(other),
        // The message names no value: comparing with anything else would be a guess at the plaintext.
        _ => throw new ArgumentException("A redacted value compares only with another redacted value.", nameof(obj)),
    };
}


/// <summary>The JSON form of a personal value. There is no way back from it.</summary>
file sealed class RedactedConverter : JsonConverter<Plaintext>
{
    public override Plaintext Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        throw new NotSupportedException("A personal value is not read from JSON.");

    public override void Write(Utf8JsonWriter writer, Plaintext value, JsonSerializerOptions options) =>
        writer.WriteStringValue(Plaintext.Redacted);

    public override void WriteAsPropertyName(Utf8JsonWriter writer, Plaintext value, JsonSerializerOptions options) =>
        writer.WritePropertyName(Plaintext.Redacted);
}
