namespace LoginEtl.Faults;

// What keys, tokens and the audit of recoveries can fail by.
public sealed partial record ErrorId
{
    /// <summary>Other recoveries have kept the database's list of anchors to themselves for too long.</summary>
    public static readonly ErrorId AuditAnchorBusy = new(FaultKind.Failed);
    /// <summary>The database has no table of anchors, or one of an earlier version.</summary>
    public static readonly ErrorId AuditAnchorNotFound = new(FaultKind.NotFound);
    /// <summary>A trigger or a rule of the table of anchors kept an anchor out, or changed it.</summary>
    public static readonly ErrorId AuditAnchorNotKept = new(FaultKind.Failed);
    /// <summary>Whoever recovers may change or delete the anchors, which then witness nothing.</summary>
    public static readonly ErrorId AuditAnchorOwn = new(FaultKind.Denied);
    /// <summary>Anchors of an audit file are gone from the database, or were changed there.</summary>
    public static readonly ErrorId AuditAnchorsLost = new(FaultKind.Failed);
    /// <summary>There is no folder of archived audit files where one was named.</summary>
    public static readonly ErrorId AuditArchiveNotFound = new(FaultKind.NotFound);
    /// <summary>A line of an audit file does not hold: it, or one before it, was changed, moved or taken out.</summary>
    public static readonly ErrorId AuditBroken = new(FaultKind.Failed);
    /// <summary>Another process has kept the audit file to itself for too long.</summary>
    public static readonly ErrorId AuditFileBusy = new(FaultKind.Failed);
    /// <summary>The audit file ends before the last line that the database knows.</summary>
    public static readonly ErrorId AuditFileCut = new(FaultKind.Failed);
    /// <summary>An audit file that the database knows is of another host, and no copy of it is here.</summary>
    public static readonly ErrorId AuditFileElsewhere = new(FaultKind.Failed);
    /// <summary>There are two copies of an audit file that were both written to.</summary>
    public static readonly ErrorId AuditFileForked = new(FaultKind.Failed);
    /// <summary>An audit file that the database knows is not at its place, and in no folder of archived ones.</summary>
    public static readonly ErrorId AuditFileMissing = new(FaultKind.NotFound);
    /// <summary>The audit file was written at another place than where it is now.</summary>
    public static readonly ErrorId AuditFileMoved = new(FaultKind.Failed);
    /// <summary>There is no audit file of that name.</summary>
    public static readonly ErrorId AuditFileNotFound = new(FaultKind.NotFound);
    /// <summary>The file is no audit file under this audit key. It was not changed.</summary>
    public static readonly ErrorId AuditFileNotOurs = new(FaultKind.Failed);
    /// <summary>The audit file is another one than the one that the database knows of that place.</summary>
    public static readonly ErrorId AuditFileReplaced = new(FaultKind.Failed);
    /// <summary>The audit file was made anew by somebody who has the audit key: a line differs from its anchor.</summary>
    public static readonly ErrorId AuditFileRewritten = new(FaultKind.Failed);
    /// <summary>An audit file that the database knows is there, and this user may not read it.</summary>
    public static readonly ErrorId AuditFileUnreadable = new(FaultKind.Failed);
    /// <summary>The audit file cannot be read and written, and without it nothing is recovered.</summary>
    public static readonly ErrorId AuditFileUnwritable = new(FaultKind.Denied);
    /// <summary>The first of the database's anchors was made under another audit key than the one at hand.</summary>
    public static readonly ErrorId AuditKeyOther = new(FaultKind.Keys);
    /// <summary>What is to be recorded is longer than a line of the audit file may be: name fewer things at once, or give a shorter reason.</summary>
    public static readonly ErrorId AuditLineTooLong = new(FaultKind.Configuration);
    /// <summary>Two keysets that are to be merged have different keys of one number.</summary>
    public static readonly ErrorId KeyConflict = new(FaultKind.Configuration);
    /// <summary>The key's bytes were destroyed.</summary>
    public static readonly ErrorId KeyDestroyed = new(FaultKind.Configuration);
    /// <summary>Rows or quarantine entries still carry the key.</summary>
    public static readonly ErrorId KeyInUse = new(FaultKind.Configuration);
    /// <summary>The key is primary, here or in the database.</summary>
    public static readonly ErrorId KeyIsPrimary = new(FaultKind.Configuration);
    /// <summary>Whether rows still carry the key was not looked at.</summary>
    public static readonly ErrorId KeyMayBeInUse = new(FaultKind.Configuration);
    /// <summary>A key of this host has the name of one that the database knows, and other bytes.</summary>
    public static readonly ErrorId KeyMismatch = new(FaultKind.Keys);
    /// <summary>The key is enabled, and only a disabled one is removed.</summary>
    public static readonly ErrorId KeyNotDisabled = new(FaultKind.Configuration);
    /// <summary>The key is disabled or destroyed, and only an enabled one can be primary.</summary>
    public static readonly ErrorId KeyNotEnabled = new(FaultKind.Configuration);
    /// <summary>The keyset has no key of that number.</summary>
    public static readonly ErrorId KeyNotFound = new(FaultKind.Configuration);
    /// <summary>The database has never seen this key: the keyset may have been made in the place of another.</summary>
    public static readonly ErrorId KeyNotKnown = new(FaultKind.Keys);
    /// <summary>A key that was piped in is of another keyset than the one that would be changed.</summary>
    public static readonly ErrorId KeyOfAnotherKeyset = new(FaultKind.Keys);
    /// <summary>The database takes no rows under this key any more, and this host has no key that it takes.</summary>
    public static readonly ErrorId KeyRetired = new(FaultKind.Keys);
    /// <summary>AWS KMS refused these credentials.</summary>
    public static readonly ErrorId KeyServiceDenied = new(FaultKind.Denied);
    /// <summary>Nothing says which key of AWS KMS encrypts a new keyset.</summary>
    public static readonly ErrorId KeyServiceKeyMissing = new(FaultKind.Configuration);
    /// <summary>AWS KMS refused to encrypt or decrypt a keyset.</summary>
    public static readonly ErrorId KeyServiceRefused = new(FaultKind.Keys);
    /// <summary>AWS KMS cannot be reached.</summary>
    public static readonly ErrorId KeyServiceUnreachable = new(FaultKind.Unreachable);
    /// <summary>Keys of this kind need a service that this host does not bring.</summary>
    public static readonly ErrorId KeySourceUnavailable = new(FaultKind.Configuration);
    /// <summary>What was given for the keyset is no key source.</summary>
    public static readonly ErrorId KeySourceUnknown = new(FaultKind.Configuration);
    /// <summary>Two keysets have one and the same key.</summary>
    public static readonly ErrorId KeyUnderTwoNames = new(FaultKind.Keys);
    /// <summary>The states of keys cannot change while a batch that does not end is being written.</summary>
    public static readonly ErrorId KeysBusy = new(FaultKind.Failed);
    /// <summary>The key folder is being changed by another process.</summary>
    public static readonly ErrorId KeysetBusy = new(FaultKind.Keys);
    /// <summary>There is a key file of that name already.</summary>
    public static readonly ErrorId KeysetExists = new(FaultKind.Configuration);
    /// <summary>The keyset's text or one of its keys cannot be used.</summary>
    public static readonly ErrorId KeysetInvalid = new(FaultKind.Keys);
    /// <summary>There is no keyset of that name.</summary>
    public static readonly ErrorId KeysetNameInvalid = new(FaultKind.Configuration);
    /// <summary>A keyset that is needed is not where the key source says, or its folder is not mounted.</summary>
    public static readonly ErrorId KeysetNotFound = new(FaultKind.Keys);
    /// <summary>The keyset is never changed, because with another key files would be loaded twice; or none of its keys is ever removed, because audit files and anchors hold under them.</summary>
    public static readonly ErrorId KeysetNotRotated = new(FaultKind.Configuration);
    /// <summary>The private half would lie in the key folder, or on another keyset's file.</summary>
    public static readonly ErrorId KeysetPathsClash = new(FaultKind.Configuration);
    /// <summary>Others could read or change the key files.</summary>
    public static readonly ErrorId KeysetPermissions = new(FaultKind.Keys);
    /// <summary>Keys of this kind can be used here, and not changed.</summary>
    public static readonly ErrorId KeysetReadOnly = new(FaultKind.Configuration);
    /// <summary>The keyset is larger than what AWS KMS encrypts.</summary>
    public static readonly ErrorId KeysetTooLarge = new(FaultKind.Keys);
    /// <summary>A key file cannot be read, or is no file.</summary>
    public static readonly ErrorId KeysetUnreadable = new(FaultKind.Keys);
    /// <summary>A key file cannot be written.</summary>
    public static readonly ErrorId KeysetUnwritable = new(FaultKind.Keys);
    /// <summary>A masking method is not one of those for its attribute.</summary>
    public static readonly ErrorId MethodInvalid = new(FaultKind.Configuration);
    /// <summary>What was given to be recovered holds no token.</summary>
    public static readonly ErrorId NothingMasked = new(FaultKind.Configuration);
    /// <summary>The database has more than one primary key of an attribute.</summary>
    public static readonly ErrorId PrimaryKeyAmbiguous = new(FaultKind.Keys);
    /// <summary>A new key pair needs a place for its private half.</summary>
    public static readonly ErrorId PrivateKeyNeeded = new(FaultKind.Configuration);
    /// <summary>A sealed body was asked for, and no private key was given.</summary>
    public static readonly ErrorId QuarantineKeyNeeded = new(FaultKind.Keys);
    /// <summary>Rows with old tokens are written faster than they are replaced.</summary>
    public static readonly ErrorId RotationUnfinished = new(FaultKind.Failed);
    /// <summary>The key of a token is disabled or destroyed.</summary>
    public static readonly ErrorId TokenDisabledKey = new(FaultKind.Keys);
    /// <summary>What was given is no whole token.</summary>
    public static readonly ErrorId TokenMalformed = new(FaultKind.Keys);
    /// <summary>A token was not made with its key for this attribute: it was tampered with.</summary>
    public static readonly ErrorId TokenNotAuthentic = new(FaultKind.Keys);
    /// <summary>The vault has no original of a token: it was erased, or never kept.</summary>
    public static readonly ErrorId TokenNotInVault = new(FaultKind.Keys);
    /// <summary>A token's method keeps nothing that could be recovered.</summary>
    public static readonly ErrorId TokenNotRecoverable = new(FaultKind.Keys);
    /// <summary>The vault's original of a token does not open with the private key.</summary>
    public static readonly ErrorId TokenOriginalUnopened = new(FaultKind.Keys);
    /// <summary>The keyset does not hold the key of a token.</summary>
    public static readonly ErrorId TokenUnknownKey = new(FaultKind.Keys);
}
