using System.Text.Json.Nodes;
using LoginEtl.Aws.Queues;
using LoginEtl.Decoding;
using LoginEtl.Run;
using LoginEtl.Settings;
using LoginEtl.Unit.Aws;
using LoginEtl.Unit.Core.Decoding;
using LoginEtl.Unit.Fixtures;
using LoginEtl.Unit.Postgres;
using Xunit;

namespace LoginEtl.Unit.Runs;

/// <summary>Envelopes and what makes two messages the same one, on both real servers.</summary>
public sealed class EnvelopeRunTests(ServersFixture servers) : IDisposable
{
    private readonly WholeRun _run = new();

    public void Dispose() => _run.Dispose();

    [Fact]
    public async Task Two_messages_of_one_notification_in_a_batch_make_one_row()
    {
        var (queue, database) = await StartAsync();
        await SendTwiceAsync(queue, 5);
        var receipt = await _run.RunAsync(queue, database);
        Assert.Equal((10, 5, 5, true), (receipt.Received, receipt.Written, receipt.Duplicate, receipt.Balanced));
        Assert.Equal(5, await database.CountAsync());
        Assert.Equal((0, 0), await queue.CountsAsync());
    }

    [Fact]
    public async Task Two_messages_of_one_notification_in_two_runs_make_one_row_also_when_the_first_was_never_deleted()
    {
        var (queue, database) = await StartAsync();
        await SendAsync(queue, 5);
        await using var lossy = WholeRun.NoDeletes(servers);
        var first = await _run.RunAsync(queue, database, server: lossy, timings: new SqsTimings { DeleteWithin = TimeSpan.FromMilliseconds(200) });
        Assert.Equal((5, 5), (first.Written, first.Undeleted));
        await queue.MakeVisibleAsync(_run.Batches.SelectMany(b => b.Logins));
        await SendAsync(queue, 5);

        var second = await _run.RunAsync(queue, database);

        Assert.Equal((10, 0, 10), (second.Received, second.Written, second.Duplicate));
        Assert.Equal(5, await database.CountAsync());
    }

    [Fact]
    public async Task Two_messages_of_one_notification_in_two_writers_at_once_make_one_row()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        var queues = new[] { await TestQueue.CreateAsync(servers), await TestQueue.CreateAsync(servers) };
        await Task.WhenAll(queues.Select(q => SendAsync(q, 40)));
        using var other = new WholeRun(_run);
        var batches = new BatchOptions { BatchSize = 7 };
        var receipts = await Task.WhenAll(_run.RunAsync(queues[0], database, batches: batches), other.RunAsync(queues[1], database, batches: batches));
        Assert.Equal((40, 40), (receipts.Sum(r => r.Written), receipts.Sum(r => r.Duplicate)));
        Assert.Equal(40, await database.CountAsync());
    }

    [Fact]
    public async Task Two_messages_of_a_bad_notification_make_one_entry_of_the_quarantine()
    {
        var (queue, database) = await StartAsync();
        await queue.SendAsync(Envelopes.Sns("{\"foo\":1}"));
        await queue.SendAsync(Envelopes.Sns(WholeRun.Body("u")));
        Assert.Equal((1, 1), (await _run.RunAsync(queue, database)) is var first ? (first.Written, first.Quarantined) : default);
        await queue.SendAsync(Envelopes.Sns("{\"foo\":1}"));
        await queue.SendAsync(Envelopes.Sns(WholeRun.Body("u")));
        Assert.Equal((0, 1, 1), (await _run.RunAsync(queue, database)) is var second ? (second.Written, second.Quarantined, second.Duplicate) : default);
        Assert.Equal(1, await database.CountAsync("login_etl_quarantine"));
    }

    [Fact]
    public async Task Notification_of_any_age_is_written_and_stays_known()
    {
        var (queue, database) = await StartAsync();
        for (var run = 0; run < 2; run++)
        {
            await queue.SendAsync(Envelopes.Sns(WholeRun.Body("old"), time: "2011-01-02T03:04:05.678Z"));
            var receipt = await _run.RunAsync(queue, database);
            Assert.Equal((1 - run, run), (receipt.Written, receipt.Duplicate));
            // What is pruned by the time in its key would be gone by now.
            await database.ReadAsync<long>("SELECT login_etl_prune(1000)");
        }

        Assert.Equal(1, await database.CountAsync());
        await database.RunAsync("UPDATE login_etl_ledger SET created_at = now() - interval '31 days'");
        Assert.Equal(1, await database.ReadAsync<long>("SELECT login_etl_prune(1000)"));
    }

    [Fact]
    public async Task By_MessageId_two_messages_of_one_notification_are_two()
    {
        var (queue, database) = await StartAsync();
        await SendTwiceAsync(queue, 2);
        var receipt = await _run.RunAsync(queue, database, receive: By("MessageId"));
        Assert.Equal((4, 0), (receipt.Written, receipt.Duplicate));
    }

    [Fact]
    public async Task By_an_attribute_messages_that_have_it_are_one_and_those_that_lack_it_are_their_own()
    {
        var (queue, database) = await StartAsync();
        foreach (var (user, attribute) in new[] { ("a", "1"), ("b", "1"), ("c", "2"), ("d", null), ("e", null) })
        {
            await queue.SendAsync(WholeRun.Body(user), attributes: attribute is null ? null : new JsonObject
            {
                ["login_id"] = new JsonObject { ["DataType"] = "String", ["StringValue"] = attribute },
                ["other"] = new JsonObject { ["DataType"] = "String", ["StringValue"] = "the same" },
            });
        }

        var receipt = await _run.RunAsync(queue, database, receive: By("Attribute:login_id"));
        Assert.Equal((4, 1), (receipt.Written, receipt.Duplicate));
        Assert.Equal(2L, await database.ReadAsync<long>("SELECT count(*) FROM user_logins WHERE user_id IN ('d', 'e')"));
    }

    [Fact]
    public async Task By_a_field_a_producers_second_sending_is_a_duplicate()
    {
        var (queue, database) = await StartAsync();
        for (var run = 0; run < 2; run++)
        {
            await queue.SendAsync(WholeRun.Body("u")[..^1] + ",\"event_id\":42}");
            var receipt = await _run.RunAsync(queue, database, receive: By("Field:event_id"));
            Assert.Equal((1 - run, run), (receipt.Written, receipt.Duplicate));
        }
    }

    private static ReceiveOptions By(string identity) =>
        new() { Decoding = new DecodeOptions { Identity = IdentityFrom.TryParse(identity, out var from) ? from : throw new FormatException() } };

    private static async Task SendTwiceAsync(TestQueue queue, int notifications)
    {
        await SendAsync(queue, notifications);
        await SendAsync(queue, notifications);
    }

    private static async Task SendAsync(TestQueue queue, int notifications)
    {
        for (var i = 0; i < notifications; i++)
        {
            await queue.SendAsync(Envelopes.Sns(WholeRun.Body($"u{i}"), id: $"n{i}"));
        }
    }

    private async Task<(TestQueue Queue, TestDatabase Database)> StartAsync() =>
        (await TestQueue.CreateAsync(servers), await TestDatabase.InitializedAsync(servers));
}
