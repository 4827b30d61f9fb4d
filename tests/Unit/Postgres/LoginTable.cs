namespace LoginEtl.Unit.Postgres;

/// <summary>The assignment's table, as a user has made it: written out once more, and not read from what makes it.</summary>
internal static class LoginTable
{
    /// <summary>Without its end, for what may follow the columns.</summary>
    public const string Begun =
        "CREATE TABLE user_logins (user_id varchar(128), device_type varchar(32), masked_ip varchar(256), masked_device_id varchar(256), locale varchar(32), app_version integer, create_date date)";

    /// <summary>The statement.</summary>
    public const string Create = Begun + ";";

    /// <summary>Lets the table refuse the user "bad", which nothing can tell before: the rows beside it are written one by one.</summary>
    public const string RefusesBad =
        """
        CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN IF NEW.user_id = 'bad' THEN RAISE 'no'; END IF; RETURN NEW; END$$;
        CREATE TRIGGER refuse BEFORE INSERT ON user_logins FOR EACH ROW EXECUTE FUNCTION refuse()
        """;
}
