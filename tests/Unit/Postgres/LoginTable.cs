namespace LoginEtl.Unit.Postgres;

/// <summary>The assignment's table, as a user has made it: written out once more, and not read from what makes it.</summary>
internal static class LoginTable
{
    /// <summary>Without its end, for what may follow the columns.</summary>
    public const string Begun =
        "CREATE TABLE user_logins (user_id varchar(128), device_type varchar(32), masked_ip varchar(256), masked_device_id varchar(256), locale varchar(32), app_version integer, create_date date)";

    /// <summary>The statement.</summary>
    public const string Create = Begun + ";";
}
