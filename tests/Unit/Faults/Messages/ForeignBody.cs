using System.Text;
using LoginEtl.Sandbox;

namespace LoginEtl.Unit.Faults.Messages;

/// <summary>Bodies that are no login at all: what other services and other programs send.</summary>
internal static class ForeignBody
{
    private static readonly (string Reason, Func<SampleDraws, string> Body)[] Kinds =
    [
        ("missing_field", draws => $$"""{"Records":[{"eventVersion":"2.1","eventSource":"aws:s3","awsRegion":"eu-west-1","eventName":"ObjectCreated:Put","s3":{"bucket":{"name":"exports"},"object":{"key":"{{draws.UserId()}}","size":{{draws.Below(9999)}} } } }]}"""),
        ("missing_field", draws => $$"""{"AlarmName":"cpu-{{draws.Below(99)}}","NewStateValue":"ALARM","OldStateValue":"OK","Trigger":{"MetricName":"CPUUtilization","Threshold":80.0} }"""),
        ("missing_field", draws => $$"""{"Type":"SubscriptionConfirmation","MessageId":"{{draws.UserId()}}","TopicArn":"arn:aws:sns:eu-west-1:123456789012:t","Message":"You have chosen to subscribe.","Token":"{{draws.Below(99999)}}"}"""),
        ("missing_field", draws => $$"""{"order":{{draws.Below(99999)}},"total":"9.99"}"""),
        ("invalid_json", draws => $"heartbeat {draws.Below(99999)} of app-{draws.Below(9)}: ok"),
        ("invalid_json", draws => $"<login><user>{draws.UserId()}</user></login>"),
        ("invalid_json", draws => $"user_id={draws.UserId()}&ip={draws.IpV4()}&device_id={draws.DeviceId()}"),
        // How a gzip file begins.
        ("invalid_json", draws => Convert.ToBase64String([0x1F, 0x8B, 0x08, 0x00, .. Encoding.UTF8.GetBytes(draws.UserId())])),
        ("invalid_json", draws => Convert.ToBase64String(Encoding.UTF8.GetBytes(Login.Good(draws).Body))),
        ("not_an_object", draws => $"[{Login.Good(draws).Body}]"),
        ("not_an_object", draws => $"\"user {draws.UserId()} has come in\""),
        ("trailing_data", draws => $"{Login.Good(draws).Body}\n{Login.Good(draws).Body}"),
        ("empty_body", draws => new string(' ', 1 + draws.Below(9))),
    ];

    /// <summary>One of any kind; every reason is as likely.</summary>
    public static Login Draw(SampleDraws draws)
    {
        var reasons = Kinds.Select(k => k.Reason).Distinct().ToList();
        var reason = reasons[draws.Below(reasons.Count)];
        var kinds = Kinds.Where(k => k.Reason == reason).ToList();
        return Login.Rejected(kinds[draws.Below(kinds.Count)].Body(draws), reason);
    }

    /// <summary>So many of one kind, all of them in envelopes or none.</summary>
    public static IReadOnlyList<Login> Flood(SampleDraws draws, int count)
    {
        var (reason, body) = Kinds[draws.Below(Kinds.Length)];
        var enveloped = draws.Chance(0.5);
        return [.. Enumerable.Range(0, count).Select(_ => Login.Rejected(body(draws), reason)).Select(l => enveloped ? Wrapping.Draw(draws, l, again: 0) : l)];
    }
}
