using LoginEtl.Keysets;
using LoginEtl.Masking;

namespace LoginEtl.Protecting;

/// <summary>How logins are protected.</summary>
public sealed record ProtectOptions
{
    /// <summary>How each attribute is masked.</summary>
    public MaskMethods Methods { get; init; } = MaskMethods.Default;

    /// <summary>What of an ip is masked.</summary>
    public IpForm IpForm { get; init; }

    /// <summary>A null ip or device id stays NULL instead of going to quarantine.</summary>
    public bool AllowNullPii { get; init; }

    /// <summary>Stands in for a null locale; null leaves it NULL.</summary>
    public string? DefaultLocale { get; init; }

    /// <summary>What happens where a field that is not masked is personal data as a whole.</summary>
    public PiiFoundAction OnPiiFound { get; init; }
}

/// <summary>What happens where a field that is not masked is an IP address, an e-mail address or a phone number as a whole.</summary>
public enum PiiFoundAction
{
    /// <summary>It is written, and counted by field; one warning a run.</summary>
    Warn,

    /// <summary>The login goes to quarantine.</summary>
    Quarantine,

    /// <summary>Nobody looks.</summary>
    Ignore,
}
