using System.Diagnostics;
using System.Globalization;
using LoginEtl.Faults;
using LoginEtl.Postgres;
using LoginEtl.Sandbox;
using LoginEtl.Settings;
using LoginEtl.Unit.Faults.Messages;
using Npgsql;
using Xunit;

namespace LoginEtl.Unit.Faults;

/// <summary>
/// A queue and a database of their own, messages whose ids and ends are known, and runs of the worker through proxies
/// that make things go wrong. <see cref="ProveAsync"/> is what it is for.
/// </summary>
internal sealed partial class Scenario : IAsyncDisposable
{
    /// <summary>Far longer than faults that pass keep any run.</summary>
    private static readonly TimeSpan LongestRun = TimeSpan.FromSeconds(90);

    private static readonly TimeSpan LatestCommit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan RecheckSessions = TimeSpan.FromMilliseconds(50);

    // Groups may have come so far that their bad messages are all there is to receive.
    private static readonly string[] RejectsAll = ["--max-reject-ratio", "1"];

    private readonly FaultLane _lane;
    private readonly SampleDraws _draws;
    private readonly string _name;
    private readonly string _database;
    private readonly ScenarioQueue _queue;
    private readonly int _groups;
    private readonly FaultyQueue _calls;
    private readonly PostgresProxy _wire;
    private readonly Mixture _mixture;
    private readonly List<SentMessage> _sent = [];
    private readonly List<Login> _later = [];
    private readonly List<EndedRun> _runs = [];
    private readonly List<string> _complaints = [];
    private readonly List<string> _moves = [];
    private readonly HashSet<string> _erased = [];
    private IReadOnlyDictionary<string, string> _moved = new Dictionary<string, string>();

    private bool _isFlooded;

    private Scenario(FaultLane lane, SampleDraws draws, string name, string database, ScenarioQueue queue, int groups, Mixture mixture)
    {
        (_lane, _draws, _name, _database, _queue, _groups, _mixture) = (lane, draws, name, database, queue, groups, mixture);
        _calls = new FaultyQueue(lane.Sqs.EndpointUrl);
        _wire = new PostgresProxy(database);
    }

    /// <summary>The runs so far.</summary>
    public IReadOnlyList<EndedRun> Runs => _runs;

    /// <summary>What became of moves so far, in words.</summary>
    public IReadOnlyList<string> Moves => _moves;

    /// <summary>Users that were erased so far; each had a row.</summary>
    public IReadOnlyCollection<string> Erased => _erased;

    /// <summary>Messages sent so far.</summary>
    public IReadOnlyList<SentMessage> Sent => _sent;

    /// <summary>The database, beside the proxy.</summary>
    public string Database => _database;

    /// <summary>The queue, beside the proxy.</summary>
    public ScenarioQueue Queue => _queue;

    /// <summary>The proxy before the queue.</summary>
    public FaultyQueue Calls => _calls;

    /// <summary>Calls that went wrong and wires that were cut.</summary>
    public int Faults => _calls.Befallen + _wire.Cuts;

    /// <summary>Fills a queue. With groups it is a FIFO queue; a mixture says what its messages are, plain ones without.</summary>
    public static async Task<Scenario> OnAsync(
        FaultLane lane, int messages = 200, int visibilityTimeout = 2, ulong seed = 1, int groups = 0, Mixture? mixture = null)
    {
        var name = lane.NewName("faults-") + (groups > 0 ? ScenarioQueue.FifoSuffix : "");
        var database = await lane.Postgres.CreateDatabaseAsync(lane.NewName("faults_"));
        await new PostgresConnector().InitializeAsync(
            new DatabaseSettings { Database = new SecretText(database) }, new SchemaOptions(), CancellationToken.None);
        var queue = await ScenarioQueue.CreateAsync(lane.Calls, name, visibilityTimeout);
        var scenario = new Scenario(lane, new SampleDraws(seed), name, database, queue, groups, mixture ?? Mixture.Plain);
        await scenario.ExecuteAsync($"ALTER TABLE user_logins ADD CONSTRAINT no_such_place CHECK (locale <> '{Login.RefusedLocale}')");
        await scenario.ExecuteAsync($"CREATE TABLE {Standing.SuppressedTable} (user_id text)");
        if (groups > 0)
        {
            await scenario.ExecuteAsync("ALTER TABLE user_logins ADD place serial");
        }

        await scenario.SendAsync(messages);
        return scenario;
    }

