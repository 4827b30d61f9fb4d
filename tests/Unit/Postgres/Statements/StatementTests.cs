using LoginEtl.Settings;
using LoginEtl.Unit.Fixtures;
using LoginEtl.Versions;
using Xunit;

namespace LoginEtl.Unit.Postgres.Statements;

/// <summary>
/// No statement leaves a name to the search path where a function or an operator of a stranger could fit better than the
/// system's: the server says itself, by the parse trees in its log, what it made of all that was sent.
/// </summary>
public sealed class StatementTests(TracedServer server) : IClassFixture<TracedServer>
{
    private const string Trigger =
        """
        CREATE FUNCTION take() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RETURN NEW; END$$;
        CREATE TRIGGER take BEFORE INSERT ON user_logins FOR EACH ROW EXECUTE FUNCTION take();
        """;

    private const string Domains =
        """
        CREATE DOMAIN person AS varchar(128) CONSTRAINT has_name CHECK (VALUE <> ''); CREATE DOMAIN day AS date;
        CREATE DOMAIN masked AS varchar(256) CONSTRAINT is_token CHECK (VALUE LIKE '%.%'); CREATE DOMAIN version AS integer;

        """;

    private const string Partitioned = Domains
        + """
        CREATE TABLE user_logins (
            user_id person, device_type varchar(32), masked_ip varchar(256), masked_device_id masked, locale varchar(32), app_version version, create_date date,
            loud text GENERATED ALWAYS AS (upper(locale)) STORED, note text DEFAULT 'none',
            CONSTRAINT not_bad CHECK (user_id NOT LIKE 'bad%' AND num_nonnulls(user_id, locale) > 0)) PARTITION BY LIST (locale);
        CREATE TABLE german PARTITION OF user_logins FOR VALUES IN ('DE') PARTITION BY RANGE (create_date);
        CREATE TABLE german_past PARTITION OF german FOR VALUES FROM (MINVALUE) TO ('2020-01-01'); CREATE TABLE german_now PARTITION OF german DEFAULT;
        CREATE TABLE others PARTITION OF user_logins DEFAULT;
        """ + Trigger;

    private const string Keyed = Domains
        + """
        CREATE TABLE user_logins (
            id bigint GENERATED ALWAYS AS IDENTITY, user_id person, device_type char(32), masked_ip masked, masked_device_id text, locale varchar(32), app_version varchar(32), create_date day,
            CONSTRAINT not_bad CHECK (user_id NOT LIKE 'bad%'), CONSTRAINT one_a_user UNIQUE (user_id));
        CREATE UNIQUE INDEX by_expression ON user_logins (lower(user_id), id);
        CREATE POLICY all_may ON user_logins USING (true); ALTER TABLE user_logins ENABLE ROW LEVEL SECURITY;
        """ + Trigger;

    private const string Typed =
        """
        CREATE TYPE device AS ENUM ('ios', 'android', 'web'); CREATE TYPE region AS ENUM ('DE', 'RU', 'FR'); CREATE DOMAIN place AS region CHECK (VALUE <> 'RU');
        CREATE TABLE user_logins (
            user_id uuid, device_type device, masked_ip text, masked_device_id varchar(256), locale place,
            app_version_major smallint, app_version_minor integer, app_version_patch bigint, create_date timestamptz,
            CONSTRAINT not_bad CHECK (user_id::text NOT LIKE 'bad%' AND app_version_major < 100), UNIQUE (user_id));
        """;

    // What would be taken over, with what would take it.
    private static readonly (string Sql, string Name)[] s_open =
    [
        ("SELECT tgtype & 7 FROM pg_trigger", "&"),
        ("SELECT 1 FROM pg_proc p WHERE p.proconfig = ARRAY['a']", "="),
        ("SELECT 1 FROM pg_class c WHERE c.oid = 'pg_class'::regclass", "="),
        ("SELECT pg_get_expr(conbin, 0) FROM pg_constraint", "pg_get_expr"),
        ("SELECT 1 FROM given WHERE name = ANY (ARRAY['a'::text])", "="),
        ("SELECT to_char(day, 'YYYY') FROM given", "to_char"),
        ("SELECT left(name, 3) FROM given", "left"),
        ("SELECT 1 FROM given WHERE name LIKE 'a%'", "~~"),
        ("SELECT regexp_replace(rolname, 'a', 'b', 'g') FROM pg_roles", "regexp_replace"),
        ("SELECT 1 FROM given WHERE name IN ('a', 'b')", "="),
        ("SELECT CASE name WHEN 'a' THEN 1 END FROM given", "="),
        ("SELECT nullif(name, 'a') FROM given", "="),
        ("SELECT name IS DISTINCT FROM 'a' FROM given", "="),
        ("SELECT name BETWEEN 'a' AND 'b' FROM given", ">="),
        ("SELECT count(day), max(name) FROM given", "max"),
        ("SELECT count(day) FROM given", "count"),
        ("SELECT '{}'::json -> 'a'", "->"),
        ("SELECT 1 FROM given g JOIN given h USING (name)", "="),
        ("SELECT (name, day) < ('a', day) FROM given", "<"),
        ("SELECT row_number() OVER (), lag(day) OVER () FROM given", "lag"),
        ("DO $$BEGIN IF EXISTS (SELECT FROM given WHERE name = 'b') THEN NULL; END IF; END$$", "="),
        ("DO $$DECLARE given varchar := 'a'; BEGIN IF given = 'a' THEN NULL; END IF; END$$", "="),
        ("DECLARE c CURSOR WITH HOLD FOR SELECT upper(name) FROM given", "upper"),
    ];

