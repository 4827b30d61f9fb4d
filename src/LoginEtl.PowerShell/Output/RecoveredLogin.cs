using System.Management.Automation;

namespace LoginEtl.PowerShell.Output;

/// <summary>A login whose personal data were recovered: in clear, on purpose. Whoever asked for it answers for where it goes.</summary>
public sealed class RecoveredLogin
{
    internal RecoveredLogin(PSObject inputObject) => InputObject = inputObject;

    /// <summary>Who logged in; null where what came in does not say.</summary>
    public string? UserId { get; init; }

    /// <summary>The address in canonical form; null where there was none, or its token was refused.</summary>
    public string? Ip { get; init; }

    /// <summary>The device in canonical form; null where there was none, or its token was refused.</summary>
    public string? DeviceId { get; init; }

    /// <summary>Token of the address.</summary>
    public string? MaskedIp { get; init; }

    /// <summary>Token of the device.</summary>
    public string? MaskedDeviceId { get; init; }

    /// <summary>What came in.</summary>
    public PSObject InputObject { get; }

    /// <inheritdoc/>
    public override string ToString() => $"RecoveredLogin {UserId}";
}
