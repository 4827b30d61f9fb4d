using LoginEtl.Checks;
using LoginEtl.Faults;
using LoginEtl.Postgres;
using LoginEtl.Rotation;
using LoginEtl.Settings;
using LoginEtl.Unit.Fixtures;
using Xunit;

namespace LoginEtl.Unit.Postgres;

/// <summary>Whoever asks, plans or installs runs no code of those who made a table or a view before.</summary>
public sealed class StrangersTableTests(ServersFixture servers)
{
    // Says that it was called: in a table where that can be made, else by an error.
    private const string Sprung =
        "BEGIN IF current_setting('transaction_read_only') = 'off' THEN CREATE TABLE IF NOT EXISTS sprung (); ELSE RAISE EXCEPTION 'sprung' USING ERRCODE = 'P4711'; END IF; RETURN {0}; END";

    private const string Cast =
        $"""
        CREATE TYPE token AS ENUM ('siv1.AAAAAA');
        CREATE FUNCTION a_text(token) RETURNS text LANGUAGE plpgsql AS $f${Sprung}$f$;
        CREATE CAST (token AS text) WITH FUNCTION a_text(token) AS ASSIGNMENT;
        CREATE TABLE user_logins (user_id varchar(128), device_type varchar(32), masked_ip token, masked_device_id varchar(256), locale varchar(32), app_version integer, create_date date);
        INSERT INTO user_logins (user_id, masked_ip) VALUES ('x', 'siv1.AAAAAA');
        """;

    private const string Policy =
        $"""
        CREATE FUNCTION a_row() RETURNS boolean LANGUAGE plpgsql AS $f${Sprung}$f$;
        {LoginTable.Create};
        INSERT INTO user_logins (user_id, masked_ip) VALUES ('x', 'siv1.AAAAAA');
        ALTER TABLE user_logins ENABLE ROW LEVEL SECURITY;
        CREATE POLICY p ON user_logins USING (a_row());
        GRANT SELECT, INSERT ON user_logins TO PUBLIC;
        """;

    private const string Remote =
        """
        RESET ROLE; CREATE EXTENSION postgres_fdw; CREATE SERVER remote FOREIGN DATA WRAPPER postgres_fdw;
        GRANT USAGE ON FOREIGN DATA WRAPPER postgres_fdw TO {0}; ALTER SERVER remote OWNER TO {0};
        CREATE FOREIGN TABLE public.copy (u text) SERVER remote;
        CREATE RULE copied AS ON INSERT TO public.user_logins DO ALSO INSERT INTO public.copy (u) VALUES (NEW.locale)
        """;

    [Theory]
    [InlineData("a cast", Cast, "'siv1.AAAAAA'")]
    [InlineData("a policy", Policy, "true")]
    public async Task Rows_of_a_strangers_table_are_read_by_no_check_no_plan_and_no_installation(string what, string made, string answer)
    {
        var database = await TestDatabase.NewAsync(servers, "SELECT 1");
        var name = await database.ReadAsync<string>("SELECT current_database()::text");
        await database.AsRoleAsync(role => $"GRANT CREATE ON SCHEMA public TO {role}", async stranger =>
        {
            await database.RunAsync($"SET ROLE {stranger.UserName}; {made.Replace("{0}", answer, StringComparison.Ordinal)}");
            // Who owns the database, and bypasses no policy.
            await database.AsRoleAsync(role => $"ALTER DATABASE {name} OWNER TO {role}", async owner =>
            {
                var connector = new PostgresConnector();
                Assert.NotEmpty(await connector.InitializeAsync(owner, new SchemaOptions { PlanOnly = true }, TestDatabase.Token));
                await connector.InitializeAsync(owner, new SchemaOptions(), TestDatabase.Token);
                Assert.Contains(await connector.CheckAsync(owner, new SinkOptions(), TestDatabase.Token), c => c is { Name: "Owners", Outcome: CheckOutcome.Warn } && c.Detail.Contains(stranger.UserName!, StringComparison.Ordinal));
                await using var tokens = await connector.OpenTokensAsync(owner, TestDatabase.Token);
                // The rows would say whose keys these are.
                Assert.Equal("ForeignObject", (await Assert.ThrowsAsync<LoginEtlException>(() => KeyRegistry.RequireAsync(tokens, [], null, makesKnown: true, TestDatabase.Token))).Id);
                Assert.False(await database.ReadAsync<bool>("SELECT to_regclass('sprung') IS NOT NULL"), what);
                await database.RunAsync($"ALTER DATABASE {name} OWNER TO CURRENT_USER");
            });
            // A cast is owned by nobody, and in the way of a role's end.
            await database.RunAsync("DROP TYPE IF EXISTS token CASCADE");
        });
    }

