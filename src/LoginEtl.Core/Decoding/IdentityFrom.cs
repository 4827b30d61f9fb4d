using System.Diagnostics.CodeAnalysis;

namespace LoginEtl.Decoding;

/// <summary>What makes two messages of a queue the same one, as a setting says it.</summary>
public sealed record IdentityFrom
{
    // SQS API reference, MessageAttributeValue: letters, digits, underscores, hyphens and periods, 256 at most.
    private const int LongestName = 256;

    /// <summary>The id of the envelope, else the queue's MessageId.</summary>
    public static readonly IdentityFrom Envelope = new(IdentitySource.Envelope, null);

    /// <summary>What a setting takes.</summary>
    public const string Expected = "MessageId, Envelope, Attribute:NAME or Field:NAME";

    private IdentityFrom(IdentitySource source, string? name) => (Source, Name) = (source, name);

    /// <summary>Where it stands.</summary>
    public IdentitySource Source { get; }

    /// <summary>Of the attribute or field; null otherwise.</summary>
    public string? Name { get; }

    /// <summary>The message attribute that the queue is asked for; null for none.</summary>
    public string? AttributeName => Source == IdentitySource.Attribute ? Name : null;

    /// <summary>Reads <see cref="Expected"/>; the words in any case, the name as it is.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out IdentityFrom? identity)
    {
        ArgumentNullException.ThrowIfNull(text);
        var (word, name) = text.Split(':', 2) is [var first, var rest] ? (first, rest) : (text, null);
        identity = Enum.GetValues<IdentitySource>().Where(s => string.Equals($"{s}", word, StringComparison.OrdinalIgnoreCase)).Select(source => source switch
        {
            IdentitySource.Attribute => name is not null && IsAttribute(name) ? new IdentityFrom(source, name) : null,
            IdentitySource.Field => string.IsNullOrEmpty(name) ? null : new IdentityFrom(source, name),
            _ => name is null ? new IdentityFrom(source, null) : null,
        }).FirstOrDefault();
        return identity is not null;
    }

    /// <inheritdoc/>
    public override string ToString() => Name is null ? $"{Source}" : $"{Source}:{Name}";

    private static bool IsAttribute(string name) =>
        name.Length is > 0 and <= LongestName && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '.');
}
