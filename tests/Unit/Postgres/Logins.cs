using LoginEtl.Records;
using LoginEtl.Run;
using LoginEtl.Tokens;

namespace LoginEtl.Unit.Postgres;

/// <summary>Makes protected logins as a queue would give them.</summary>
internal static class Logins
{
    // Version byte, key id and two blocks of nothing, as the grammar has it.
    private static readonly string Siv = "siv1.AQ" + new string('A', 48);

    public static QueueDelivery Delivery(Guid? id = null, DateTimeOffset? sent = null, int receiveCount = 1, FifoPosition? group = null) => new(
        new MessageId((id ?? Guid.NewGuid()).ToString()), "receipt", sent ?? DateTimeOffset.UtcNow.AddMinutes(-5), receiveCount, DateTimeOffset.UtcNow, group);

    public static LoginRecord Record(
        Delivery? delivery = null, string? user = null, string version = "2.3.0", string? locale = "RU", string? ip = null, string device = "android")
    {
        var login = delivery ?? Delivery();
        return new LoginRecord(login, new Token(ip ?? Siv), new Token(Siv))
        {
            // Not the id alone: one in 4,096 begins with "bad", which many tests have their table refuse.
            UserId = user ?? $"u{Guid.NewGuid():N}",
            DeviceType = device,
            Locale = locale,
            AppVersion = version,
            CreateDate = DateOnly.FromDateTime((login.SentTimestamp ?? DateTimeOffset.UtcNow).UtcDateTime),
        };
    }

    public static ProtectedLogin[] Records(int count, Func<int, string>? user = null) =>
        [.. Enumerable.Range(0, count).Select(i => Record(user: user?.Invoke(i)))];

    public static SealedReject Reject(Delivery? delivery = null) =>
        new(delivery ?? Delivery(), new Rejection(RejectReason.MissingField, LoginFields.UserId), new SealedBody([1, 2, 3]));

    public static LineDelivery Line(Guid id, long number = 1)
    {
        var line = new LineDelivery("logins.ndjson", number, 1);
        line.Identify(id);
        return line;
    }
}
