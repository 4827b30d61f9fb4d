using LoginEtl.Protecting;
using LoginEtl.Records;

namespace LoginEtl.Contract;

/// <summary>Says of decoded lines what a run would: the rules of masking, then those of the table. Needs no keys.</summary>
/// <param name="masking">Which nulls stay, and what of an ip is masked.</param>
/// <param name="table">What the columns take.</param>
public sealed class LoginCheck(ProtectOptions masking, ITableRules table)
{
    /// <summary>Of a line or a body of text.</summary>
    /// <exception cref="ArgumentException">It is of a queue.</exception>
    public LoginVerdict Check(IncomingLogin login)
    {
        ArgumentNullException.ThrowIfNull(login);
        return login.GetDelivery() is LineDelivery line
            ? LoginVerdict.Of(line, Why(login))
            : throw new ArgumentException("Only what came as text has a line.", nameof(login));
    }

    /// <summary>Null, or why it would not be written.</summary>
    internal Rejection? Why(IncomingLogin login) => login switch
    {
        RejectedLogin reject => reject.GetRejection(),
        LoginMessage message => MaskingRules.Check(message, masking) ?? table.Check(Record(message)),
        _ => throw new ArgumentException("Neither a login nor a reject.", nameof(login)),
    };

    private static LoginRecord Record(LoginMessage message) => new(message.GetDelivery(), maskedIp: null, maskedDeviceId: null)
    {
        UserId = message.UserId,
        DeviceType = message.DeviceType,
        Locale = message.Locale,
        AppVersion = message.AppVersion,
        CreateDate = default,
    };
}
