using LoginEtl.Checks;
using LoginEtl.Faults;
using LoginEtl.History;
using LoginEtl.Postgres;
using LoginEtl.Settings;
using LoginEtl.Unit.Fixtures;
using Xunit;
using static LoginEtl.Unit.Postgres.Intruder;

namespace LoginEtl.Unit.Postgres;

/// <summary>What others have made under our names, or put on what is ours, is neither used nor called.</summary>
public sealed class ForeignObjectTests(ServersFixture servers)
{
    private const string Trap = "CREATE FUNCTION a_trap() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN CREATE TABLE sprung (); RETURN NEW; END'; ";
    private static readonly string[] Relations = ["login_etl_ledger", "login_etl_file_ledger", "login_etl_quarantine", "login_etl_vault", "login_etl_key", "login_etl_audit_anchor", "login_etl_schema", "login_etl_run", "login_etl_receipt"];

    public static TheoryData<string> All => [.. Relations];

    [Theory]
    [MemberData(nameof(All))]
    public async Task Relation_that_another_has_made_first_is_refused(string relation)
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await AsIntruderAsync(database, async intruder =>
        {
            // As he could have made it: the same columns, and a trap.
            await database.RunAsync(
                $"""
                ALTER TABLE {relation} RENAME TO ours; CREATE TABLE {relation} (LIKE ours INCLUDING ALL); DROP TABLE ours CASCADE;
                ALTER TABLE {relation} OWNER TO {intruder};
                """);
            var fault = await RefusedAsync(database, d => d.InitializeAsync());
            Assert.Contains($"{relation} belongs to {intruder}", fault.Message, StringComparison.Ordinal);
            await AssertFailsAsync(database, relation, intruder);
            if (relation is not ("login_etl_vault" or "login_etl_audit_anchor"))
            {
                await RefusedAsync(database, d => d.SinkAsync());
            }

            if (relation == "login_etl_run")
            {
                await RefusedAsync(database, d => new PostgresConnector().ListRunsAsync(d.Settings(), new RunFilter(), TestDatabase.Token));
            }
            else if (relation == "login_etl_receipt")
            {
                await RefusedAsync(database, d => new PostgresConnector().ProveRunsAsync(d.Settings(), [], TestDatabase.Token));
            }
            else if (relation is not ("login_etl_vault" or "login_etl_audit_anchor"))
            {
                await RefusedAsync(database, d => d.TokensAsync());
            }

            if (relation is not ("login_etl_vault" or "login_etl_audit_anchor" or "login_etl_schema" or "login_etl_run" or "login_etl_receipt"))
            {
                await RefusedAsync(database, d => new PostgresConnector().OpenQuarantineAsync(d.Settings(), new SinkOptions(), TestDatabase.Token));
            }
            else if (relation == "login_etl_vault")
            {
                await RefusedAsync(database, d => d.SinkAsync(new SinkOptions { UseVault = true }));
                await RefusedAsync(database, d => new PostgresConnector().OpenVaultAsync(d.Settings(), TestDatabase.Token));
            }
            else if (relation == "login_etl_audit_anchor")
            {
                await RefusedAsync(database, d => new PostgresConnector().OpenAnchorAsync(d.Settings(), TestDatabase.Token));
            }
        });
    }

    [Theory]
    [MemberData(nameof(All))]
    public async Task Trigger_rule_or_foreign_key_on_what_is_ours_is_refused(string relation)
    {
        foreach (var trap in (string[])[
            $"{Trap}CREATE TRIGGER watch BEFORE INSERT ON {relation} FOR EACH ROW EXECUTE FUNCTION a_trap()",
            $"CREATE RULE watch AS ON INSERT TO {relation} DO ALSO NOTHING",
            // What it does when a row goes runs with the rights of whoever makes it go.
            $"""
            DO $$ BEGIN EXECUTE (SELECT format('CREATE TABLE child (LIKE {relation}); ALTER TABLE child ADD CONSTRAINT watch FOREIGN KEY (%1$s) REFERENCES {relation} (%1$s) ON DELETE CASCADE', string_agg(quote_ident(a.attname), ','))
                FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey) WHERE i.indrelid = '{relation}'::regclass AND i.indisunique AND i.indpred IS NULL AND i.indexprs IS NULL GROUP BY i.indexrelid LIMIT 1); END $$
            """])
        {
            var database = await TestDatabase.InitializedAsync(servers);
            await database.RunAsync(trap);
            Assert.Contains("watch", (await RefusedAsync(database, d => d.InitializeAsync())).Message, StringComparison.Ordinal);
            await AssertFailsAsync(database, relation, "watch");
        }
    }

    [Theory]
    [InlineData("login_etl_vault", "CREATE UNIQUE INDEX watch ON login_etl_vault (attribute, created_at)", "the unique key watch")]
    [InlineData("login_etl_vault", "CREATE UNIQUE INDEX watch ON login_etl_vault (token) WHERE attribute = 'ip'", "the unique key watch")]
    [InlineData("login_etl_vault", "ALTER TABLE login_etl_vault ADD CONSTRAINT watch EXCLUDE USING btree (attribute WITH =)", "the unique key watch")]
    [InlineData("login_etl_vault", "ALTER TABLE login_etl_vault ALTER token TYPE text COLLATE any_case", "the collation any_case")]
    [InlineData("login_etl_vault", "CREATE UNIQUE INDEX ON login_etl_vault (attribute, token COLLATE any_case)", "the collation any_case")]
    [InlineData("login_etl_ledger", "CREATE UNIQUE INDEX watch ON login_etl_ledger (batch)", "the unique key watch")]
    [InlineData("login_etl_file_ledger", "CREATE UNIQUE INDEX watch ON login_etl_file_ledger (created_at)", "the unique key watch")]
    [InlineData("login_etl_quarantine", "CREATE UNIQUE INDEX watch ON login_etl_quarantine (message_id)", "the unique key watch")]
    [InlineData("login_etl_key", "CREATE UNIQUE INDEX watch ON login_etl_key (attribute, state)", "the unique key watch")]
    [InlineData("login_etl_key", "ALTER TABLE login_etl_key ALTER prefix TYPE text COLLATE any_case", "the collation any_case")]
    [InlineData("login_etl_run", "CREATE UNIQUE INDEX watch ON login_etl_run (source)", "the unique key watch")]
    [InlineData("login_etl_receipt", "ALTER TABLE login_etl_receipt ALTER recorded_by SET DEFAULT 'another'", "the default")]
    [InlineData("login_etl_audit_anchor", "CREATE UNIQUE INDEX watch ON login_etl_audit_anchor (file_id)", "the unique key watch")]
    [InlineData("login_etl_audit_anchor", "ALTER TABLE login_etl_audit_anchor ALTER place TYPE text COLLATE any_case", "the collation any_case")]
    public async Task Unique_key_or_collation_by_which_others_are_the_same_is_refused(string relation, string trap, string what)
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await database.RunAsync($"CREATE COLLATION any_case (provider = icu, locale = 'und-u-ks-level2', deterministic = false); {trap}");
        Assert.Contains($"{relation} has {what}", (await RefusedAsync(database, d => d.InitializeAsync())).Message, StringComparison.Ordinal);
        await AssertFailsAsync(database, relation, what);
        if (relation is not "login_etl_audit_anchor")
        {
            await RefusedAsync(database, d => d.SinkAsync(new SinkOptions { UseVault = true }));
        }
    }

    [Theory]
    [InlineData("CREATE UNIQUE INDEX ON login_etl_ledger (key)")]
    [InlineData("CREATE UNIQUE INDEX ON login_etl_ledger (key, outcome)")]
    [InlineData("CREATE UNIQUE INDEX ON login_etl_vault (token, attribute)")]
    [InlineData("CREATE INDEX ON login_etl_vault (created_at)")]
    [InlineData("CREATE INDEX ON login_etl_quarantine (message_id COLLATE \"C\")")]
    public async Task Index_that_keeps_nothing_out_is_taken(string index)
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await database.RunAsync(index);
        Assert.Empty(await database.InitializeAsync());
        await using var sink = await database.SinkAsync(new SinkOptions { UseVault = true });
    }

    [Theory]
    [InlineData("ALTER TABLE login_etl_key ALTER changed_at SET DEFAULT a_moment()")]
    [InlineData("ALTER TABLE login_etl_key ALTER changed_at SET DEFAULT '2020-01-01'")]
    [InlineData("ALTER TABLE login_etl_key ENABLE ROW LEVEL SECURITY")]
    [InlineData("ALTER TABLE login_etl_key ADD CHECK (a_moment() IS NOT NULL)")]
    [InlineData("ALTER TABLE login_etl_key ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON login_etl_key USING (a_moment() IS NOT NULL)")]
    [InlineData("CREATE INDEX ON login_etl_key ((a_text(prefix)))")]
    [InlineData("CREATE STATISTICS s ON (a_text(prefix)), state FROM login_etl_key")]
    [InlineData("CREATE STATISTICS s ON (lower('A')), state FROM login_etl_key")]
    [InlineData("CREATE INDEX ON login_etl_key (prefix) WHERE a_text(prefix) IS NOT NULL")]
    [InlineData("ALTER TABLE login_etl_key ADD COLUMN more text GENERATED ALWAYS AS (a_text(prefix)) STORED")]
    [InlineData("CREATE DOMAIN a_domain AS text CHECK (a_text(VALUE) IS NOT NULL); ALTER TABLE login_etl_key ADD COLUMN more a_domain")]
    [InlineData("ALTER TABLE login_etl_key ALTER changed_at SET DEFAULT CASE WHEN ts_rewrite('a'::tsquery, 'SELECT ''a''::tsquery, ''b''::tsquery') IS NULL THEN now() ELSE now() END")]
    [InlineData("ALTER TABLE login_etl_key ADD CHECK (set_config('work_mem', '64kB', false) IS NOT NULL)")]
    [InlineData("CREATE INDEX ON login_etl_key (prefix) WHERE lower(prefix) <> ''")]
    [InlineData("CREATE TABLE child () INHERITS (login_etl_key)")]
    [InlineData("CREATE TABLE parent (prefix text NOT NULL); ALTER TABLE login_etl_key INHERIT parent")]
    [InlineData("CREATE POLICY p ON login_etl_key USING (true)")]
    [InlineData("CREATE OPERATOR ~~> (RIGHTARG = text, FUNCTION = a_text); ALTER TABLE login_etl_key ADD CHECK ((~~> prefix) IS NOT NULL)")]
    [InlineData("CREATE TABLE states (state text PRIMARY KEY); ALTER TABLE login_etl_key ADD CONSTRAINT f FOREIGN KEY (state) REFERENCES states ON UPDATE CASCADE")]
    public async Task Default_check_policy_index_column_parent_or_child_that_is_not_ours_is_refused(string trap)
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await database.RunAsync(
            "CREATE FUNCTION a_moment() RETURNS timestamptz LANGUAGE sql AS 'SELECT now()'; "
            + "CREATE FUNCTION a_text(t text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT $1'; " + trap);
        Assert.Matches("login_etl_key has (something that (uses|calls) |the statistics |the default |row security|the policy p|the foreign key f|parents or children)", (await RefusedAsync(database, d => d.InitializeAsync())).Message);
        await RefusedAsync(database, d => d.SinkAsync());
        await AssertFailsAsync(database, "login_etl_key", "login_etl_key has ");
    }

    [Theory]
    [InlineData("TYPE login_etl_key AS ENUM ('a')", "login_etl_key")]
    [InlineData("DOMAIN login_etl_run AS text", "login_etl_run")]
    [InlineData("DOMAIN user_logins AS text", "user_logins")]
    public async Task Type_in_the_place_of_a_table_is_named_with_its_owner(string type, string name)
    {
        var database = await TestDatabase.NewAsync(servers);
        await AsIntruderAsync(database, async intruder =>
        {
            await database.RunAsync($"SET ROLE {intruder}; CREATE {type}");
            Assert.Contains($"{name} of {intruder}", (await RefusedAsync(database, d => d.InitializeAsync())).Message, StringComparison.Ordinal);
        });
    }

    [Theory]
    [InlineData("login_etl_ledger_untimed")]
    [InlineData("login_etl_audit_anchor_number")]
    public async Task What_stands_in_the_place_of_an_index_is_refused(string index)
    {
        var database = await TestDatabase.NewAsync(servers, LoginTable.Create);
        await AsIntruderAsync(database, async intruder =>
        {
            await database.RunAsync($"SET ROLE {intruder}; CREATE TABLE {index} ()");
            Assert.Contains($"{index} belongs to {intruder}", (await RefusedAsync(database, d => d.InitializeAsync())).Message, StringComparison.Ordinal);
        });
    }

    [Theory]
    [InlineData("login_etl_ledger", "trigger")]
    [InlineData("login_etl_file_ledger", "trigger")]
    [InlineData("login_etl_quarantine", "trigger")]
    [InlineData("login_etl_key", "trigger")]
    [InlineData("login_etl_file_ledger", "rule")]
    [InlineData("login_etl_ledger", "owner")]
    [InlineData("login_etl_schema", "owner")]
    [InlineData("login_etl_vault", "trigger")]
    [InlineData("login_etl_file_ledger", "trigger beside one of the system's")]
    [InlineData("login_etl_ledger", "foreign key")]
    public async Task What_is_put_on_them_during_a_run_stops_it(string relation, string what)
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await AsIntruderAsync(database, async intruder =>
        {
            if (what.Contains("system", StringComparison.Ordinal))
            {
                // As any foreign key makes them: the flag that a table has triggers is set from here on.
                await database.RunAsync($"CREATE TABLE referring (key uuid REFERENCES {relation} (key)); DROP TABLE referring");
            }

            await using var sink = await database.SinkAsync(new SinkOptions { UseVault = true });
            await sink.WriteAsync(Logins.Records(1), TestDatabase.Token);
            await database.RunAsync(what switch
            {
                var t when t.StartsWith("trigger", StringComparison.Ordinal) => $"{Trap}CREATE TRIGGER watch BEFORE INSERT ON {relation} FOR EACH ROW EXECUTE FUNCTION a_trap()",
                "foreign key" => $"CREATE TABLE referring (key uuid CONSTRAINT watch REFERENCES {relation} (key) ON DELETE CASCADE)",
                "rule" => $"CREATE RULE watch AS ON INSERT TO {relation} DO ALSO NOTHING",
                _ => $"ALTER TABLE {relation} OWNER TO {intruder}",
            });
            var fault = await Assert.ThrowsAsync<LoginEtlException>(() => sink.WriteAsync([Logins.Record(), Logins.Record(Logins.Line(Guid.NewGuid())), Logins.Reject()], TestDatabase.Token));
            Assert.Equal("TableChanged", fault.Id);
            Assert.Contains(what == "owner" ? intruder : "watch", fault.Message, StringComparison.Ordinal);
            Assert.Equal(1, await database.CountAsync());
            Assert.False(await database.ReadAsync<bool>("SELECT to_regclass('sprung') IS NOT NULL"));
            await database.RunAsync($"ALTER TABLE {relation} OWNER TO CURRENT_USER");
        });
    }

    [Theory]
    [InlineData("ALTER TABLE user_logins OWNER TO {0}; ALTER TABLE login_etl_ledger OWNER TO {0}; ALTER FUNCTION login_etl_prune(integer) OWNER TO {0}")]
    [InlineData("CREATE ROLE {0}_group; GRANT {0}_group TO {0}; ALTER TABLE user_logins OWNER TO {0}_group; ALTER TABLE login_etl_ledger OWNER TO {0}; ALTER FUNCTION login_etl_prune(integer) OWNER TO {0}")]
    [InlineData("GRANT {0} TO CURRENT_USER; ALTER SCHEMA public OWNER TO {0}; ALTER TABLE login_etl_ledger OWNER TO {0}; ALTER FUNCTION login_etl_prune(integer) OWNER TO {0}")]
    public async Task Who_owns_the_table_or_its_schema_is_trusted_himself_or_by_a_group(string rights)
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await AsIntruderAsync(database, async owner =>
        {
            try
            {
                await database.RunAsync(rights.Replace("{0}", owner, StringComparison.Ordinal));
                // The owner of the table alone is named, who is trusted with what is beside it.
                Assert.All(await CheckAsync(database), c => Assert.True(c.Outcome == CheckOutcome.Pass || c is { Name: "Owners", Outcome: CheckOutcome.Warn }, c.Detail));
                await WriteAsync(database);
            }
            finally
            {
                await database.RunAsync($"REASSIGN OWNED BY {owner} TO CURRENT_USER; DO $$ BEGIN IF EXISTS (SELECT FROM pg_roles WHERE rolname = '{owner}_group') THEN REASSIGN OWNED BY {owner}_group TO CURRENT_USER; DROP ROLE {owner}_group; END IF; END $$");
            }
        });
    }

    [Theory]
    [InlineData("PUBLIC")]
    [InlineData("CURRENT_USER")]
    public async Task Table_that_a_stranger_may_have_made_is_warned_of(string mayCreate)
    {
        var database = await TestDatabase.NewAsync(servers, "SELECT 1");
        await AsIntruderAsync(database, async intruder =>
        {
            await database.RunAsync($"GRANT CREATE ON SCHEMA public TO {mayCreate}; SET ROLE {intruder}; {LoginTable.Create}");
            await database.InitializeAsync();
            var owners = (await CheckAsync(database)).Where(c => c.Name == "Owners").ToList();
            Assert.Contains(owners, c => c.Outcome == CheckOutcome.Warn && c.Detail.Contains(intruder, StringComparison.Ordinal));
            Assert.DoesNotContain(owners, c => c.Outcome == CheckOutcome.Fail);
        });
    }

    [Fact]
    public async Task Who_makes_the_tables_himself_runs_on_them()
    {
        var database = await TestDatabase.NewAsync(servers, LoginTable.Create);
        await database.AsRoleAsync(role => $"GRANT CREATE ON SCHEMA public TO {role}; GRANT INSERT ON user_logins TO {role}", async settings =>
        {
            await new PostgresConnector().InitializeAsync(settings, new SchemaOptions(), TestDatabase.Token);
            Assert.Equal(CheckOutcome.Pass, Assert.Single(await new PostgresConnector().CheckAsync(settings, new SinkOptions(), TestDatabase.Token), c => c.Name == "Owners").Outcome);
            await using var sink = await database.SinkAsync(settings: settings);
            await sink.WriteAsync(Logins.Records(3), TestDatabase.Token);
        });
        Assert.Equal(3, await database.CountAsync());
    }

    private static async Task AssertFailsAsync(TestDatabase database, string relation, string what)
    {
        var check = Assert.Single(await CheckAsync(database), c => c.Name == "Owners");
        Assert.Equal(CheckOutcome.Fail, check.Outcome);
        Assert.Contains(relation, check.Detail, StringComparison.Ordinal);
        Assert.Contains(what, check.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_the_server_prints_in_quotes_is_ours_all_the_same()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await database.RunAsync("DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET quote_all_identifiers = on', current_database()); END $$");
        Assert.Empty(await database.InitializeAsync());
        Assert.Equal(CheckOutcome.Pass, Assert.Single(await CheckAsync(database), c => c.Name == "Owners").Outcome);
        await WriteAsync(database);
        Assert.Equal(1, await database.CountAsync());
    }
}
