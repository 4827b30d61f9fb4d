using LoginEtl.Faults;
using LoginEtl.History;
using LoginEtl.Postgres;
using LoginEtl.Postgres.Catalog;
using LoginEtl.Records;
using LoginEtl.Run;
using LoginEtl.Settings;
using LoginEtl.Unit.Fixtures;
using Xunit;

namespace LoginEtl.Unit.Postgres;

/// <summary>Receipts, runs, ledgers and quarantine fit, and whatever is changed by hand is named.</summary>
public sealed class RunProofTests(ServersFixture servers)
{
    [Fact]
    public async Task Books_of_runs_that_ended_go_on_and_were_killed_fit()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await database.RunAsync("INSERT INTO login_etl_ledger (key, outcome, batch, schema_version, created_at) VALUES (gen_random_uuid(), 1, '01900000-0000-7000-8000-000000000001', 1, now() - interval '1 day')");
        var links = new List<string> { await RunAsync(database, Logins.Records(3)), await RunAsync(database, [.. Logins.Records(2), Logins.Reject(), Logins.Record(version: "not one")]) };
        await using var goesOn = await database.SinkAsync();
        await goesOn.BeginRunAsync("logins", TestDatabase.Token);
        var batch = Logins.Records(4);
        await goesOn.WriteAsync(batch, TestDatabase.Token);
        await goesOn.WriteAsync([.. batch, .. Logins.Records(1)], TestDatabase.Token);
        await using (var killed = await database.SinkAsync())
        {
            await killed.BeginRunAsync("logins", TestDatabase.Token);
            await killed.WriteAsync(Logins.Records(5), TestDatabase.Token);
        }

        // A function's, which nobody remembers.
        await using var function = await database.SinkAsync();
        await function.WriteAsync(Logins.Records(6), TestDatabase.Token);
        await database.RunAsync("UPDATE login_etl_run SET seen_at = now() - interval '4 minutes' WHERE state = 'running'");
        links.Add(await RunAsync(database, []));

