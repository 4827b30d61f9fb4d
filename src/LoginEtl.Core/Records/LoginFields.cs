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

    /// <summary>The column of the first part of the version, where there are three.</summary>
    public const string AppVersionMajor = "app_version_major";

    /// <summary>The column of the second part of the version, where there are three.</summary>
    public const string AppVersionMinor = "app_version_minor";

    /// <summary>The column of the third part of the version, where there are three.</summary>
    public const string AppVersionPatch = "app_version_patch";

    /// <summary>The column of the day or the moment at which the message was sent.</summary>
    public const string CreateDate = "create_date";

    /// <summary>All columns, by our names: a table has one for the version, or three.</summary>
    public static IReadOnlyList<string> Columns { get; } =
    [
        UserId, DeviceType, MaskedIp, MaskedDeviceId, Locale, AppVersion, AppVersionMajor, AppVersionMinor, AppVersionPatch, CreateDate,
    ];
}
