namespace LoginEtl.Records;

/// <summary>Fields that are not masked and as a whole are an IP address, an e-mail address or a phone number.</summary>
[Flags]
internal enum PiiFields
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary><c>user_id</c>.</summary>
    UserId = 1,

    /// <summary><c>app_version</c>.</summary>
    AppVersion = 2,

    /// <summary><c>device_type</c>.</summary>
    DeviceType = 4,

    /// <summary><c>locale</c>.</summary>
    Locale = 8,
}