    /// <summary>Sends so many more, but for copies that come before the next run.</summary>
    public async Task SendAsync(int messages)
    {
        var (now, later) = _mixture.Fill(_draws, messages, _groups);
        await SendAsync(now);
        _later.AddRange(later);
    }

    /// <summary>Starts a worker that is the caller's to end; nothing befalls it.</summary>
    public Task<WorkerProcess> StartAsync(PlannedRun plan) => WorkerProcess.StartAsync(
        _lane, _lane.Settings(_calls.EndpointUrl, _name, _wire.ConnectionString), [.. plan.Flags, .. _groups > 0 || plan.MayRejectAll ? RejectsAll : []], plan.Environment);

    /// <summary>Takes runs that <see cref="StartAsync"/> began into account.</summary>
    public void Ended(IEnumerable<EndedRun> runs) => _runs.AddRange(runs);

    /// <summary>Runs to the end, whatever it is, and checks what the runs say of themselves.</summary>
    public async Task<EndedRun> RunAsync(PlannedRun plan)
    {
        await SendAsync(_later);
        _later.Clear();
        var sentBefore = _sent.ToList();
        var standingBefore = plan.HoldsGroups ? await ReadAsync(new HashSet<string>()) : null;
        _calls.Suffer(plan.Calls);
        _wire.Suffer(plan.Wire);
        var deliveredBefore = _calls.Delivered;
        var workers = await Task.WhenAll(Enumerable.Range(0, plan.Workers).Select(_ => StartAsync(plan)));
        var moments = new Moments(_calls, _wire);
        if (plan.Ends is { } ending)
        {
            moments.On(ending.At, () => workers[0].EndAsync(ending.Signal, ending.Twice));
        }

        if (plan.Trouble is { } trouble)
        {
            moments.Beside(trouble.At, () => new Troubles(_lane, _calls, _database).SufferAsync(trouble));
        }

        moments.Begin();
        var sending = SendAsync(plan.SentMeanwhile);
        var ended = await Task.WhenAll(workers.Select(w => w.WaitAsync(LongestRun, () => _calls.Calls(SqsOperation.GetQueueUrl) > 0)));
        await sending;
        await moments.DisposeAsync();
        _calls.Suffer(CallFaults.None);
        _wire.Suffer(WireFaults.None);
        _runs.AddRange(ended);
        _complaints.AddRange(ended.SelectMany(ReceiptCheck.Complaints));
        _complaints.AddRange(ReceiptCheck.Complaints(ended, _calls.Delivered - deliveredBefore));
        _complaints.AddRange(BrakeCheck.Complaints(ended, _sent));
        if (_groups > 0 || ended.Any(r => r.SaysCompleted))
        {
            await CheckAsync(ended, sentBefore, standingBefore);
        }

        return ended[0];
    }

    /// <summary>Checks where each message is, when all leases have run out.</summary>
    public async Task<Standing> LookAsync()
    {
        var standing = await ReadAsync(await _queue.LookAsync());
        _complaints.AddRange(LedgerCheck.Complaints(_sent, standing));
        _complaints.AddRange(ReceiptCheck.Complaints(_runs, standing));
        _complaints.AddRange(HistoryCheck.Complaints(_runs, standing));
        _complaints.AddRange(await HistoryCheck.UnprovedAsync(_database, _runs));
        return standing;
    }