        var proof = await ProveAsync(database, links);
        Assert.Equal("", string.Join("; ", proof.Findings));
        Assert.Equal((5L, 17L, 2L, 6L, 0L, 0L), (proof.Runs, proof.Entries, proof.Quarantined, proof.Others, proof.Before, proof.Forgotten));
        Assert.Equal(links[^1], proof.Link);
        Assert.Null(proof.Fault());
        // One that was only slow goes on, and ends.
        await goesOn.WriteAsync(Logins.Records(1), TestDatabase.Token);
        Assert.True((await ProveAsync(database)).IsProved);
        await goesOn.EndRunAsync(Ended);
        Assert.True((await ProveAsync(database)).IsProved);
    }

    [Theory]
    [InlineData("DELETE FROM login_etl_ledger WHERE key = (SELECT key FROM login_etl_ledger WHERE batch::text LIKE left('{2}', 24) || '%' LIMIT 1)", RunFault.EntriesMissing)]
    [InlineData("UPDATE login_etl_run SET written = written + 1 WHERE id = '{2}'", RunFault.RunChanged)]
    [InlineData("UPDATE login_etl_run SET written = written - 1 WHERE id = '{2}'; DELETE FROM login_etl_ledger WHERE key = (SELECT key FROM login_etl_ledger WHERE batch::text LIKE left('{2}', 24) || '%' LIMIT 1)", RunFault.RunChanged)]
    [InlineData("UPDATE login_etl_run SET source = 'another' WHERE id = '{2}'", RunFault.RunChanged)]
    [InlineData("UPDATE login_etl_run SET state = 'running' WHERE id = '{2}'", RunFault.RunChanged)]
    [InlineData("DELETE FROM login_etl_run WHERE id = '{2}'", RunFault.RunMissing)]
    [InlineData("INSERT INTO login_etl_ledger SELECT gen_random_uuid(), outcome, batch, schema_version FROM login_etl_ledger WHERE batch::text LIKE left('{2}', 24) || '%' LIMIT 1", RunFault.EntriesAdded)]
    [InlineData("DELETE FROM login_etl_quarantine WHERE id = (SELECT min(id) FROM login_etl_quarantine WHERE batch::text LIKE left('{2}', 24) || '%')", RunFault.QuarantineDiffers)]
    [InlineData("UPDATE login_etl_receipt SET content = replace(content, '\"written\" : 2', '\"written\" : 3') WHERE number = 4; UPDATE login_etl_run SET written = 3 WHERE id = '{2}'", RunFault.ReceiptChanged)]
    [InlineData("DELETE FROM login_etl_receipt WHERE run = '{2}'", RunFault.RunUnknown)]
    [InlineData("INSERT INTO login_etl_run (id, host, program) SELECT gen_random_uuid(), host, program FROM login_etl_run LIMIT 1", RunFault.RunUnknown)]
    [InlineData("DELETE FROM login_etl_run WHERE id = '{2}'; DELETE FROM login_etl_receipt WHERE run = '{2}'", RunFault.ReceiptChanged)]
    [InlineData("DELETE FROM login_etl_run WHERE id = '{3}'; DELETE FROM login_etl_receipt WHERE run = '{3}'", RunFault.EntriesOfNoRun)]
    public async Task What_is_done_by_hand_is_named_by_the_first_run_that_does_not_fit(string ddl, RunFault expected)
    {
        var database = await TestDatabase.InitializedAsync(servers);
        for (var run = 0; run < 3; run++)
        {
            await RunAsync(database, [.. Logins.Records(2), Logins.Reject()]);
        }

        Assert.True((await ProveAsync(database)).IsProved);
        var second = await IdAsync(database, 1);
        await database.RunAsync(ddl.Replace("{2}", $"{second}", StringComparison.Ordinal).Replace("{3}", $"{await IdAsync(database, 2)}", StringComparison.Ordinal));
        var proof = await ProveAsync(database);
        var first = proof.Findings[0];
        Assert.Equal(expected, first.Fault);
        Assert.Equal(ErrorId.ReceiptsBroken.Name, proof.Fault()!.Id);
        if (expected is not (RunFault.EntriesOfNoRun or RunFault.RunUnknown or RunFault.ReceiptChanged))
        {
            Assert.Equal(second, first.Run);
        }

        Assert.NotEqual("", $"{first}");
    }

    [Fact]
    public async Task Whoever_makes_the_whole_chain_anew_is_known_by_a_receipt_that_was_kept()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await RunAsync(database, Logins.Records(2));
        var kept = await RunAsync(database, Logins.Records(3));
        await database.RunAsync(
            """
            DELETE FROM login_etl_ledger WHERE key = (SELECT key FROM login_etl_ledger LIMIT 1);
            UPDATE login_etl_run r SET written = (SELECT count(*) FROM login_etl_ledger WHERE batch::text LIKE left(r.id::text, 24) || '%');
            UPDATE login_etl_receipt x SET content = regexp_replace(content, '"written" : \d+', '"written" : ' || r.written) FROM login_etl_run r WHERE r.id = x.run AND content LIKE '%completed%';
            DO $$ DECLARE e record; before bytea := ''; BEGIN
                FOR e IN SELECT * FROM login_etl_receipt ORDER BY number LOOP
                    before := sha256(before || convert_to(concat_ws(' ', e.number, e.run, e.content, e.oldest), 'UTF8'));
                    UPDATE login_etl_receipt SET link = before WHERE number = e.number;
                END LOOP;
            END $$
            """);
        Assert.True((await ProveAsync(database)).IsProved);
        var proof = await ProveAsync(database, [kept]);
        Assert.Equal((RunFault.ReceiptMissing, 4L), (Assert.Single(proof.Findings).Fault, proof.Findings[0].Receipt));
    }

    [Fact]
    public async Task Ledger_that_forgets_is_no_finding_and_is_told_of()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        var sent = DateTimeOffset.UtcNow - LedgerAges.Horizon + TimeSpan.FromSeconds(10);
        await RunAsync(database, [Logins.Record(Logins.Delivery(sent: sent))]);
        await RunAsync(database, Logins.Records(1));
        Assert.Equal(0, (await ProveAsync(database)).Forgotten);
        await Task.Delay(sent + LedgerAges.Horizon + TimeSpan.FromSeconds(1) - DateTimeOffset.UtcNow, TestDatabase.Token);
        // What pruning does a day later.
        await database.RunAsync("DELETE FROM login_etl_ledger WHERE key = (SELECT key FROM login_etl_ledger ORDER BY key LIMIT 1)");
        var proof = await ProveAsync(database);
        Assert.Equal("", string.Join("; ", proof.Findings));
        Assert.Equal((2L, 1L, 1L), (proof.Runs, proof.Forgotten, proof.Entries));
        // Of the other one nothing is forgotten yet.
        await database.RunAsync("DELETE FROM login_etl_ledger");
        Assert.Equal((RunFault.EntriesMissing, 1L, 0L), Assert.Single((await ProveAsync(database)).Findings) is var f ? (f.Fault, f.Counted, f.Found) : default);
    }

    [Fact]
    public async Task Runs_of_many_writers_at_once_make_one_chain()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => RunAsync(database, Logins.Records(2))));
        var proof = await ProveAsync(database);
        Assert.Equal("", string.Join("; ", proof.Findings));
        Assert.Equal((8L, 16L), (proof.Runs, proof.Entries));
        Assert.StartsWith("16:", proof.Link, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Database_without_receipts_is_written_to_and_told_of_and_proves_nothing()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await database.RunAsync("DROP TABLE login_etl_receipt");
        await using var sink = await database.SinkAsync();
        Assert.Contains("Receipts are not chained", Assert.Single(await sink.BeginRunAsync("logins", TestDatabase.Token)), StringComparison.Ordinal);
        await sink.WriteAsync(Logins.Records(1), TestDatabase.Token);
        Assert.Null(await sink.EndRunAsync(Ended));
        Assert.Equal("completed", await database.ReadAsync<string>("SELECT state FROM login_etl_run"));
        Assert.Equal(ErrorId.LedgerNotFound.Name, (await Assert.ThrowsAsync<LoginEtlException>(() => ProveAsync(database))).Id);
        await database.InitializeAsync();
        await RunAsync(database, Logins.Records(1));
        var proof = await ProveAsync(database);
        Assert.Equal("", string.Join("; ", proof.Findings));
        Assert.Equal((1L, 1L), (proof.Runs, proof.Before));
    }

    [Fact]
    public async Task Member_of_the_writers_adds_receipts_and_changes_none_and_an_auditor_proves_them()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await database.InitializeAsync(new SchemaOptions { Roles = true });
        await database.AsMemberAsync("login_etl_writer", async settings =>
        {
            Assert.NotEqual("", await RunAsync(database, Logins.Records(1), settings));
            foreach (var sql in new[] { "DELETE FROM login_etl_receipt", "UPDATE login_etl_receipt SET content = ''", "INSERT INTO login_etl_receipt (number, run, content, link, recorded_by) VALUES (9, gen_random_uuid(), '', sha256(''), 'another')" })
            {
                var refused = await Assert.ThrowsAsync<Npgsql.PostgresException>(() => TestDatabase.By(Text(settings)).RunAsync(sql));
                Assert.Equal(Npgsql.PostgresErrorCodes.InsufficientPrivilege, refused.SqlState);
            }
        });
        await database.AsMemberAsync("login_etl_auditor", async settings => Assert.True((await new PostgresConnector().ProveRunsAsync(settings, [], TestDatabase.Token)).IsProved));

        string Text(DatabaseSettings settings) => new Npgsql.NpgsqlConnectionStringBuilder(database.ConnectionString) { Username = settings.UserName, Password = settings.Password?.Reveal() }.ConnectionString;
    }

    [Theory]
    [InlineData("")]
    [InlineData("42")]
    [InlineData("42:9f86")]
    [InlineData("0:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08")]
    [InlineData("x:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08")]
    public void Link_that_is_none_is_refused_and_not_quoted(string text)
    {
        var refused = Assert.Throws<LoginEtlException>(() => ReceiptLink.Parse(text));
        Assert.Equal(ErrorId.SettingInvalid.Name, refused.Id);
        Assert.DoesNotContain("9f86", refused.Message, StringComparison.Ordinal);
    }

    private static Receipt Ended => new() { Source = "logins", Outcome = RunState.Completed, Ended = EndReason.Drained, StartedAt = DateTimeOffset.UtcNow, Elapsed = TimeSpan.Zero, Received = 0 };

    private static async Task<string> RunAsync(TestDatabase database, IReadOnlyList<ProtectedLogin> logins, DatabaseSettings? settings = null)
    {
        await using var sink = await database.SinkAsync(settings: settings);
        await sink.BeginRunAsync("logins", TestDatabase.Token);
        await sink.WriteAsync(logins, TestDatabase.Token);
        return Assert.IsType<string>(await sink.EndRunAsync(Ended));
    }

    private static Task<Guid> IdAsync(TestDatabase database, int place) =>
        database.ReadAsync<Guid>($"SELECT id FROM login_etl_run ORDER BY started_at, id OFFSET {place} LIMIT 1");

    private static Task<RunProof> ProveAsync(TestDatabase database, IReadOnlyList<string>? links = null) =>
        new PostgresConnector().ProveRunsAsync(database.Settings(), [.. (links ?? []).Select(ReceiptLink.Parse)], TestDatabase.Token);
}
