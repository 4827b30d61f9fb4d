using System.Collections.Concurrent;
using LoginEtl.Run;
using Xunit;

namespace LoginEtl.Unit.Core.Run;

public sealed class InFlightMessagesStressTests
{
    private const int Messages = 20_000;
    private const int Capacity = 200;

    [Fact]
    public async Task Whoever_races_each_delivery_is_settled_once_and_the_books_balance()
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(30));
        var book = new InFlightMessages(Capacity);
        var arrived = new BlockingCollection<QueueDelivery>(Capacity * 2);
        var settled = new ConcurrentDictionary<QueueDelivery, int>();
        var admitted = new ConcurrentBag<QueueDelivery>();
        long lapsed = 0;
        var mostOpen = 0;

        void Settle(QueueDelivery delivery, Outcome outcome)
        {
            if (book.Settle(delivery, outcome))
            {
                settled.AddOrUpdate(delivery, 1, (_, n) => n + 1);
            }
        }

        async Task ReceiveAsync(int seed)
        {
            var random = new Random(seed);
            for (var i = 0; i < Messages; i++)
            {
                await book.WaitForRoomAsync(limit.Token);
                // Few ids, so that some are redelivered while they are held.
                var delivery = Deliveries.New($"m{random.Next(Messages)}");
                if (book.Admit(delivery))
                {
                    admitted.Add(delivery);
                    arrived.Add(delivery, limit.Token);
                }
                else
                {
                    Interlocked.Increment(ref lapsed);
                }

                mostOpen = Math.Max(mostOpen, book.Open);
            }
        }

        void Write(int seed)
        {
            var random = new Random(seed);
            foreach (var delivery in arrived.GetConsumingEnumerable(limit.Token))
            {
                book.Claim(delivery);
                if (!book.BeginCommit(delivery))
                {
                    continue;
                }

                if (random.Next(4) == 0)
                {
                    book.RollBack(delivery);
                    // A second writer may have it again, or the one who returns.
                    book.BeginCommit(delivery);
                }

                Settle(delivery, Outcome.Written);
            }
        }

        void Return(CancellationToken stop)
        {
            while (!stop.IsCancellationRequested)
            {
                foreach (var delivery in book.TakeUnsettled(evenClaimed: true))
                {
                    Settle(delivery, Outcome.Returned);
                }

                Thread.Sleep(1);
            }
        }

        using var stop = new CancellationTokenSource();
        var returning = Task.Run(() => Return(stop.Token), limit.Token);
        Task[] writing = [Task.Run(() => Write(1), limit.Token), Task.Run(() => Write(2), limit.Token)];
        await Task.WhenAll(Task.Run(() => ReceiveAsync(3), limit.Token), Task.Run(() => ReceiveAsync(4), limit.Token));
        arrived.CompleteAdding();
        await Task.WhenAll(writing);
        await stop.CancelAsync();
        await returning;
        book.TakeUnsettled(evenClaimed: true).ToList().ForEach(d => Settle(d, Outcome.Returned));

        var counts = book.Counts();
        Assert.All(settled.Values, n => Assert.Equal(1, n));
        Assert.Equal((2 * Messages, 0), (counts.Received, book.Open));
        Assert.True(book.Balanced);
        Assert.Equal(counts[Outcome.Lapsed], lapsed);
        Assert.Equal(counts[Outcome.Written] + counts[Outcome.Returned], admitted.Count);
        Assert.All(admitted, d => Assert.Equal(DeliveryState.Settled, d.State));
        // Each receiver may take in one more than there was room for.
        Assert.InRange(mostOpen, 1, Capacity + 1);
    }
}
