using System.Reflection;
using LoginEtl.Records;
using LoginEtl.Run;
using LoginEtl.Tokens;
using Xunit;

namespace LoginEtl.Unit.Core.Records;

/// <summary>Serialisers and screens walk public properties and fields; none of them may lead to clear values.</summary>
public sealed class PublicShapeTests
{
    // What a message carries that is not personal, and what is protected already.
    private static readonly HashSet<string> Open =
    [
        "LoginMessage.UserId", "LoginMessage.DeviceType", "LoginMessage.Locale", "LoginMessage.AppVersion",
        "LoginRecord.UserId", "LoginRecord.DeviceType", "LoginRecord.Locale", "LoginRecord.AppVersion",
        "LoginRecord.MaskedIp", "LoginRecord.MaskedDeviceId", "IncomingLogin.MessageId", "ProtectedLogin.MessageId",
        "RejectedLogin.Field", "SealedReject.Field", "LoginMessage.Field", "LoginRecord.Field",
        "RejectedLogin.UserId", "RejectedLogin.DeviceType", "RejectedLogin.Locale", "RejectedLogin.AppVersion",
        "RejectedLogin.Reason", "SealedReject.Reason", "SealedReject.UserId", "SealedReject.DeviceType", "SealedReject.Locale", "SealedReject.AppVersion", "SealedReject.MaskedIp", "SealedReject.MaskedDeviceId",
    ];

    public static TheoryData<Type> PublicTypes => [.. new[] { typeof(Plaintext), typeof(LoginMessage) }.SelectMany(t => t.Assembly.GetExportedTypes()).Where(t => !t.IsEnum)];

    [Theory]
    [MemberData(nameof(PublicTypes))]
    public void No_public_member_holds_bytes(Type type)
    {
        foreach (var (name, held) in Members(type))
        {
            Assert.False(
                held == typeof(byte[]) || held == typeof(ReadOnlyMemory<byte>) || held == typeof(Memory<byte>)
                || typeof(Stream).IsAssignableFrom(held) || typeof(IEnumerable<byte>).IsAssignableFrom(held),
                $"{type.Name}.{name} shows bytes.");
        }
    }

    [Theory]
    [InlineData(typeof(IncomingLogin))]
    [InlineData(typeof(LoginMessage))]
    [InlineData(typeof(RejectedLogin))]
    [InlineData(typeof(ProtectedLogin))]
    [InlineData(typeof(LoginRecord))]
    [InlineData(typeof(SealedReject))]
    [InlineData(typeof(SealedBody))]
    [InlineData(typeof(Plaintext))]
    [InlineData(typeof(PlainBody))]
    [InlineData(typeof(ReceivedMessage))]
    public void What_carries_a_message_shows_only_what_is_listed(Type type)
    {
        Type[] harmless =
        [
            typeof(int), typeof(DateTimeOffset?), typeof(DateOnly), typeof(DateOnly?), typeof(RejectReason), typeof(RejectReason?), typeof(Plaintext), typeof(SealedBody),
            typeof(QueueDelivery), typeof(Rejection?),
        ];
        foreach (var (name, held) in Members(type, BindingFlags.DeclaredOnly))
        {
            Assert.True(harmless.Contains(held) || Open.Contains($"{type.Name}.{name}"), $"{type.Name}.{name} is a {held.Name}.");
        }
    }

    [Theory]
    [MemberData(nameof(PublicTypes))]
    public void What_sounds_personal_or_secret_is_of_a_type_that_hides_it(Type type)
    {
        string[] sounds = ["Ip", "DeviceId", "Password", "SecretKey", "Secret", "ConnectionString", "Database", "Body", "Plaintext", "Material"];
        foreach (var (name, held) in Members(type).Where(m => sounds.Contains(m.Name)))
        {
            Assert.True(
                held == typeof(Plaintext) || held == typeof(LoginEtl.Settings.SecretText) || held == typeof(SealedBody) || held == typeof(PlainBody),
                $"{type.Name}.{name} is a {held.Name}.");
        }
    }

    [Fact]
    public void Only_Core_makes_messages_records_and_tokens()
    {
        foreach (var type in new[] { typeof(LoginMessage), typeof(RejectedLogin), typeof(LoginRecord), typeof(SealedReject), typeof(SealedBody), typeof(PlainBody), typeof(Token) })
        {
            Assert.Empty(type.GetConstructors());
        }

        foreach (var type in new[] { typeof(IncomingLogin), typeof(ProtectedLogin), typeof(Delivery) })
        {
            Assert.All(type.GetConstructors(BindingFlags.Instance | BindingFlags.NonPublic), c => Assert.True(c.IsFamilyAndAssembly));
        }
    }

    [Fact]
    public void Tokens_of_a_record_cannot_be_set()
    {
        Assert.Null(typeof(LoginRecord).GetProperty(nameof(LoginRecord.MaskedIp))!.SetMethod);
        Assert.Null(typeof(LoginRecord).GetProperty(nameof(LoginRecord.MaskedDeviceId))!.SetMethod);
    }

    private static IEnumerable<(string Name, Type Held)> Members(Type type, BindingFlags more = 0)
    {
        var flags = BindingFlags.Public | BindingFlags.Instance | more;
        return type.GetProperties(flags).Select(p => (p.Name, p.PropertyType))
            .Concat(type.GetFields(flags).Select(f => (f.Name, f.FieldType)));
    }
}
