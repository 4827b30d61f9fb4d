using System.Diagnostics;
using System.IO.Compression;
using System.Text.Json;
using LoginEtl.Export;
using LoginEtl.Faults;
using LoginEtl.Parquet;
using LoginEtl.Postgres;
using LoginEtl.Sandbox.Servers;
using LoginEtl.Settings;
using LoginEtl.Unit.Fixtures;
using LoginEtl.Versions;
using Xunit;

namespace LoginEtl.Unit.Postgres;

/// <summary>Masked rows to files for a warehouse.</summary>
public sealed class ExportTests(ServersFixture servers) : IDisposable
{
    private const string Columns = "day date, user_id text, device_type text, locale text, app_version text, app_version_major bigint, app_version_minor bigint, app_version_patch bigint, masked_ip text, masked_device_id text, ip_network text";

    // Whatever may stand in a row: marks of CSV, lines, what is nothing and what is empty, versions that are none, days that are none.
    private const string OddRows =
        """
        INSERT INTO user_logins (user_id, device_type, locale, app_version, masked_ip, masked_device_id, create_date) VALUES
            ('a,b', 'and"roid', 'RU', '2.30.4', 'siv1.AQAAAA1', 'mac1.AQAAAA1', '2026-11-01'),
            (E'two\nlines\r\n', '', NULL, 'beta', 'pfx1.0bad0001.19.214.210.244', NULL, '2026-11-02'),
            ('=1+1', 'ü😀', '', '', NULL, 'siv1.AQAAAA2', '2026-11-03'),
            (' ', NULL, '\N', NULL, 'siv1.AQAAAA1', 'siv1.AQAAAA1', '1999-12-31'),
            ('never', 'android', 'NULL', '1.2', NULL, NULL, NULL)
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("login-etl-export-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Csv_brings_every_value_back()
    {
        var database = await OddAsync();
        var receipt = await ExportAsync(database, "logins.csv");
        Assert.Equal((5, new FileInfo(receipt.Path).Length, "public.user_logins"), (receipt.Rows, receipt.Bytes, receipt.Table));
        await RequireSameAsync(database, await File.ReadAllTextAsync(receipt.Path, TestDatabase.Token));

        var packed = await ExportAsync(database, "logins.CSV.gz");
        await using var unpacked = new GZipStream(File.OpenRead(packed.Path), CompressionMode.Decompress);
        Assert.Equal(await File.ReadAllTextAsync(receipt.Path, TestDatabase.Token), await new StreamReader(unpacked).ReadToEndAsync(TestDatabase.Token));
        Assert.Equal(2, Directory.GetFiles(_folder).Length);
    }

    [Fact]
    public async Task Parquet_is_read_by_others_with_its_types()
    {
        var database = await OddAsync();
        var lines = await ReadParquetAsync((await ExportAsync(database, "logins.parquet")).Path);
        Assert.Equal(
            """["day INT32 DATE OPTIONAL","user_id BYTE_ARRAY STRING OPTIONAL","device_type BYTE_ARRAY STRING OPTIONAL","locale BYTE_ARRAY STRING OPTIONAL","app_version BYTE_ARRAY STRING OPTIONAL","app_version_major INT64 INTEGER OPTIONAL","app_version_minor INT64 INTEGER OPTIONAL","app_version_patch INT64 INTEGER OPTIONAL","masked_ip BYTE_ARRAY STRING OPTIONAL","masked_device_id BYTE_ARRAY STRING OPTIONAL","ip_network BYTE_ARRAY STRING OPTIONAL"]""",
            lines[0]);
        var expected = await database.ReadAsync<string[]>(
            "SELECT array_agg(row_to_json(v)::text ORDER BY user_id COLLATE \"C\") FROM (SELECT to_char(day, 'YYYY-MM-DD') || 'T00:00:00.000Z' AS day, user_id, device_type, locale, app_version, app_version_major, app_version_minor, app_version_patch, masked_ip, masked_device_id, ip_network FROM login_etl_login) v");
        var read = lines.Skip(1).Select(l => JsonDocument.Parse(l).RootElement).OrderBy(r => r.GetProperty("user_id").GetString(), StringComparer.Ordinal);
        Assert.Equal(expected.Select(e => JsonDocument.Parse(e).RootElement), read, JsonElement.DeepEquals);
    }

    [Fact]
    public async Task Parquet_of_several_groups_has_all_rows_and_one_of_none_has_its_columns()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        Assert.Single(await ReadParquetAsync((await ExportAsync(database, "none.parquet")).Path));
        await database.RunAsync("INSERT INTO user_logins (user_id, app_version) SELECT n, n FROM generate_series(1, 120001) n");
        var told = new List<long>();
        Assert.Equal(120001, (await ExportAsync(database, "many.parquet", report: told.Add)).Rows);
        Assert.Equal([50000, 100000, 120001], told);
        var users = (await ReadParquetAsync(Path.Combine(_folder, "many.parquet"))).Skip(1).Select(l => JsonDocument.Parse(l).RootElement.GetProperty("user_id").GetString());
        Assert.Equal(Enumerable.Range(1, 120001).Select(n => $"{n}").Order(StringComparer.Ordinal), users.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Days_are_from_the_first_to_the_last_by_utc()
    {
        var database = await TestDatabase.InitializedAsync(
            servers, "CREATE TABLE user_logins (user_id text, device_type text, masked_ip text, masked_device_id text, locale text, app_version integer, create_date timestamptz)");
        await database.RunAsync(
            "INSERT INTO user_logins (user_id, create_date) VALUES ('early', '2026-10-31 23:59:59Z'), ('first', '2026-11-01 00:00:00Z'), ('last', '2026-11-02 23:59:59Z'), ('late', '2026-11-03 00:00:00Z'), ('never', 'infinity'), ('none', NULL)");
        await ExportAsync(database, "days.csv", new() { FirstDay = new(2026, 11, 1), LastDay = new(2026, 11, 2) });
        Assert.Equal("2026-11-01,first,,,,,,,,, 2026-11-02,last,,,,,,,,,", string.Join(' ', (await File.ReadAllLinesAsync(Path.Combine(_folder, "days.csv"), TestDatabase.Token)).Skip(1).Order()));
        await ExportAsync(database, "all.csv");
        Assert.Equal(6, (await File.ReadAllLinesAsync(Path.Combine(_folder, "all.csv"), TestDatabase.Token)).Skip(1).Count());
        Assert.Equal(7, (await ReadParquetAsync((await ExportAsync(database, "all.parquet")).Path)).Length);
    }

    [Fact]
    public async Task Versions_are_read_as_they_were_encoded()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await database.RunAsync("INSERT INTO user_logins (app_version) VALUES (21304)");
        await ExportAsync(database, "decimal.csv", new() { AppVersionFormat = AppVersionFormat.Decimal });
        Assert.EndsWith("2.13.4,2,13,4,,,", (await File.ReadAllLinesAsync(Path.Combine(_folder, "decimal.csv"), TestDatabase.Token))[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rows_are_those_of_one_moment()
    {
        var database = await OddAsync();
        await using var export = await new PostgresConnector().OpenExportAsync(database.Settings(), new(), TestDatabase.Token);
        await database.RunAsync("DELETE FROM user_logins WHERE user_id = 'never'; INSERT INTO user_logins (user_id, masked_ip) VALUES ('new', '10.0.0.1')");
        var path = Path.Combine(_folder, "then.csv");
        Assert.Equal(5, (await new ExportFile(path, replaces: false).WriteAsync(export, null, null, TestDatabase.Token)).Rows);
        var text = await File.ReadAllTextAsync(path, TestDatabase.Token);
        Assert.Contains("never", text, StringComparison.Ordinal);
        Assert.DoesNotContain("10.0.0.1", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Values_that_are_no_tokens_are_exported_nowhere()
    {
        var database = await OddAsync();
        await database.RunAsync("INSERT INTO user_logins (masked_ip, masked_device_id, create_date) VALUES ('10.0.0.1', 'siv1.AQAAAA1', '2026-11-09'), ('', '593-47-5928', '2026-11-09')");
        var fault = await Assert.ThrowsAsync<LoginEtlException>(() => ExportAsync(database, "plain.csv"));
        Assert.Equal(ErrorId.ValuesNotMasked, fault.Error);
        Assert.Equal("Masked columns of public.user_logins hold what is no token: 2 values of ip and 1 values of device_id. Nothing was exported.", fault.Message);
        Assert.Empty(Directory.GetFiles(_folder));
        Assert.Equal(4, (await ExportAsync(database, "masked.csv", new() { LastDay = new(2026, 11, 8) })).Rows);
    }

    [Theory]
    [InlineData("siv1.203.0.113.77 Mr Smith")]
    [InlineData("mac1.my-device")]
    [InlineData("pfx1.203.0.113.77")]
    [InlineData("siv1.AQAAAA1 203.0.113.77")]
    public async Task What_only_begins_like_a_token_is_none(string value)
    {
        var database = await OddAsync();
        await database.RunAsync($"INSERT INTO user_logins (masked_ip) VALUES ('{value}')");
        Assert.Equal(ErrorId.ValuesNotMasked, (await Assert.ThrowsAsync<LoginEtlException>(() => ExportAsync(database, "plain.csv"))).Error);
    }

    [Fact]
    public async Task Days_are_written_in_one_form_whatever_the_database_is_set_to()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        var name = new Npgsql.NpgsqlConnectionStringBuilder(database.ConnectionString).Database;
        await database.RunAsync($"INSERT INTO user_logins (user_id, create_date) VALUES ('a', '2026-05-11'); ALTER DATABASE {name} SET DateStyle = 'SQL, DMY'");
        Npgsql.NpgsqlConnection.ClearAllPools();
        await ExportAsync(database, "days.csv");
        Assert.StartsWith("2026-05-11,a,", (await File.ReadAllLinesAsync(Path.Combine(_folder, "days.csv"), TestDatabase.Token))[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_reads_may_export_and_who_does_not_see_all_rows_may_not()
    {
        var database = await OddAsync();
        await database.InitializeAsync(new SchemaOptions { Roles = true });
        await database.AsMemberAsync("login_etl_reader", async settings => Assert.Equal(5, (await ExportAsync(database, "reader.csv", settings: settings)).Rows));
        await database.AsMemberAsync("login_etl_writer", async settings => Assert.Equal(ErrorId.TableAccessDenied, (await Assert.ThrowsAsync<LoginEtlException>(() => ExportAsync(database, "writer.csv", settings: settings))).Error));
        await database.RunAsync("ALTER TABLE user_logins ENABLE ROW LEVEL SECURITY; CREATE POLICY only_ru ON user_logins USING (locale = 'RU')");
        await database.AsMemberAsync("login_etl_reader", async settings => Assert.Equal(ErrorId.RowSecurity, (await Assert.ThrowsAsync<LoginEtlException>(() => ExportAsync(database, "some.csv", settings: settings))).Error));
        Assert.Single(Directory.GetFiles(_folder));
    }

    [Fact]
    public async Task File_that_is_there_stays_unless_told_and_while_nothing_is_whole()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await database.RunAsync("INSERT INTO user_logins (user_id) SELECT repeat('u', 100) FROM generate_series(1, 200000)");
        var path = Path.Combine(_folder, "logins.csv");
        await File.WriteAllTextAsync(path, "before", TestDatabase.Token);
        Assert.Equal(ErrorId.FileExists, Assert.Throws<LoginEtlException>(() => new ExportFile(path, replaces: false)).Error);

        // The server goes away while the rows come.
        var ended = false;
        await using (var export = await new PostgresConnector().OpenExportAsync(database.Settings(), new(), TestDatabase.Token))
        {
            var fault = await Assert.ThrowsAsync<LoginEtlException>(() => new ExportFile(path, replaces: true).WriteAsync(export, null, End, TestDatabase.Token));
            Assert.Equal(ErrorId.DatabaseUnreachable, fault.Error);
        }

        Assert.Equal(("before", 1), (await File.ReadAllTextAsync(path, TestDatabase.Token), Directory.GetFiles(_folder).Length));
        Assert.Equal(200000, (await ExportAsync(database, "logins.csv", replaces: true)).Rows);
        Assert.Single(Directory.GetFiles(_folder));

        void End(long rows)
        {
            if (!ended)
            {
                ended = true;
                database.RunAsync("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND query LIKE 'COPY%'").GetAwaiter().GetResult();
            }
        }
    }

    [Fact]
    public async Task File_that_comes_meanwhile_stays_and_a_folder_that_is_none_is_told()
    {
        var database = await OddAsync();
        var path = Path.Combine(_folder, "logins.csv");
        var fault = await Assert.ThrowsAsync<LoginEtlException>(() => ExportAsync(database, "logins.csv", report: _ => File.WriteAllText(path, "other")));
        Assert.Equal((ErrorId.FileExists, "other"), (fault.Error, await File.ReadAllTextAsync(path, TestDatabase.Token)));
        Assert.Single(Directory.GetFiles(_folder));
        Assert.Equal(ErrorId.FileUnwritable, (await Assert.ThrowsAsync<LoginEtlException>(() => ExportAsync(database, "none/logins.csv"))).Error);
        Assert.Equal(ErrorId.PathInvalid, (await Assert.ThrowsAsync<LoginEtlException>(() => ExportAsync(database, "logins.xlsx"))).Error);
    }

    [Fact]
    public async Task Stopped_export_leaves_nothing()
    {
        var database = await OddAsync();
        using var stop = new CancellationTokenSource();
        await using var export = await new PostgresConnector().OpenExportAsync(database.Settings(), new(), TestDatabase.Token);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => new ExportFile(Path.Combine(_folder, "logins.csv"), replaces: false).WriteAsync(export, null, _ => stop.Cancel(), stop.Token));
        Assert.Empty(Directory.GetFiles(_folder));
    }

    private async Task<TestDatabase> OddAsync()
    {
        var database = await TestDatabase.InitializedAsync(servers, "CREATE TABLE user_logins (user_id text, device_type text, masked_ip text, masked_device_id text, locale text, app_version text, create_date date)");
        await database.InitializeAsync(new SchemaOptions { Analysis = true });
        await database.RunAsync(OddRows);
        return database;
    }

    private async Task<ExportReceipt> ExportAsync(
        TestDatabase database, string name, ExportFilter? filter = null, Action<long>? report = null, DatabaseSettings? settings = null, bool replaces = false)
    {
        var file = new ExportFile(Path.Combine(_folder, name), replaces);
        await using var export = await new PostgresConnector().OpenExportAsync(settings ?? database.Settings(), filter ?? new(), TestDatabase.Token);
        return await file.WriteAsync(export, new ParquetColumnWriter(), report, TestDatabase.Token);
    }

    // PostgreSQL reads it, and finds what the view has.
    private static async Task RequireSameAsync(TestDatabase database, string csv)
    {
        await using var connection = await database.OpenAsync();
        await database.RunAsync($"CREATE TABLE back ({Columns})");
        await using (var copy = await connection.BeginTextImportAsync("COPY back FROM STDIN (FORMAT csv, HEADER match)", TestDatabase.Token))
        {
            await copy.WriteAsync(csv);
        }

        Assert.Equal(5, await database.CountAsync("back"));
        Assert.Equal(0, await database.CountAsync("(SELECT * FROM back EXCEPT SELECT * FROM login_etl_login) x"));
        Assert.Equal(0, await database.CountAsync("(SELECT * FROM login_etl_login EXCEPT SELECT * FROM back) x"));
    }

    private static async Task<string[]> ReadParquetAsync(string path)
    {
        await new NpmPackages(Repository.PathOf("tests/npm")).InstallAsync(before: null, after: null, TestDatabase.Token);
        var (code, output, errors) = await Programs.RunAsync(new ProcessStartInfo("node", [Repository.PathOf("tests/npm/parquet.mjs"), path]), TestDatabase.Token);
        Assert.True(code == 0, errors);
        return output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
