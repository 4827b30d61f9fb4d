using System.Globalization;
using System.Text.Json;
using LoginEtl.Faults;
using LoginEtl.Records;
using LoginEtl.Tokens;

namespace LoginEtl.Quarantine;

/// <summary>Reads a protected record as the quarantine keeps it: JSON under our names of the columns, whatever the table calls them.</summary>
internal static class StoredRecord
{
    /// <summary>The record; null with a reason where a value cannot be text.</summary>
    /// <exception cref="LoginEtlException">
    /// <c>QuarantinedRecordInvalid</c>: it is not what the writer keeps. A masked column that holds no token is one of
    /// those cases, so that no plaintext comes in this way.
    /// </exception>
    public static LoginRecord? Read(QuarantineEntry entry, Delivery delivery, out Rejection rejection)
    {
        rejection = default;
        string? field = null;
        try
        {
            using var json = JsonDocument.Parse(entry.Record!);
            if (json.RootElement.ValueKind != JsonValueKind.Object)
            {
                throw Invalid(entry, null);
            }

            return new LoginRecord(delivery, Token(LoginFields.MaskedIp), Token(LoginFields.MaskedDeviceId))
            {
                UserId = Required("user_id"),
                DeviceType = Text("device_type"),
                Locale = Text("locale"),
                AppVersion = Required("app_version"),
                CreateDate = DateOnly.ParseExact(Required("create_date"), "yyyy-MM-dd", CultureInfo.InvariantCulture),
                CreatedAt = entry.SentTimestamp ?? entry.CreatedAt,
            };

            string? Text(string name)
            {
                field = name;
                var value = json.RootElement.GetProperty(name);
                return value.ValueKind is JsonValueKind.Null or JsonValueKind.String ? value.GetString() : throw Invalid(entry, name);
            }

            string Required(string name) => Text(name) ?? throw Invalid(entry, name);

            Token? Token(string name) => Text(name) is { } text ? TokenParts.Read(text) ?? throw Invalid(entry, name) : null;
        }
        catch (InvalidOperationException) when (field is not null)
        {
            // Text of JSON that is no text: an escaped half of a surrogate pair.
            rejection = new Rejection(RejectReason.LoneSurrogate, field);
            return null;
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or FormatException or InvalidOperationException)
        {
            // Their texts quote values.
            throw Invalid(entry, field);
        }
    }

    private static LoginEtlException Invalid(QuarantineEntry entry, string? field) => new(
        ErrorId.QuarantinedRecordInvalid,
        $"Quarantine entry {entry.Id} does not hold a record as the writer keeps it{(field is null ? "" : $" ({field})")}.",
        "Somebody changed it: look at the entry in the database. It stays as it is.");
}
