namespace LoginEtl.Settings;

/// <summary>How a table that is created holds versions.</summary>
public enum AppVersionColumn
{
    /// <summary>The assignment's own: <c>app_version integer</c>.</summary>
    Integer,

    /// <summary><c>app_version text</c>, as sent.</summary>
    Text,

    /// <summary><c>app_version_major</c>, <c>app_version_minor</c>, <c>app_version_patch</c>, integers.</summary>
    Three,
}
