using LoginEtl.Faults;
using LoginEtl.Keysets;
using LoginEtl.Protecting;
using LoginEtl.Records;

namespace LoginEtl.Quarantine;

/// <summary>Opens the sealed bodies of entries.</summary>
internal static class EntryBody
{
    /// <summary>Why there is nothing to open or read any more.</summary>
    public static LoginEtlException Dismissed(QuarantineEntry entry) => new(
        ErrorId.EntryDismissed, $"Quarantine entry {entry.Id} was dismissed, and what it held is gone.",
        "Its properties say who dismissed it, when and why.");

    /// <summary>The body; the caller zeroes it.</summary>
    /// <param name="entry">Has it, sealed.</param>
    /// <param name="messageId">The message that it is the body of.</param>
    /// <param name="privateKeyset">The quarantine's.</param>
    /// <exception cref="LoginEtlException">
    /// <c>SealedBodyUnopened</c>: another key, a body that was changed, or one that was moved here from another message's entry.
    /// </exception>
    public static byte[] Open(QuarantineEntry entry, string messageId, Keyset privateKeyset) =>
        BodySealer.Open(privateKeyset, entry.SealedBody, new MessageId(messageId)) ?? throw new LoginEtlException(
            ErrorId.SealedBodyUnopened, $"The sealed body of quarantine entry {entry.Id} does not open with the private keyset {privateKeyset.Source}.",
            "Give the private half of the keyset it was sealed to; if it is, the entry was changed.");
}
