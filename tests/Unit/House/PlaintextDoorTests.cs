using System.Reflection;
using LoginEtl.Crypto;
using LoginEtl.Keysets;
using LoginEtl.Masking;
using LoginEtl.Protecting;
using LoginEtl.Quarantine;
using LoginEtl.Records;
using LoginEtl.Recovery;
using LoginEtl.Tokens;
using Xunit;

namespace LoginEtl.Unit.House;

/// <summary>
/// Whoever imports the module can call its public types: none of them gives plaintext of what is stored without a line of the
/// audit. A new member that gives any fails here until somebody has looked at it.
/// </summary>
public sealed class PlaintextDoorTests
{
    private static readonly Type[] Plain = [typeof(Plaintext), typeof(PlainBody)];

    private static readonly string[] Known =
    [
        // Write a line first.
        "TokenRecovery.RecoverAsync", "BodyRecovery.RecoverAsync",

        // What these gave: nothing else makes them.
        "OpenedBody.<Clone>$", "OpenedBody.Body", "OpenedBody.Deconstruct", "OpenedPair.Deconstruct", "OpenedPair.OfDeviceId", "OpenedPair.OfIp", "OpenedToken.Plaintext",

        // Values on their way in, which nobody has masked yet, and a text that somebody typed.
        "IMessageSource.ReceiveAsync", "LoginMessage.DeviceId", "LoginMessage.Ip", "ReceivedMessage.<Clone>$", "ReceivedMessage.IdentityAttribute", "LoginText.BodyOf",

        // Always nothing.
        "RejectedLogin.DeviceId", "RejectedLogin.Ip",
    ];

    // What opens, and what it opens with.
    private static readonly Type[] Hidden =
    [
        typeof(TokenOpener), typeof(SivOpener), typeof(OriginalSealer), typeof(Ecies), typeof(AesSiv), typeof(IpcryptPfx), typeof(BodySealer), typeof(EntryBody),
        typeof(Keyset), typeof(KeysetKey), typeof(KeyBytes), typeof(KeyMaterial), typeof(KeyFolder),
    ];

    [Fact]
    public void What_opens_is_hidden() => Assert.All(Hidden, t => Assert.False(t.IsVisible, t.Name));

    [Fact]
    public void Every_public_member_that_gives_plaintext_is_known() =>
        Assert.True(Known.Order(StringComparer.Ordinal).SequenceEqual(Doors().Order(StringComparer.Ordinal)), string.Join('\n', Doors().Order(StringComparer.Ordinal)));

    private static IEnumerable<string> Doors()
    {
        var types = new[] { typeof(TokenRecovery).Assembly, typeof(BodyRecovery).Assembly }.SelectMany(a => a.GetExportedTypes()).ToList();
        return types.SelectMany(t => t.GetMembers(BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly)
            .Where(m => IsVisible(m) && Given(m).Any(g => Carries(g, []))).Select(m => $"{t.Name}.{m.Name}")).Distinct();
    }

    private static bool IsVisible(MemberInfo member) => member switch
    {
        MethodBase method => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly,
        PropertyInfo property => property.GetMethod is { } get && IsVisible(get),
        FieldInfo field => field.IsPublic || field.IsFamily,
        _ => false,
    };

    // What it answers, and what it hands out by its parameters: also to a delegate that it calls.
    private static IEnumerable<Type> Given(MemberInfo member) => member switch
    {
        MethodInfo { IsSpecialName: true } => [],
        MethodInfo method => method.GetParameters().Where(p => p.ParameterType.IsByRef || typeof(Delegate).IsAssignableFrom(p.ParameterType)).Select(p => p.ParameterType).Append(method.ReturnType),
        PropertyInfo property => [property.PropertyType],
        FieldInfo field => [field.FieldType],
        _ => [],
    };

    private static bool Carries(Type type, HashSet<Type> seen)
    {
        type = type.HasElementType ? type.GetElementType()! : type;
        return seen.Add(type) && (Plain.Contains(type)
            || type.GetGenericArguments().Any(a => Carries(a, seen))
            || (type.FullName?.StartsWith("LoginEtl.", StringComparison.Ordinal) == true && type.GetProperties().Any(p => Carries(p.PropertyType, seen))));
    }
}
