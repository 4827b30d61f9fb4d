using System.Text;
using LoginEtl.Decoding;
using LoginEtl.Records;
using LoginEtl.Run;

namespace LoginEtl.Unit.Core;

/// <summary>Deliveries and bodies for tests.</summary>
internal static class Deliveries
{
    public static readonly DateTimeOffset Sent = new(2026, 3, 4, 23, 59, 59, 500, TimeSpan.Zero);

    public const string Body =
        """{"user_id":"424cdd21-063a-43a7-b91b-7ca1a833afae","app_version":"2.3.0","device_type":"android","ip":"199.172.111.135","locale":"RU","device_id":"593-47-5928"}""";

    public static QueueDelivery New(string? id = null, string handle = "handle", FifoPosition? group = null) =>
        new(new MessageId(id ?? Guid.NewGuid().ToString()), handle, Sent, 1, Sent, group);

    public static IncomingLogin Decode(string body) => Decode(Encoding.UTF8.GetBytes(body));

    public static IncomingLogin Decode(byte[] body) => LoginDecoder.Decode(New(), body);

    /// <summary>The reason and field of a body that must not decode.</summary>
    public static Rejection Reject(string body) => Reject(Encoding.UTF8.GetBytes(body));

    public static Rejection Reject(byte[] body) => Decode(body) switch
    {
        RejectedLogin reject => reject.GetRejection(),
        var login => throw new InvalidOperationException($"Decoded: {login}"),
    };

    /// <summary>A login with this text in front of its fields.</summary>
    public static string With(string members) => $"{{{members},{Body[1..]}";

    /// <summary>The login with one member's value written otherwise; null leaves the member out.</summary>
    public static string Replace(string field, string? json)
    {
        var members = new (string Name, string Json)[]
        {
            ("user_id", "\"u\""), ("app_version", "\"2.3.0\""), ("device_type", "\"ios\""), ("ip", "\"1.1.1.1\""),
            ("locale", "\"RU\""), ("device_id", "\"593-47-5928\""),
        };
        return "{" + string.Join(',', members
            .Where(m => m.Name != field || json is not null)
            .Select(m => $"\"{m.Name}\":{(m.Name == field ? json : m.Json)}")) + "}";
    }
}
