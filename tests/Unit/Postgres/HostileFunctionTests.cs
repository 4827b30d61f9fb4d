using LoginEtl.Postgres;
using LoginEtl.Settings;
using LoginEtl.Unit.Fixtures;
using LoginEtl.Unit.Privacy.Recovery;
using Npgsql;
using Xunit;

namespace LoginEtl.Unit.Postgres;

/// <summary>
/// Whoever may create in a schema of the search path can make functions and operators that fit better than the system's.
/// None of them is called, whatever is done.
/// </summary>
public sealed class HostileFunctionTests(ServersFixture servers)
{
    // What was seen to be called before, and others of their kind: exact where the system's are of any type, or of one that
    // is converted to.
    private static readonly string[] s_functions =
    [
        "has_column_privilege(regclass, text, text) boolean", "has_table_privilege(regclass, text) boolean", "array_position(text[], text) integer",
        "array_to_string(text[], text) text", "cardinality(integer[]) integer", "concat(text, text) text", "concat(text, text, text) text", "concat_ws(text, text, text) text",
        "unnest(text[]) text", "to_json(json[]) json", "json_build_array(integer, boolean) json", "json_build_array(integer, text, text, text) json",
        "array_append(json[], json) json[]", "array_cat(integer[], integer[]) integer[]", "num_nonnulls(bytea, json) integer", "pg_partition_tree(oid) text",
        "pg_relation_size(oid) bigint", "format(text, name) text", "row_security_active(regclass) boolean",
    ];

    private static readonly string[] s_operators =
    [
        "= (oid, regclass) boolean", "= (oid, regproc) boolean", "= (oid, regtype) boolean", "|| (json[], json) json[]", "|| (integer[], integer[]) integer[]", "|| (integer[], integer) integer[]",
        "|| (name, name) text", "= (name, varchar) boolean",
    ];

    [Fact]
    public async Task Functions_and_operators_of_others_are_never_called()
    {
        var database = await TestDatabase.NewAsync(servers, LoginTable.Create + "ALTER TABLE user_logins ADD CONSTRAINT not_bad CHECK (user_id NOT LIKE 'bad%');");
        await database.RunAsync("CREATE TABLE called (what text); GRANT INSERT ON called TO PUBLIC");
        await database.RunAsync(string.Concat(s_functions.Select(Function)) + string.Concat(s_operators.Select((o, i) => Operator(o, i))));
        NpgsqlConnection.ClearAllPools();
        await database.InitializeAsync(new SchemaOptions { Roles = true });
        using var keys = new RotatingKeys();
        await using (var sink = await database.SinkAsync(new SinkOptions { UseVault = true }))
        {
            await sink.WriteAsync(RotatingLogins.Records(keys, 20), TestDatabase.Token);
            await sink.WriteAsync([.. RotatingLogins.Records(keys, 5, "bad"), .. RotatingLogins.Records(keys, 60, "good"), Logins.Reject()], TestDatabase.Token);
        }

        Assert.Equal("", await CalledAsync());
        Assert.Equal(80, await database.CountAsync());
        await new PostgresConnector().CheckAsync(database.Settings(), new SinkOptions(), TestDatabase.Token);
        await using (var quarantine = await new PostgresConnector().OpenQuarantineAsync(database.Settings(), new SinkOptions(), TestDatabase.Token))
        {
            Assert.Equal(6, (await quarantine.ListAsync(new LoginEtl.Quarantine.QuarantineFilter(), TestDatabase.Token).ToListAsync(TestDatabase.Token)).Count);
        }

        keys.Promote();
        await RotatingLogins.RetireAsync(database, keys);
        await RotatingLogins.RotateAsync(database, keys, batchSize: 50);
        Assert.Equal("", await CalledAsync());

        Task<string> CalledAsync() => database.ReadAsync<string>("SELECT coalesce(string_agg(DISTINCT what, ', '), '') FROM called");
    }

    [Fact]
    public async Task And_the_traps_would_be_seen_to_be_called()
    {
        var database = await TestDatabase.NewAsync(servers, "CREATE TABLE called (what text)");
        await database.RunAsync(Function(s_functions[2]) + Operator(s_operators[0]));
        await database.RunAsync("SELECT array_position(ARRAY['a'], 'a'::text), 'called'::regclass::oid = 'called'::regclass");
        Assert.Equal(2, await database.CountAsync("called"));
    }

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

    private static string Operator(string signature) => Operator(signature, 0);
}
