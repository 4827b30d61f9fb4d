namespace LoginEtl.Bench;

/// <summary>A way in which the database refuses the rows whose user is <c>bad…</c>.</summary>
/// <param name="Name">As the report shows it.</param>
/// <param name="Ddl">Run after the table is made.</param>
internal sealed record BadRowKind(string Name, string Ddl)
{
    private const string Trigger = "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN IF NEW.user_id LIKE 'bad%' THEN RAISE 'no'; END IF; RETURN NEW; END$$;";

    private const string Users =
        "CREATE TABLE users (id text PRIMARY KEY); INSERT INTO users SELECT 'u' || g FROM generate_series(0, 9999) g;";

    public static readonly BadRowKind[] All =
    [
        new("check", "ALTER TABLE user_logins ADD CHECK (user_id NOT LIKE 'bad%')"),
        new("domain", "CREATE DOMAIN login_name AS varchar(128) CHECK (VALUE NOT LIKE 'bad%'); ALTER TABLE user_logins ALTER user_id TYPE login_name"),
        new("unique", "ALTER TABLE user_logins ADD UNIQUE (user_id); INSERT INTO user_logins (user_id) SELECT 'bad' || g FROM generate_series(0, 9999) g"),
        new("not null", "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN IF NEW.user_id LIKE 'bad%' THEN NEW.locale := NULL; END IF; RETURN NEW; END$$; CREATE TRIGGER t BEFORE INSERT ON user_logins FOR EACH ROW EXECUTE FUNCTION f(); ALTER TABLE user_logins ALTER locale SET NOT NULL"),
        new("foreign key", Users + "ALTER TABLE user_logins ADD FOREIGN KEY (user_id) REFERENCES users"),
        new("deferred foreign key", Users + "ALTER TABLE user_logins ADD FOREIGN KEY (user_id) REFERENCES users DEFERRABLE INITIALLY DEFERRED"),
        new("trigger", Trigger + "CREATE TRIGGER t BEFORE INSERT ON user_logins FOR EACH ROW EXECUTE FUNCTION f()"),
    ];
}
