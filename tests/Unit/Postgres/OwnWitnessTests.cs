using LoginEtl.Audit;
using LoginEtl.Faults;
using LoginEtl.Postgres;
using LoginEtl.Settings;
using LoginEtl.Unit.Fixtures;
using Xunit;

namespace LoginEtl.Unit.Postgres;

/// <summary>Nobody recovers before a witness of their own: one that they can change or delete.</summary>
public sealed class OwnWitnessTests(ServersFixture servers)
{
    private const string Anchor = "login_etl_audit_anchor";
    private const string Recoverer = "GRANT login_etl_recoverer TO {0}; ";

    [Theory]
    [InlineData("ALTER TABLE login_etl_audit_anchor OWNER TO {0}", "belongs to")]
    [InlineData("CREATE ROLE {0}_g; GRANT {0}_g TO {0}; ALTER ROLE {0} NOINHERIT; GRANT ALL ON SCHEMA public TO {0}_g; ALTER TABLE user_logins OWNER TO {0}_g; ALTER TABLE login_etl_audit_anchor OWNER TO {0}_g", "belongs to")]
    [InlineData("ALTER SCHEMA public OWNER TO {0}", "belongs to")]
    [InlineData("GRANT UPDATE ON login_etl_audit_anchor TO {0}", "may UPDATE there")]
    [InlineData("GRANT UPDATE (anchored_by) ON login_etl_audit_anchor TO {0}", "may UPDATE there")]
    [InlineData("GRANT DELETE ON login_etl_audit_anchor TO PUBLIC", "may DELETE there")]
    [InlineData("CREATE ROLE {0}_g; GRANT {0}_g TO {0}; GRANT DELETE, TRUNCATE ON login_etl_audit_anchor TO {0}_g", "may DELETE, TRUNCATE there")]
    [InlineData("GRANT pg_write_all_data TO {0}", "may DELETE, UPDATE there")]
    public async Task Anchor_that_who_recovers_may_change_is_refused(string rights, string why)
    {
        await using var witness = await Witness.NewAsync(servers);
        await witness.Database.InitializeAsync(new SchemaOptions { Roles = true });
        await witness.Database.AsRoleAsync(role => (Recoverer + rights).Replace("{0}", role, StringComparison.Ordinal), async settings =>
        {
            try
            {
                await using var anchor = await Witness.OpenAsync(settings);
                var fault = await Assert.ThrowsAsync<LoginEtlException>(() => witness.RecordAsync("official.jsonl", anchor: anchor));
                Assert.Equal(("AuditAnchorOwn", FaultKind.Denied), (fault.Id, fault.Kind));
                Assert.Contains(why, fault.Message, StringComparison.Ordinal);
                Assert.Contains(settings.UserName!, fault.Message, StringComparison.Ordinal);
                Assert.False(File.Exists(witness.PathOf("official.jsonl")));
                Assert.Equal(0, await witness.Database.CountAsync(Anchor));
            }
            finally
            {
                await witness.Database.RunAsync($"REASSIGN OWNED BY {settings.UserName} TO CURRENT_USER; DO $$ BEGIN IF EXISTS (SELECT FROM pg_roles WHERE rolname = '{settings.UserName}_g') THEN REASSIGN OWNED BY {settings.UserName}_g TO CURRENT_USER; DROP OWNED BY {settings.UserName}_g; DROP ROLE {settings.UserName}_g; END IF; END $$");
            }
        });
    }

    [Fact]
    public async Task Who_may_join_any_role_is_refused_where_the_server_lets_them()
    {
        await using var witness = await Witness.NewAsync(servers);
        await witness.Database.InitializeAsync(new SchemaOptions { Roles = true });
        await witness.Database.AsRoleAsync(role => (Recoverer + "ALTER ROLE {0} CREATEROLE").Replace("{0}", role, StringComparison.Ordinal), async settings =>
        {
            await using var anchor = await Witness.OpenAsync(settings);
            var writers = await witness.Anchor.WritersAsync(TestDatabase.Token);
            if (TestPostgres.Major >= 16)
            {
                await witness.RecordAsync("official.jsonl", anchor: anchor);
                Assert.DoesNotContain(settings.UserName, writers);
                return;
            }

            Assert.Contains("CREATEROLE", (await Assert.ThrowsAsync<LoginEtlException>(() => witness.RecordAsync("official.jsonl", anchor: anchor))).Message, StringComparison.Ordinal);
            Assert.Contains(settings.UserName, writers);
        });
    }

