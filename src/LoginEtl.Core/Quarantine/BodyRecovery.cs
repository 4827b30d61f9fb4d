using LoginEtl.Audit;
using LoginEtl.Faults;
using LoginEtl.Keysets;
using LoginEtl.Records;
using LoginEtl.Recovery;

namespace LoginEtl.Quarantine;

/// <summary>
/// Gives entries of the quarantine their sealed bodies back, group by group: no group is opened before its audit line is on
/// disk and anchored. The line names the messages, and holds nothing of their bodies.
/// </summary>
public sealed class BodyRecovery : IDisposable
{
    /// <summary>Most entries in one go: a body may have 1 MiB.</summary>
    public const int GroupSize = 16;

    // What the audit says was asked for, where it names ip and device_id else.
    private const string Attribute = "body";

    private readonly Keyset _privateKeyset;
    private readonly AuditLog _audit;
    private readonly RecoveryOptions _options;

    /// <param name="privateKey">The quarantine's private keyset.</param>
    /// <param name="audit">Stays the caller's.</param>
    /// <param name="options">Who and why; vault and escrow key are of no use here.</param>
    /// <exception cref="LoginEtlException">
    /// <c>QuarantineKeyNeeded</c>, <c>ReasonMissing</c>, <c>KeysetNotFound</c>, <c>KeysetUnreadable</c>, <c>KeysetPermissions</c>, <c>KeysetInvalid</c>,
    /// <c>SettingInvalid</c>, <c>SecretUnreadable</c>.
    /// </exception>
    public BodyRecovery(PrivateKeySource? privateKey, AuditLog audit, RecoveryOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.RequireReason();
        _audit = audit;
        _options = options;
        _privateKeyset = (privateKey ?? throw new LoginEtlException(
            ErrorId.QuarantineKeyNeeded, "A sealed body of the quarantine was asked for, and no private key was given.",
            "Name the file of the quarantine's private keyset.")).Read();
    }

    /// <summary>What had to be put right in the audit file before the last group; null when nothing had.</summary>
    public string? Note { get; private set; }

    /// <summary>Records a group, and then opens it, of <see cref="GroupSize"/> at most to keep the memory bounded.</summary>
    /// <returns>One an entry, in their order.</returns>
    /// <exception cref="LoginEtlException">The audit failed: nothing was recovered.</exception>
    public async Task<IReadOnlyList<OpenedBody>> RecoverAsync(IReadOnlyList<QuarantineEntry> entries, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(entries);
        Note = null;
        // The caller's objects may change while the line is written: what is opened is what the line says.
        Asked[] all = [.. entries.Select(e => new Asked(e, e.MessageId))];
        string[] asked = [.. all.Where(a => a.Entry.IsSealed).Select(a => a.MessageId)];
        if (asked.Length > 0)
        {
            Note = await _audit.RecordAsync(
                new AuditEntry
                {
                    Command = _options.Command,
                    Reason = _options.Reason,
                    Attributes = [Attribute],
                    Tokens = [],
                    Messages = asked,
                },
                cancellationToken).ConfigureAwait(false);
        }

        // Not before: a process that is killed or dumped has no body without a line.
        return [.. all.Select(Open)];
    }

    /// <summary>Zeroes the private key.</summary>
    public void Dispose() => _privateKeyset.Dispose();

    private OpenedBody Open(Asked asked)
    {
        var entry = asked.Entry;
        if (!entry.IsSealed)
        {
            return new OpenedBody(entry, null, entry.DismissedAt is null ? NotSealed(entry) : EntryBody.Dismissed(entry));
        }

        try
        {
            return new OpenedBody(entry, new PlainBody(EntryBody.Open(entry, asked.MessageId, _privateKeyset)), null);
        }
        catch (LoginEtlException fault)
        {
            return new OpenedBody(entry, null, fault);
        }
    }

    private readonly record struct Asked(QuarantineEntry Entry, string MessageId);

    private static LoginEtlException NotSealed(QuarantineEntry entry) => new(
        ErrorId.EntryNotSealed,
        $"Quarantine entry {entry.Id} holds no sealed body: it is a masked record that could not be written.",
        "Restore-LoginQuarantine writes it once it can be; where the body itself is to be mended, only its sender has it.");
}

/// <summary>What became of an entry whose body was asked for.</summary>
/// <param name="Entry">From the quarantine.</param>
/// <param name="Body">In clear, hidden; null when there is a fault.</param>
/// <param name="Fault">Why there is no body; about this entry alone.</param>
public sealed record OpenedBody(QuarantineEntry Entry, PlainBody? Body, LoginEtlException? Fault);
