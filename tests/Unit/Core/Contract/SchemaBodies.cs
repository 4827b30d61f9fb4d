using System.Globalization;
using System.Text;
using System.Text.Json;
using LoginEtl.Decoding;
using LoginEtl.Records;
using LoginEtl.Sandbox;
using LoginEtl.Tokens;
using LoginEtl.Unit.Fixtures;
using LoginEtl.Unit.Fuzzing;

namespace LoginEtl.Unit.Core.Contract;

/// <summary>Bodies that schema and decoder are to agree on, and what of a body no schema can say.</summary>
internal static class SchemaBodies
{
    private static readonly string[] Parts =
    [
        "0", "00", "1", "2", "3", "4", "007", "14", "15", "16", "26", "27", "28", "35", "36", "37", "46", "47", "48", "66", "67", "68", "99", "100", "126", "127", "128", "255", "256",
        "482", "483", "484", "646", "647", "648", "999", "1000", "2146", "2147", "2148", "3276", "32767", "32768", "65536", "99999", "100000", "000099999", "214747", "214748", "214749",
        "8388607", "8388608", "99999999", "999999999", "1000000000", "2147483647", "2147483648", "0000000002147483647", "12345678901", "",
    ];

    private static readonly string[] OddVersions =
        ["", ".", "1.", ".1", "1..2", "1.2.3.4", "v1", "1.2-rc", " 1", "1 ", "1\\n", "1.2\\n", "\\uff11", "\\u0661.2", "-1", "+1", "1e3", "0x10", "1,2", "\\u0000", "1.2\\u0000", "\\ud83d\\ude00"];

    private static readonly string[] Uuids =
    [
        "424cdd21-063a-43a7-b91b-7ca1a833afae", "424CDD21-063A-43A7-B91B-7CA1A833AFAE", "424cdd21063a43a7b91b7ca1a833afae", "{424cdd21-063a-43a7-b91b-7ca1a833afae}",
        "(424cdd21-063a-43a7-b91b-7ca1a833afae)", "{424cdd21063a43a7b91b7ca1a833afae}", "424cdd21-063a-43a7-b91b-7ca1a833afa", "424cdd21-063a-43a7-b91b-7ca1a833afae0", "urn:uuid:424cdd21-063a-43a7-b91b-7ca1a833afae",
        "424cdd21-063a-43a7-b91b-7ca1a833afae\\n", " 424cdd21-063a-43a7-b91b-7ca1a833afae", "424cdd21-063a43a7-b91b-7ca1a833-afae", "0x4cdd21-063a-43a7-b91b-7ca1a833afae", "+24cdd21-063a-43a7-b91b-7ca1a833afae", "424cdd21-063a-43a7-b91b-7ca1a833afa\\uff45",
        "{424cdd21-063a-43a7-b91b-7ca1a833afae", "{0x424cdd21,0x063a,0x43a7,{0xb9,0x1b,0x7c,0xa1,0xa8,0x33,0xaf,0xae}}", "00000000-0000-0000-0000-000000000000",
    ];

    private static readonly string[] OddTexts =
        ["", "a", "\\u0000", "x\\u0000y", "\\ud83d\\ude00", "\\ud800", "x\\udc00", "line\\nfeed", "\\r\\n", "e\\u0301", "\\ufffe", "RU", "null", "None", "👩‍💻", "\\u2028", "\\u0085", "\\\"", "\\\\"];

    private static readonly string[] OddValues = ["null", "1", "-0.5e3", "true", "false", "[]", "{}", "[\"a\"]", "{\"a\":\"b\"}", "[[[]]]"];

    private static readonly string[] OtherMembers =
        ["", ",\"x\":1", ",\"X\":null", ",\"IP\":5", ",\"x\":{\"user_id\":1,\"user_id\":2}", ",\"x\":\"\\u0000\"", ",\"x\":\"\\ud800\"", ",\"\\ud800\":1", ",\"x\":1,\"x\":2", ",\"ip\":\"1.1.1.1\"", ",\"\\u0069p\":\"1.1.1.1\"", ",\"__proto__\":{\"ip\":1}", ",\"\":1"];

    /// <summary>What the repository has, each a body: entries of fuzz corpora, lines of texts, and the samples.</summary>
    public static IEnumerable<byte[]> Known() =>
    [
        .. FuzzCorpus.Of("decoder"), .. FuzzCorpus.Of("protect"), .. FuzzCorpus.Of("stored-records"),
        .. new[] { "text-lines", "lines" }.SelectMany(FuzzCorpus.Of).SelectMany(text => new Utf8Lines(new MemoryStream(text))),
        .. File.ReadLines(Repository.PathOf("sandbox/samples/login-messages.ndjson")).Select(Encoding.UTF8.GetBytes),
        .. SampleMessages.Create(200).Select(Encoding.UTF8.GetBytes),
    ];

