using LoginEtl.Aws.Events;
using LoginEtl.Decoding;
using LoginEtl.Faults;
using LoginEtl.Ports;
using LoginEtl.Protecting;
using LoginEtl.Run;
using LoginEtl.Settings;

namespace LoginEtl.Worker.Lambda;

/// <summary>
/// The worker as a function: an invocation is a run over the messages of its event. Table and keys stay open from one to the
/// next, and are opened anew after a failure.
/// </summary>
/// <param name="databases">Opens the table.</param>
/// <param name="openProtectors">Opens the keys.</param>
internal sealed class LambdaHost(IDatabaseConnector databases, Func<ProtectorSource> openProtectors) : IAsyncDisposable
{
    // Of the time that is left: for what is in hand once it is to stop.
    private const int ShareToEnd = 4;
    private static readonly TimeSpan LongestEnd = TimeSpan.FromSeconds(10);

    // For a statement that is cancelled then, and for the answer.
    private static readonly TimeSpan Answering = TimeSpan.FromSeconds(5);

    /// <summary>How long an outage is waited for: Lambda tries again, and slower.</summary>
    public static readonly TimeSpan RetryFor = TimeSpan.FromSeconds(10);

    private ProtectorSource? _protectors;
    private IRecordSink? _sink;

    public required DatabaseSettings Into { get; init; }

    public required SinkOptions Sink { get; init; }

    public required BatchOptions Batch { get; init; }

    public required DecodeOptions Decoding { get; init; }

    public required LambdaFailures Failures { get; init; }

    /// <summary>Told of every batch, on a background thread.</summary>
    public required Action<BatchReport> Written { get; init; }

    /// <summary>Told of every receipt; answers it in the host's own words.</summary>
    public required Func<Receipt, Task<Receipt>> Ended { get; init; }

    /// <summary>Until it is told to stop.</summary>
    public async Task RunAsync(RuntimeApi api, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            Invocation invocation;
            try
            {
                invocation = await api.NextAsync(stop);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return;
            }

            await InvokeAsync(api, invocation, stop);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_sink is not null)
        {
            await _sink.DisposeAsync();
        }

        _protectors?.Dispose();
        (_sink, _protectors) = (null, null);
    }

    private async Task InvokeAsync(RuntimeApi api, Invocation invocation, CancellationToken stop)
    {
        var startedAt = DateTimeOffset.UtcNow;
        var unsettled = (IReadOnlyList<string>)[];
        Receipt receipt;
        try
        {
            var source = EventMessageSource.Read(invocation.Event, Decoding);
            receipt = await RunAsync(source, startedAt < invocation.Deadline ? invocation.Deadline - startedAt : TimeSpan.Zero, stop);
            unsettled = source.Unsettled;
        }
        catch (Exception e)
        {
            var fault = e as LoginEtlException ?? (e is OperationCanceledException ? NotSettled("") : LoginEtlException.Unexpected(e));
            receipt = Receipt.Failed("event", startedAt, fault);
        }

        if (receipt.GetFault() is null && unsettled.Count > 0 && Failures == LambdaFailures.Whole)
        {
            receipt = receipt.FailedBy(NotSettled(" With --lambda Partial only what is not settled comes again."));
        }

        receipt = await Ended(receipt);
        if (receipt.GetFault() is { } failure)
        {
            // The next one finds keys, table and connections as they are then.
            await DisposeAsync();
            await api.FailAsync(invocation, failure);
        }
        else
        {
            await api.AnswerAsync(invocation, unsettled);
        }
    }

    private async Task<Receipt> RunAsync(EventMessageSource source, TimeSpan left, CancellationToken stop)
    {
        var end = left / ShareToEnd < LongestEnd ? left / ShareToEnd : LongestEnd;
        using var late = CancellationTokenSource.CreateLinkedTokenSource(stop);
        // Some of it is worked in, however short it is.
        late.CancelAfter(TimeSpan.FromTicks(Math.Max(left.Ticks / 3, (left - end - Answering).Ticks)));
        _protectors ??= openProtectors();
        if (_sink is null)
        {
            _sink = await databases.WriteToAsync(Into, Sink, late.Token);
            _protectors.TryFollow(await _sink.KeysAsync(late.Token));
            await _sink.RequireKeysAsync(_protectors.Current.Keys, late.Token);
        }

        return await EtlRun.RunAsync(source, _protectors, _sink, Batch, Written, late.Token, stopWithin: end);
    }

    private static LoginEtlException NotSettled(string more) => new(
        ErrorId.EventUnsettled, "Not all messages of the event were settled: the function's time was up, or a group is held. All come again, and those that were settled are duplicates then.",
        $"Give the function more time, or the event source mapping a smaller batch, and see that the database answers.{more}");
}