    private static readonly string[] s_closed =
    [
        "SELECT tgtype & 7::smallint FROM pg_trigger", "SELECT 1 FROM pg_proc p WHERE p.proconfig OPERATOR(pg_catalog.=) ARRAY['a']",
        "SELECT pg_catalog.pg_get_expr(conbin, 0) FROM pg_constraint", "SELECT 1 FROM given WHERE name::text = ANY (ARRAY['a'::text]) AND name::text LIKE 'a%'",
        "SELECT substring(name FROM 2), extract(day FROM day), now() - interval '1 day', count(*), coalesce(max(day), 'today') FROM given GROUP BY name, day",
        "SELECT 1 FROM pg_class WHERE relname IN ('a', 'b') AND relkind = 'r' AND oid = 'pg_class'::regclass::oid",
        "SELECT * FROM unnest(ARRAY[1], ARRAY['a']) u(a, b)",
        "SELECT 'ios'::public.device, 'ios'::text::public.place, 'place', name AS device FROM given",
    ];

    [LongRun]
    public async Task No_name_is_left_to_the_search_path()
    {
        var open = new List<string>();
        foreach (var (name, table, isKeyed, user) in new (string, string, bool, Func<int, string>)[]
        {
            ("made", "SELECT", false, i => i < 0 ? "bad" : $"user-{i}"),
            ("partitioned", Partitioned, false, i => i < 0 ? "bad" : $"user-{i}"),
            ("keyed", Keyed, true, i => i < 0 ? "bad" : $"user-{i}"),
            ("typed", Typed, true, i => $"{(i < 0 ? "bad" : "abc")}{Math.Abs(i):d5}-0000-4000-8000-000000000000"),
        })
        {
            var database = await server.NewAsync(name);
            await database.RunAsync(table);
            using var flows = new StatementFlows(database, user);
            await flows.RunAsync();
            if (isKeyed)
            {
                await flows.ConflictAsync();
            }

            await flows.RestoredAsync();
            if (name == "partitioned")
            {
                await ViewsAsync(database);
                await VersionsAsync(database);
            }

            var statements = await TracedServer.LoggedAsync(database);
            Assert.InRange(statements.Count, 100, int.MaxValue);
            var names = await OpenNames.ReadAsync(database);
            open.AddRange(names.In(statements));
            open.AddRange(names.TypesIn(statements));
            open.AddRange(await names.InStoredAsync(database, "login_etl_%", string.Join('\n', statements.Select(s => s.From(0, int.MaxValue)))));
        }

        Assert.True(open.Count == 0, string.Join('\n', open.Distinct()));
    }

    [Fact]
    public async Task And_the_scan_would_find_them()
    {
        var database = await server.NewAsync("known");
        await database.RunAsync("CREATE TABLE given (name varchar(10), day date); CREATE TYPE device AS ENUM ('ios'); CREATE DOMAIN place AS device");
        var names = await OpenNames.ReadAsync(database);
        foreach (var sql in s_open.Select(o => o.Sql).Concat(s_closed).Concat(["SELECT 'ios'::device", "DO $$DECLARE p place; BEGIN NULL; END$$", "SELECT CAST('ios' AS \"device\")"]))
        {
            await TracedServer.SendAsync(database, sql);
        }

        var statements = await TracedServer.LoggedAsync(database);
        Assert.Equal([], s_open.Where(o => !Found(o.Sql).Any(f => f.StartsWith($"{o.Name}(", StringComparison.Ordinal))));
        Assert.Equal([], s_closed.SelectMany(Found));
        Assert.Equal(["device", "place"], names.TypesIn(statements).Select(t => t.Split(' ')[0]));
        await database.RunAsync("CREATE TABLE stored (name varchar(10) DEFAULT lower('A'), CHECK (name > 'a'), CHECK (pg_catalog.num_nonnulls(name) = 1)); CREATE INDEX ON stored (left(name, 2))");
        var stored = await names.InStoredAsync(database, "stored", "pg_catalog.num_nonnulls(name)");
        Assert.Equal([">", "left"], stored.Select(s => s[..s.IndexOf('(', StringComparison.Ordinal)]));

        IReadOnlyList<string> Found(string sql) => names.In(statements.Where(s => sql.Contains(s.From(0, int.MaxValue), StringComparison.Ordinal)));
    }

    // What a view says is in no log either; each is made by the same words.
    private static async Task ViewsAsync(TestDatabase database)
    {
        foreach (var format in new[] { AppVersionFormat.Packed, AppVersionFormat.Digits })
        {
            var options = new SchemaOptions { Analysis = true, AppVersionFormat = format };
            var plan = await database.InitializeAsync(options with { PlanOnly = true });
            await database.InitializeAsync(options);
            foreach (var view in plan.Where(s => s.Contains(" VIEW ", StringComparison.Ordinal)))
            {
                await TracedServer.SendAsync(database, view.Split(" AS\n", 2)[1].Split(";\nCOMMENT")[0]);
            }
        }

        await database.RunAsync("DROP VIEW login_etl_login CASCADE");
    }

    // The expressions of ALTER TABLE … USING are in no log; asked of the table, they are.
    private static async Task VersionsAsync(TestDatabase database)
    {
        foreach (var format in new[] { AppVersionFormat.Digits, AppVersionFormat.Packed, AppVersionFormat.Decimal, AppVersionFormat.Nibble })
        {
            var options = new SchemaOptions { PlanOnly = true, AlterAppVersion = true, AppVersionColumn = AppVersionColumn.Text, AlterFrom = format };
            var alter = Assert.Single(await database.InitializeAsync(options), s => s.Contains(" USING ", StringComparison.Ordinal));
            await TracedServer.SendAsync(database, $"SELECT {alter.Split(" USING ")[1]} FROM user_logins");
        }
    }
}