    /// <summary>At the limits of depth and length, and beyond.</summary>
    public static IEnumerable<byte[]> Large() =>
    [
        Encoding.UTF8.GetBytes("{\"x\":" + new string('[', 63) + new string(']', 63) + "," + Deliveries.Body[1..]),
        Encoding.UTF8.GetBytes("{\"x\":" + new string('[', 64) + new string(']', 64) + "," + Deliveries.Body[1..]),
        Encoding.UTF8.GetBytes(Deliveries.Body + new string(' ', LoginDecoder.MaxBodyBytes - Deliveries.Body.Length)),
        Encoding.UTF8.GetBytes(Deliveries.Body + new string(' ', LoginDecoder.MaxBodyBytes)),
    ];

    /// <summary>Mutations as the fuzzer makes them.</summary>
    public static IEnumerable<byte[]> Mutated(string target, ulong seed, int count)
    {
        using var made = FuzzTargets.Make(target);
        var mutations = new Mutations(made, FuzzCorpus.Of(target), seed);
        for (var i = 0; i < count; i++)
        {
            yield return mutations.Input(i).ToArray();
        }
    }

    /// <summary>Logins of which some fields are at a limit or beside it, or are another kind of value, or left out.</summary>
    public static IEnumerable<byte[]> Made(ulong seed, int count, int schema)
    {
        for (var i = 0; i < count; i++)
        {
            var random = SplitMix.Of($"schema {schema}", seed, i);
            var members = new StringBuilder();
            Add(members, LoginFields.UserId, ref random, (ref SplitMix r) => r.OneIn(2) ? Uuids[r.Below(r.OneIn(2) ? 4 : Uuids.Length)] : Text(ref r, 128));
            Add(members, LoginFields.AppVersion, ref random, Version, odd: 40);
            Add(members, LoginFields.DeviceType, ref random, (ref SplitMix r) => Text(ref r, 32));
            Add(members, LoginFields.Ip, ref random, (ref SplitMix r) => r.OneIn(3) ? "2001:0DB8:0:0::1" : Text(ref r, Padding.MaxPlaintext));
            Add(members, LoginFields.Locale, ref random, (ref SplitMix r) => Text(ref r, 32));
            Add(members, LoginFields.DeviceId, ref random, (ref SplitMix r) => Text(ref r, Padding.MaxPlaintext));
            yield return Encoding.UTF8.GetBytes($"{{{members.ToString().TrimStart(',')}{(random.OneIn(6) ? OtherMembers[random.Below(OtherMembers.Length)] : "")}}}");
        }
    }

    /// <summary>What no schema can say of a body that is JSON, by a reader of its own: true where it must be refused, null where it may be.</summary>
    public static bool? IsBeyondSchemas(ReadOnlyMemory<byte> body)
    {
        if (body.Length > LoginDecoder.MaxBodyBytes)
        {
            return true;
        }

        var text = body.Span.StartsWith("\uFEFF"u8) ? body[3..] : body;
        try
        {
            using var json = JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = 64 });
            if (json.RootElement.ValueKind != JsonValueKind.Object)
            {
                return false;
            }

            var members = json.RootElement.EnumerateObject().ToList();
            if (members.Select(m => m.Name).Distinct(StringComparer.Ordinal).Count() != members.Count)
            {
                return true;
            }

            var texts = members.Where(m => LoginFields.Columns.Contains(m.Name) || m.Name is LoginFields.Ip or LoginFields.DeviceId)
                .Where(m => m.Value.ValueKind == JsonValueKind.String).Select(m => (m.Name, Text: m.Value.GetString()!)).ToList();
            // Bytes of a form that may have three times as many.
            return texts.Any(t => t.Name is LoginFields.Ip or LoginFields.DeviceId && !Ascii.IsValid(t.Text) && Encoding.UTF8.GetByteCount(t.Text) * 3 > Padding.MaxPlaintext) ? null : false;
        }
        catch (JsonException)
        {
            return true;
        }
        catch (InvalidOperationException)
        {
            // Half of a surrogate pair.
            return true;
        }
    }

    private delegate string Draw(ref SplitMix random);

    private static void Add(StringBuilder members, string field, ref SplitMix random, Draw draw, int odd = 8)
    {
        if (!random.OneIn(25))
        {
            members.Append(CultureInfo.InvariantCulture, $",\"{field}\":{(random.OneIn(odd) ? OddValues[random.Below(random.OneIn(2) ? 1 : OddValues.Length)] : $"\"{draw(ref random)}\"")}");
        }
    }

    private static string Text(ref SplitMix random, int limit)
    {
        if (random.OneIn(5))
        {
            return OddTexts[random.Below(OddTexts.Length)];
        }

        var length = random.OneIn(2) ? 1 + random.Below(5) : Math.Max(0, limit - 1 + random.Below(3));
        // Four bytes, two UTF-16 units, one character.
        return string.Concat(Enumerable.Repeat(random.OneIn(4) ? "😀" : "x", length));
    }

    private static string Version(ref SplitMix random)
    {
        if (random.OneIn(8))
        {
            return OddVersions[random.Below(OddVersions.Length)];
        }

        var parts = new string[1 + random.Below(random.OneIn(20) ? 4 : 3)];
        for (var i = 0; i < parts.Length; i++)
        {
            parts[i] = random.OneIn(2) ? Parts[random.Below(Parts.Length)] : random.Below(random.OneIn(2) ? 20 : 3000).ToString(CultureInfo.InvariantCulture);
        }

        return string.Join('.', parts);
    }
}
