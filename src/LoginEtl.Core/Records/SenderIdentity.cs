using System.Text;

namespace LoginEtl.Records;

/// <summary>
/// What a sender says makes a message the same one: the id of its envelope, an attribute or a field. May be personal, so
/// it is stored only under a key.
/// </summary>
internal sealed class SenderIdentity
{
    private SenderIdentity(string kind, string name, string value, byte[] content, DateTimeOffset? time)
    {
        Parts = [Encoding.UTF8.GetBytes(kind), Encoding.UTF8.GetBytes(name), Encoding.UTF8.GetBytes(value), content];
        Time = time;
    }

    /// <summary>All that makes it up; two messages are one when each of these is the same.</summary>
    public IReadOnlyList<byte[]> Parts { get; }

    /// <summary>When the sender says it was sent; the same for every copy. Null where nothing says it.</summary>
    public DateTimeOffset? Time { get; }

    /// <summary>
    /// An envelope's. What it carries belongs to it: a sender that puts one id on two logins, from a template perhaps, must
    /// not lose the second.
    /// </summary>
    /// <param name="kind">Of the envelope.</param>
    /// <param name="issuer">Topic or source, within which the id is one.</param>
    /// <param name="id">As it stands there.</param>
    /// <param name="contentDigest">Of what the envelope carries.</param>
    /// <param name="time">As it stands there.</param>
    public static SenderIdentity OfEnvelope(string kind, string issuer, string id, byte[] contentDigest, DateTimeOffset? time) =>
        new(kind, issuer, id, contentDigest, time);

    /// <summary>A message attribute's, or null where the message has none.</summary>
    public static SenderIdentity? OfAttribute(string name, string? value) => Named("attribute", name, value);

    /// <summary>A field's, or null where the login has none.</summary>
    public static SenderIdentity? OfField(string name, string? value) => Named("field", name, value);

    private static SenderIdentity? Named(string kind, string name, string? value) =>
        string.IsNullOrEmpty(value) ? null : new(kind, name, value, [], null);
}

/// <summary>A <see cref="SenderIdentity"/> under the key: nobody can guess it back without.</summary>
/// <param name="Id">A version-8 uuid.</param>
/// <param name="Time">When the sender says it was sent; null where nothing says it.</param>
internal sealed record KeyedIdentity(Guid Id, DateTimeOffset? Time);
