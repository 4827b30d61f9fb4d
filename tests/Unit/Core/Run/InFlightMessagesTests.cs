using LoginEtl.Records;
using LoginEtl.Run;
using Xunit;

namespace LoginEtl.Unit.Core.Run;

public sealed class InFlightMessagesTests
{
    private readonly InFlightMessages _book = new(capacity: 3);

    [Fact]
    public void Delivery_is_claimed_committed_and_settled_once()
    {
        var delivery = Admit();
        Assert.True(_book.Claim(delivery));
        Assert.False(_book.Claim(delivery));
        Assert.True(_book.BeginCommit(delivery));
        Assert.False(_book.BeginCommit(delivery));
        Assert.True(_book.Settle(delivery, Outcome.Written));
        Assert.False(_book.Settle(delivery, Outcome.Duplicate));
        Assert.False(_book.Claim(delivery));

        var counts = _book.Counts();
        Assert.Equal((1, 1, 0, 0), (counts.Received, counts[Outcome.Written], counts[Outcome.Duplicate], _book.Open));
        Assert.True(_book.Balanced);
    }

    [Fact]
    public void Room_is_for_messages_as_large_as_they_can_be()
    {
        var book = new InFlightMessages(capacity: 100, maxBytes: 8 << 20);
        Assert.Equal(4, book.Room);
        var (large, small) = (Deliveries.New(), Deliveries.New());
        book.Admit(large, 1 << 20);
        book.Admit(small, 200);
        Assert.Equal((3, (1 << 20) + 200 + 2048L), (book.Room, book.HeldBytes));
        book.Settle(large, Outcome.Quarantined);
        book.Settle(small, Outcome.Written);
        Assert.Equal((4, 0L), (book.Room, book.HeldBytes));
    }

    [Fact]
    public void Room_is_for_messages_as_large_as_the_queue_takes_them_until_a_larger_one_comes()
    {
        var book = new InFlightMessages(capacity: 100, maxBytes: 8 << 20, largestBody: 256 << 10);
        Assert.Equal(16, book.Room);
        var delivery = Deliveries.New();
        book.Admit(delivery, (256 << 10) + 1);
        Assert.Equal(3, book.Room);
        book.Settle(delivery, Outcome.Written);
        Assert.Equal(4, book.Room);
    }

    [Fact]
    public async Task One_is_let_in_however_small_the_bound_and_the_next_when_its_content_is_gone()
    {
        var book = new InFlightMessages(capacity: 100, maxBytes: 1);
        Assert.Equal((1, false), (book.Room, book.IsFullOfBytes));
        var first = Deliveries.New(group: new FifoPosition("g", "1"));
        book.Admit(first, 1 << 20);
        Assert.Equal((0, true), (book.Room, book.IsFullOfBytes));
        var room = book.WaitForRoomAsync(TestContext.Current.CancellationToken);
        Assert.False(room.IsCompleted);
        Assert.True(book.BeginCommit(first));
        book.HoldBack(first);
        await room.WaitAsync(TimeSpan.FromSeconds(5), TestContext.Current.CancellationToken);
        Assert.Equal(1, book.Room);
    }

    [Fact]
    public void Message_that_is_not_emitted_again_holds_no_body()
    {
        var book = new InFlightMessages(capacity: 10, holdReturned: true);
        var first = Deliveries.New("a");
        book.Admit(first, 1 << 20);
        book.Settle(first, Outcome.Returned);
        Assert.False(book.Admit(Deliveries.New("a"), 1 << 20));
        Assert.InRange(book.HeldBytes, 1, 2048);
    }

    [Fact]
    public async Task Time_in_which_nothing_was_held_does_not_count_as_one_in_which_nothing_moved()
    {
        var book = new InFlightMessages(capacity: 10);
        await Task.Delay(600, TestContext.Current.CancellationToken);
        Assert.True(book.SinceProgress > TimeSpan.FromMilliseconds(500));
        book.Admit(Deliveries.New("a"));
        Assert.True(book.SinceProgress < TimeSpan.FromMilliseconds(400));
    }

    [Fact]
    public void After_a_rollback_it_may_be_tried_again()
    {
        var delivery = Admit();
        Assert.True(_book.BeginCommit(delivery));
        _book.RollBack(delivery);
        Assert.True(_book.Claim(delivery));
        Assert.True(_book.BeginCommit(delivery));
    }

    [Fact]
    public void What_is_being_returned_is_nobody_elses()
    {
        var delivery = Admit();
        Assert.Equal([delivery], _book.TakeUnsettled(evenClaimed: false));
        Assert.Empty(_book.TakeUnsettled(evenClaimed: true));
        Assert.False(_book.Claim(delivery));
        Assert.False(_book.BeginCommit(delivery));
        Assert.Empty(_book.Leased());
        Assert.False(_book.Leases(delivery));
        Assert.True(_book.Settle(delivery, Outcome.Returned));
    }

