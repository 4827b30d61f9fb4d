using System.Globalization;
using System.Text.RegularExpressions;
using Npgsql;

namespace LoginEtl.Unit.Postgres.Statements;

/// <summary>
/// Finds what a stranger could take over: a function or an operator that is looked up in the search path, where one that fits
/// better than the system's is possible. PostgreSQL takes an exact match anywhere in the path before one that converts, and
/// before one of any type.
/// </summary>
/// <remarks>https://www.postgresql.org/docs/current/typeconv-oper.html and typeconv-func.html say how it chooses.</remarks>
internal sealed class OpenNames
{
    private const long Text = 25;

    private readonly Dictionary<long, (string Name, long[] Types)> _functions = [];
    private readonly Dictionary<long, (string Name, long[] Types)> _operators = [];
    private readonly Dictionary<long, (string Name, bool IsPseudo)> _types = [];
    private readonly List<string> _usersTypes = [];

    private OpenNames()
    {
    }

    /// <summary>Asks a server for its functions, operators and types.</summary>
    public static async Task<OpenNames> ReadAsync(TestDatabase database)
    {
        var names = new OpenNames();
        await ReadAsync("SELECT oid::int8, typname::text, '', typtype = 'p' FROM pg_type", r => names._types.Add(r.GetInt64(0), (r.GetString(1), r.GetBoolean(3))));
        await ReadAsync("SELECT typname::text FROM pg_type WHERE oid >= 16384 AND typtype IN ('d', 'e')", r => names._usersTypes.Add(r.GetString(0)));
        await ReadAsync("SELECT oid::int8, proname::text, proargtypes::text FROM pg_proc", r => names._functions.Add(r.GetInt64(0), (r.GetString(1), Types(r.GetString(2)))));
        await ReadAsync(
            "SELECT oid::int8, oprname::text, CASE WHEN oprleft = 0 THEN oprright::text ELSE oprleft || ' ' || oprright END FROM pg_operator",
            r => names._operators.Add(r.GetInt64(0), (r.GetString(1), Types(r.GetString(2)))));
        return names;

        async Task ReadAsync(string sql, Action<NpgsqlDataReader> read)
        {
            await using var connection = await database.OpenAsync();
            await using var command = new NpgsqlCommand(sql, connection);
            await using var reader = await command.ExecuteReaderAsync(TestDatabase.Token);
            while (await reader.ReadAsync(TestDatabase.Token))
            {
                read(reader);
            }
        }
    }

    /// <summary>Those of statements, each with where it stands.</summary>
    public IReadOnlyList<string> In(IEnumerable<LoggedStatement> statements) => [.. statements.SelectMany(In).Distinct().Order(StringComparer.Ordinal)];

    /// <summary>Types of users that statements name without a schema: as what a value is cast to, or a variable declared.</summary>
    public IReadOnlyList<string> TypesIn(IEnumerable<LoggedStatement> statements) =>
        [.. statements.Select(s => s.From(0, int.MaxValue)).SelectMany(text => _usersTypes
            .Where(t => Regex.IsMatch(text, $@"(::\s*|\bCAST\s*\(.* AS |\bDECLARE\b[^;]*\s){Regex.Escape(t)}\b|(::\s*|\bCAST\s*\(.* AS )""{Regex.Escape(t)}"""))
            .Select(t => $"{t} in: {text}")).DistinctBy(t => t.Split(' ')[0]).Order(StringComparer.Ordinal)];

    /// <summary>Those of the checks, defaults and indexes of relations, whose statements the server does not log.</summary>
    /// <param name="database">Where they are.</param>
    /// <param name="like">A pattern of the relations' names.</param>
    /// <param name="ddl">The statements that made them: a stored expression does not say how it was written.</param>
    public async Task<IReadOnlyList<string>> InStoredAsync(TestDatabase database, string like, string ddl)
    {
        var trees = await database.ReadAsync<string[]>(
            $"""
            SELECT array_agg(e) FROM pg_class c CROSS JOIN LATERAL (
                SELECT conbin::text FROM pg_constraint WHERE conrelid = c.oid UNION ALL SELECT adbin::text FROM pg_attrdef WHERE adrelid = c.oid
                UNION ALL SELECT indexprs::text FROM pg_index WHERE indrelid = c.oid UNION ALL SELECT indpred::text FROM pg_index WHERE indrelid = c.oid) t(e)
            WHERE c.relname LIKE '{like}' AND e IS NOT NULL
            """);
        return [.. trees.SelectMany(t => In(new LoggedStatement([], ParseTree.Parse($"{{STORED :expression {t}}}")), ddl)).Distinct().Order(StringComparer.Ordinal)];
    }

    private IEnumerable<string> In(LoggedStatement statement) => In(statement, "");

