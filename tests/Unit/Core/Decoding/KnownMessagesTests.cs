using System.Text;
using LoginEtl.Decoding;
using LoginEtl.Records;
using LoginEtl.Unit.Fixtures;
using LoginEtl.Versions;
using Xunit;

namespace LoginEtl.Unit.Core.Decoding;

public sealed class KnownMessagesTests
{
    [Fact]
    public void Known_hundred_are_ninety_nine_logins_and_one_without_a_user()
    {
        var incoming = Known();
        var logins = incoming.OfType<LoginMessage>().ToList();
        var reject = Assert.Single(incoming.OfType<RejectedLogin>());

        Assert.Equal(99, logins.Count);
        Assert.Equal((RejectReason.MissingField, "user_id"), (reject.GetRejection().Reason, reject.Field));
        Assert.Equal(29, logins.Count(l => l.Locale is null));
        Assert.Equal(99, logins.Select(l => l.Ip).Distinct().Count());
        Assert.Equal(99, logins.Select(l => l.DeviceId).Distinct().Count());
    }

    [Fact]
    public void Their_packed_versions_are_ninety_four()
    {
        var packed = Known().OfType<LoginMessage>().Select(l =>
        {
            Assert.Null(AppVersionEncoding.TryEncode(AppVersionFormat.Packed, l.AppVersion, out int value));
            return value;
        });
        Assert.Equal(94, packed.Distinct().Count());
    }

    private static List<IncomingLogin> Known() =>
    [
        .. File.ReadLines(Vectors.PathOfShared("login-messages.ndjson"))
            .Where(line => line.Length > 0)
            .Select(line => LoginDecoder.Decode(Deliveries.New(), Encoding.UTF8.GetBytes(line))),
    ];
}
