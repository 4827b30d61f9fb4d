using System.CommandLine;
using LoginEtl.Aws.Kms;
using LoginEtl.Aws.Rds;
using LoginEtl.Decoding;
using LoginEtl.Faults;
using LoginEtl.Keysets;
using LoginEtl.Masking;
using LoginEtl.Ports;
using LoginEtl.Protecting;
using LoginEtl.Run;
using LoginEtl.Settings;
using LoginEtl.Versions;
using LoginEtl.Worker.Lambda;
using Microsoft.Extensions.Logging;

namespace LoginEtl.Worker;

/// <summary>All settings of the worker. Their defaults are Core's.</summary>
internal sealed class WorkerSettings
{
    private static readonly ReceiveOptions Receive = new();
    private static readonly BatchOptions Batch = new();

    private readonly Setting<string?> _settings = Settings.Text("--settings", "JSON file of settings, which flags and variables win over: a path, or a name in the user's own folder");
    private readonly Setting<string?> _queue = Settings.Text("--queue", "Name, URL or ARN of the queue");
    private readonly Setting<string?> _keyset = Settings.Text("--keyset", "Key source: file:FOLDER, env:VARIABLE, exec:PROGRAM ARGUMENTS or awskms:FOLDER");
    private readonly Setting<string?> _method = Settings.Text("--method", "How each attribute is masked, such as ip=pfx,device_id=mac (siv, mac, escrow, and pfx for ip; siv when not given)");
    private readonly Setting<string?> _database = Settings.Text("--database", "Connection string or postgresql:// URI, or exec:PROGRAM ARGUMENTS, which prints it; better in the variable, where no process list shows it");
    private readonly Setting<string?> _table = Settings.Text("--table", "The table, with or without a schema", DatabaseSettings.DefaultTable);
    private readonly Setting<string?> _columnName = Settings.Text("--column-name", "Columns that the table calls otherwise, our name and then the table's, such as masked_ip=hashed_ip,create_date=logged_at");
    private readonly Setting<string?> _rootCertificate = Settings.Text("--root-certificate", "PEM file of the certificate authority to trust");
    private readonly Setting<bool> _iamAuthentication = Settings.Switch("--iam-authentication", "An IAM token of Amazon RDS is the database password: one is made for every connection");
    private readonly Setting<string?> _region = Settings.Text("--region", "AWS region");
    private readonly Setting<string?> _profileName = Settings.Text("--profile-name", "Named profile of the shared AWS configuration");
    private readonly Setting<string?> _endpointUrl = Settings.Text("--endpoint-url", "Endpoint to connect to instead of the region's own or the queue URL's host");
    private readonly Setting<QueueProtocol> _protocol = Settings.OneOf("--protocol", "Which protocol the queue's server speaks", QueueProtocol.Auto);
    private readonly Setting<ConflictAction> _onConflict = Settings.OneOf("--on-conflict", "What happens to a row whose own unique key is there already", ConflictAction.Quarantine);
    private readonly Setting<string?> _conflictKey = Settings.Text("--conflict-key", "The unique constraint or index that --on-conflict is about, where the table has several");
    private readonly Setting<double?> _maxRejectRatio = Settings.Ratio("--max-reject-ratio", "Largest share of rejects before the run stops and quarantines nothing more; 1 goes on even where all is refused alike");
    private readonly Setting<BadInGroupAction> _onBadInGroup = Settings.OneOf("--on-bad-in-group", "What a bad message means for the later messages of its group, in a FIFO queue", BadInGroupAction.Continue);
    private readonly Setting<bool> _wait = Settings.Switch("--wait", "Goes on for ever instead of ending when the queue is drained");
    private readonly Setting<long> _maxMessages = Settings.Number("--max-messages", "Ends after this many messages, 0 being no limit", 0L, 0L, long.MaxValue);
    private readonly Setting<TimeSpan?> _maxDuration = Settings.Duration("--max-duration", "Ends after this time, such as 5m; a number is seconds", null);
    private readonly Setting<TimeSpan?> _drainWindow = Settings.Duration("--drain-window", "How long the queue must look empty before the run ends, such as 90s; a number is seconds (60, and 1 on loopback)", null);
    private readonly Setting<TimeSpan?> _drainTimeout = Settings.Duration("--drain-timeout", "Longest wait for messages that other consumers hold, such as 5m; a number is seconds", Receive.DrainTimeout);
    private readonly Setting<TimeSpan?> _retryFor = Settings.Duration("--retry-for", "How long an outage of the queue or the database is waited for, such as 10m; a number is seconds (60, and with --wait as long as it takes)", null);
    private readonly Setting<int?> _receivers = Settings.Count("--receivers", "Concurrent long polls; as many as bring more, up to 64, when not given", 1, LoginEtl.Settings.ReceiveOptions.MostReceivers);
    private readonly Setting<int> _maxHeld = Settings.Number("--max-held", "Most messages held at a time", Receive.MaxHeld, 1, LoginEtl.Settings.ReceiveOptions.MostHeld);
    private readonly Setting<Envelope> _envelope = Settings.OneOf("--envelope", "Whether a login is taken out of an SNS notification, an EventBridge event or a JSON string", Envelope.Auto);
    private readonly Setting<IdentityFrom> _identityFrom = Settings.Identity("--identity-from", "What makes two messages the same one: MessageId, Envelope, Attribute:NAME or Field:NAME");
    private readonly Setting<long?> _maxHeldBytes = Settings.Bytes("--max-held-bytes", "Most bytes of messages held at a time, such as 512MB; a quarter of the memory that the process may use, 512MB at most, when not given");
    private readonly Setting<int> _batchSize = Settings.Number("--batch-size", "Rows a batch", Batch.BatchSize, 1, Run.BatchOptions.MostRows);
    private readonly Setting<TimeSpan?> _flushInterval = Settings.Duration("--flush-interval", "Longest time a row waits for its batch to fill, such as 500ms; a number is seconds", Batch.FlushInterval);
    private readonly Setting<AppVersionFormat> _appVersionFormat = Settings.OneOf("--app-version-format", "How versions are encoded", AppVersionFormat.Auto);
    private readonly Setting<TooLongAction> _onTooLong = Settings.OneOf("--on-too-long", "What happens to a value longer than its column", TooLongAction.Quarantine);
    private readonly Setting<SuppressedAction> _onSuppressed = Settings.OneOf("--on-suppressed", "What rows mean that a trigger keeps out of the table or routes", SuppressedAction.Warn);
    private readonly Setting<IpForm> _ipForm = Settings.OneOf("--ip-form", "What of an ip is masked: Forwarded takes the first address of an X-Forwarded-For list, without port, brackets and zone", IpForm.Strict);
    private readonly Setting<bool> _allowNullPii = Settings.Switch("--allow-null-pii", "A null ip or device id stays NULL instead of going to quarantine");
    private readonly Setting<string?> _defaultLocale = Settings.Text("--default-locale", "Stands in for a null locale");
    private readonly Setting<PiiFoundAction> _onPiiFound = Settings.OneOf("--on-pii-found", "What happens where a field that is not masked is an IP address, an e-mail address or a phone number as a whole", PiiFoundAction.Warn);
    private readonly Setting<bool> _newKey = Settings.Switch("--new-key", "Goes on under a key that the database has never seen, and registers it");
    private readonly Setting<bool> _initialize = Settings.Switch("--initialize", "Creates what is missing in the database first");
    private readonly Setting<bool> _check = Settings.Switch("--check", "Looks at all that a run needs, a line each, and receives nothing; exit code 1 where a run would fail");
    private readonly Setting<int?> _healthPort = Settings.Count("--health-port", "Answers /livez and /readyz over HTTP on this port of all addresses; on none when not given", 1, ushort.MaxValue);
    private readonly Setting<LambdaFailures> _lambda = Settings.OneOf("--lambda", "Runs as a function of AWS Lambda, whose events name the queue: Partial names the messages that are to come again, and needs ReportBatchItemFailures; Whole fails the invocation", LambdaFailures.Off);
    private readonly Setting<LogFormat> _logFormat = Settings.OneOf("--log-format", "How lines on standard error are written", LogFormat.Text);
    private readonly Setting<LogLevel> _logLevel = Settings.OneOf("--log-level", "What standard error tells: at Information how the run goes on, at Warning only what somebody should look at", LogLevel.Information);

