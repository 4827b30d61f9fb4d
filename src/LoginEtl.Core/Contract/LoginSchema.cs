using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using LoginEtl.Decoding;
using LoginEtl.Masking;
using LoginEtl.Protecting;
using LoginEtl.Records;
using LoginEtl.Tokens;
using LoginEtl.Versions;

namespace LoginEtl.Contract;

/// <summary>A JSON Schema (2020-12) of the logins that are taken. What it cannot say stands in its comments.</summary>
public static class LoginSchema
{
    private const string Uuid = "[0-9A-Fa-f]{8}-([0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}";
    private const string NoNul = @"^[^\x00]*$";

    private static readonly JsonSerializerOptions Form = new()
    {
        WriteIndented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>The schema as a text, with line feeds on every system.</summary>
    /// <param name="masking">Which nulls stay, and what of an ip is masked.</param>
    /// <param name="limits">What the columns take.</param>
    public static string Of(ProtectOptions masking, ColumnLimits limits)
    {
        ArgumentNullException.ThrowIfNull(masking);
        ArgumentNullException.ThrowIfNull(limits);
        var schema = new JsonObject
        {
            ["$schema"] = "https://json-schema.org/draft/2020-12/schema",
            ["$id"] = "",
            ["title"] = "Login",
            ["description"] = "One login, as the body of a message or a line of a file: one JSON object in UTF-8. "
                + "What may be around it (an SNS notification, an EventBridge event, a JSON string that holds the object) is not part of this schema. "
                + "Fields that are not named here may be there, and are ignored.",
            ["$comment"] = "Refused as well, and JSON Schema cannot say it: a key that stands twice in the object, one that is not named here too; "
                + "half of a surrogate pair in a key of the object or in a value of the fields named here; bytes that are no UTF-8; "
                + $"anything but white space behind the object; nesting deeper than {LoginReader.MaxDepth}, where the object is 1; more than {LoginDecoder.MaxBodyBytes} bytes."
                + (limits.IsOfTable ? " Lengths and versions are those of the table's columns as they were when this was made. What else the table demands of a row (NOT NULL, checks, enums, unique keys) is not here." : ""),
            ["type"] = "object",
            ["required"] = new JsonArray(LoginFields.UserId, LoginFields.AppVersion, LoginFields.Ip, LoginFields.DeviceId),
            ["properties"] = new JsonObject
            {
                [LoginFields.UserId] = limits.UserIdIsUuid ? UserUuid() : UserId(limits.UserId),
                [LoginFields.AppVersion] = Version(limits.AppVersion),
                [LoginFields.DeviceType] = Text("Kind of device", "Such as android or ios; case is kept. May be null or left out.", isNullable: true, limits.DeviceType),
                [LoginFields.Ip] = Personal(
                    "Address of the client", "An IPv4 or IPv6 address. Any other text is taken, too, and masked as it is. Never stored in clear.",
                    masking.AllowNullPii, masking.IpForm == IpForm.Forwarded ? null : ""),
                [LoginFields.Locale] = Text("Locale", "Such as DE or pt-BR, as it is. May be null or left out.", isNullable: true, limits.Locale),
                [LoginFields.DeviceId] = Personal(
                    "Device", "What tells this device from all others. Never stored in clear.", masking.AllowNullPii, " in Unicode's form NFC"),
            },
        };
        // One name for one content: a registry of schemas, or a validator, may hold those of several tables.
        schema["$id"] = $"urn:uuid:{LineIdentity.Uuid(SHA256.HashData(Encoding.UTF8.GetBytes(schema.ToJsonString())))}";
        return schema.ToJsonString(Form);
    }

    private static JsonObject UserId(int? longest)
    {
        var field = Text("User", "Who logged in; not empty. It is stored as it is: an id, and no name or mail address.", isNullable: false, longest);
        field["minLength"] = 1;
        return field;
    }

    private static JsonObject UserUuid()
    {
        var field = Field("User", "Who logged in: a UUID with hyphens, without them, or with hyphens in braces.", isNullable: false);
        field["$comment"] = "No format: validators that check \"uuid\" refuse two of these forms.";
        Match(field, [$"^({Uuid}|[0-9A-Fa-f]{{32}}|[{{]{Uuid}[}}])$"], "[^0-9A-Fa-f{}-]");
        return field;
    }

    private static JsonObject Version(VersionLimits limits)
    {
        var patterns = VersionPattern.Of(limits);
        if (patterns.Count == 0)
        {
            return Text("Version of the app", "Such as 2.3 or 2.3.0. Any text is taken.", isNullable: false, limits.Longest);
        }

        var field = Field(
            "Version of the app", "One to three numbers with dots between, such as 2.3 or 2.3.0. Leading zeros do not count, and a part that is missing counts as 0.", isNullable: false);
        Match(field, patterns, "[^0-9.]");
        return field;
    }

    // Null for a text of which only the beginning is masked.
    private static JsonObject Personal(string title, string description, bool isNullable, string? form)
    {
        var field = Text(title, $"{description}{(isNullable ? " May be null, and may not be left out." : "")}", isNullable, form is null ? null : Padding.MaxPlaintext);
        field["$comment"] = form is null
            ? $"Of a list of addresses the first counts, and the list may be longer. Any other text may have {Padding.MaxPlaintext} bytes of UTF-8."
            : $"The limit is {Padding.MaxPlaintext} bytes of UTF-8{form}, and maxLength counts characters: the two are one for ASCII. Other texts of more than {Padding.MaxPlaintext} bytes are refused, though they may be valid here.";
        return field;
    }

    private static JsonObject Text(string title, string description, bool isNullable, int? longest)
    {
        var field = Field(title, description, isNullable);
        if (longest is { } limit)
        {
            field["maxLength"] = limit;
        }

        field["pattern"] = NoNul;
        return field;
    }

    private static JsonObject Field(string title, string description, bool isNullable) => new()
    {
        ["title"] = title,
        ["description"] = description,
        ["type"] = isNullable ? new JsonArray("string", "null") : "string",
    };

    // In some languages $ stands before a last line feed, too: what no such text may hold is said apart.
    private static void Match(JsonObject field, IReadOnlyList<string> patterns, string others)
    {
        field["pattern"] = patterns[0];
        field["not"] = new JsonObject { ["pattern"] = others };
        if (patterns.Count > 1)
        {
            field["allOf"] = new JsonArray([.. patterns.Skip(1).Select(p => new JsonObject { ["pattern"] = p })]);
        }
    }
}
