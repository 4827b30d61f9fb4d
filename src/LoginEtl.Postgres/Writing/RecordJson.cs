using System.Buffers;
using System.Globalization;
using System.Text;
using LoginEtl.Records;

namespace LoginEtl.Postgres.Writing;

/// <summary>
/// A protected record as the quarantine keeps it, in ASCII: escapes carry what text columns cannot hold (NUL, half a
/// surrogate pair), so that nothing about a record can make its own quarantine fail.
/// </summary>
internal static class RecordJson
{
    // Characters: two tokens, the names of all columns and what else a login holds.
    private const int Usual = 512;

    // Printable ASCII less the quote and the backslash.
    private static readonly SearchValues<char> Plain =
        SearchValues.Create([.. Enumerable.Range(' ', '~' - ' ' + 1).Select(c => (char)c).Where(c => c is not ('"' or '\\'))]);

    /// <summary>An object of the record's properties under our names of the columns; the version as sent.</summary>
    public static string Of(LoginRecord record)
    {
        var json = new StringBuilder("{", Usual);
        Add(json, "user_id", record.UserId);
        Add(json, "device_type", record.DeviceType);
        Add(json, LoginFields.MaskedIp, record.MaskedIp);
        Add(json, LoginFields.MaskedDeviceId, record.MaskedDeviceId);
        Add(json, "locale", record.Locale);
        Add(json, "app_version", record.AppVersion);
        Add(json, "create_date", record.CreateDate.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture));
        return json.Append('}').ToString();
    }

    /// <summary>Appends a JSON string or null.</summary>
    public static void AppendText(StringBuilder json, string? text)
    {
        if (text is null)
        {
            json.Append("null");
            return;
        }

        json.Append('"');
        var rest = text.AsSpan();
        while (rest.IndexOfAnyExcept(Plain) is >= 0 and var at)
        {
            json.Append(rest[..at]).Append(CultureInfo.InvariantCulture, $"\\u{(int)rest[at]:x4}");
            rest = rest[(at + 1)..];
        }

        json.Append(rest).Append('"');
    }

    private static void Add(StringBuilder json, string name, string? value)
    {
        json.Append(json.Length > 1 ? ",\"" : "\"").Append(name).Append("\":");
        AppendText(json, value);
    }
}