    public IEnumerable<Option> All =>
    [
        _settings.Option, _queue.Option, _keyset.Option, _method.Option, _database.Option, _table.Option, _columnName.Option, _rootCertificate.Option, _iamAuthentication.Option, _region.Option,
        _profileName.Option, _endpointUrl.Option, _protocol.Option, _wait.Option, _maxMessages.Option, _maxDuration.Option,
        _drainWindow.Option, _drainTimeout.Option, _retryFor.Option, _receivers.Option, _maxHeld.Option, _maxHeldBytes.Option, _envelope.Option, _identityFrom.Option, _batchSize.Option,
        _flushInterval.Option, _appVersionFormat.Option, _onTooLong.Option, _onConflict.Option, _conflictKey.Option, _maxRejectRatio.Option, _onBadInGroup.Option, _onSuppressed.Option, _ipForm.Option, _allowNullPii.Option, _defaultLocale.Option, _onPiiFound.Option,
        _newKey.Option, _initialize.Option, _check.Option, _healthPort.Option, _lambda.Option, _logFormat.Option, _logLevel.Option,
    ];

    /// <summary>Sets the variables that are not set, from the file of settings. Before anything else is asked for.</summary>
    /// <exception cref="Faults.LoginEtlException"><c>SettingsFileNotFound</c>, <c>SettingsFileInvalid</c>.</exception>
    public void TakeFile(ParseResult parsed)
    {
        foreach (var (variable, text) in _settings.Value(parsed) is { Length: > 0 } given ? SettingsFile.Read(SettingsFile.PathOf(given, path => Quotable.RequirePath(Path.GetFullPath(path), _settings.Option.Name))).Texts : new Dictionary<string, string>())
        {
            if (string.IsNullOrEmpty(Environment.GetEnvironmentVariable(variable)))
            {
                Environment.SetEnvironmentVariable(variable, text);
            }
        }
    }

