using System.Text.Json.Nodes;
using LoginEtl.Aws.Calls;
using LoginEtl.Aws.Protocols;
using LoginEtl.Faults;
using LoginEtl.Records;
using LoginEtl.Sandbox.Servers;
using LoginEtl.Settings;
using LoginEtl.Unit.Fixtures;
using Xunit;

namespace LoginEtl.Unit.Aws;

/// <summary>Damaged messages, and polls that fail.</summary>
public sealed class PollFaultTests(ServersFixture servers)
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Body_that_was_damaged_on_the_way_is_rejected_and_the_others_are_not()
    {
        var queue = await TestQueue.CreateAsync(servers);
        await queue.SendAsync(3);
        await using var source = await queue.ReceiveAsync(around: c => new FaultyClient(c)
        {
            OnReceive = async (_, call) =>
            {
                var answer = await call();
                answer.Messages.OfType<SqsMessage>().Take(1).ToList().ForEach(m => m.BodyBytes = "damaged"u8.ToArray());
                return answer;
            },
        });

        var messages = await source.ReceiveAsync(Cancelled);

        Assert.Equal(RejectReason.ChecksumMismatch, messages[0].Rejection?.Reason);
        Assert.All(messages.Skip(1), m => Assert.Null(m.Rejection));
    }

    [Fact]
    public async Task Want_of_memory_is_told_as_one_and_what_is_held_goes_back()
    {
        var queue = await TestQueue.CreateAsync(servers);
        await queue.SendAsync(3);
        var polls = 0;
        var held = new TaskCompletionSource();
        await using (var source = await queue.ReceiveAsync(new ReceiveOptions { Receivers = 1, MaxHeld = 4 }, around: c => new FaultyClient(c)
        {
            OnReceive = async (_, call) =>
            {
                if (++polls == 1)
                {
                    return await call();
                }

                await held.Task;
                return await new ServiceCalls(TimeSpan.FromSeconds(5)).CallAsync<Amazon.SQS.Model.ReceiveMessageResponse>(
                    "ReceiveMessage", _ => throw new IOException("", OutOfMemory()), Cancelled);
            },
        }))
        {
            Assert.NotEmpty(await source.ReceiveAsync(Cancelled));
            held.SetResult();
            var e = await Assert.ThrowsAsync<LoginEtlException>(() => source.ReceiveAsync(Cancelled));
            Assert.Equal(("OutOfMemory", FaultKind.Failed), (e.Id, e.Kind));
            Assert.Contains("-MaxHeldBytes", e.Remedy, StringComparison.Ordinal);
            Assert.DoesNotContain("settings of the queue", e.Remedy, StringComparison.Ordinal);
            await TestQueue.ReturnAllAsync(source);
        }

        Assert.Equal((3, 0), await queue.CountsAsync());
    }

    [Fact]
    public async Task Message_without_SentTimestamp_ends_the_run_and_goes_back()
    {
        var queue = await TestQueue.CreateAsync(servers);
        await queue.SendAsync(1);
        await using (var source = await queue.ReceiveAsync(around: c => new FaultyClient(c)
        {
            OnReceive = async (_, call) =>
            {
                var answer = await call();
                answer.Messages.ForEach(m => m.Attributes = null);
                return answer;
            },
        }))
        {
            var e = await Assert.ThrowsAsync<LoginEtlException>(() => source.ReceiveAsync(Cancelled));
            Assert.Equal("MissingSentTimestamp", e.Id);
            await TestQueue.ReturnAllAsync(source);
            Assert.True(source.Book.Balanced);
        }

        Assert.Equal((1, 0), await queue.CountsAsync());
    }

    [Fact]
    public async Task Throttled_and_garbled_polls_are_tried_again()
    {
        var queue = await TestQueue.CreateAsync(servers);
        await queue.SendAsync(30);
        var polls = 0;
        await using var source = await queue.ReceiveAsync(around: c => new FaultyClient(c)
        {
            OnReceive = (_, call) => (Interlocked.Increment(ref polls) % 3) switch
            {
                0 => throw new SqsException("ReceiveMessage", SqsFault.Throttled, "RequestThrottled"),
                1 => throw new SqsException("ReceiveMessage", SqsFault.Garbled, "UnreadableAnswer"),
                _ => call(),
            },
        });

        Assert.Equal(30, (await TestQueue.ReceiveAllAsync(source, settle: true)).Count);
    }

    [Fact]
    public async Task Outage_of_the_queue_loses_nothing()
    {
        await using var server = await SqsServer.StartAsync(report: null, Cancelled);
        var queue = await TestQueue.CreateAsync(server, "outage", new JsonObject { ["VisibilityTimeout"] = "5" });
        await queue.SendAsync(500);
        await using var source = await queue.ReceiveAsync(new ReceiveOptions { DrainTimeout = TimeSpan.FromSeconds(30) });
        var ids = new HashSet<MessageId?>();
        while (await source.ReceiveAsync(Cancelled) is { Count: > 0 } messages)
        {
            if (ids.Count == 0)
            {
                await server.StopAsync(Cancelled);
                _ = Task.Delay(2000, Cancelled).ContinueWith(_ => server.StartAsync(Cancelled), TaskScheduler.Default);
            }

            ids.UnionWith(messages.Select(m => m.Delivery.Id));
            await TestQueue.SettleAsync(source, messages);
        }

        Assert.Equal(500, ids.Count);
        Assert.Equal((0, 0), await queue.CountsAsync());
        Assert.True(source.Book.Balanced);
    }

    [Fact]
    public async Task Queue_that_is_away_is_told_of_once_and_waited_for()
    {
        var queue = await TestQueue.CreateAsync(servers);
        await queue.SendAsync(20);
        var told = new System.Collections.Concurrent.ConcurrentQueue<string>();
        var began = Environment.TickCount64;
        await using var source = await queue.ReceiveAsync(
            new ReceiveOptions { RetryFor = Timeout.InfiniteTimeSpan, Waiting = told.Enqueue },
            around: c => new FaultyClient(c)
            {
                OnReceive = (_, call) => Environment.TickCount64 - began > 5_000 ? call() : throw new SqsException("ReceiveMessage", SqsFault.Unavailable, "ConnectionRefused"),
            });

        Assert.Equal(20, (await TestQueue.ReceiveAllAsync(source, settle: true)).Count);
        Assert.Matches(@"ConnectionRefused.* That lasts for [2-5] s, and is waited for as long as it takes; nothing is lost meanwhile\.$", Assert.Single(told));
    }

    [Fact]
    public async Task Polls_that_keep_failing_end_the_run()
    {
        var queue = await TestQueue.CreateAsync(servers);
        await using var source = await queue.ReceiveAsync(
            new ReceiveOptions { DrainWindow = TimeSpan.FromSeconds(20), RetryFor = TimeSpan.FromSeconds(1) },
            around: c => new FaultyClient(c)
            {
                OnReceive = (_, _) => throw new SqsException("ReceiveMessage", SqsFault.Unavailable, "ConnectionRefused"),
            });

        var e = await Assert.ThrowsAsync<LoginEtlException>(() => source.ReceiveAsync(Cancelled));

        Assert.Equal("QueueUnreachable", e.Id);
    }


#pragma warning disable CA2201 // The runtime's own: it cannot be made to come here and not elsewhere.
    private static OutOfMemoryException OutOfMemory() => new();
#pragma warning restore CA2201
}
