using LoginEtl.Records;

namespace LoginEtl.Postgres.Targets;

/// <summary>What of a record goes to a column.</summary>
internal enum RecordField
{
    /// <summary>Text, not empty; a uuid where the column is one.</summary>
    UserId,

    /// <summary>Text or null.</summary>
    DeviceType,

    /// <summary>Token or null.</summary>
    MaskedIp,

    /// <summary>Token or null.</summary>
    MaskedDeviceId,

    /// <summary>Text or null.</summary>
    Locale,

    /// <summary>The version, encoded for one column.</summary>
    AppVersion,

    /// <summary>First part of the version.</summary>
    AppVersionMajor,

    /// <summary>Second part of the version.</summary>
    AppVersionMinor,

    /// <summary>Third part of the version.</summary>
    AppVersionPatch,

    /// <summary>A day, or the moment.</summary>
    CreateDate,
}

/// <summary>What we call the columns.</summary>
internal static class RecordFields
{
    /// <summary>Our name of a field's column.</summary>
    public static string Column(this RecordField field) => field switch
    {
        RecordField.UserId => LoginFields.UserId,
        RecordField.DeviceType => LoginFields.DeviceType,
        RecordField.MaskedIp => LoginFields.MaskedIp,
        RecordField.MaskedDeviceId => LoginFields.MaskedDeviceId,
        RecordField.Locale => LoginFields.Locale,
        RecordField.AppVersion => LoginFields.AppVersion,
        RecordField.AppVersionMajor => LoginFields.AppVersionMajor,
        RecordField.AppVersionMinor => LoginFields.AppVersionMinor,
        RecordField.AppVersionPatch => LoginFields.AppVersionPatch,
        _ => LoginFields.CreateDate,
    };
}
