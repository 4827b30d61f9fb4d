using System.CommandLine;
using LoginEtl.Connections;
using LoginEtl.Keysets;
using LoginEtl.Masking;
using LoginEtl.Running;
using LoginEtl.Versions;

namespace LoginEtl.Worker;

/// <summary>All settings of the worker. Their defaults are Core's.</summary>
internal sealed class WorkerSettings
{
    private static readonly ReceiveOptions Receive = new();
    private static readonly BatchOptions Batch = new();

    private readonly Option<string?> _queue = Setting.Text("--queue", "Name, URL or ARN of the queue");
    private readonly Option<string?> _keyset = Setting.Text("--keyset", "Key source: file:FOLDER or env:VARIABLE");
    private readonly Option<string?> _database = Setting.Text("--database", "Connection string or postgresql:// URI; better in the variable, where no process list shows it");
    private readonly Option<string?> _table = Setting.Text("--table", "The table, with or without a schema", DatabaseSettings.DefaultTable);
    private readonly Option<string?> _rootCertificate = Setting.Text("--root-certificate", "PEM file of the certificate authority to trust");
    private readonly Option<string?> _region = Setting.Text("--region", "AWS region");
    private readonly Option<string?> _profileName = Setting.Text("--profile-name", "Named profile of the shared AWS configuration");
    private readonly Option<string?> _endpointUrl = Setting.Text("--endpoint-url", "Endpoint to connect to instead of the region's own");
    private readonly Option<bool> _wait = Setting.Switch("--wait", "Goes on for ever instead of ending when the queue is drained");
    private readonly Option<long> _maxMessages = Setting.Number("--max-messages", "Ends after this many messages; 0 for no limit", 0L, 0L, long.MaxValue);
    private readonly Option<TimeSpan?> _maxDuration = Setting.Seconds("--max-duration", "Ends after this many seconds", null);
    private readonly Option<TimeSpan?> _drainWindow = Setting.Seconds("--drain-window", "How long the queue must look empty before the run ends, in seconds; 60, and 1 on loopback, when not given", null);
    private readonly Option<TimeSpan?> _drainTimeout = Setting.Seconds("--drain-timeout", "Longest wait for messages that other consumers hold, in seconds", Receive.DrainTimeout);
    private readonly Option<int> _receivers = Setting.Number("--receivers", "Concurrent long polls", Receive.Receivers, 1, 64);
    private readonly Option<int> _maxHeld = Setting.Number("--max-held", "Most messages held at a time", Receive.MaxHeld, 1, 120_000);
    private readonly Option<int> _batchSize = Setting.Number("--batch-size", "Rows a batch", Batch.BatchSize, 1, 100_000);
    private readonly Option<TimeSpan?> _flushInterval = Setting.Seconds("--flush-interval", "Longest time a row waits for its batch to fill, in seconds", Batch.FlushInterval);
    private readonly Option<AppVersionFormat> _appVersionFormat = Setting.OneOf("--app-version-format", "How versions are encoded", AppVersionFormat.Auto);
    private readonly Option<TooLong> _onTooLong = Setting.OneOf("--on-too-long", "What happens to a value longer than its column", TooLong.Quarantine);
    private readonly Option<bool> _allowNullPii = Setting.Switch("--allow-null-pii", "A null ip or device id stays NULL instead of going to quarantine");
    private readonly Option<string?> _defaultLocale = Setting.Text("--default-locale", "Stands in for a null locale");
    private readonly Option<bool> _initialize = Setting.Switch("--initialize", "Creates what is missing in the database first");
    private readonly Option<bool> _quiet = Setting.Switch("--quiet", "No progress on standard error");

    public IEnumerable<Option> All =>
    [
        _queue, _keyset, _database, _table, _rootCertificate, _region, _profileName, _endpointUrl, _wait, _maxMessages,
        _maxDuration, _drainWindow, _drainTimeout, _receivers, _maxHeld, _batchSize, _flushInterval, _appVersionFormat,
        _onTooLong, _allowNullPii, _defaultLocale, _initialize, _quiet,
    ];

    public bool Initialize(ParseResult parsed) => parsed.GetValue(_initialize);

    public bool Quiet(ParseResult parsed) => parsed.GetValue(_quiet);

    /// <exception cref="Faults.LoginEtlException"><c>SettingMissing</c>, or what the keys cannot be opened for.</exception>
    public Keyring OpenKeyring(ParseResult parsed) =>
        Keyring.Open(EnvironmentSettings.Require(parsed.GetValue(_keyset), EnvironmentSettings.KeysetVariable, _keyset.Name));

    /// <exception cref="Faults.LoginEtlException"><c>SettingMissing</c>, <c>SettingInvalid</c>.</exception>
    public QueueSettings Queue(ParseResult parsed) => new()
    {
        Queue = EnvironmentSettings.Require(parsed.GetValue(_queue), EnvironmentSettings.QueueVariable, _queue.Name),
        Region = parsed.GetValue(_region),
        ProfileName = parsed.GetValue(_profileName),
        EndpointUrl = EnvironmentSettings.Url(parsed.GetValue(_endpointUrl), _endpointUrl.Name),
    };

    /// <exception cref="Faults.LoginEtlException"><c>SettingMissing</c>.</exception>
    public DatabaseSettings Database(ParseResult parsed) => new()
    {
        Database = new SecretText(EnvironmentSettings.Require(
            parsed.GetValue(_database), EnvironmentSettings.DatabaseVariable, _database.Name)),
        Table = parsed.GetValue(_table) ?? DatabaseSettings.DefaultTable,
        RootCertificate = parsed.GetValue(_rootCertificate),
    };

    public ReceiveOptions ReceiveOptions(ParseResult parsed) => new()
    {
        WaitForever = parsed.GetValue(_wait),
        MaxMessages = parsed.GetValue(_maxMessages) is > 0 and var most ? most : null,
        MaxDuration = parsed.GetValue(_maxDuration),
        DrainWindow = parsed.GetValue(_drainWindow),
        DrainTimeout = parsed.GetValue(_drainTimeout) ?? Receive.DrainTimeout,
        Receivers = parsed.GetValue(_receivers),
        MaxHeld = parsed.GetValue(_maxHeld),
    };

    public BatchOptions BatchOptions(ParseResult parsed) => new()
    {
        BatchSize = parsed.GetValue(_batchSize),
        FlushInterval = parsed.GetValue(_flushInterval) ?? Batch.FlushInterval,
    };

    public SinkOptions SinkOptions(ParseResult parsed) => new()
    {
        AppVersionFormat = parsed.GetValue(_appVersionFormat),
        OnTooLong = parsed.GetValue(_onTooLong),
    };

    public ProtectOptions ProtectOptions(ParseResult parsed) => new()
    {
        AllowNullPii = parsed.GetValue(_allowNullPii),
        DefaultLocale = parsed.GetValue(_defaultLocale),
    };
}
