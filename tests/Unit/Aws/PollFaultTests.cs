using System.Text.Json.Nodes;
using Amazon.Runtime;
using LoginEtl.Aws.Calls;
using LoginEtl.Aws.Protocols;
using LoginEtl.Aws.Queues;
using LoginEtl.Aws.Receiving;
using LoginEtl.Faults;
using LoginEtl.Records;
using LoginEtl.Sandbox.Servers;
using LoginEtl.Settings;
using LoginEtl.Unit.Faults;
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
        await using var server = new FaultyServer(servers)
        {
            OnReceive = async call =>
            {
                var said = (await call.PassOnAsync()).Json;
                said.Messages().Take(1).ToList().ForEach(m => m["Body"] = "damaged");
                return ProxiedAnswer.Ok(said);
            },
        };
        await using var source = await queue.ReceiveAsync(server: server);

        var messages = await source.ReceiveAsync(Cancelled);

        Assert.Equal(RejectReason.ChecksumMismatch, messages[0].Rejection?.Reason);
        Assert.All(messages.Skip(1), m => Assert.Null(m.Rejection));
    }

    [Fact]
    public async Task Want_of_memory_is_told_as_one_and_what_is_held_goes_back()
    {
        var queue = await TestQueue.CreateAsync(servers);
        await queue.SendAsync(3);
        var memory = new ScarceMemory();
        var found = await queue.FindAsync();
        found.Client.Dispose();
        await using (var source = new SqsMessageSource(
            found with { Client = memory.ClientOf(queue.Settings, found.Endpoint) },
            new ReceiveTerms(VisibilityTerms.Of(30), SqsQuotas.BatchBytes), new ReceiveOptions { Receivers = 1, MaxHeld = 4 }, SqsTimings.Default))
        {
            Assert.NotEmpty(await source.ReceiveAsync(Cancelled));
            memory.RunsOut();
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
        await using var server = new FaultyServer(servers)
        {
            OnReceive = async call =>
            {
                var said = (await call.PassOnAsync()).Json;
                said.Messages().ToList().ForEach(m => m.Remove("Attributes"));
                return ProxiedAnswer.Ok(said);
            },
        };
        await using (var source = await queue.ReceiveAsync(server: server))
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
        await using var server = new FaultyServer(servers)
        {
            OnReceive = async call => (Interlocked.Increment(ref polls) % 3) switch
            {
                0 => MadeUp.Throttled,
                1 => MadeUp.Garbled,
                _ => await call.PassOnAsync(),
            },
        };
        await using var source = await queue.ReceiveAsync(server: server);

        Assert.Equal(30, (await TestQueue.ReceiveAllAsync(source, settle: true)).Count);
    }

    [Fact]
    public async Task Refusal_for_the_clock_is_followed_again_where_an_older_answer_has_undone_the_correction()
    {
        var queue = await TestQueue.CreateAsync(servers);
        await queue.SendAsync(1);
        var polls = 0;
        await using var server = new FaultyServer(servers)
        {
            OnReceive = async call => Interlocked.Increment(ref polls) <= 2
                ? ProxiedAnswer.Refused(403, "RequestTimeTooSkewed") with { Date = DateTimeOffset.UtcNow.AddHours(1) }
                : await call.PassOnAsync(),
        };
        await using var source = await queue.ReceiveAsync(new ReceiveOptions { Receivers = 1 }, server: server);

        Assert.Single(await source.ReceiveAsync(Cancelled));
    }

    [Fact]
    public async Task Poll_after_one_that_failed_is_short_so_that_the_end_of_an_outage_is_soon_known()
    {
        var queue = await TestQueue.CreateAsync(servers);
        var waits = new System.Collections.Concurrent.ConcurrentQueue<int>();
        await using var server = new FaultyServer(servers)
        {
            OnReceive = call =>
            {
                waits.Enqueue(call.Request["WaitTimeSeconds"]!.GetValue<int>());
                return waits.Count == 1 ? Task.FromResult(MadeUp.Throttled) : call.PassOnAsync();
            },
        };
        await using var source = await queue.ReceiveAsync(new ReceiveOptions { Receivers = 1, WaitForever = true }, asIfRemote: true, server: server);
        await Until.Async(() => waits.Count >= 3, "three polls");
        Assert.Equal([20, 1, 20], waits.Take(3));
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
        await using var server = new FaultyServer(servers)
        {
            OnReceive = async call => Environment.TickCount64 - began > 5_000 ? await call.PassOnAsync() : MadeUp.HungUp,
        };
        await using var source = await queue.ReceiveAsync(
            new ReceiveOptions { RetryFor = Timeout.InfiniteTimeSpan, Waiting = told.Enqueue }, server: server);

        Assert.Equal(20, (await TestQueue.ReceiveAllAsync(source, settle: true)).Count);
        Assert.Matches(@"ConnectionLost.* That lasts for [2-5] s, and is waited for as long as it takes; nothing is lost meanwhile\.$", Assert.Single(told));
    }

    [Fact]
    public async Task Polls_that_keep_failing_end_the_run()
    {
        var queue = await TestQueue.CreateAsync(servers);
        await using var server = new FaultyServer(servers) { OnReceive = _ => Task.FromResult(MadeUp.HungUp) };
        await using var source = await queue.ReceiveAsync(
            new ReceiveOptions { DrainWindow = TimeSpan.FromSeconds(20), RetryFor = TimeSpan.FromSeconds(1) }, server: server);

        var e = await Assert.ThrowsAsync<LoginEtlException>(() => source.ReceiveAsync(Cancelled));

        Assert.Equal("QueueUnreachable", e.Id);
    }

    /// <summary>HTTP without memory for the answer to the second poll, once it runs out. No server can take a test's memory.</summary>
    private sealed class ScarceMemory : HttpClientFactory
    {
        private readonly TaskCompletionSource _out = new();
        private int _polls;

        public void RunsOut() => _out.SetResult();

        /// <summary>Our client, on this HTTP.</summary>
        public SdkSqsClient ClientOf(QueueSettings settings, QueueEndpoint endpoint)
        {
            var service = new SqsServiceClient(
                new BasicAWSCredentials(settings.AccessKey, settings.SecretKey!.Reveal()), endpoint, settings.Timeout, TestQueue.IsDirect);
            ((ClientConfig)service.Config).HttpClientFactory = this;
            return new SdkSqsClient(service, new ServiceCalls(settings.Timeout));
        }

        public override HttpClient CreateHttpClient(IClientConfig clientConfig) => new(new Handler(this));

        private sealed class Handler(ScarceMemory memory) : DelegatingHandler(new SocketsHttpHandler())
        {
            protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
            {
                if (request.Headers.GetValues("X-Amz-Target").Single().EndsWith(SqsOperation.ReceiveMessage, StringComparison.Ordinal)
                    && Interlocked.Increment(ref memory._polls) > 1)
                {
                    await memory._out.Task.WaitAsync(cancellationToken);
#pragma warning disable CA2201 // The runtime's own: it cannot be made to come here and not elsewhere.
                    throw new OutOfMemoryException();
#pragma warning restore CA2201
                }

                return await base.SendAsync(request, cancellationToken);
            }
        }
    }
}
