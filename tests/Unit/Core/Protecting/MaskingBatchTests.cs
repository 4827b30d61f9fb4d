using LoginEtl.Protecting;
using LoginEtl.Records;
using LoginEtl.Unit.Fixtures;
using Xunit;

namespace LoginEtl.Unit.Core.Protecting;

/// <summary>What was received together is masked together, although it goes through a pipeline one by one.</summary>
public sealed class MaskingBatchTests : IDisposable
{
    private readonly TestKeys _keys = new();

    public void Dispose() => _keys.Dispose();

    [Fact]
    public void First_message_masks_all_and_each_gets_the_token_it_would_get_alone()
    {
        var logins = Received(5);
        var group = ((LoginMessage)logins[0]).Group!.Value.Group;
        using var protector = _keys.Protector();
        using var alone = _keys.Protector();

        var first = Assert.IsType<LoginRecord>(protector.Protect(logins[3]));
        Assert.Null(group.Take());
        Assert.Equal(Token(alone, 3), (first.MaskedIp, first.MaskedDeviceId));
        foreach (var i in new[] { 0, 4, 1, 2 })
        {
            var record = Assert.IsType<LoginRecord>(protector.Protect(logins[i]));
            Assert.Equal(Token(alone, i), (record.MaskedIp, record.MaskedDeviceId));
            Assert.Same(logins[i].GetDelivery(), record.GetDelivery());
        }
    }

    [Fact]
    public void What_the_pipeline_sets_meanwhile_is_kept()
    {
        var logins = Received(2);
        using var protector = _keys.Protector();
        protector.Protect(logins[0]);
        ((LoginMessage)logins[1]).Locale = "XX";
        Assert.Equal("XX", Assert.IsType<LoginRecord>(protector.Protect(logins[1])).Locale);
    }

    [Fact]
    public void Rejects_and_nulls_of_a_group_stay_what_they_are()
    {
        var logins = new[] { Deliveries.Body, "{", Deliveries.Replace("ip", "null"), Deliveries.Replace("device_id", $"\"{new string('x', 500)}\"") }
            .Select(body => Deliveries.Decode(body)).ToArray();
        MaskingBatch.Join(logins);
        using var protector = _keys.Protector();
        Assert.IsType<LoginRecord>(protector.Protect(logins[0]));
        Assert.Equal(RejectReason.InvalidJson, Assert.IsType<SealedReject>(protector.Protect(logins[1])).GetRejection().Reason);
        Assert.Equal(RejectReason.NullField, Assert.IsType<SealedReject>(protector.Protect(logins[2])).GetRejection().Reason);
        Assert.Equal(RejectReason.TooLong, Assert.IsType<SealedReject>(protector.Protect(logins[3])).GetRejection().Reason);
    }

    [Fact]
    public void Two_protectors_and_two_groups_in_turn_do_not_mix()
    {
        var (one, other) = (Received(3), Received(3, from: 10));
        using var protector = _keys.Protector();
        using var second = _keys.Protector();
        using var alone = _keys.Protector();
        for (var i = 0; i < 3; i++)
        {
            foreach (var (logins, number) in new[] { (one, i), (other, 10 + i) })
            {
                var expected = Token(alone, number);
                Assert.Equal(expected.Ip, Assert.IsType<LoginRecord>(protector.Protect(logins[i])).MaskedIp);
                Assert.Equal(expected.DeviceId, Assert.IsType<LoginRecord>(second.Protect(logins[i])).MaskedDeviceId);
            }
        }
    }

    private static IncomingLogin[] Received(int count, int from = 0)
    {
        var logins = Enumerable.Range(from, count).Select(Login).ToArray();
        MaskingBatch.Join(logins);
        return logins;
    }

    private static IncomingLogin Login(int number) =>
        Deliveries.Decode(Deliveries.Body.Replace("199.172.111.135", $"10.0.0.{number}", StringComparison.Ordinal).Replace("593-47-5928", $"device-{number}", StringComparison.Ordinal));

    private static (string? Ip, string? DeviceId) Token(Protector protector, int number)
    {
        var record = Assert.IsType<LoginRecord>(protector.Protect(Login(number)));
        return (record.MaskedIp, record.MaskedDeviceId);
    }
}
