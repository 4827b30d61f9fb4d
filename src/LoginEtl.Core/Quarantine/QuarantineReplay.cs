using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using LoginEtl.Decoding;
using LoginEtl.Faults;
using LoginEtl.Keysets;
using LoginEtl.Protecting;
using LoginEtl.Records;

namespace LoginEtl.Quarantine;

/// <summary>
/// Makes entries of the quarantine records again: a sealed body is opened, decoded and protected anew, and so is one that
/// somebody has mended; a record that the database refused is taken as it stands.
/// </summary>
public sealed class QuarantineReplay : IDisposable
{
    private readonly Protector _protector;
    private readonly Keyset? _privateKeyset;
    private readonly DecodeOptions? _decoding;

    /// <param name="protector">Stays the caller's. Its options decide anew, about null PII say.</param>
    /// <param name="privateKey">The quarantine's private keyset; null when only records are replayed.</param>
    /// <param name="decoding">How bodies are decoded; the defaults when null.</param>
    /// <exception cref="LoginEtlException">
    /// <c>KeysetNotFound</c>, <c>KeysetUnreadable</c>, <c>KeysetPermissions</c>, <c>KeysetInvalid</c>, <c>SettingInvalid</c>, <c>SecretUnreadable</c>.
    /// </exception>
    public QuarantineReplay(Protector protector, PrivateKeySource? privateKey, DecodeOptions? decoding = null)
    {
        ArgumentNullException.ThrowIfNull(protector);
        _protector = protector;
        _decoding = decoding;
        _privateKeyset = privateKey?.Read();
    }

    /// <summary>Whether the entry is a record now.</summary>
    /// <param name="entry">From the quarantine.</param>
    /// <param name="record">Of the same message, with its id and SentTimestamp.</param>
    /// <param name="rejection">Why it still is none.</param>
    /// <exception cref="LoginEtlException">
    /// <c>QuarantineKeyNeeded</c>, <c>SealedBodyUnopened</c>, <c>QuarantinedRecordInvalid</c>, <c>EntryDismissed</c>: about this entry
    /// alone.
    /// </exception>
    public bool TryReplay(QuarantineEntry entry, [NotNullWhen(true)] out LoginRecord? record, out Rejection rejection)
    {
        ArgumentNullException.ThrowIfNull(entry);
        if (entry.DismissedAt is not null)
        {
            throw EntryBody.Dismissed(entry);
        }

        var delivery = Delivery(entry);
        record = entry.IsSealed ? Reopen(entry, delivery, out rejection) : StoredRecord.Read(entry, delivery, out rejection);
        return record is not null;
    }

    /// <summary>Whether a mended body, in the place of the one that was sent, is a record now. Needs no private key.</summary>
    /// <param name="entry">From the quarantine; whatever it holds, and whatever it is there for.</param>
    /// <param name="body">Decoded as strictly as any other.</param>
    /// <param name="record">Of the entry's message, with its id and SentTimestamp.</param>
    /// <param name="rejection">Why it still is none.</param>
    public bool TryMend(QuarantineEntry entry, PlainBody body, [NotNullWhen(true)] out LoginRecord? record, out Rejection rejection)
    {
        ArgumentNullException.ThrowIfNull(entry);
        ArgumentNullException.ThrowIfNull(body);
        record = Protect(entry, LoginDecoder.Decode(Delivery(entry), body.RevealBytes(), _decoding), out rejection);
        return record is not null;
    }

    /// <summary>Zeroes the private key.</summary>
    public void Dispose() => _privateKeyset?.Dispose();

    private static QuarantinedDelivery Delivery(QuarantineEntry entry) =>
        new(new MessageId(entry.MessageId), entry.SentTimestamp, entry.ReceiveCount);

    private LoginRecord? Reopen(QuarantineEntry entry, QuarantinedDelivery delivery, out Rejection rejection)
    {
        // Its body is not the one that was sent, whatever it decodes to.
        if (entry.Reason == RejectReason.ChecksumMismatch.Code())
        {
            rejection = new Rejection(RejectReason.ChecksumMismatch);
            return null;
        }

        // It would be written in clear, as if nobody had kept it out.
        if (entry.Reason == RejectReason.PiiFound.Code())
        {
            rejection = new Rejection(RejectReason.PiiFound, entry.Field);
            return null;
        }

        var body = EntryBody.Open(entry, entry.MessageId, PrivateKeyset(entry));
        try
        {
            return Protect(entry, LoginDecoder.Decode(delivery, body, _decoding), out rejection);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(body);
        }
    }

    private LoginRecord? Protect(QuarantineEntry entry, IncomingLogin login, out Rejection rejection)
    {
        var outcome = _protector.Protect(login);
        if (outcome is not LoginRecord record)
        {
            rejection = (outcome as SealedReject)?.GetRejection() ?? default;
            return null;
        }

        if (entry.SentTimestamp is null)
        {
            // The time of the load is the one at which it was first tried.
            record.CreateDate = DateOnly.FromDateTime(entry.CreatedAt.UtcDateTime);
            record.CreatedAt = entry.CreatedAt;
        }

        rejection = default;
        return record;
    }

    private Keyset PrivateKeyset(QuarantineEntry entry) => _privateKeyset ?? throw new LoginEtlException(
        ErrorId.QuarantineKeyNeeded, $"Quarantine entry {entry.Id} holds a sealed body, and no private key was given.",
        "Name the file of the quarantine's private keyset.");
}
