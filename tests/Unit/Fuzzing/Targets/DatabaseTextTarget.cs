using System.Text;
using LoginEtl.Faults;
using LoginEtl.Postgres.Connections;
using LoginEtl.Settings;
using Npgsql;

namespace LoginEtl.Unit.Fuzzing.Targets;

/// <summary>
/// A connection string or URI is read, or refused as InvalidDatabase without quoting any of it; what is read is the same
/// as a connection string; percent-escapes mean the bytes they spell, or nothing.
/// </summary>
internal sealed class DatabaseTextTarget : FuzzTarget
{
    public override string Name => "databases";

    public override int Share => 5;

    private const int PerHost = 48 * 1024;

    // The driver (10.0.0) never lets go of the counters of such a list's hosts: opened for every input they would be all
    // that is alive at the end, and slow.
    private const int MostLists = 20;

    private int _lists;

    // A data source of the driver, with its pool and its type catalogue.
    public override (long Own, long PerByte) Allocation => (512 * 1024, 1024);

    // A hundred data sources take a second.
    public override int Times(int length) => 4;

    // Of several hosts each has its own; there are at most a hundred.
    public override long Allowed(ReadOnlySpan<byte> input) => base.Allowed(input) + (PerHost * Math.Min(100, input.Count((byte)',')));

    public override IReadOnlyList<byte[]> Pieces { get; } =
    [
        .. FuzzPieces.Uri, .. FuzzPieces.Texts(
            "Host=", "Port=", "Password=", "Username=", "Database=", "SSL Mode=Require", "Timeout=", ";", "''", "host=", "sslmode=", "sslmode=verify-full",
            "port=", "connect_timeout=", "options=", "user=", "password=", "target_session_attrs=any", "sslmode=7", "sslmode=prefer,verify-full", "channel_binding=9", "channel_binding=", "Include Error Detail=true",
            "Multiplexing=true", "Max Pool Size=0", "Keepalive=-1", "h1:1,h2:2"),
    ];

    public override IReadOnlyList<string> MustReach { get; } = ["refused", "uri", "string", "contradicts"];

    public override string Run(ReadOnlySpan<byte> input)
    {
        var text = Encoding.UTF8.GetString(input);
        NpgsqlConnectionStringBuilder builder;
        try
        {
            builder = Database.Parse(text);
        }
        catch (LoginEtlException e)
        {
            return Refused(e, "refused");
        }

        var again = new NpgsqlConnectionStringBuilder(builder.ConnectionString);
        Finding.Unless(builder.Keys.Cast<string>().All(k => TextOf(builder, k) == TextOf(again, k)), "the connection string reads otherwise");
        Finding.Unless(Enum.IsDefined(builder.SslMode) && Enum.IsDefined(builder.ChannelBinding), "a mode is none");
        var isUri = ConnectionUri.IsUri(text.Trim());
        if (isUri)
        {
            CheckEscapes(text, builder);
        }

        return Open(text, builder) ?? (isUri ? "uri" : "string");
    }

    // Nothing and an empty text are the same to the driver.
    private static string TextOf(NpgsqlConnectionStringBuilder builder, string key) => builder[key]?.ToString() ?? "";

    private string? Open(string text, NpgsqlConnectionStringBuilder builder)
    {
        if (builder.Host?.Contains(',', StringComparison.Ordinal) == true && ++_lists > MostLists)
        {
            return null;
        }

        try
        {
            var database = Database.From(new DatabaseSettings { Database = new SecretText(text) });
            var opened = new NpgsqlConnectionStringBuilder(database.Source.ConnectionString);
            Finding.Unless(!opened.IncludeErrorDetail && !opened.LogParameters && !opened.PersistSecurityInfo, "errors or logs would quote rows");
            Finding.Unless(database.IsVerified || database.IsLocal || text.Contains("ssl", StringComparison.OrdinalIgnoreCase), "the server is not verified");
            database.DisposeAsync().AsTask().GetAwaiter().GetResult();
            return null;
        }
        catch (LoginEtlException e)
        {
            return Refused(e, "contradicts");
        }
    }

    // Of the user name alone: it stands first, and every part is decoded by the same code.
    private static void CheckEscapes(string text, NpgsqlConnectionStringBuilder builder)
    {
        var start = text.IndexOf("//", StringComparison.Ordinal) + 2;
        var rest = text.Trim()[(start - (text.Length - text.TrimStart().Length))..].Split('/', '?')[0];
        var at = rest.LastIndexOf('@');
        if (at < 0 || text.Contains("user=", StringComparison.Ordinal) || text.Contains("user%", StringComparison.Ordinal) || text.Contains('?', StringComparison.Ordinal))
        {
            return;
        }

        var user = rest[..at].Split(':')[0];
        Finding.Unless((builder.Username ?? "") == Unescaped(user), "an escape means something else");
    }

    private static string Unescaped(string text)
    {
        var utf8 = Encoding.UTF8.GetBytes(text).AsSpan();
        var bytes = new List<byte>();
        for (; !utf8.IsEmpty; utf8 = utf8[1..])
        {
            if (utf8[0] == '%')
            {
                bytes.Add(Convert.ToByte(Encoding.ASCII.GetString(utf8.Slice(1, 2)), 16));
                utf8 = utf8[2..];
            }
            else
            {
                bytes.Add(utf8[0]);
            }
        }

        Finding.Unless(!bytes.Contains(0), "a NUL is taken for a name");
        return new UTF8Encoding(false, throwOnInvalidBytes: true).GetString([.. bytes]);
    }

    private static string Refused(LoginEtlException e, string outcome)
    {
        Finding.Unless(e is { Id: "InvalidDatabase", Kind: FaultKind.Configuration, InnerException: null }, $"it is called {e.Id}");
        Finding.IfQuoted(e);
        return outcome;
    }
}
