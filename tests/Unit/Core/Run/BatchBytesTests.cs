using LoginEtl.Records;
using LoginEtl.Run;
using Xunit;

namespace LoginEtl.Unit.Core.Run;

/// <summary>A batch is full when it has a quarter of the bytes that may be held, or half of the number.</summary>
public sealed class BatchBytesTests
{
    private readonly BatchBuffer _buffer = new(new BatchOptions { BatchSize = 1_000, FlushInterval = Timeout.InfiniteTimeSpan });

    [Fact]
    public async Task Batch_is_taken_when_a_quarter_of_the_bytes_is_reached()
    {
        var book = new InFlightMessages(1_000, maxBytes: 16 << 20);
        Add(book, count: 9, bytes: 1 << 20);
        Assert.Equal([4, 4, 1], await TakeAllAsync());
    }

    [Fact]
    public async Task Record_counts_with_what_it_holds_where_that_is_more_than_its_body()
    {
        var book = new InFlightMessages(1_000, maxBytes: 16 << 20);
        for (var i = 0; i < 4; i++)
        {
            _buffer.TryAdd(new LoginRecord(Admitted(book, 1 << 20), null, null)
            {
                UserId = new string('u', 1 << 20),
                AppVersion = "1.0",
                CreateDate = new DateOnly(2026, 1, 1),
            });
        }

        Assert.Equal([2, 2], await TakeAllAsync());
    }

    [Fact]
    public async Task Small_messages_fill_batches_by_their_number()
    {
        var book = new InFlightMessages(10_000, maxBytes: 512 << 20);
        Add(book, count: 2_500, bytes: 200);
        Assert.Equal([1_000, 1_000, 500], await TakeAllAsync());
    }

    [Theory]
    [InlineData(100, 250, new[] { 50, 50, 50, 50, 50 })]
    [InlineData(1, 2, new[] { 1, 1 })]
    public async Task Where_fewer_may_be_held_than_two_batches_half_of_them_are_one(int held, int count, int[] expected)
    {
        var book = new InFlightMessages(held, maxBytes: 512 << 20);
        Add(book, count, bytes: 200);
        Assert.Equal(expected, await TakeAllAsync());
    }

    [Fact]
    public async Task Where_only_one_may_be_held_it_waits_for_no_other()
    {
        var book = new InFlightMessages(1_000, maxBytes: 1 << 20);
        Add(book, count: 1, bytes: 200);
        Assert.Equal(1, (await _buffer.TakeAsync().WaitAsync(TimeSpan.FromSeconds(5), TestContext.Current.CancellationToken))?.Count);
    }

    private void Add(InFlightMessages book, int count, int bytes)
    {
        for (var i = 0; i < count; i++)
        {
            Assert.True(_buffer.TryAdd(new SealedReject(Admitted(book, bytes), new Rejection(RejectReason.InvalidJson), new SealedBody(new byte[bytes]))));
        }
    }

    private static QueueDelivery Admitted(InFlightMessages book, int bytes)
    {
        var delivery = Deliveries.New();
        book.Admit(delivery, bytes);
        return delivery;
    }

    private async Task<List<int>> TakeAllAsync()
    {
        _buffer.Close();
        var sizes = new List<int>();
        while (await _buffer.TakeAsync() is { } batch)
        {
            sizes.Add(batch.Count);
        }

        return sizes;
    }
}
