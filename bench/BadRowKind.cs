using LoginEtl.Settings;

namespace LoginEtl.Bench;

/// <summary>A way in which some rows of a batch are bad, or have their keys in the table already.</summary>
/// <param name="Name">As the report shows it.</param>
/// <param name="Ddl">Run after the table is made: the rule that users named <c>bad…</c> break.</param>
public sealed record BadRowKind(string Name, string Ddl)
{
    private const string Trigger = "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN IF NEW.user_id LIKE 'bad%' THEN RAISE 'no'; END IF; RETURN NEW; END$$; CREATE TRIGGER t BEFORE INSERT ON user_logins FOR EACH ROW EXECUTE FUNCTION f()";
    private const string NullTrigger = "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN IF NEW.user_id LIKE 'bad%' THEN NEW.locale := NULL; END IF; RETURN NEW; END$$; CREATE TRIGGER t BEFORE INSERT ON user_logins FOR EACH ROW EXECUTE FUNCTION f(); ALTER TABLE user_logins ALTER locale SET NOT NULL";
    private const string Known = "; INSERT INTO user_logins (user_id) SELECT 'bad' || g FROM generate_series(0, 9999) g";

    private const string Users =
        "CREATE TABLE users (id text PRIMARY KEY); INSERT INTO users SELECT 'u' || g FROM generate_series(0, 9999) g; ALTER TABLE user_logins ADD FOREIGN KEY (user_id) REFERENCES users";

    /// <summary>Every kind.</summary>
    public static IReadOnlyList<BadRowKind> All { get; } =
    [
        new("too long", "") { BadUserEnds = new string('x', 200) },
        new("check", "ALTER TABLE user_logins ADD CHECK (user_id NOT LIKE 'bad%')"),
        new("domain", "CREATE DOMAIN login_name AS varchar(128) CHECK (VALUE NOT LIKE 'bad%'); ALTER TABLE user_logins ALTER user_id TYPE login_name"),
        new("not null", "ALTER TABLE user_logins ALTER locale SET NOT NULL") { BadLocale = null },
        new("not null by trigger", NullTrigger),
        new("unique", "ALTER TABLE user_logins ADD UNIQUE (user_id)" + Known) { UsersAreNew = true },
        new("unique, Skip", "ALTER TABLE user_logins ADD UNIQUE (user_id)" + Known) { UsersAreNew = true, OnConflict = ConflictAction.Skip },
        new("unique, Update", "ALTER TABLE user_logins ADD UNIQUE (user_id)" + Known) { UsersAreNew = true, OnConflict = ConflictAction.Update },
        new("deferred unique", "ALTER TABLE user_logins ADD UNIQUE (user_id) DEFERRABLE INITIALLY DEFERRED" + Known) { UsersAreNew = true },
        new("foreign key", Users),
        new("deferred foreign key", Users + " DEFERRABLE INITIALLY DEFERRED"),
        new("trigger", Trigger),
        new("row security", "ALTER TABLE user_logins ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON user_logins FOR INSERT WITH CHECK (user_id NOT LIKE 'bad%')") { AsWriter = true },
    ];

    /// <summary>How the users of bad rows end.</summary>
    public string BadUserEnds { get; init; } = "";

    /// <summary>The locale of bad rows.</summary>
    public string? BadLocale { get; init; } = SampleRecords.Locale;

    /// <summary>Good rows have ever new users; otherwise the same few.</summary>
    public bool UsersAreNew { get; init; }

    /// <summary>What happens to rows whose key is there.</summary>
    public ConflictAction OnConflict { get; init; }

    /// <summary>Writes as a role that does not own the table: owners are above row security.</summary>
    public bool AsWriter { get; init; }

    /// <inheritdoc/>
    public override string ToString() => Name;
}
