using System.Text.RegularExpressions;
using LoginEtl.Faults;

namespace LoginEtl.Postgres.Connections;

/// <summary>What was given as the name of a table, before anything of it is sent to a server.</summary>
internal static partial class TableNameText
{
    /// <summary>
    /// A text that may be sent to the server as a name, which logs it: identifiers, quoted ones without signs that connection
    /// strings, addresses and bodies have.
    /// </summary>
    /// <exception cref="LoginEtlException"><c>InvalidTableName</c>.</exception>
    public static void Require(string table)
    {
        if (!Identifiers().IsMatch(table))
        {
            throw Invalid();
        }
    }

    /// <summary>A name that is not one; it is not quoted, for it may be anything.</summary>
    public static LoginEtlException Invalid() => new(
        ErrorId.InvalidTableName, "What was given for the table is not the name of one.",
        "Give table or schema.table; double-quote names with capitals or special characters, '\"Logins\"', which may not hold = : ; @ or braces.");

    [GeneratedRegex("""^(?:[\p{L}_][\p{L}\p{N}_$]*|"(?:[^"=:;@{}\p{C}]|"")+")(?:\.(?:[\p{L}_][\p{L}\p{N}_$]*|"(?:[^"=:;@{}\p{C}]|"")+")){0,2}\z""")]
    private static partial Regex Identifiers();
}