    [Fact]
    public void What_a_writer_buffers_is_returned_only_when_asked_and_what_commits_never()
    {
        var (held, claimed, committing) = (Admit(), Admit(), Admit());
        _book.Claim(claimed);
        _book.BeginCommit(committing);
        Assert.True(_book.AnyCommitting);
        Assert.Equal([held], _book.TakeUnsettled(evenClaimed: false));
        Assert.Equal([claimed], _book.TakeUnsettled(evenClaimed: true));
        Assert.Equal([committing], _book.Leased());
        Assert.False(_book.BeginCommit(claimed));
    }

    [Fact]
    public void Redelivery_of_what_is_held_counts_as_lapsed_and_brings_the_newer_handle()
    {
        var first = Admit("m");
        var second = Deliveries.New("m", "newer");
        Assert.False(_book.Admit(second));

        Assert.Equal("newer", first.ReceiptHandle);
        Assert.Equal((1, 2, 1), (_book.Open, _book.Received, _book.Counts()[Outcome.Lapsed]));
        Assert.True(_book.BeginCommit(first));
        Assert.True(_book.Settle(first, Outcome.Written));
        Assert.True(_book.Balanced);
    }

    [Fact]
    public void Redelivery_of_what_is_on_its_way_back_is_held_anew()
    {
        var first = Admit("m");
        Assert.Equal([first], _book.TakeUnsettled(evenClaimed: false));
        var second = Admit("m");

        Assert.False(_book.Settle(first, Outcome.Returned));
        Assert.Equal([second], _book.Leased());
        Assert.True(_book.Settle(second, Outcome.Written));
        Assert.Equal((2, 1, 1), (_book.Received, _book.Counts()[Outcome.Returned], _book.Counts()[Outcome.Written]));
    }

    [Fact]
    public void Delivery_that_was_not_admitted_settles_nothing()
    {
        var first = Admit("m");
        var second = Deliveries.New("m");
        Assert.False(_book.Admit(second));

        Assert.False(_book.Claim(second));
        Assert.False(_book.BeginCommit(second));
        Assert.False(_book.Settle(second, Outcome.Confirmed));
        Assert.False(new InFlightMessages(1).Settle(first, Outcome.Confirmed));
        Assert.Equal(1, _book.Open);
        Assert.True(_book.Claim(first));
    }

    [Fact]
    public void Message_settled_before_may_come_again()
    {
        _book.Settle(Admit("m"), Outcome.Written);
        var again = Admit("m");
        Assert.True(_book.Settle(again, Outcome.Duplicate));
        Assert.Equal((2, true), (_book.Received, _book.Balanced));
    }

    [Fact]
    public void Failed_deletes_are_shown_beside_the_sum()
    {
        _book.Settle(Admit(), Outcome.Written);
        _book.CountUndeleted(1);
        Assert.Equal((1, true), (_book.Counts()[BesideOutcomes.Undeleted], _book.Balanced));
    }

    [Fact]
    public async Task Full_book_is_waited_for_until_something_settles()
    {
        var token = TestContext.Current.CancellationToken;
        QueueDelivery[] held = [Admit(), Admit(), Admit()];
        Assert.Equal(0, _book.Room);
        Task[] waiting = [_book.WaitForRoomAsync(token), _book.WaitForRoomAsync(token)];
        _book.Claim(held[0]);
        Assert.All(waiting, w => Assert.False(w.IsCompleted));

        _book.Settle(held[1], Outcome.Returned);
        await Task.WhenAll(waiting).WaitAsync(TimeSpan.FromSeconds(5), token);
        Assert.Equal(1, _book.Room);
        Assert.True(_book.WaitForRoomAsync(token).IsCompletedSuccessfully);
    }

    [Fact]
    public async Task Waiting_for_room_can_be_cancelled()
    {
        _ = (Admit(), Admit(), Admit());
        using var cancel = new CancellationTokenSource(20);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _book.WaitForRoomAsync(cancel.Token));
    }

    [Fact]
    public void Book_that_closes_counts_what_nobody_settled_as_lapsed()
    {
        var (held, returning, committing) = (Admit(), Admit(), Admit());
        _book.BeginCommit(committing);
        _book.Claim(held);
        _ = _book.TakeUnsettled(evenClaimed: false);
        _book.LapseOpen();
        Assert.Equal((2, 1), (_book.Counts()[Outcome.Lapsed], _book.Open));
        Assert.False(_book.Settle(returning, Outcome.Returned));
        Assert.True(_book.Settle(committing, Outcome.Written));
    }

    private QueueDelivery Admit(string? id = null)
    {
        var delivery = Deliveries.New(id);
        Assert.True(_book.Admit(delivery));
        return delivery;
    }

    [Fact]
    public void Message_this_run_returned_is_held_and_not_emitted_when_it_comes_again()
    {
        var book = new InFlightMessages(10, holdReturned: true);
        var id = new MessageId(Guid.NewGuid().ToString());
        QueueDelivery Again() => new(id, Guid.NewGuid().ToString(), DateTimeOffset.UtcNow, 1, DateTimeOffset.UtcNow);
        var first = Again();
        Assert.True(book.Admit(first));
        book.Settle(first, Outcome.Returned);
        Assert.False(book.Admit(Again()));
        Assert.Equal(1, book.Open);
        Assert.Single(book.TakeUnsettled(evenClaimed: false));
    }
}