    public bool Initialize(ParseResult parsed) => _initialize.Value(parsed);

    public bool Check(ParseResult parsed) => _check.Value(parsed);

    public LambdaFailures Lambda(ParseResult parsed) => _lambda.Value(parsed);

    public int? HealthPort(ParseResult parsed) => _healthPort.Value(parsed);

    public string HealthPortName => _healthPort.Option.Name;

    public LogFormat Format(ParseResult parsed) => _logFormat.Value(parsed);

    public LogLevel Level(ParseResult parsed) => _logLevel.Value(parsed);

    /// <exception cref="Faults.LoginEtlException"><c>SettingMissing</c>, or what the keys cannot be opened for.</exception>
    public Keyring OpenKeyring(ParseResult parsed, CancellationToken stop) => Keyring.Open(
        EnvironmentSettings.Require(_keyset.Value(parsed), EnvironmentSettings.KeysetVariable, _keyset.Option.Name),
        new KeyAccess { KeyService = () => new KmsKeyService(), Stop = stop });

    /// <exception cref="Faults.LoginEtlException"><c>SettingMissing</c>, <c>SettingInvalid</c>, <c>SecretUnreadable</c>, <c>MethodInvalid</c>, <c>ColumnNameInvalid</c>.</exception>
    public EtlJob Job(
        ParseResult parsed, IQueueConnector queues, IDatabaseConnector databases, Action<string> waiting, Action<string> warned, Action<RunStart> started, SoFar? soFar, CancellationToken stop) => new(queues, databases)
        {
            Warned = warned,
            Started = started,
            SoFar = soFar,
            Into = Database(parsed, stop),
            Sink = SinkOptions(parsed) with { Waiting = waiting },
            From = Queue(parsed),
            Receive = ReceiveOptions(parsed) with { Waiting = waiting },
            Batch = BatchOptions(parsed),
        };

    /// <summary>The queue as the receipt of a run names it that did not begin.</summary>
    public string QueueName(ParseResult parsed) => EnvironmentSettings.QueueName(_queue.Value(parsed));

