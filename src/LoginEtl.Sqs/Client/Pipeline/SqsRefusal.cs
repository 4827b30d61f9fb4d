using System.Diagnostics.CodeAnalysis;
using System.Net;
using Amazon.Runtime;

namespace LoginEtl.Sqs.Client.Pipeline;

/// <summary>
/// An answer that is no success. The pipeline wants its own type, and the response inside, to notice a skewed clock.
/// </summary>
[SuppressMessage("Design", "CA1032:Implement standard exception constructors", Justification = "Made in one place.")]
internal sealed class SqsRefusal(HttpStatusCode status, string? code, Exception? response)
    : AmazonServiceException(code ?? "refused", response, ErrorType.Unknown, code, requestId: null, status);
