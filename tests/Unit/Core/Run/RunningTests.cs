using System.Runtime.CompilerServices;
using LoginEtl.Faults;
using LoginEtl.Protecting;
using LoginEtl.Records;
using LoginEtl.Run;
using LoginEtl.Unit.Fixtures;
using Xunit;

namespace LoginEtl.Unit.Core.Run;

/// <summary>What the tests of runs share: keys, a journal, a sink, and a time limit on everything.</summary>
public abstract class RunningTests : IDisposable
{
    private readonly TestKeys _keys = new();
    private readonly CancellationTokenSource _limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);

    private protected RunningTests()
    {
        Protector = _keys.Protector();
        Protectors = _keys.Protectors();
        Sink = new StubSink(Journal);
        _limit.CancelAfter(TimeSpan.FromSeconds(30));
    }

    private protected static LoginEtlException Down { get; } = new(new ErrorId(FaultKind.Unreachable, "DatabaseDown"), "The database is down.", "Start it.");

    private protected static LoginEtlException Lost { get; } =
        new(new ErrorId(FaultKind.Unreachable, "AnswerLost"), "The answer was lost.", "Look.") { CommitUnknown = true };

    private protected Journal Journal { get; } = new();

    private protected StubSink Sink { get; }

    private protected Protector Protector { get; }

    private protected ProtectorSource Protectors { get; }

    private protected CancellationToken Limit => _limit.Token;

    public virtual void Dispose()
    {
        Protectors.Dispose();
        Protector.Dispose();
        _keys.Dispose();
        _limit.Dispose();
        GC.SuppressFinalize(this);
    }

    private protected StubSource Source(string name = "queue", bool waitForever = false) => new(Journal) { Name = name, WaitForever = waitForever };

    private protected BatchWriter Writer(int batchSize, TimeSpan? flush = null, TimeProvider? time = null) =>
        new(Sink, new BatchOptions { BatchSize = batchSize, FlushInterval = flush ?? Timeout.InfiniteTimeSpan, Time = time ?? TimeProvider.System });

    private protected async Task<List<ProtectedLogin>> ReceiveAllAsync(ReceivingRun run)
    {
        var all = new List<ProtectedLogin>();
        while (await run.ReceiveAsync(Limit) is { Count: > 0 } logins)
        {
            all.AddRange(Protector.Protect(logins));
        }

        return all;
    }

    private protected ProtectedLogin Line(int number) => Protector.Protect(
        LoginEtl.Decoding.LoginDecoder.Decode(new LineDelivery("file", number, number), System.Text.Encoding.UTF8.GetBytes(Deliveries.Body)));

    private protected (StubSource Source, ReceivingRun Run, BatchWriter Writer) Start(int batchSize, int messages, TimeSpan? flush = null, TimeProvider? time = null)
    {
        var source = Source();
        source.AddMany(messages);
        return (source, new ReceivingRun(source), Writer(batchSize, flush, time));
    }

    private protected async Task AddAllAsync(ReceivingRun run, BatchWriter writer)
    {
        foreach (var login in await ReceiveAllAsync(run))
        {
            Assert.True(await writer.AddAsync(login, Limit));
        }
    }

    private protected static Task UntilAsync(Func<bool> holds, [CallerArgumentExpression(nameof(holds))] string what = "") => Until.Async(holds, what);

    private protected static void AssertCounts(Receipt receipt, RunState outcome, params (Outcome Outcome, long Count)[] counts)
    {
        Assert.Equal(outcome, receipt.Outcome);
        foreach (var name in Enum.GetValues<Outcome>())
        {
            var expected = counts.Where(c => c.Outcome == name).Sum(c => c.Count);
            Assert.Equal((name, expected), (name, (long)typeof(Receipt).GetProperty(name.ToString())!.GetValue(receipt)!));
        }

        Assert.Equal(counts.Sum(c => c.Count), receipt.Received);
        Assert.True(receipt.Balanced);
    }
}
