namespace LoginEtl.Faults;

// What settings, queue, database and a run can fail by.
public sealed partial record ErrorId
{
    /// <summary>A token came as a text, and nothing says whether it is one of an ip or of a device id.</summary>
    public static readonly ErrorId AttributeMissing = new(FaultKind.Configuration);
    /// <summary>One text was given as the body of several quarantine entries.</summary>
    public static readonly ErrorId BodyForSeveral = new(FaultKind.Configuration);
    /// <summary>What was given as the body of a quarantine entry is not one text.</summary>
    public static readonly ErrorId BodyInvalid = new(FaultKind.Configuration);
    /// <summary>A body to send is empty, too long, or has characters that SQS does not take.</summary>
    public static readonly ErrorId BodyNotSendable = new(FaultKind.Failed);
    /// <summary>The queue did not take some of the bodies that were sent.</summary>
    public static readonly ErrorId BodyRefused = new(FaultKind.Failed);
    /// <summary>The names that were given for the table's columns cannot be used.</summary>
    public static readonly ErrorId ColumnNameInvalid = new(FaultKind.Configuration);
    /// <summary>The table has several unique keys, and nothing says which of them -OnConflict is about.</summary>
    public static readonly ErrorId ConflictKeyNeeded = new(FaultKind.Configuration);
    /// <summary>The table has no unique key of the name that was given.</summary>
    public static readonly ErrorId ConflictKeyNotFound = new(FaultKind.Configuration);
    /// <summary>No AWS credentials were found, or the profile that was named has none that a run can use.</summary>
    public static readonly ErrorId CredentialsNotFound = new(FaultKind.Denied);
    /// <summary>The database server refuses the user, the password or the access to the database.</summary>
    public static readonly ErrorId DatabaseAccessDenied = new(FaultKind.Denied);
    /// <summary>The database's encoding cannot hold every text.</summary>
    public static readonly ErrorId DatabaseEncoding = new(FaultKind.Configuration);
    /// <summary>The server or a table would lose rows in a crash: fsync is off, or the table is UNLOGGED.</summary>
    public static readonly ErrorId DatabaseNotDurable = new(FaultKind.Configuration);
    /// <summary>The server has no database of that name.</summary>
    public static readonly ErrorId DatabaseNotFound = new(FaultKind.NotFound);
    /// <summary>The server is a standby, or the user's transactions are read-only.</summary>
    public static readonly ErrorId DatabaseReadOnly = new(FaultKind.Configuration);
    /// <summary>The database was restored, copied or moved, or has lost what was committed in this run.</summary>
    public static readonly ErrorId DatabaseRewound = new(FaultKind.Failed);
    /// <summary>The server's certificate does not hold, or server and settings do not agree on TLS.</summary>
    public static readonly ErrorId DatabaseTlsFailed = new(FaultKind.Unreachable);
    /// <summary>The server is older than PostgreSQL 14.</summary>
    public static readonly ErrorId DatabaseTooOld = new(FaultKind.Configuration);
    /// <summary>The database server cannot be reached, ended the connection, or answered too late.</summary>
    public static readonly ErrorId DatabaseUnreachable = new(FaultKind.Unreachable);
    /// <summary>A message came from no queue, so that there is nothing to settle.</summary>
    public static readonly ErrorId DeliveryNotFromQueue = new(FaultKind.Configuration);
    /// <summary>A message is no longer held: it was settled, or went back to its queue when its pipeline ended.</summary>
    public static readonly ErrorId DeliveryNotHeld = new(FaultKind.Failed);
    /// <summary>A dry run lost its transaction, and with it what it had found.</summary>
    public static readonly ErrorId DryRunEnded = new(FaultKind.Failed);
    /// <summary>The quarantine entry was dismissed: its body is gone.</summary>
    public static readonly ErrorId EntryDismissed = new(FaultKind.Configuration);
    /// <summary>The quarantine entry holds a masked record and no body that could be had back.</summary>
    public static readonly ErrorId EntryNotSealed = new(FaultKind.Configuration);
    /// <summary>A Lambda function was given an event that is no batch of messages of SQS.</summary>
    public static readonly ErrorId EventInvalid = new(FaultKind.Configuration);
    /// <summary>Not all messages of a Lambda function's event were settled: its time was up, or a group is held.</summary>
    public static readonly ErrorId EventUnsettled = new(FaultKind.Unreachable);
    /// <summary>Messages were rejected alike, one after the other: this may be another queue than that of the logins.</summary>
    public static readonly ErrorId EveryBodyRejected = new(FaultKind.Failed);
    /// <summary>The table refused rows alike, one after the other: it is more likely the table than the rows.</summary>
    public static readonly ErrorId EveryRowRefused = new(FaultKind.Failed);
    /// <summary>A file of logins is cut off or damaged: its JSON or its gzip has no end.</summary>
    public static readonly ErrorId FileDamaged = new(FaultKind.Failed);
    /// <summary>A file to write to is there already.</summary>
    public static readonly ErrorId FileExists = new(FaultKind.Configuration);
    /// <summary>A file of logins cannot be read, or is a folder.</summary>
    public static readonly ErrorId FileUnreadable = new(FaultKind.NotFound);
    /// <summary>A file cannot be written: its folder is missing, the user may not, or the disk is full.</summary>
    public static readonly ErrorId FileUnwritable = new(FaultKind.Failed);
    /// <summary>A script block that chooses messages fails.</summary>
    public static readonly ErrorId FilterInvalid = new(FaultKind.Configuration);
    /// <summary>Beside the table stands something that others made and that would run with this user's rights.</summary>
    public static readonly ErrorId ForeignObject = new(FaultKind.Denied);
    /// <summary>As many messages are held as may be, and none was settled for a long time.</summary>
    public static readonly ErrorId HeldMessagesCapReached = new(FaultKind.Failed);
    /// <summary>A cmdlet was given nothing to work on.</summary>
    public static readonly ErrorId InputMissing = new(FaultKind.Configuration);
    /// <summary>Something was piped into a cmdlet that it does not take.</summary>
    public static readonly ErrorId InputUnfit = new(FaultKind.Configuration);
    /// <summary>The database's settings are no connection string, or one that cannot be used.</summary>
    public static readonly ErrorId InvalidDatabase = new(FaultKind.Configuration);
    /// <summary>The settings for AWS KMS contradict each other or cannot be used.</summary>
    public static readonly ErrorId InvalidKeyServiceSetting = new(FaultKind.Configuration);
    /// <summary>The queue's settings do not name a queue, or contradict each other.</summary>
    public static readonly ErrorId InvalidQueueSetting = new(FaultKind.Configuration);
    /// <summary>What was given for the table is not the name of one.</summary>
    public static readonly ErrorId InvalidTableName = new(FaultKind.Configuration);
    /// <summary>A table that belongs beside the table of logins is missing.</summary>
    public static readonly ErrorId LedgerNotFound = new(FaultKind.NotFound);
    /// <summary>The ledger takes messages for settled that it does not show as settled.</summary>
    public static readonly ErrorId LedgerUnreadable = new(FaultKind.Failed);
    /// <summary>A table beside the table of logins is not the one that this version makes.</summary>
    public static readonly ErrorId LedgerUnsuitable = new(FaultKind.Configuration);
    /// <summary>The message group's id is not one that SQS takes.</summary>
    public static readonly ErrorId MessageGroupInvalid = new(FaultKind.Configuration);
    /// <summary>The queue is a FIFO queue, and no message group was given.</summary>
    public static readonly ErrorId MessageGroupMissing = new(FaultKind.Configuration);
    /// <summary>A message is older than what the ledger remembers: whether it was written before cannot be told.</summary>
    public static readonly ErrorId MessageTooOld = new(FaultKind.Failed);
    /// <summary>The queue's server does not say when messages were sent.</summary>
    public static readonly ErrorId MissingSentTimestamp = new(FaultKind.Failed);
    /// <summary>Messages cannot be moved from that queue to the other: they are one, or of two kinds, or there is none to move from.</summary>
    public static readonly ErrorId MoveImpossible = new(FaultKind.Configuration);
    /// <summary>-OnConflict needs a unique key, and the table has none on what is written.</summary>
    public static readonly ErrorId NoUniqueKey = new(FaultKind.Configuration);
    /// <summary>The process has no memory left for what it holds.</summary>
    public static readonly ErrorId OutOfMemory = new(FaultKind.Failed);
    /// <summary>A defect: not every login of a batch has an outcome.</summary>
    public static readonly ErrorId OutcomesMissing = new(FaultKind.Failed);
    /// <summary>The cmdlet has no parameter of that name, or a value stands where none belongs.</summary>
    public static readonly ErrorId ParameterUnknown = new(FaultKind.Configuration);
    /// <summary>A path does not name a file or folder.</summary>
    public static readonly ErrorId PathInvalid = new(FaultKind.Configuration);
    /// <summary>A script block that says what stored values mean fails, or makes no text.</summary>
    public static readonly ErrorId PlaintextInvalid = new(FaultKind.Configuration);
    /// <summary>A quarantine entry does not hold a record as it was written: somebody changed it.</summary>
    public static readonly ErrorId QuarantinedRecordInvalid = new(FaultKind.Failed);
    /// <summary>The queue refuses these credentials.</summary>
    public static readonly ErrorId QueueAccessDenied = new(FaultKind.Denied);
    /// <summary>What answers at the queue's endpoint does not answer as SQS does.</summary>
    public static readonly ErrorId QueueAnswerUnreadable = new(FaultKind.Unreachable);
    /// <summary>There is no queue of that name in that account and region.</summary>
    public static readonly ErrorId QueueNotFound = new(FaultKind.NotFound);
    /// <summary>The queue's server does not speak the protocol that was chosen.</summary>
    public static readonly ErrorId QueueProtocolUnsupported = new(FaultKind.Configuration);
    /// <summary>The queue's server refused a request.</summary>
    public static readonly ErrorId QueueRequestRefused = new(FaultKind.Failed);
    /// <summary>The queue's server kept refusing requests for being too many.</summary>
    public static readonly ErrorId QueueThrottled = new(FaultKind.Unreachable);
    /// <summary>The queue's server cannot be reached.</summary>
    public static readonly ErrorId QueueUnreachable = new(FaultKind.Unreachable);
    /// <summary>A recovery or a dismissal needs a reason.</summary>
    public static readonly ErrorId ReasonMissing = new(FaultKind.Configuration);
    /// <summary>Receipts, runs, ledgers and quarantine do not fit: something was changed by hand.</summary>
    public static readonly ErrorId ReceiptsBroken = new(FaultKind.Failed);
    /// <summary>A defect: receiving was ended by an error that nobody expected.</summary>
    public static readonly ErrorId ReceiveFailed = new(FaultKind.Failed);
    /// <summary>A person's data was removed, and the audit line that says so could not be written.</summary>
    public static readonly ErrorId RemovalNotRecorded = new(FaultKind.Failed);
    /// <summary>Whether a person's data was removed is not known: the answer to the COMMIT is missing.</summary>
    public static readonly ErrorId RemovalUnknown = new(FaultKind.Failed);
    /// <summary>A message comes out of quarantine, and is written by Restore-LoginQuarantine alone.</summary>
    public static readonly ErrorId RestoreNeeded = new(FaultKind.Configuration);
    /// <summary>Row security hides rows of the table from this user.</summary>
    public static readonly ErrorId RowSecurity = new(FaultKind.Denied);
    /// <summary>Something else in the pipeline ended it before the run could.</summary>
    public static readonly ErrorId RunNotEnded = new(FaultKind.Failed);
    /// <summary>The tables beside the table are of a later version than this program.</summary>
    public static readonly ErrorId SchemaNewer = new(FaultKind.Configuration);
    /// <summary>None of the schemas of the search path exists.</summary>
    public static readonly ErrorId SchemaNotFound = new(FaultKind.NotFound);
    /// <summary>The tables beside the table are of an earlier version than this program.</summary>
    public static readonly ErrorId SchemaOutdated = new(FaultKind.Configuration);
    /// <summary>A sealed body does not open with the private key that was given.</summary>
    public static readonly ErrorId SealedBodyUnopened = new(FaultKind.Keys);
    /// <summary>The search path of the connection has a schema before that of the system, or the session temporary objects of its names.</summary>
    public static readonly ErrorId SearchPathUnsafe = new(FaultKind.Configuration);
    /// <summary>The module for secret vaults is not installed.</summary>
    public static readonly ErrorId SecretManagementMissing = new(FaultKind.Configuration);
    /// <summary>A secret of a vault, or one that a program is to print, cannot be read or used.</summary>
    public static readonly ErrorId SecretUnreadable = new(FaultKind.Keys);
    /// <summary>A setting has a value that it does not take.</summary>
    public static readonly ErrorId SettingInvalid = new(FaultKind.Configuration);
    /// <summary>A setting that is needed was not given.</summary>
    public static readonly ErrorId SettingMissing = new(FaultKind.Configuration);
    /// <summary>A settings file is no JSON, has a name or a value that no setting has, or holds a password.</summary>
    public static readonly ErrorId SettingsFileInvalid = new(FaultKind.Configuration);
    /// <summary>A settings file is not there, or may not be read.</summary>
    public static readonly ErrorId SettingsFileNotFound = new(FaultKind.NotFound);
    /// <summary>A batch was committed, and its messages could not all be deleted: they come again and are duplicates.</summary>
    public static readonly ErrorId SettlementFailed = new(FaultKind.Failed);
    /// <summary>The process was told to end, and receives no more.</summary>
    public static readonly ErrorId StoppedBySignal = new(FaultKind.Failed);
    /// <summary>A person is to be removed, and values or sealed bodies could not be looked into.</summary>
    public static readonly ErrorId SubjectNotSearched = new(FaultKind.Keys);
    /// <summary>The user lacks rights on the table, or on one beside it.</summary>
    public static readonly ErrorId TableAccessDenied = new(FaultKind.Denied);
    /// <summary>More than one schema of the search path has such a table.</summary>
    public static readonly ErrorId TableAmbiguous = new(FaultKind.Configuration);
    /// <summary>The table changes faster than batches can be written, or its types while one is.</summary>
    public static readonly ErrorId TableChanged = new(FaultKind.Failed);
    /// <summary>Another session holds a lock that the batch waits for, and the time for it is over.</summary>
    public static readonly ErrorId TableLocked = new(FaultKind.Unreachable);
    /// <summary>There is no table of that name in the database.</summary>
    public static readonly ErrorId TableNotFound = new(FaultKind.NotFound);
    /// <summary>The table lacks a column, or has one of a type that does not take what is written.</summary>
    public static readonly ErrorId TableUnsuitable = new(FaultKind.Configuration);
    /// <summary>More messages were rejected than -MaxRejectRatio allows.</summary>
    public static readonly ErrorId TooManyRejects = new(FaultKind.Failed);
    /// <summary>A defect: an error that nobody expected.</summary>
    public static readonly ErrorId Unexpected = new(FaultKind.Failed);
    /// <summary>Unicode normalisation does not work on this machine.</summary>
    public static readonly ErrorId UnicodeUnavailable = new(FaultKind.Configuration);
    /// <summary>A row's unique key is in the table already, and -OnConflict is Fail.</summary>
    public static readonly ErrorId UniqueKeyConflict = new(FaultKind.Failed);
    /// <summary>A unique key over masked values stands in the way of a rotation.</summary>
    public static readonly ErrorId UniqueMaskedColumn = new(FaultKind.Configuration);
    /// <summary>Masked columns hold values that are no tokens, and are exported nowhere.</summary>
    public static readonly ErrorId ValuesNotMasked = new(FaultKind.Configuration);
    /// <summary>The database refused the work for a reason that the message tells.</summary>
    public static readonly ErrorId WriteFailed = new(FaultKind.Failed);
}