    private IEnumerable<string> In(LoggedStatement statement, string ddl)
    {
        var calls = statement.Tree.All().SelectMany(CallsOf).ToList();
        // The grammar makes of unnest(a, b) several of the system's own, whatever the search path.
        var expanded = calls.Where(c => c.Name == "unnest").GroupBy(c => c.Place).Where(g => g.Count() > 1).SelectMany(g => g).ToHashSet();
        return calls
            .Where(c => !expanded.Contains(c) && !IsQualified(statement.From(c.Place)) && !ddl.Contains($"pg_catalog.{c.Name}(", StringComparison.Ordinal) && IsOpen(statement, c))
            .Select(c => $"{c.Name}({string.Join(", ", c.Types.Select(t => _types[t].Name))}) at: {Around(statement, c.Place)}");
    }

    private IEnumerable<Call> CallsOf(ParseTree node)
    {
        switch (node.Type)
        {
            case "OPEXPR" or "DISTINCTEXPR" or "NULLIFEXPR" or "SCALARARRAYOPEXPR":
                return [Operator(node.Number("opno"), node.Of("args"), node.Number("location"))];
            case "ROWCOMPAREEXPR":
                return node.Oids("opnos").Zip(node.Of("largs"), node.Of("rargs")).Select(c => Operator(c.First, [c.Second, c.Third], -1));
            // 0 is a call by name; casts and what the grammar itself calls are others.
            case "FUNCEXPR" when node.Number("funcformat") == 0:
                return [Function(node.Number("funcid"), node.Of("args"), node.Number("location"))];
            case "AGGREF":
                return [Function(node.Number("aggfnoid"), [.. node.Of("args").SelectMany(a => a.Of("expr"))], node.Number("location"))];
            case "WINDOWFUNC":
                return [Function(node.Number("winfnoid"), node.Of("args"), node.Number("location"))];
            default:
                return [];
        }
    }

    private bool IsOpen(LoggedStatement statement, Call call) => call.Arguments.Select((a, i) => (Argument: a, Type: call.Types[Math.Min(i, call.Types.Length - 1)])).Any(a =>
        _types[a.Type].IsPseudo || IsConverted(a.Argument) || (IsUntyped(statement, a.Argument) && (call.IsOperator ? call.Types.Distinct().Count() > 1 : a.Type != Text)));

    // 2 is a conversion that nobody asked for.
    private static bool IsConverted(ParseTree argument) => argument.Type switch
    {
        "FUNCEXPR" => argument.Number("funcformat") == 2,
        "RELABELTYPE" => argument.Number("relabelformat") == 2,
        "COERCEVIAIO" or "ARRAYCOERCEEXPR" => argument.Number("coerceformat") == 2,
        "COERCETODOMAIN" => argument.Number("coercionformat") == 2,
        "CONVERTROWTYPEEXPR" => argument.Number("convertformat") == 2,
        "COLLATEEXPR" => argument.Of("arg").Any(IsConverted),
        _ => false,
    };

    // A literal is of the type that the operator's other side has, and among functions one of text comes first; what else it
    // becomes is a guess that a better match ends.
    private static bool IsUntyped(LoggedStatement statement, ParseTree argument)
    {
        var place = argument.Number("location");
        var text = statement.From(place, int.MaxValue);
        if (argument.Type != "CONST" || text.Length == 0)
        {
            return false;
        }

        var end = text.StartsWith("NULL", StringComparison.OrdinalIgnoreCase) ? 4 : text[0] == '\'' ? EndOfLiteral(text) : 0;
        var before = statement.Until(place).TrimEnd();
        return end > 0 && !text[end..].TrimStart().StartsWith("::", StringComparison.Ordinal)
            && !before.EndsWith("interval", StringComparison.OrdinalIgnoreCase);
    }

    private static int EndOfLiteral(string text)
    {
        var i = 1;
        while (i < text.Length && (text[i] != '\'' || (i + 1 < text.Length && text[++i] == '\'')))
        {
            i++;
        }

        return Math.Min(i, text.Length);
    }

    private static bool IsQualified(string text)
    {
        var name = text.Replace(" ", "", StringComparison.Ordinal);
        return name.StartsWith("pg_catalog.", StringComparison.Ordinal) || name.StartsWith("OPERATOR(pg_catalog.", StringComparison.OrdinalIgnoreCase);
    }

    private static string Around(LoggedStatement statement, long place)
    {
        var before = statement.Until(place);
        return string.Join(' ', $"{before[Math.Max(0, before.Length - 50)..]}⟨{statement.From(Math.Max(place, 0), 70)}".Split(default(char[]), StringSplitOptions.RemoveEmptyEntries));
    }

    private Call Operator(long oid, IReadOnlyList<ParseTree> arguments, long place) => new(_operators[oid].Name, _operators[oid].Types, arguments, place, IsOperator: true);

    private Call Function(long oid, IReadOnlyList<ParseTree> arguments, long place) => new(_functions[oid].Name, _functions[oid].Types, arguments, place, IsOperator: false);

    private static long[] Types(string text) => [.. text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(t => long.Parse(t, CultureInfo.InvariantCulture))];

    private sealed record Call(string Name, long[] Types, IReadOnlyList<ParseTree> Arguments, long Place, bool IsOperator);
}
