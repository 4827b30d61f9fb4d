using LoginEtl.Records;
using LoginEtl.Run;
using Xunit;

namespace LoginEtl.Unit.Core.Run;

public sealed class LedgerKeyTests
{
    private const string Uuid = "5fea7756-0ea4-451a-a703-a558b933e274";

    [Fact]
    public void Redelivery_has_the_key_of_the_first()
    {
        var first = new QueueDelivery(new MessageId(Uuid), "a", Deliveries.Sent, 1, DateTimeOffset.UtcNow);
        var second = new QueueDelivery(new MessageId(Uuid), "b", Deliveries.Sent.ToOffset(TimeSpan.FromHours(5)), 7, DateTimeOffset.UtcNow.AddDays(1));
        Assert.Equal(LedgerKey.Of(first), LedgerKey.Of(second));
    }

    [Fact]
    public void Key_has_the_shape_of_a_version_7_uuid_and_the_bits_of_the_message_id()
    {
        var key = Key(Uuid, DateTimeOffset.FromUnixTimeMilliseconds(0x0123_4567_89AB));
        Assert.Equal("01234567-89ab-751a-a703-a558b933e274", key.ToString());
        Assert.Equal((7, 2), (key.Version, key.Variant >> 2));
    }

    [Fact]
    public void Keys_sort_by_the_time_of_sending()
    {
        var times = Enumerable.Range(0, 1_000).Select(i => Deliveries.Sent.AddMilliseconds(i)).ToList();
        var keys = times.ConvertAll(t => Key(Guid.NewGuid().ToString(), t).ToString());
        Assert.Equal(keys.Order(StringComparer.Ordinal), keys);
        Assert.NotEqual(Key(Uuid, times[0]), Key(Uuid, times[0].AddMilliseconds(1)));
        Assert.Equal(Key(Uuid, times[0]), Key(Uuid, times[0].AddTicks(9_999)));
    }

    [Fact]
    public void Messages_of_one_millisecond_have_keys_of_their_own() =>
        Assert.Distinct(Enumerable.Range(0, 100_000).Select(_ => Key(Guid.NewGuid().ToString(), Deliveries.Sent)));

    [Fact]
    public void FIFO_keys_come_from_the_id_alone()
    {
        var group = new FifoPosition("g", "18870993764391423232");
        var inQueue = Deliveries.New(Uuid, group: group);
        var inDeadLetterQueue = new QueueDelivery(new MessageId(Uuid), "h", Deliveries.Sent.AddDays(3), 9, Deliveries.Sent, group);
        Assert.Equal(Guid.Parse(Uuid), LedgerKey.Of(inQueue));
        Assert.Equal(LedgerKey.Of(inQueue), LedgerKey.Of(inDeadLetterQueue));
    }

    [Fact]
    public void Ids_of_any_text_have_keys_too()
    {
        string[] ids = ["1", "2", "", "message/é", new string('x', 5_000)];
        Assert.Distinct(ids.Select(id => Key(id, Deliveries.Sent)));
        Assert.Equal(Key("message", Deliveries.Sent), Key("message", Deliveries.Sent));
        Assert.Equal(7, Key("message", Deliveries.Sent).Version);
    }

    [Fact]
    public void Without_the_time_of_sending_there_is_no_key_and_never_now() =>
        Assert.Throws<InvalidOperationException>(
            () => LedgerKey.Of(new QueueDelivery(new MessageId(Uuid), "h", null, 1, DateTimeOffset.UtcNow)));

    [Fact]
    public void Line_has_its_identity_for_a_key_and_none_before_it_has_one()
    {
        var line = new LineDelivery("file", 1, 1);
        Assert.Throws<InvalidOperationException>(() => LedgerKey.Of(line));
        line.Identify(Guid.Parse(Uuid));
        line.Identify(Guid.Empty);
        Assert.Equal(Guid.Parse(Uuid), LedgerKey.Of(line));
    }

    private static Guid Key(string id, DateTimeOffset sent) =>
        LedgerKey.Of(new QueueDelivery(new MessageId(id), "h", sent, 1, sent));
}