    [Theory]
    [InlineData("", "mine.user_logins")]
    [InlineData(";Search Path=mine", "user_logins")]
    public async Task Tables_of_a_schema_of_ones_own_are_refused(string path, string table)
    {
        await using var witness = await Witness.NewAsync(servers);
        await witness.Database.InitializeAsync(new SchemaOptions { Roles = true });
        await witness.Database.AsRoleAsync(role => Recoverer.Replace("{0}", role, StringComparison.Ordinal) + $"DO $$ BEGIN EXECUTE format('GRANT CREATE ON DATABASE %I TO {role}', current_database()); END $$", async settings =>
        {
            var mine = settings with { Database = new SecretText(settings.Database.Reveal() + path), Table = table };
            await TestDatabase.RunAsAsync(settings, $"CREATE SCHEMA mine; SET search_path = mine; {LoginTable.Create}");
            await new PostgresConnector().InitializeAsync(mine, new SchemaOptions(), TestDatabase.Token);
            await using var anchor = await Witness.OpenAsync(mine);
            Assert.Equal("mine.user_logins", anchor.Target.Table);
            Assert.Equal("AuditAnchorOwn", (await Assert.ThrowsAsync<LoginEtlException>(() => witness.RecordAsync("mine.jsonl", anchor: anchor))).Id);
            Assert.False(File.Exists(witness.PathOf("mine.jsonl")));
        });
    }

    [Theory]
    [InlineData("ALTER ROLE {0} SUPERUSER", "is a superuser")]
    [InlineData("GRANT pg_execute_server_program TO {0}", "may act as one")]
    [InlineData("GRANT pg_write_server_files TO {0}", "may act as one")]
    [InlineData("DO $$ BEGIN EXECUTE format('ALTER DATABASE %I OWNER TO {0}', current_database()); END $$", "owns the database")]
    [InlineData("DO $$ BEGIN EXECUTE format('ALTER DATABASE %I OWNER TO {0}', current_database()); END $$; ALTER TABLE user_logins OWNER TO {0}; ALTER TABLE login_etl_audit_anchor OWNER TO {0}", "owns the database")]
    public async Task Superusers_and_the_databases_owner_are_told_that_it_proves_nothing_against_them(string rights, string why)
    {
        await using var witness = await Witness.NewAsync(servers);
        await witness.Database.InitializeAsync(new SchemaOptions { Roles = true });
        await witness.Database.AsRoleAsync(role => (Recoverer + rights).Replace("{0}", role, StringComparison.Ordinal), async settings =>
        {
            try
            {
                await using var anchor = await Witness.OpenAsync(settings);
                Assert.Contains(why, await anchor.RequireApartAsync(TestDatabase.Token), StringComparison.Ordinal);
                await witness.RecordAsync("official.jsonl", anchor: anchor);
            }
            finally
            {
                await witness.Database.RunAsync($"ALTER ROLE {settings.UserName} NOSUPERUSER; REASSIGN OWNED BY {settings.UserName} TO CURRENT_USER");
            }
        });
    }

    [Theory]
    [InlineData("login_etl_recoverer")]
    [InlineData("login_etl_auditor")]
    public async Task Member_of_a_role_recovers_and_the_line_names_database_and_table(string group)
    {
        await using var witness = await Witness.NewAsync(servers);
        await witness.Database.InitializeAsync(new SchemaOptions { Roles = true });
        await witness.BeginAsOlderVersionAsync("official.jsonl", lines: 1);
        await witness.MigrateAsync();
        await witness.Database.InitializeAsync(new SchemaOptions { Roles = true });
        Assert.Empty((await witness.VerifyAsync("official.jsonl")).Targets);
        await witness.Database.AsMemberAsync(group, async settings =>
        {
            await using var anchor = await Witness.OpenAsync(settings);
            Assert.Null(await anchor.RequireApartAsync(TestDatabase.Token));
            await witness.RecordAsync("official.jsonl", times: 2, anchor: anchor);
        });
        var report = await witness.VerifyAsync("official.jsonl");
        Assert.True(report.IsIntact, report.Why);
        Assert.Equal([new AuditTarget(await witness.Database.ReadAsync<string>("SELECT current_database()::text"), "public.user_logins")], report.Targets);
    }
}
