using System.Net;
using Amazon.SQS.Model;

namespace LoginEtl.Aws.Calls;

/// <summary>
/// SQS's error codes by what they mean to a run. Names of both protocols, from the SQS API reference's "Common error
/// types" and the operations' own.
/// </summary>
internal static class SqsErrorCodes
{
    private static readonly HashSet<string> NotFound = new(StringComparer.OrdinalIgnoreCase)
    {
        "QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue", "NonExistentQueue", "QueueDoesNotExistException",
    };

    private static readonly HashSet<string> Denied = new(StringComparer.OrdinalIgnoreCase)
    {
        "AccessDenied", "AccessDeniedException", "NotAuthorized", "InvalidClientTokenId", "UnrecognizedClientException",
        "SignatureDoesNotMatch", "InvalidSignatureException", "IncompleteSignature", "MissingAuthenticationToken",
        "MissingAuthenticationTokenException", "ExpiredToken", "ExpiredTokenException", "InvalidSecurity",
        "InvalidAccessKeyId", "OptInRequired", "KmsAccessDenied", "KMS.AccessDeniedException", "KmsDisabled",
        "AuthFailure", "RequestExpired", "RequestTimeTooSkewed",
    };

    private static readonly HashSet<string> Throttled = new(StringComparer.OrdinalIgnoreCase)
    {
        "RequestThrottled", "Throttling", "ThrottlingException", "TooManyRequestsException", "RequestLimitExceeded",
        "OverLimit", "AWS.SimpleQueueService.OverLimit", "KmsThrottled", "SlowDown",
    };

    private const int LongestCode = 100;

    /// <summary>A server of the Query protocol says so of a request in JSON.</summary>
    public const string MissingAction = "MissingAction";

    /// <summary>What a refusal means.</summary>
    public static SqsFault Fault(HttpStatusCode status, string? code)
    {
        var name = code ?? "";
        return name switch
        {
            _ when NotFound.Contains(name) => SqsFault.NotFound,
            _ when Denied.Contains(name) => SqsFault.Denied,
            _ when Throttled.Contains(name) => SqsFault.Throttled,
            MissingAction => SqsFault.OtherProtocol,
            _ when status == HttpStatusCode.UnsupportedMediaType => SqsFault.OtherProtocol,
            _ when status is HttpStatusCode.TooManyRequests => SqsFault.Throttled,
            _ when (int)status >= 500 || status is HttpStatusCode.RequestTimeout => SqsFault.Unavailable,
            _ when status is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => SqsFault.Denied,
            "" => SqsFault.Garbled,
            _ => SqsFault.Refused,
        };
    }

    /// <summary>Whether a batch entry that failed may succeed later.</summary>
    public static bool IsTransient(BatchResultErrorEntry entry) =>
        entry.SenderFault != true || (entry.Code is not null && Throttled.Contains(entry.Code));

    /// <summary>A code that is safe to show, of letters, digits, dots, dashes and underscores; null for anything else.</summary>
    public static string? Clean(string? code) =>
        code is { Length: > 0 and <= LongestCode }
        && code.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_')
            ? code
            : null;
}
