using LoginEtl.Postgres;
using LoginEtl.Run;
using LoginEtl.Settings;
using LoginEtl.Unit.Fixtures;
using LoginEtl.Unit.Postgres.Statements;
using Xunit;

namespace LoginEtl.Unit.Postgres;

/// <summary>
/// Whoever may create in a schema of the search path can make functions and operators that fit better than the system's.
/// None of them is called, whatever is done.
/// </summary>
public sealed class HostileFunctionTests(ServersFixture servers)
{
    // One of each kind that was seen to be called: exact where the system's are of any type, or of one that is converted to.
    // StatementTests finds all there are.
    private static readonly string[] s_functions =
    [
        "has_column_privilege(regclass, text, text) boolean", "array_position(text[], text) integer", "unnest(text[]) text", "to_json(json[]) json",
        "json_build_array(integer, text, text, text) json", "num_nonnulls(text, text) integer", "row_security_active(regclass) boolean",
        "pg_get_expr(pg_node_tree, integer) text", "to_char(date, text) text", "left(varchar, integer) text", "regexp_replace(name, text, text, text) text",
    ];

    private static readonly string[] s_operators =
    [
        "& (smallint, integer) integer", "= (text[], text[]) boolean", "= (oid, regclass) boolean", "= (varchar, text) boolean", "~~ (varchar, varchar) boolean",
        "|| (json[], json) json[]", "= (name, varchar) boolean", "= (person, text) boolean", ">= (day, day) boolean",
    ];

    private const string Begun =
        """
        CREATE DOMAIN person AS varchar(128) CHECK (VALUE <> ''); CREATE DOMAIN day AS date;
        CREATE TABLE called (what text); GRANT INSERT ON called TO PUBLIC;
        CREATE FUNCTION take() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RETURN NEW; END$$;
        CREATE TABLE user_logins (
            user_id person, device_type varchar(32), masked_ip varchar(256), masked_device_id varchar(256), locale varchar(32), app_version integer, create_date day,
            CONSTRAINT not_bad CHECK (user_id NOT LIKE 'bad%' AND num_nonnulls(user_id, locale) > 0))
        """;

    private const string Trigger = "; CREATE TRIGGER take BEFORE INSERT ON user_logins FOR EACH ROW EXECUTE FUNCTION take();";

    private const string Partitioned = Begun
        + " PARTITION BY LIST (locale); CREATE TABLE german PARTITION OF user_logins FOR VALUES IN ('DE'); CREATE TABLE others PARTITION OF user_logins DEFAULT"
        + Trigger;

    private const string Keyed = Begun + "; ALTER TABLE user_logins ADD UNIQUE (user_id)" + Trigger;

    private static string Traps => string.Concat(s_functions.Select(Function)) + string.Concat(s_operators.Select((o, i) => Operator(o, i)));

    [Fact]
    public async Task Functions_and_operators_of_others_are_never_called()
    {
        var database = await TestDatabase.NewAsync(servers, Partitioned + Traps);
        using var flows = new StatementFlows(database, User);
        await flows.RunAsync();
        Assert.Equal("", await CalledAsync(database));
        Assert.NotEqual(0, await database.CountAsync());
        await flows.RestoredAsync();
        Assert.Equal("", await CalledAsync(database));
    }

    [Fact]
    public async Task Nor_are_they_for_rows_whose_key_is_there()
    {
        var database = await TestDatabase.InitializedAsync(servers, Keyed + Traps);
        using var flows = new StatementFlows(database, User);
        await flows.ConflictAsync();
        Assert.Equal("", await CalledAsync(database));
    }

    [Fact]
    public async Task Nor_are_they_when_they_are_made_while_a_run_goes_on()
    {
        var database = await TestDatabase.InitializedAsync(servers, Keyed);
        await using var sink = await database.SinkAsync();
        await sink.WriteAsync(Logins.Records(5), TestDatabase.Token);
        await database.RunAsync(Traps);
        var outcomes = (await sink.WriteAsync([.. Logins.Records(5), Logins.Record(user: "bad"), Logins.Record(user: "")], TestDatabase.Token)).Outcomes;
        Assert.Equal((5, 2), (outcomes.Count(o => o == Outcome.Written), outcomes.Count(o => o == Outcome.Quarantined)));
        Assert.Equal("", await CalledAsync(database));
    }

