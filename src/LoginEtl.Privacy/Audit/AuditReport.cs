using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using LoginEtl.Faults;

namespace LoginEtl.Audit;

/// <summary>What a look at an audit file found.</summary>
public sealed record AuditReport
{
    /// <summary>Its place, host and path, as the database knows it; where it is unknown, where it was found.</summary>
    public required string Place { get; init; }

    /// <summary>What was read; null when nothing was.</summary>
    public string? Path { get; init; }

    /// <summary>Its own id; null when nobody knows it.</summary>
    public Guid? FileId { get; init; }

    /// <summary>What it came to.</summary>
    public AuditState State { get; init; }

    /// <summary>Whether every line holds, the database knows no other, and it is where it belongs.</summary>
    public bool IsIntact => State is AuditState.Intact or AuditState.Archived;

    /// <summary>Lines that hold.</summary>
    public long Lines { get; init; }

    /// <summary>1-based number of the first line that does not hold or is missing; null when all lines hold.</summary>
    public long? BrokenLine { get; init; }

    /// <summary>What is wrong; null when all is well.</summary>
    public string? Why { get; init; }

    /// <summary>Last line that the database knows; null when it was not asked.</summary>
    public long? Anchored { get; init; }

    /// <summary>When the last of its anchors was added, by the server's clock; null when none is known.</summary>
    public DateTimeOffset? LastAnchoredAt { get; init; }

    /// <summary>The account of the database that added it.</summary>
    public string? LastAnchoredBy { get; init; }

    /// <summary>Of a fault of the anchors themselves: the number of the first anchor concerned; null in reports of files.</summary>
    public long? AnchorNumber { get; init; }

    /// <summary>The number of the last anchor concerned, where several of one account are in a row; null in reports of files.</summary>
    public long? LastAnchorNumber { get; init; }

    /// <summary>
    /// Names this very finding, and nothing that is found beside it or later: a schedule leaves a finding out by it. It changes
    /// with the state, the file, how far it is anchored, the anchors concerned, and what is wrong. Null when all is well.
    /// </summary>
    public string? Mark => IsIntact ? null : Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Create(
        CultureInfo.InvariantCulture, $"{State}\n{Place}\n{FileId}\n{Lines}\n{BrokenLine}\n{Anchored}\n{LastAnchoredAt:O}\n{LastAnchoredBy}\n{AnchorNumber}\n{LastAnchorNumber}\n{Why}"))))[..16];

    /// <summary>What its lines were written for: databases and tables, each once; empty where earlier versions wrote them.</summary>
    public IReadOnlyList<AuditTarget> Targets { get; init; } = [];

    /// <summary>What is to be known besides; null when there is nothing.</summary>
    public string? Note { get; init; }

    /// <summary>Lines under which one of the tokens asked about was asked for.</summary>
    public IReadOnlyList<long> Found { get; init; } = [];

    /// <summary>What is wrong, and what to do about it; null when all is well.</summary>
    public LoginEtlException? Fault() => IsIntact ? null : new LoginEtlException(
        State switch
        {
            AuditState.Broken => ErrorId.AuditBroken,
            AuditState.AnchorsLost => ErrorId.AuditAnchorsLost,
            AuditState.Missing => ErrorId.AuditFileMissing,
            AuditState.Moved => ErrorId.AuditFileMoved,
            AuditState.Replaced => ErrorId.AuditFileReplaced,
            AuditState.Elsewhere => ErrorId.AuditFileElsewhere,
            _ => ErrorId.AuditFileUnreadable,
        },
        BrokenLine is { } line ? $"Line {line} of the audit file {Path} does not hold: {Why}."
            : State == AuditState.AnchorsLost ? $"Anchors are gone from the database, or were changed ({Path ?? Place}): {Why}."
            : $"The audit file of {Place} (file {FileId}, {Anchored ?? Lines} lines) is not as it should be: {Why}.",
        State switch
        {
            AuditState.Broken => "Keep the file as evidence, and find out who could write it since its last anchor (login_etl_audit_anchor has the times).",
            AuditState.AnchorsLost when AnchorNumber is not null =>
                "Find out who added, changed or deleted it: docs/security.md says what to do with an anchor that was added by hand. Where it is known, let the schedule leave it out by its Mark; whatever else is found has another.",
            AuditState.AnchorsLost => "Find out who may delete from login_etl_audit_anchor, whether the database was restored from a backup, and whether it is the one that the file belongs to.",
            AuditState.Elsewhere => "Run it on that host, or bring a copy of the file and name its folder in -Archive.",
            AuditState.Unreadable => "Run it as somebody who may read the file, or bring a copy of it and name its folder in -Archive.",
            _ => "Find the file and bring it back to its place, or name the folder of archived files in -Archive. Where it is lost, login_etl_audit_anchor still says who recovered and when.",
        });

    /// <inheritdoc/>
    public override string ToString() => IsIntact ? $"{Place}: {Lines} lines hold"
        : BrokenLine is { } line ? $"{Place}: line {line} does not hold: {Why}"
        : $"{Place}: {Why}";
}

/// <summary>What is recovered from: where the anchors stand.</summary>
/// <param name="DatabaseName">By the server's word.</param>
/// <param name="Table">The table with the masked values, with its schema.</param>
public sealed record AuditTarget(string DatabaseName, string Table)
{
    /// <inheritdoc/>
    public override string ToString() => $"{DatabaseName}: {Table}";
}
