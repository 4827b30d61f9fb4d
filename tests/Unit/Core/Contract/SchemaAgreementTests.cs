using System.Text;
using LoginEtl.Contract;
using LoginEtl.Decoding;
using LoginEtl.Postgres;
using LoginEtl.Protecting;
using LoginEtl.Records;
using LoginEtl.Unit.Fixtures;
using LoginEtl.Unit.Postgres;
using LoginEtl.Versions;
using Xunit;

namespace LoginEtl.Unit.Core.Contract;

/// <summary>A validator by others finds valid what a run takes, and nothing else.</summary>
public sealed class SchemaAgreementTests(ServersFixture servers, ITestOutputHelper output)
{
    private const ulong Seed = 20261201;
    private const int Mutants = 12_000;
    private const int MadeOfEach = 3_000;

    private const string Tables =
        """
        CREATE TABLE uuids (user_id uuid, device_type text, masked_ip varchar(256), masked_device_id varchar(256), locale char(5), app_version varchar(6), create_date date);
        CREATE TABLE small (user_id varchar(36), device_type varchar(2), masked_ip text, masked_device_id text, locale varchar(32), app_version smallint, create_date timestamptz);
        CREATE TABLE large (user_id varchar(128), device_type varchar(32), masked_ip text, masked_device_id text, locale varchar(32), app_version bigint, create_date date);
        CREATE TABLE threes (user_id text, device_type text, masked_ip text, masked_device_id text, locale text, app_version_major int, app_version_minor smallint, app_version_patch bigint, create_date date);
        CREATE TABLE texts (user_id text, device_type text, masked_ip text, masked_device_id text, locale text, app_version varchar(17), create_date date);
        """;

    private static readonly ProtectOptions NoNulls = new();
    private static readonly ProtectOptions Nulls = new() { AllowNullPii = true };

    [Fact]
    public async Task Validator_by_others_takes_what_a_run_takes()
    {
        var contracts = await ContractsAsync();
        List<(int Schema, byte[] Body)> bodies =
        [
            .. SchemaBodies.Large().Concat(SchemaBodies.Mutated("decoder", Seed, Mutants)).Concat(SchemaBodies.Mutated("protect", Seed, Mutants / 2)).Select(b => (0, b)),
            .. contracts.SelectMany((_, i) => SchemaBodies.Known().Concat(SchemaBodies.Made(Seed, MadeOfEach, i)).Select(b => (i, b))),
        ];
        var verdicts = await SchemaValidator.AskAsync([.. contracts.Select(c => LoginSchema.Of(c.Masking, c.Rules.Limits))], bodies);

        var seen = new Dictionary<string, int>();
        var differing = new List<string>();
        for (var i = 0; i < bodies.Count; i++)
        {
            var (schema, body) = bodies[i];
            var (name, masking, rules) = contracts[schema];
            var why = new LoginCheck(masking, rules).Why(LoginDecoder.Decode(Deliveries.New(), body, new DecodeOptions { Envelope = Envelope.None }));
            // What is no JSON, or beyond all schemas, must be refused; of the rest the validator decides.
            bool? isTaken = verdicts[i] == 'n' ? false : SchemaBodies.IsBeyondSchemas(body) switch { true => false, null => null, _ => verdicts[i] == 'v' };
            if (isTaken is { } expected && expected != (why is null))
            {
                differing.Add($"{name}: the validator says {verdicts[i]}, the run {why?.ToString() ?? "takes it"}: {Encoding.UTF8.GetString(body.AsSpan(0, Math.Min(body.Length, 600)))}");
            }

            var kind = verdicts[i] == 'n' ? "no JSON" : isTaken switch { null => "bytes", true => "taken", _ when verdicts[i] == 'v' => "beyond schemas", _ => "refused" };
            seen[kind] = seen.GetValueOrDefault(kind) + 1;
            if (why is { } rejection && kind == "refused")
            {
                seen[rejection.Reason.Code()] = seen.GetValueOrDefault(rejection.Reason.Code()) + 1;
            }
        }

        output.WriteLine($"{bodies.Count} bodies, {contracts.Count} schemas: {string.Join(", ", seen.OrderBy(s => s.Key, StringComparer.Ordinal).Select(s => $"{s.Key} {s.Value}"))}");
        Assert.True(differing.Count == 0, $"{differing.Count} differ:\n{string.Join('\n', differing.Take(12))}");
        Assert.All(new[] { "taken", "refused", "no JSON" }, kind => Assert.True(seen.GetValueOrDefault(kind) > 5_000, kind));
        Assert.True(seen["beyond schemas"] > 500);
        string[] reasons = ["missing_field", "null_field", "empty_field", "wrong_type", "not_an_object", "nul_character", "too_long", "invalid_version", "version_out_of_range", "invalid_uuid"];
        Assert.All(reasons, reason => Assert.True(seen.GetValueOrDefault(reason) > 50, reason));
    }

    private async Task<List<(string Name, ProtectOptions Masking, ITableRules Rules)>> ContractsAsync()
    {
        var database = await TestDatabase.NewAsync(servers, LoginTable.Create + Tables);
        var contracts = new List<(string, ProtectOptions, ITableRules)>();
        foreach (var format in Enum.GetValues<AppVersionFormat>())
        {
            contracts.Add(($"no table, {format}", NoNulls, new AnyTable(format)));
        }

        contracts.Add(("no table, nulls", Nulls, new AnyTable(AppVersionFormat.Auto)));
        foreach (var (table, format) in new[]
        {
            ("user_logins", AppVersionFormat.Auto), ("user_logins", AppVersionFormat.Digits), ("uuids", AppVersionFormat.Auto), ("small", AppVersionFormat.Nibble), ("small", AppVersionFormat.Decimal),
            ("small", AppVersionFormat.Digits), ("large", AppVersionFormat.Auto), ("large", AppVersionFormat.Digits), ("threes", AppVersionFormat.Auto), ("texts", AppVersionFormat.Sortable),
        })
        {
            contracts.Add(($"{table}, {format}", contracts.Count % 2 == 0 ? NoNulls : Nulls, await new PostgresConnector().ReadRulesAsync(database.Settings(table), format, TestDatabase.Token)));
        }

        return contracts;
    }
}