    [Theory]
    [InlineData("device")]
    [InlineData("app.kind")]
    public async Task Nor_are_casts_of_a_type_of_the_same_name_that_comes_earlier_in_the_path(string type)
    {
        const string columns = "user_id varchar(128), masked_ip varchar(256), masked_device_id varchar(256), locale varchar(32), app_version integer, create_date date";
        var database = await TestDatabase.NewAsync(servers, "CREATE TABLE called (what text)");
        var settings = database.Settings() with { Database = new SecretText($"{database.ConnectionString};Search Path=early,public,app") };
        await database.RunAsync($"CREATE SCHEMA early; CREATE SCHEMA app; CREATE TYPE device AS ENUM ('ios', 'android'); CREATE DOMAIN app.kind AS device; CREATE TABLE user_logins (device_type {type}, {columns})");
        await new PostgresConnector().InitializeAsync(settings, new SchemaOptions(), TestDatabase.Token);
        await using var sink = await database.SinkAsync(settings: settings);
        await sink.WriteAsync(Logins.Records(2), TestDatabase.Token);
        // The label that is read from the body is text; what is written is of the type by way of theirs.
        var name = type.Split('.')[^1];
        await database.RunAsync(
            $"""
            CREATE TYPE early.{name} AS ENUM ('ios', 'android');
            CREATE FUNCTION early.take(text) RETURNS early.{name} LANGUAGE plpgsql AS $$BEGIN INSERT INTO public.called VALUES ($1); RETURN (enum_range(NULL::early.{name}))[1]; END$$;
            CREATE FUNCTION early.give(early.{name}) RETURNS public.device LANGUAGE plpgsql AS $$BEGIN INSERT INTO public.called VALUES ('given'); RETURN 'ios'; END$$;
            CREATE CAST (text AS early.{name}) WITH FUNCTION early.take(text) AS ASSIGNMENT;
            CREATE CAST (early.{name} AS public.device) WITH FUNCTION early.give(early.{name}) AS ASSIGNMENT;
            """);
        var outcomes = (await sink.WriteAsync([.. Logins.Records(5), Logins.Record(device: "toaster")], TestDatabase.Token)).Outcomes;
        Assert.Equal((5, 1), (outcomes.Count(o => o == Outcome.Written), outcomes.Count(o => o == Outcome.Quarantined)));
        Assert.Equal("", await CalledAsync(database));
    }

    [Fact]
    public async Task And_the_traps_would_be_seen_to_be_called()
    {
        var database = await TestDatabase.NewAsync(servers, "CREATE TABLE called (what text)");
        await database.RunAsync(Function(s_functions[1]) + Operator(s_operators[2], 0));
        await database.RunAsync("SELECT array_position(ARRAY['a'], 'a'::text), 'called'::regclass::oid = 'called'::regclass");
        Assert.Equal(2, await database.CountAsync("called"));
    }

    private static string User(int i) => i < 0 ? "bad" : $"user-{i}";

    private static Task<string> CalledAsync(TestDatabase database) => database.ReadAsync<string>("SELECT coalesce(string_agg(DISTINCT what, ', '), '') FROM called");

    private static string Function(string signature)
    {
        var (name, result) = (signature[..(signature.LastIndexOf(')') + 1)], signature[(signature.LastIndexOf(')') + 2)..]);
        return $"CREATE FUNCTION public.{name} RETURNS {result} LANGUAGE plpgsql AS $$ BEGIN INSERT INTO public.called VALUES ('{name}'); RETURN NULL; END $$;\n";
    }

    private static string Operator(string signature, int number)
    {
        var (sign, types, result) = (signature.Split(' ')[0], signature[(signature.IndexOf('(') + 1)..signature.IndexOf(')')].Split(", "), signature[(signature.LastIndexOf(')') + 2)..]);
        return $"{Function($"trap{number}_{types[0].Length}({string.Join(", ", types)}) {result}")}CREATE OPERATOR public.{sign} (FUNCTION = public.trap{number}_{types[0].Length}, LEFTARG = {types[0]}, RIGHTARG = {types[1]});\n";
    }
}
