using System.Text;
using LoginEtl.Keysets;
using LoginEtl.Protecting;
using LoginEtl.Records;
using LoginEtl.Unit.Fixtures;
using Xunit;

namespace LoginEtl.Unit.Core.Protecting;

public sealed class OriginSealTests : IDisposable
{
    private static readonly MessageOrigin Origin = new(new MessageId("a;b"), Deliveries.Sent);
    private static readonly byte[] Body = Encoding.UTF8.GetBytes(Deliveries.Body);
    private readonly TestKeys _keys = new();

    public void Dispose() => _keys.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void What_was_said_of_a_message_is_read_back(bool isFifo)
    {
        using var seal = new OriginSeal(_keys.Ring.Get(KeysetName.LineId));
        var text = seal.Write(Origin, isFifo, Body);
        Assert.Matches("^1;1772668799500;[A-Za-z0-9_-]{43};a;b$", text);
        Assert.Equal(Origin, seal.Read(new OriginClaim(text, isFifo), Body));
        // Of another kind of queue, and of another body.
        Assert.Null(seal.Read(new OriginClaim(text, !isFifo), Body));
        Assert.Null(seal.Read(new OriginClaim(text, isFifo), [.. Body, (byte)' ']));
    }

    [Fact]
    public void What_others_say_is_none()
    {
        using var others = new TestKeys();
        using var seal = new OriginSeal(_keys.Ring.Get(KeysetName.LineId));
        using var other = new OriginSeal(others.Ring.Get(KeysetName.LineId));
        var ours = seal.Write(Origin, isFifo: false, Body);
        var parts = ours.Split(';');
        string[] forged =
        [
            other.Write(Origin, isFifo: false, Body), "", ";;;", "1;;;", ours + "x", "2" + ours[1..], string.Join(';', parts[0], "1", parts[2], "a", "b"),
            string.Join(';', parts[0], parts[1], parts[2][..42], "a", "b"), string.Join(';', parts[0], parts[1], new string('A', 43), "a", "b"),
            string.Join(';', parts[0], "99999999999999999999", parts[2], "a", "b"), string.Join(';', parts[0], $"{long.MaxValue}", parts[2], "a", "b"),
            string.Join(';', parts[0], "-1", parts[2], "a", "b"), string.Join(';', parts[0], parts[1], "*", "a", "b"), string.Join(';', parts[0], parts[1], parts[2], ""),
        ];
        Assert.All(forged, text => Assert.Null(seal.Read(new OriginClaim(text, IsFifo: false), Body)));
        Assert.Equal(Origin, seal.Read(new OriginClaim(ours, IsFifo: false), Body));
    }
}
