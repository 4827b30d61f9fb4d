using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using LoginEtl.Faults;
using LoginEtl.Tokens;

namespace LoginEtl.Audit;

/// <summary>
/// One line of an audit file: a JSON object in ASCII whose last member is the MAC over all bytes before it. The member
/// before that is the MAC of the line before, or zeros in the first.
/// </summary>
/// <param name="Number">1-based.</param>
/// <param name="FileId">Of its file.</param>
/// <param name="KeyId">Of the audit key.</param>
/// <param name="Previous">MAC of the line before.</param>
/// <param name="Mac">Its own.</param>
/// <param name="Tokens">Fingerprints.</param>
/// <param name="Anchor">Number of the newest anchor when it was written, 0 where there was none; null where an earlier version wrote it.</param>
/// <param name="Link">That anchor's link.</param>
/// <param name="Target">What it was written for; null where an earlier version wrote it.</param>
internal sealed record AuditLine(
    long Number, Guid FileId, uint KeyId, string Previous, string Mac, IReadOnlyList<string> Tokens, long? Anchor, string? Link, AuditTarget? Target)
{
    /// <summary>What the first line names as the one before it.</summary>
    public static readonly string None = new('0', MacDigits);

    /// <summary>Bytes of the longest line, its newline included: some hundreds of fingerprints are the rule, and whatever is longer is no line of ours.</summary>
    public const int Longest = 4 * 1024 * 1024;

    private const int MacDigits = 64;
    private const string MacMember = ",\"mac\":\"";
    private const string End = "\"}";

    /// <summary>The bytes of a line, its newline included, and its MAC.</summary>
    /// <exception cref="LoginEtlException"><c>AuditLineTooLong</c>: nobody could read it again, nor what comes after it.</exception>
    public static (byte[] Bytes, string Mac) Write(
        AuditKeys keys, long number, Guid fileId, DateTimeOffset at, AuditEntry entry, AuditTarget target, string? note, AuditAnchor? newest, string previous)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteNumber("line", number);
            json.WriteString("file", fileId);
            json.WriteString("at", at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));
            json.WriteString("user", Environment.UserName);
            json.WriteString("host", Environment.MachineName);
            json.WriteString("process", string.Create(CultureInfo.InvariantCulture, $"{Path.GetFileName(Environment.ProcessPath)} {Environment.ProcessId}"));
            json.WriteString("database", target.DatabaseName);
            json.WriteString("table", target.Table);
            json.WriteString("command", entry.Command);
            json.WriteString("reason", entry.Reason);
            WriteArray(json, "attributes", entry.Attributes);
            json.WriteNumber("asked", entry.Tokens.Count + entry.Messages.Count);
            WriteArray(json, "keys", entry.Tokens.Select(TokenPrefix.Of).OfType<string>().Distinct().Order(StringComparer.Ordinal));
            WriteArray(json, "tokens", entry.Tokens.Select(t => keys.Fingerprint(keys.Current, t)!));
            if (entry.Messages.Count > 0)
            {
                WriteArray(json, "messages", entry.Messages);
            }

            if (entry.Removal is { } removal)
            {
                WriteRemoval(json, removal);
            }

            if (note is not null)
            {
                json.WriteString("note", note);
            }

            // So that an anchor that is gone is missed by every file that was written after it.
            json.WriteNumber("anchor", newest?.Number ?? 0);
            if (newest is not null)
            {
                json.WriteString("link", newest.Link);
            }

            json.WriteNumber("key", keys.Current);
            json.WriteString("previous", previous);
            json.WriteEndObject();
        }

        // Without the brace that closes it.
        var content = buffer.WrittenSpan[..^1];
        var mac = keys.Mac(keys.Current, content)!;
        byte[] line = [.. content, .. Encoding.ASCII.GetBytes($"{MacMember}{mac}{End}\n")];
        return line.Length <= Longest ? (line, mac) : throw new LoginEtlException(
            ErrorId.AuditLineTooLong,
            string.Create(CultureInfo.InvariantCulture, $"The line of the audit file would have {line.Length} bytes, and {Longest} are read at most: nothing was recovered."),
            "Give a shorter reason, or recover less at a time.");
    }

    /// <summary>Reads a line without its newline and checks its MAC; null, and why, when it does not hold.</summary>
    public static AuditLine? Read(AuditKeys keys, ReadOnlySpan<byte> bytes, out string why)
    {
        why = "it is not a line of an audit file";
        var place = bytes.Length - MacMember.Length - MacDigits - End.Length;
        if (place < 0 || !bytes[place..].StartsWith(Encoding.ASCII.GetBytes(MacMember)))
        {
            return null;
        }

        try
        {
            using var json = JsonDocument.Parse(bytes.ToArray());
            var root = json.RootElement;
            var line = new AuditLine(
                root.GetProperty("line").GetInt64(), root.GetProperty("file").GetGuid(), root.GetProperty("key").GetUInt32(),
                root.GetProperty("previous").GetString()!, root.GetProperty("mac").GetString()!,
                [.. root.GetProperty("tokens").EnumerateArray().Select(t => t.GetString()!)],
                root.TryGetProperty("anchor", out var anchor) ? anchor.GetInt64() : null,
                root.TryGetProperty("link", out var link) ? link.GetString() : null,
                root.TryGetProperty("database", out var database) && root.TryGetProperty("table", out var table) ? new AuditTarget(database.GetString()!, table.GetString()!) : null);
            var mac = keys.Mac(line.KeyId, bytes[..place]);
            why = mac is null ? "the audit keyset does not hold its key" : "its content does not fit its MAC: it was changed";
            return mac == line.Mac ? line : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            return null;
        }
    }

    private static void WriteRemoval(Utf8JsonWriter json, AuditRemoval removal)
    {
        json.WriteStartObject("removal");
        json.WriteString("state", removal.Begun is null ? "begun" : "done");
        if (removal.Begun is { } begun)
        {
            json.WriteNumber("begun", begun);
        }

        json.WriteNumber("rows", removal.Rows);
        json.WriteNumber("entries", removal.Entries);
        json.WriteNumber("originals", removal.Originals);
        json.WriteEndObject();
    }

    private static void WriteArray(Utf8JsonWriter json, string name, IEnumerable<string> values)
    {
        json.WriteStartArray(name);
        foreach (var value in values)
        {
            json.WriteStringValue(value);
        }

        json.WriteEndArray();
    }
}
