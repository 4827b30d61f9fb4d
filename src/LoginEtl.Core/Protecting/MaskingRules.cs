using LoginEtl.Masking;
using LoginEtl.Records;
using LoginEtl.Tokens;

namespace LoginEtl.Protecting;

/// <summary>Which logins can be masked, whatever the keys and the methods are.</summary>
internal static class MaskingRules
{
    /// <summary>Null, or why it cannot be masked; of one that no masker has seen.</summary>
    public static Rejection? Check(LoginMessage message, ProtectOptions options) => Check(
        message, options, Fits(message.Ip, CanonicalForm.Of(LoginFields.Ip, options.IpForm)), Fits(message.DeviceId, CanonicalForm.OfDeviceId));

    /// <summary>Null, or why it is rejected.</summary>
    public static Rejection? Check(LoginMessage message, ProtectOptions options, bool ipFits, bool deviceFits) =>
        string.IsNullOrEmpty(message.UserId) ? new Rejection(RejectReason.EmptyField, LoginFields.UserId)
        : message.Ip is null && !options.AllowNullPii ? new Rejection(RejectReason.NullField, LoginFields.Ip)
        : message.DeviceId is null && !options.AllowNullPii ? new Rejection(RejectReason.NullField, LoginFields.DeviceId)
        : !ipFits ? new Rejection(RejectReason.TooLong, LoginFields.Ip)
        : !deviceFits ? new Rejection(RejectReason.TooLong, LoginFields.DeviceId)
        : null;

    private static bool Fits(Plaintext? value, Func<string, string> form) => MaskableText.Of(value, form, out _);
}
