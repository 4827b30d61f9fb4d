using LoginEtl.Versions;

namespace LoginEtl.Settings;

/// <summary>What is made in a database.</summary>
public sealed record SchemaOptions
{
    /// <summary>Only says what would run.</summary>
    public bool PlanOnly { get; init; }

    /// <summary>Told what somebody should see to, a sentence each; on any thread.</summary>
    public Action<string>? Warned { get; init; }

    /// <summary>How the table holds versions, if it is created; an existing one stays as it is.</summary>
    public AppVersionColumn AppVersionColumn { get; init; }

    /// <summary>
    /// With <see cref="AppVersionColumn.Text"/>: turns an existing integer column of the version into text. The only
    /// thing that ever changes a column of the user's; it rewrites the table and locks it meanwhile.
    /// </summary>
    public bool AlterAppVersion { get; init; }

    /// <summary>
    /// For <see cref="AlterAppVersion"/>: how the integers that are there were encoded (Packed, Decimal or Nibble), so
    /// that they become <c>2.3.0</c> again; Auto leaves their digits as they are.
    /// </summary>
    public AppVersionFormat AlterFrom { get; init; } = AppVersionFormat.Auto;

    /// <summary>
    /// Takes the database as it is, although it was restored, copied or moved since its schema was recorded: whoever says so
    /// has looked at what is missing.
    /// </summary>
    public bool AcceptRestored { get; init; }

    /// <summary>Makes views for analysts and indexes of the masked columns, which cost every row that is written something.</summary>
    public bool Analysis { get; init; }

    /// <summary>For <see cref="Analysis"/>: how the version column is encoded, as the runs have it.</summary>
    public AppVersionFormat AppVersionFormat { get; init; } = AppVersionFormat.Auto;

    /// <summary>
    /// For how long things are kept, by a function that runs call; <see cref="Retention.None"/> ends it, and null leaves it as it is.
    /// </summary>
    public Retention? Retention { get; init; }

    /// <summary>
    /// Makes the roles <c>login_etl_writer</c>, <c>login_etl_reader</c>, <c>login_etl_analyst</c>, <c>login_etl_auditor</c>,
    /// <c>login_etl_recoverer</c>, <c>login_etl_eraser</c> and <c>login_etl_key_keeper</c>, none of which can log in, and grants them what a
    /// run, a reader of rows, one of counts, a restore, a recovery, an erasure and a rotation of keys need. Roles are the whole server's; grants this table's.
    /// </summary>
    public bool Roles { get; init; }
}

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
