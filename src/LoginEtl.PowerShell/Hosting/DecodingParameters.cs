using LoginEtl.Decoding;
using LoginEtl.Settings;

namespace LoginEtl.PowerShell.Hosting;

/// <summary>The parameters -Envelope and -IdentityFrom, with the environment where they are not given.</summary>
internal static class DecodingParameters
{
    /// <exception cref="Faults.LoginEtlException"><c>SettingInvalid</c>.</exception>
    public static DecodeOptions Read(Envelope? envelope) =>
        new() { Envelope = EnvironmentSettings.OneOf(envelope, EnvironmentSettings.EnvelopeVariable, Decoding.Envelope.Auto) };

    /// <exception cref="Faults.LoginEtlException"><c>SettingInvalid</c>.</exception>
    public static DecodeOptions Read(Envelope? envelope, SettingText? identityFrom) =>
        Read(envelope) with { Identity = EnvironmentSettings.Identity(identityFrom?.Reveal(), "-IdentityFrom") };
}