    /// <summary>One more run in which nothing goes wrong: then everything is exactly where it belongs, and the books are true.</summary>
    public async Task<Standing> ProveAsync()
    {
        var last = await RunAsync(PlannedRun.Clean with { MayRejectAll = _isFlooded });
        if (!last.SaysCompleted)
        {
            _complaints.Add($"the last run, in which nothing went wrong, did not complete: {last}");
        }

        var standing = await ReadAsync(await _queue.LookAsync());
        _complaints.AddRange(LedgerCheck.ComplaintsAfterDrain(_sent, standing));
        _complaints.AddRange(ReceiptCheck.Complaints(_runs, standing));
        _complaints.AddRange(await HistoryCheck.UnprovedAsync(_database, _runs));
        Assert.True(_complaints.Count == 0, Report());
        return standing;
    }

    public async ValueTask DisposeAsync()
    {
        await _calls.DisposeAsync();
        await _wire.DisposeAsync();
        await _queue.DeleteAsync();
        await _lane.Postgres.DropDatabaseAsync(new NpgsqlConnectionStringBuilder(_database).Database!);
    }

    /// <summary>What the server has logged of the database and of itself.</summary>
    public IReadOnlyList<ServerLog> ReadLog() => ServerLog.Read(_lane.Postgres.LogPath!, new NpgsqlConnectionStringBuilder(_database).Database!);

    /// <summary>Runs a statement in the database.</summary>
    public Task ExecuteAsync(string sql) => ReadAsync<object?>(sql);

    /// <summary>The one value that a query of the database gives.</summary>
    public async Task<T> ReadAsync<T>(string sql)
    {
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(_database) { Pooling = false }.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return (T)(await command.ExecuteScalarAsync())!;
    }

    public async Task<Standing> ReadAsync(IReadOnlySet<string> queued) =>
        await Standing.ReadAsync(_database, _sent, _moved, queued, hasPlaces: _groups > 0, CancellationToken.None) with { Erased = _erased };

    /// <param name="ended">Runs beside each other.</param>
    /// <param name="sentBefore">What was sent before them.</param>
    /// <param name="standingBefore">What there was before them, if they hold groups; null otherwise.</param>
    private async Task CheckAsync(EndedRun[] ended, List<SentMessage> sentBefore, Standing? standingBefore)
    {
        await WaitForLateCommitsAsync();
        var standing = await ReadAsync(new HashSet<string>());
        _complaints.AddRange(GroupCheck.Complaints(_sent, standing));
        var unsettled = sentBefore.Where(m => !LedgerCheck.IsSettled(m, standing)).ToList();
        if (standingBefore is not null)
        {
            _complaints.AddRange(GroupCheck.HeldComplaints(_sent, standingBefore, standing));
            var held = GroupCheck.Held(sentBefore, standing);
            unsettled.RemoveAll(m => held.Contains(m.MessageId));
            if (held.Count > 0 && ended.All(r => r.SaysCompleted) && ended.Sum(r => r.Receipt!.HeldGroups) == 0)
            {
                _complaints.Add($"{held.Count} messages are held with their groups, and the receipts speak of none");
            }
        }

        if (ended.Any(r => r.SaysCompleted) && unsettled.Count > 0)
        {
            _complaints.Add($"a run says completed and left {unsettled.Count} of the messages sent before it");
        }
    }

    // A run that was killed may have sent a COMMIT that is still on its way; its session lasts as long.
    private async Task WaitForLateCommitsAsync()
    {
        const string Sessions = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()";
        for (var clock = Stopwatch.StartNew(); clock.Elapsed < LatestCommit && await ReadAsync<long>(Sessions) > 0;)
        {
            await Task.Delay(RecheckSessions);
        }
    }

    private async Task SendAsync(IReadOnlyList<Login> logins) => _sent.AddRange(await _queue.SendAsync(logins));

    private string Report() => string.Join("\n", _complaints.Distinct().Concat(_moves)
        .Concat(_runs.Select((run, index) => string.Create(CultureInfo.InvariantCulture, $"run {index + 1}: {run}")))
        .Concat(_runs.SelectMany(run => run.Said.Where(line => !line.StartsWith('{')).TakeLast(5)).Distinct().Take(20).Select(line => $"  | {line}")));
}