    /// <exception cref="Faults.LoginEtlException"><c>SettingMissing</c>, <c>SettingInvalid</c>.</exception>
    public QueueSettings Queue(ParseResult parsed) => new()
    {
        Queue = EnvironmentSettings.Require(_queue.Value(parsed), EnvironmentSettings.QueueVariable, _queue.Option.Name),
        Region = _region.Value(parsed),
        ProfileName = _profileName.Value(parsed),
        EndpointUrl = EnvironmentSettings.Url(_endpointUrl.Value(parsed), _endpointUrl.Option.Name),
        Protocol = _protocol.Value(parsed),
    };

    /// <exception cref="Faults.LoginEtlException"><c>SettingMissing</c>, <c>SettingInvalid</c>, <c>SecretUnreadable</c>, <c>ColumnNameInvalid</c>.</exception>
    /// <exception cref="OperationCanceledException">Stopped.</exception>
    public DatabaseSettings Database(ParseResult parsed, CancellationToken stop) => new()
    {
        Database = DatabaseText.Resolve(
            new SecretText(EnvironmentSettings.Require(_database.Value(parsed), EnvironmentSettings.DatabaseVariable, _database.Option.Name)), stop),
        Table = _table.Value(parsed) ?? DatabaseSettings.DefaultTable,
        ColumnNames = ColumnNames.Parse(_columnName.Value(parsed) ?? ""),
        RootCertificate = _rootCertificate.Value(parsed),
        PasswordSource = _iamAuthentication.Value(parsed) ? new RdsPasswordProvider() : null,
        PasswordAccount = new AwsSettings { Region = _region.Value(parsed), ProfileName = _profileName.Value(parsed) },
    };

    /// <summary>The connection string, where it came by its flag.</summary>
    public SecretText? DatabaseFlag(ParseResult parsed) =>
        parsed.GetResult(_database.Option) is { Implicit: false } && _database.Value(parsed) is { } text ? new SecretText(text) : null;

    public ReceiveOptions ReceiveOptions(ParseResult parsed) => new()
    {
        WaitForever = _wait.Value(parsed),
        MaxMessages = _maxMessages.Value(parsed) is > 0 and var most ? most : null,
        MaxDuration = _maxDuration.Value(parsed),
        DrainWindow = _drainWindow.Value(parsed),
        DrainTimeout = _drainTimeout.Value(parsed) ?? Receive.DrainTimeout,
        RetryFor = RetryFor(parsed),
        Receivers = _receivers.Value(parsed),
        MaxHeld = _maxHeld.Value(parsed),
        Decoding = new DecodeOptions { Envelope = _envelope.Value(parsed), Identity = _identityFrom.Value(parsed) },
        MaxHeldBytes = _maxHeldBytes.Value(parsed) ?? Receive.MaxHeldBytes,
    };

    public BatchOptions BatchOptions(ParseResult parsed) => new()
    {
        BatchSize = _batchSize.Value(parsed),
        FlushInterval = _flushInterval.Value(parsed) ?? Batch.FlushInterval,
    };

    public SinkOptions SinkOptions(ParseResult parsed) => new()
    {
        AppVersionFormat = _appVersionFormat.Value(parsed),
        OnTooLong = _onTooLong.Value(parsed),
        OnConflict = _onConflict.Value(parsed),
        ConflictKey = _conflictKey.Value(parsed),
        MaxRejectRatio = _maxRejectRatio.Value(parsed),
        UseVault = Methods(parsed).UseVault,
        OnBadInGroup = _onBadInGroup.Value(parsed),
        OnSuppressed = _onSuppressed.Value(parsed),
        NewKey = _newKey.Value(parsed),
        RetryFor = RetryFor(parsed),
    };

    /// <exception cref="Faults.LoginEtlException"><c>MethodInvalid</c>.</exception>
    public ProtectOptions ProtectOptions(ParseResult parsed) => new()
    {
        Methods = Methods(parsed),
        IpForm = _ipForm.Value(parsed),
        AllowNullPii = _allowNullPii.Value(parsed),
        DefaultLocale = _defaultLocale.Value(parsed),
        OnPiiFound = _onPiiFound.Value(parsed),
    };

    private TimeSpan RetryFor(ParseResult parsed) => LoginEtl.Settings.ReceiveOptions.RetryForOf(_retryFor.Value(parsed), _wait.Value(parsed));

    private MaskMethods Methods(ParseResult parsed) => MaskMethods.Parse(_method.Value(parsed) ?? "");
}
