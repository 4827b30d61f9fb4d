using LoginEtl.Records;
using LoginEtl.Run;
using LoginEtl.Tokens;

namespace LoginEtl.Bench;

/// <summary>Masked logins as they come to the writer, each of a message of its own.</summary>
internal static class SampleRecords
{
    public const string Locale = "RU";

    private static readonly string s_token = "siv1.AQ" + new string('A', 48);

    public static LoginRecord Of(string user, string? locale = Locale) => new(
        new QueueDelivery(new MessageId($"{Guid.NewGuid()}"), "receipt", DateTimeOffset.UtcNow, 1, DateTimeOffset.UtcNow),
        new Token(s_token), new Token(s_token))
    {
        UserId = user,
        DeviceType = "android",
        Locale = locale,
        AppVersion = "2.3.0",
        CreateDate = DateOnly.FromDateTime(DateTime.UtcNow),
    };

    /// <summary>Batches of users that are ever new.</summary>
    public static List<ProtectedLogin[]> Batches(int count, int size) =>
        [.. Enumerable.Range(0, count).Select(_ => Enumerable.Range(0, size).Select(_ => (ProtectedLogin)Of($"{Guid.NewGuid()}")).ToArray())];
}
