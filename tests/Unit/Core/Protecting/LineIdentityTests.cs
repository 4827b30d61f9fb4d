using System.Text;
using LoginEtl.Decoding;
using LoginEtl.Records;
using LoginEtl.Unit.Fixtures;
using Xunit;

namespace LoginEtl.Unit.Core.Protecting;

public sealed class LineIdentityTests : IDisposable
{
    private readonly TestKeys _keys = new();

    public void Dispose() => _keys.Dispose();

    [Fact]
    public void Line_is_the_same_message_when_it_is_loaded_again() =>
        Assert.Equal(Identity("logins.ndjson", 7, 1, Deliveries.Body), Identity("logins.ndjson", 9, 1, Deliveries.Body));

    [Fact]
    public void Source_body_and_occurrence_each_make_another_message()
    {
        string[] all =
        [
            Identity("a", 1, 1, "x"), Identity("b", 1, 1, "x"), Identity("a", 1, 2, "x"), Identity("a", 1, 1, "y"),
            Identity("ax", 1, 1, ""), Identity("", 1, 1, "ax"),
        ];
        Assert.Distinct(all);
        Assert.All(all, id => Assert.Equal(8, Guid.Parse(id).Version));
    }

    [Fact]
    public void Without_the_key_an_identity_cannot_be_computed()
    {
        using var others = new TestKeys();
        using var protector = others.Protector();
        var login = LoginDecoder.Decode(new LineDelivery("a", 1, 1), "x"u8.ToArray());
        Assert.NotEqual(Identity("a", 1, 1, "x"), protector.Protect(login).MessageId);
    }

    [Fact]
    public void Line_that_is_protected_twice_keeps_its_identity()
    {
        using var protector = _keys.Protector();
        var login = LoginDecoder.Decode(new LineDelivery("a", 1, 1), Encoding.UTF8.GetBytes(Deliveries.Body));
        Assert.Equal("a:1", login.MessageId);
        Assert.Equal(protector.Protect(login).MessageId, protector.Protect(login).MessageId);
        Assert.Equal("a:1", login.MessageId);
    }

    private string Identity(string source, long line, int occurrence, string body)
    {
        using var protector = _keys.Protector();
        return protector.Protect(LoginDecoder.Decode(new LineDelivery(source, line, occurrence), Encoding.UTF8.GetBytes(body))).MessageId;
    }
}
