using System.Text;
using LoginEtl.Faults;
using LoginEtl.Postgres.Writing;
using LoginEtl.Quarantine;
using LoginEtl.Records;
using LoginEtl.Unit.Core;

namespace LoginEtl.Unit.Fuzzing.Targets;

/// <summary>
/// A record of the quarantine table is read, or refused with a field of ours and no word of its own; its masked columns
/// hold tokens only; written again, it reads the same.
/// </summary>
internal sealed class StoredRecordTarget : FuzzTarget
{
    private readonly Delivery _delivery = Deliveries.New("00000000-0000-0000-0000-000000000001");

    public override string Name => "stored-records";

    public override IReadOnlyList<byte[]> Pieces { get; } =
    [
        .. FuzzPieces.Json, .. FuzzPieces.Base64,
        .. FuzzPieces.Texts("\"masked_ip\":", "\"masked_device_id\":", "\"user_id\":", "\"create_date\":", "\"app_version\":", "\"2026-03-04\"", "\"0000-00-00\"", "\"9999-12-31\""),
    ];

    public override IReadOnlyList<string> MustReach { get; } = ["record", "LoneSurrogate", "QuarantinedRecordInvalid"];

    public override string Run(ReadOnlySpan<byte> input)
    {
        try
        {
            var record = Read(Encoding.UTF8.GetString(input), out var rejection);
            if (record is null)
            {
                Finding.Unless(Enum.IsDefined(rejection.Reason) && rejection.Field is not null, "there is no reason");
                Finding.IfQuoted(rejection.ToString(), "the rejection");
                return rejection.Reason.ToString();
            }

            Check(record);
            return "record";
        }
        catch (LoginEtlException e)
        {
            Finding.Unless(e is { InnerException: null }, "it has a cause that may quote it");
            Finding.IfQuoted(e);
            return e.Id;
        }
    }

    private static bool IsToken(string? text) => text is null || Tokens.TokenParts.Read(text) is not null;

    private LoginRecord? Read(string json, out Rejection rejection) => StoredRecord.Read(
        new QuarantineEntry(null, json)
        {
            Id = 1,
            MessageId = _delivery.Id!.Value.Value,
            Reason = "refused_by_database",
            ReceiveCount = 1,
            CreatedAt = Deliveries.Sent,
        },
        _delivery, out rejection);

    private void Check(LoginRecord record)
    {
        Finding.Unless(IsToken(record.MaskedIp) && IsToken(record.MaskedDeviceId), "a masked column holds no token");
        Finding.IfQuoted(record.ToString(), "the record");
        var again = Read(RecordJson.Of(record), out _);
        Finding.Unless(
            again is not null
            && (again.UserId, again.DeviceType, again.MaskedIp, again.MaskedDeviceId, again.Locale, again.AppVersion, again.CreateDate)
                == (record.UserId, record.DeviceType, record.MaskedIp, record.MaskedDeviceId, record.Locale, record.AppVersion, record.CreateDate),
            "written again it reads otherwise");
    }
}
