using System.Net;
using System.Text;
using LoginEtl.Sqs.Client;

namespace LoginEtl.Unit.Fuzzing.Targets;

/// <summary>Of a refusal only a code is taken, of letters and digits and at most 100 of them; reading it never throws.</summary>
internal sealed class ErrorBodyTarget : FuzzTarget
{
    public override string Name => "refusals";

    // The XML reader's own buffers.
    public override (long Own, long PerByte) Allocation => (256 * 1024, 64);

    public override IReadOnlyList<byte[]> Pieces { get; } =
    [
        .. FuzzPieces.Json, .. FuzzPieces.Xml,
        .. FuzzPieces.Texts("\"__type\":", "<Code>", "</Code>", "<Error>", "Missing Action", "com.amazonaws.sqs#", "AWS.SimpleQueueService.NonExistentQueue", ";Sender"),
    ];

    public override IReadOnlyList<string> MustReach { get; } = ["NotFound", "Denied", "Throttled", "Refused", "Garbled", "OtherProtocol"];

    public override string Run(ReadOnlySpan<byte> input)
    {
        var body = input.ToArray();
        Finding.Unless(SqsErrorBody.Code(HttpStatusCode.BadRequest, [], Encoding.Latin1.GetString(input)) is not { } header || IsCode(header), "a header is no code");
        var refused = SqsErrorBody.Code(HttpStatusCode.BadRequest, body, queryError: null);
        var failed = SqsErrorBody.Code(HttpStatusCode.InternalServerError, body, queryError: null);
        Finding.Unless(refused is null || IsCode(refused), "the code is none");
        Finding.Unless(failed is null || IsCode(failed), "the code of a failure is none");
        Finding.Unless(Enum.IsDefined(SqsErrorCodes.Fault(HttpStatusCode.InternalServerError, failed)), "the failure is none");
        return (failed == SqsErrorCodes.MissingAction ? SqsFault.OtherProtocol : SqsErrorCodes.Fault(HttpStatusCode.BadRequest, refused)).ToString();
    }

    private static bool IsCode(string code) =>
        code.Length is > 0 and <= 100 && code.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_');
}
