namespace LoginEtl.Rotation;

/// <summary>A row of the table as it stands; columns that the table does not have are null.</summary>
public sealed record StoredLogin
{
    /// <summary>Who logged in.</summary>
    public string? UserId { get; init; }

    /// <summary>As stored.</summary>
    public string? DeviceType { get; init; }

    /// <summary>Token of the address.</summary>
    public string? MaskedIp { get; init; }

    /// <summary>Token of the device.</summary>
    public string? MaskedDeviceId { get; init; }

    /// <summary>As stored.</summary>
    public string? Locale { get; init; }

    /// <summary>As stored, encoded by the column's type; three columns are joined by dots.</summary>
    public string? AppVersion { get; init; }

    /// <summary>The day of the login.</summary>
    public DateOnly? CreateDate { get; init; }

    /// <inheritdoc/>
    public override string ToString() => $"StoredLogin {UserId}";
}
