namespace LoginEtl.Records;

/// <summary>The names of the fields of a body and the columns they go to.</summary>
public static class LoginFields
{
    /// <summary>Required, not empty.</summary>
    public const string UserId = "user_id";

    /// <summary>Required.</summary>
    public const string AppVersion = "app_version";

    /// <summary>Optional.</summary>
    public const string DeviceType = "device_type";

    /// <summary>Required, masked.</summary>
    public const string Ip = "ip";

    /// <summary>Optional.</summary>
    public const string Locale = "locale";

    /// <summary>Required, masked.</summary>
    public const string DeviceId = "device_id";

    /// <summary>The column of <see cref="Ip"/>'s token.</summary>
    public const string MaskedIp = "masked_ip";

    /// <summary>The column of <see cref="DeviceId"/>'s token.</summary>
    public const string MaskedDeviceId = "masked_device_id";
}