    [Theory]
    [InlineData("the function w of the trigger watch", "", "CREATE TRIGGER watch AFTER INSERT ON public.user_logins FOR EACH ROW WHEN ({0}.w(NEW.masked_ip)) EXECUTE FUNCTION pg_catalog.suppress_redundant_updates_trigger()")]
    [InlineData("the operator ~~> of the trigger watch", "", "CREATE TRIGGER watch AFTER INSERT ON public.user_logins FOR EACH ROW WHEN (OPERATOR({0}.~~>) NEW.masked_ip) EXECUTE FUNCTION pg_catalog.suppress_redundant_updates_trigger()")]
    [InlineData("the function w of the constraint owned_check", "", "RESET ROLE; CREATE DOMAIN public.owned AS text CHECK ({0}.w(VALUE) IS NOT NULL); ALTER TABLE public.user_logins ALTER locale TYPE public.owned")]
    [InlineData("the type place of the type above", "", "RESET ROLE; CREATE DOMAIN public.above AS {0}.place; ALTER TABLE public.user_logins ALTER locale TYPE public.above")]
    [InlineData("the type place of the constraint cast_of_it", "", "RESET ROLE; ALTER TABLE public.user_logins ADD CONSTRAINT cast_of_it CHECK ((locale::{0}.place) IS NOT NULL)")]
    [InlineData("the type place of the default of more", "", "RESET ROLE; ALTER TABLE public.user_logins ADD COLUMN more text DEFAULT ('x'::{0}.place)::text")]
    [InlineData("the relation {0}.shown of the policy seen", "", "CREATE VIEW {0}.shown AS SELECT 1 AS n; RESET ROLE; CREATE POLICY seen ON public.user_logins WITH CHECK (EXISTS (SELECT FROM {0}.shown))")]
    [InlineData("the relation {0}.copy of the rule copied", "", "CREATE TABLE {0}.copy (n text); RESET ROLE; CREATE RULE copied AS ON INSERT TO public.user_logins DO ALSO INSERT INTO {0}.copy VALUES (NEW.locale)")]
    [InlineData("the parent {0}.parent, by which its rows are read,", "", "CREATE TABLE {0}.parent (user_id varchar(128)); RESET ROLE; ALTER TABLE public.user_logins INHERIT {0}.parent")]
    [InlineData("the table {0}.child, which refers to it,", "", "CREATE TABLE {0}.child (id text REFERENCES public.user_logins (user_id) ON DELETE CASCADE)")]
    [InlineData("the relation {0}.deep of the table child, which refers to it,", "", "RESET ROLE; CREATE TABLE public.child (id text PRIMARY KEY REFERENCES public.user_logins (user_id) ON UPDATE CASCADE); GRANT REFERENCES ON public.child TO {0}; SET ROLE {0}; CREATE TABLE {0}.deep (id text REFERENCES public.child ON UPDATE CASCADE)")]
    [InlineData("the relation {0}.deep of the relation copy", "", "RESET ROLE; CREATE TABLE public.copy (u text PRIMARY KEY); CREATE RULE copied AS ON INSERT TO public.user_logins DO ALSO DELETE FROM public.copy WHERE u = NEW.locale; GRANT REFERENCES ON public.copy TO {0}; SET ROLE {0}; CREATE TABLE {0}.deep (u text REFERENCES public.copy ON DELETE SET NULL)")]
    [InlineData("the function f of the trigger watch", "", "CREATE TRIGGER watch AFTER INSERT OR UPDATE ON public.user_logins FOR EACH STATEMENT EXECUTE FUNCTION {0}.f()")]
    [InlineData("the partition p1", "PARTITION BY LIST (locale)", "")]
    [InlineData("the type place of the table user_logins", "", "")]
    [InlineData("the function g of the type owned", "", "RESET ROLE; CREATE DOMAIN public.owned AS text DEFAULT {0}.g(); ALTER TABLE public.user_logins ADD more public.owned")]
    [InlineData("the function w of the constraint owned_check", "", "RESET ROLE; CREATE DOMAIN public.owned AS text CHECK ({0}.w(VALUE) IS NOT NULL); ALTER TABLE public.user_logins ADD more text DEFAULT ('x'::public.owned)::text")]
    [InlineData("the function minus of the type span", "", "RESET ROLE; CREATE TYPE public.span AS RANGE (subtype = float8, subtype_diff = {0}.minus); CREATE INDEX ON public.user_logins USING gist (public.span(app_version::float8, app_version::float8 + 1))")]
    [InlineData("the function g of the function h", "", "RESET ROLE; CREATE FUNCTION public.h() RETURNS text LANGUAGE sql RETURN {0}.g(); ALTER TABLE public.user_logins ADD more text DEFAULT public.h()")]
    [InlineData("the function g of the rule _RETURN", "", "RESET ROLE; CREATE VIEW public.shown AS SELECT {0}.g() AS n; CREATE POLICY seen ON public.user_logins WITH CHECK (EXISTS (SELECT FROM public.shown))")]
    [InlineData("the function g of the default of n", "", "RESET ROLE; CREATE TABLE public.copy (u text, n text DEFAULT {0}.g()); CREATE RULE copied AS ON INSERT TO public.user_logins DO ALSO INSERT INTO public.copy (u) VALUES (NEW.locale)")]
    [InlineData("the function f of the trigger watch", "", "RESET ROLE; CREATE TABLE public.child (id text REFERENCES public.user_logins (user_id) ON UPDATE CASCADE); CREATE TRIGGER watch AFTER UPDATE ON public.child FOR EACH ROW EXECUTE FUNCTION {0}.f()")]
    [InlineData("the relation {0}.copy1 of the relation copy", "", "CREATE TABLE {0}.copy1 (u text, n int DEFAULT 1); RESET ROLE; CREATE TABLE public.copy (u text, n int DEFAULT 1) PARTITION BY LIST (n); ALTER TABLE public.copy ATTACH PARTITION {0}.copy1 FOR VALUES IN (1); CREATE RULE copied AS ON INSERT TO public.user_logins DO ALSO INSERT INTO public.copy (u) VALUES (NEW.locale)")]
    [InlineData("the function w of the operator ~~>", "", "RESET ROLE; CREATE OPERATOR public.~~> (RIGHTARG = text, FUNCTION = {0}.w); ALTER TABLE public.user_logins ADD CHECK ((OPERATOR(public.~~>) locale) IS NOT NULL)")]
    [InlineData("the function a_text of the type kind", "", "CREATE FUNCTION {0}.a_text(public.kind) RETURNS text LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'; RESET ROLE; CREATE CAST (public.kind AS text) WITH FUNCTION {0}.a_text(public.kind); ALTER TABLE public.user_logins ALTER device_type TYPE public.kind USING 'ios'")]
    [InlineData("the function a_kind of the type kind", "", "CREATE FUNCTION {0}.a_kind(varchar) RETURNS public.kind LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'; RESET ROLE; CREATE CAST (varchar AS public.kind) WITH FUNCTION {0}.a_kind(varchar); CREATE DOMAIN public.above AS public.kind; ALTER TABLE public.user_logins ALTER device_type TYPE public.above USING 'ios'")]
    [InlineData("the function g of the statistics s", "", "RESET ROLE; CREATE STATISTICS public.s ON ({0}.g()), locale FROM public.user_logins")]
    [InlineData("the foreign server remote of the relation copy", "", Remote)]
    public async Task What_a_stranger_has_on_the_table_of_another_is_named(string what, string partitions, string byHim)
    {
        var database = await TestDatabase.NewAsync(servers, "SELECT 1");
        await database.AsRoleAsync(role => $"CREATE SCHEMA {role} AUTHORIZATION {role}", async stranger =>
        {
            var schema = stranger.UserName!;
            await database.RunAsync(
                $"""
                SET ROLE {schema};
                CREATE FUNCTION {schema}.f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
                CREATE FUNCTION {schema}.w(t text) RETURNS boolean LANGUAGE plpgsql AS 'BEGIN RETURN false; END';
                CREATE FUNCTION {schema}.g() RETURNS text IMMUTABLE LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
                CREATE FUNCTION {schema}.minus(a float8, b float8) RETURNS float8 IMMUTABLE LANGUAGE plpgsql AS 'BEGIN RETURN a - b; END';
                CREATE OPERATOR {schema}.~~> (RIGHTARG = text, FUNCTION = {schema}.w);
                CREATE DOMAIN {schema}.place AS text;
                GRANT USAGE ON TYPE {schema}.place TO PUBLIC;
                {LoginTable.Create.Replace("user_logins", $"{schema}.p1", StringComparison.Ordinal)};
                GRANT USAGE ON SCHEMA {schema} TO PUBLIC; RESET ROLE;
                CREATE TYPE kind AS ENUM ('ios', 'android');
                {LoginTable.Create.Trim().TrimEnd(';')} {partitions};
                """);
            await database.InitializeAsync();
            if (partitions.Length > 0)
            {
                await database.RunAsync($"ALTER TABLE user_logins ATTACH PARTITION {schema}.p1 DEFAULT");
            }
            else if (byHim.Length > 0)
            {
                await database.RunAsync($"ALTER TABLE user_logins ADD UNIQUE (user_id); GRANT TRIGGER, REFERENCES ON user_logins TO {schema}; SET ROLE {schema}; {byHim.Replace("{0}", schema, StringComparison.Ordinal)}");
            }
            else
            {
                await database.RunAsync($"ALTER TABLE user_logins ALTER locale TYPE {schema}.place");
            }

            var check = Assert.Single(await new PostgresConnector().CheckAsync(database.Settings(), new SinkOptions(), TestDatabase.Token), c => c.Name == "Owners" && c.Outcome != CheckOutcome.Pass);
            Assert.Equal(CheckOutcome.Warn, check.Outcome);
            var named = $"{what.Replace("{0}", schema, StringComparison.Ordinal)} belongs to {schema}";
            Assert.Contains(named, check.Detail, StringComparison.Ordinal);
            await using (var tokens = await database.TokensAsync())
            {
                var all = await tokens.StrangersAsync(TestDatabase.Token);
                Assert.Contains(named, all);
                Assert.All(all.Except([named]), other => Assert.Matches($" belongs to {schema}$|^the trigger watch may come from {schema}", other));
            }

            await database.RunAsync("DROP EXTENSION IF EXISTS postgres_fdw CASCADE; DROP TABLE user_logins CASCADE; DROP DOMAIN IF EXISTS owned, above; DROP TYPE IF EXISTS span, kind CASCADE; DROP FUNCTION IF EXISTS h(); DROP VIEW IF EXISTS shown; DROP TABLE IF EXISTS copy, child CASCADE; DROP OPERATOR IF EXISTS ~~> (NONE, text)");
        });
    }

