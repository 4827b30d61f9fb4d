using LoginEtl.Faults;

namespace LoginEtl.Audit;

/// <summary>Audit files that nothing may be added to.</summary>
internal static class AuditFaults
{
    private const string Remedy =
        "Keep the file as evidence, look at it with Test-LoginAudit, and go on with a new file under another name once it is known what happened.";

    /// <summary>Why a symbolic link is refused.</summary>
    public const string IsLink = "it is a link, which is never followed";

    /// <summary>Why a folder, a pipe, a socket or a device is.</summary>
    public const string IsNoFile = "it is no file";

    /// <summary>Something else stands there: it stays as it is.</summary>
    public static LoginEtlException NotOurs(string path, string why) => new(
        ErrorId.AuditFileNotOurs, $"{path} is no audit file under this audit key: {why}. Nothing was recovered, and nothing was changed there.",
        "Name the audit file itself, or one that is not there yet: it is made. Where the very first line was cut off by a lack of room or power, nothing was recovered under it: move the file away.");

    /// <summary>Nothing stands there.</summary>
    public static LoginEtlException NotFound(string path) => new(ErrorId.AuditFileNotFound, $"There is no audit file {path}.", "Correct the path.");

    /// <summary>A line does not hold.</summary>
    public static LoginEtlException Broken(string path, long line, string why) => new(
        ErrorId.AuditBroken, $"Line {line} of the audit file {path} does not hold: {why}. Nothing was recovered.", Remedy);

    /// <summary>Lines that the database knows are missing at its end.</summary>
    public static LoginEtlException Cut(string path, long lines, long anchored) => new(
        ErrorId.AuditFileCut,
        $"The audit file {path} ends after line {lines}, and the database knows {anchored}: its end was cut off, or it was replaced. Nothing was recovered.", Remedy);

    /// <summary>The chain holds, and is another one than the database knows.</summary>
    public static LoginEtlException Rewritten(string path, long line) => new(
        ErrorId.AuditFileRewritten,
        $"Line {line} of the audit file {path} is not the one that the database knows: the file was rewritten by somebody who has the audit key. Nothing was recovered.", Remedy);

    /// <summary>Another file stood there.</summary>
    public static LoginEtlException Replaced(string path) => new(
        ErrorId.AuditFileReplaced,
        $"The audit file {path} is not the one that the database knows from this place. Nothing was recovered.", Remedy);

    /// <summary>The database knows less than it did when the file was written.</summary>
    public static LoginEtlException AnchorsLost(string path, string why) => new(
        ErrorId.AuditAnchorsLost, $"Anchors of the audit file {path} are gone from the database: {why}. Nothing was recovered.",
        "Look at it with Test-LoginAudit, and find out who may delete from login_etl_audit_anchor, or whether the database was restored from a backup or is another one. Then go on with a new file under another name.");

    /// <summary>It is not where it was.</summary>
    public static LoginEtlException Moved(string path, string place) => new(
        ErrorId.AuditFileMoved,
        $"The audit file {path} belongs to {AuditText.Safe(place)}, from where its lines were anchored; this is {AuditText.Safe(AuditPlace.Of(path))}. Nothing was recovered.",
        "Name it as it was named then, on that host; or go on with a new file under another name. A container needs a fixed host name.");

    /// <summary>No such folder.</summary>
    public static LoginEtlException NoArchive(string folder) => new(
        ErrorId.AuditArchiveNotFound, $"There is no folder {folder} of archived audit files.", "Correct -Archive, or mount what belongs there.");
}