    [Theory]
    [InlineData("the trigger said calls ts_rewrite, which runs what a text says, whoever wrote it", "CREATE TRIGGER said AFTER INSERT ON user_logins FOR EACH ROW WHEN (ts_rewrite('a'::tsquery, 'SELECT $$a$$::tsquery, $$b$$::tsquery') IS NULL) EXECUTE FUNCTION suppress_redundant_updates_trigger()")]
    [InlineData("the default of more calls query_to_xml, which runs what a text says, whoever wrote it", "ALTER TABLE user_logins ADD more text DEFAULT query_to_xml('SELECT 1', false, false, '')::text")]
    [InlineData("the trigger said may come from {0}, who may put triggers on copy", "CREATE TABLE copy (u text); GRANT TRIGGER ON copy TO {0}; CREATE TRIGGER said AFTER INSERT ON copy FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger(); CREATE RULE copied AS ON INSERT TO user_logins DO ALSO INSERT INTO copy (u) VALUES (NEW.locale)")]
    public async Task What_has_no_owner_or_runs_a_text_is_named(string said, string made)
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await database.AsRoleAsync(_ => "SELECT 1", async stranger =>
        {
            await database.RunAsync(made.Replace("{0}", stranger.UserName, StringComparison.Ordinal));
            await using (var tokens = await database.TokensAsync())
            {
                Assert.Equal([said.Replace("{0}", stranger.UserName, StringComparison.Ordinal)], await tokens.StrangersAsync(TestDatabase.Token));
            }

            await database.RunAsync("DROP TABLE IF EXISTS copy CASCADE");
        });
    }

    [Theory]
    [InlineData("", true)]
    [InlineData(" WITH INHERIT FALSE, SET FALSE, ADMIN FALSE", false)]
    [InlineData(" WITH INHERIT FALSE, SET FALSE, ADMIN TRUE", true)]
    [InlineData(" WITH INHERIT FALSE, SET TRUE", true)]
    public async Task Member_of_the_owner_is_trusted_where_it_may_do_as_the_owner(string how, bool isTrusted)
    {
        Assert.SkipWhen(how.Length > 0 && TestPostgres.Major < 16, "Memberships have no such options before PostgreSQL 16.");
        var database = await TestDatabase.InitializedAsync(servers);
        await database.AsRoleAsync(role => $"GRANT CREATE ON SCHEMA public TO {role}; ALTER TABLE user_logins OWNER TO {role}", owner =>
            database.AsRoleAsync(role => $"GRANT {owner.UserName} TO {role}{how}; ALTER TABLE login_etl_quarantine OWNER TO {role}", async member =>
            {
                var checks = await new PostgresConnector().CheckAsync(database.Settings(), new SinkOptions(), TestDatabase.Token);
                Assert.Equal(!isTrusted, checks.Any(c => c is { Name: "Owners", Outcome: CheckOutcome.Fail } && c.Detail.Contains(member.UserName!, StringComparison.Ordinal)));
                await database.RunAsync($"ALTER TABLE login_etl_quarantine OWNER TO CURRENT_USER; ALTER TABLE user_logins OWNER TO CURRENT_USER; REVOKE {owner.UserName} FROM {member.UserName}");
            }));
    }

    [Fact]
    public async Task Plan_is_made_in_a_transaction_that_can_change_nothing()
    {
        // The table is the owner's own, and so is what stands on it.
        var database = await TestDatabase.NewAsync(servers, Cast.Replace("{0}", "'siv1.AAAAAA'", StringComparison.Ordinal));
        var fault = await Assert.ThrowsAsync<LoginEtlException>(() => database.InitializeAsync(planOnly: true));
        Assert.Contains("P4711", fault.Message, StringComparison.Ordinal);
        Assert.False(await database.ReadAsync<bool>("SELECT to_regclass('sprung') IS NOT NULL"));
    }

    // He owns the table, and so is trusted with what stands beside it: but a view is never taken for a table.
    [Theory]
    [InlineData("login_etl_key", "SELECT 'ip'::text AS attribute, 'siv1.AAAAAA'::text AS prefix, 'siv'::text AS method, 'primary'::text AS state, now() AS changed_at, 'x'::text AS check_value")]
    [InlineData("login_etl_schema", "SELECT 2 AS version, 'x'::text AS made_by, 1::bigint AS system_identifier, 1 AS timeline, 1::oid AS database_id, 1::oid AS ledger_id, now() AS recorded_at")]
    [InlineData("login_etl_audit_anchor", "SELECT gen_random_uuid() AS file_id, 1::bigint AS line, ''::bytea AS mac, 'x'::text AS place, ''::text AS note, ''::bytea AS link, 1::bigint AS number, 'x'::text AS anchored_by, now() AS anchored_at")]
    [InlineData("login_etl_quarantine", "SELECT 1 AS id")]
    [InlineData("login_etl_run", "SELECT gen_random_uuid() AS id, 'x'::text AS host")]
    public async Task View_of_the_owner_of_a_strangers_table_is_read_by_nobody(string name, string columns)
    {
        var database = await TestDatabase.NewAsync(servers, "SELECT 1");
        await database.AsRoleAsync(role => $"GRANT CREATE ON SCHEMA public TO {role}", async stranger =>
        {
            await database.RunAsync(
                $"""
                SET ROLE {stranger.UserName}; {LoginTable.Create};
                CREATE FUNCTION a_row() RETURNS boolean LANGUAGE plpgsql AS $f${Sprung.Replace("{0}", "true", StringComparison.Ordinal)}$f$;
                CREATE VIEW {name} AS {columns} WHERE a_row();
                GRANT ALL ON {name} TO PUBLIC;
                """);
            var connector = new PostgresConnector();
            foreach (var ask in new Func<Task>[]
            {
                () => connector.InitializeAsync(database.Settings(), new SchemaOptions { PlanOnly = true }, TestDatabase.Token),
                () => connector.InitializeAsync(database.Settings(), new SchemaOptions(), TestDatabase.Token),
                async () => await connector.OpenAnchorAsync(database.Settings(), TestDatabase.Token),
                async () => await connector.WriteToAsync(database.Settings(), new SinkOptions(), TestDatabase.Token),
                async () => await connector.OpenQuarantineAsync(database.Settings(), new SinkOptions(), TestDatabase.Token),
                async () => await connector.OpenTokensAsync(database.Settings(), TestDatabase.Token),
            })
            {
                var fault = await Assert.ThrowsAsync<LoginEtlException>(ask);
                Assert.DoesNotContain("P4711", fault.Message, StringComparison.Ordinal);
            }

            Assert.Equal("ForeignObject", (await Assert.ThrowsAsync<LoginEtlException>(() => database.InitializeAsync())).Id);
            var checks = await connector.CheckAsync(database.Settings(), new SinkOptions(), TestDatabase.Token);
            Assert.DoesNotContain(checks, c => c.Detail.Contains("P4711", StringComparison.Ordinal));
            Assert.Contains(checks, c => c is { Name: "Owners", Outcome: CheckOutcome.Fail } && c.Detail.Contains($"{name} has the form of a view", StringComparison.Ordinal));
            Assert.False(await database.ReadAsync<bool>("SELECT to_regclass('sprung') IS NOT NULL"));
        });
    }

    [Fact]
    public async Task Version_column_of_a_strangers_table_is_not_altered_and_he_is_named()
    {
        var database = await TestDatabase.NewAsync(servers, "SELECT 1");
        await database.AsRoleAsync(role => $"GRANT CREATE ON SCHEMA public TO {role}", async stranger =>
        {
            await database.RunAsync(
                $"""
                SET ROLE {stranger.UserName}; {LoginTable.Create};
                CREATE FUNCTION a_version(text) RETURNS boolean LANGUAGE plpgsql AS $f${Sprung.Replace("{0}", "true", StringComparison.Ordinal)}$f$;
                INSERT INTO user_logins (user_id, app_version) VALUES ('x', 1);
                ALTER TABLE user_logins ADD CHECK (a_version(app_version::text)) NOT VALID;
                """);
            var warnings = new List<string>();
            var options = new SchemaOptions { AppVersionColumn = AppVersionColumn.Text, AlterAppVersion = true, Warned = warnings.Add };
            var fault = await Assert.ThrowsAsync<LoginEtlException>(() => new PostgresConnector().InitializeAsync(database.Settings(), options, TestDatabase.Token));
            Assert.Equal("ForeignObject", fault.Id);
            Assert.Contains($"the table belongs to {stranger.UserName}", fault.Message, StringComparison.Ordinal);
            Assert.Contains($"the table belongs to {stranger.UserName}", Assert.Single(warnings), StringComparison.Ordinal);
            Assert.False(await database.ReadAsync<bool>("SELECT to_regclass('sprung') IS NOT NULL"));
        });
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task View_that_another_made_under_our_name_is_not_read(bool isInitialized)
    {
        var database = await TestDatabase.InitializedAsync(servers);
        if (!isInitialized)
        {
            await database.RunAsync("DROP TABLE login_etl_file_ledger, login_etl_quarantine, login_etl_key");
        }

        await database.AsRoleAsync(role => $"GRANT CREATE ON SCHEMA public TO {role}", async stranger =>
        {
            await database.RunAsync(
                $"""
                DROP TABLE login_etl_schema; SET ROLE {stranger.UserName};
                CREATE FUNCTION a_version() RETURNS integer LANGUAGE plpgsql AS $f${Sprung.Replace("{0}", "2", StringComparison.Ordinal)}$f$;
                CREATE VIEW login_etl_schema AS SELECT a_version() AS version, 'x'::text AS made_by, 1::bigint AS system_identifier, 1 AS timeline, 1::oid AS database_id, 1::oid AS ledger_id, now() AS recorded_at;
                GRANT SELECT ON login_etl_schema TO PUBLIC;
                """);
            var checks = await new PostgresConnector().CheckAsync(database.Settings(), new SinkOptions(), TestDatabase.Token);
            Assert.DoesNotContain(checks, c => c.Detail.Contains("P4711", StringComparison.Ordinal));
            Assert.Contains(checks, c => c is { Name: "Owners", Outcome: CheckOutcome.Fail } && c.Detail.Contains(stranger.UserName!, StringComparison.Ordinal));
            Assert.Contains(checks, c => c is { Name: "Schema", Outcome: CheckOutcome.Fail } && c.Detail.Contains(stranger.UserName!, StringComparison.Ordinal));
            await Assert.ThrowsAsync<LoginEtlException>(() => database.InitializeAsync());
            Assert.False(await database.ReadAsync<bool>("SELECT to_regclass('sprung') IS NOT NULL"));
        });
    }
}
