using System.Text.Json.Serialization;
using LoginEtl.Records;

namespace LoginEtl.Sqs.Client.Wire;

/// <summary>A message's body, taken from the answer's bytes without becoming a string on the way.</summary>
/// <param name="Utf8">UTF-8; with <paramref name="Fault"/>, the bytes as they stood in the answer, escapes and all.</param>
/// <param name="Fault">Why the answer's text could not become UTF-8; null when it could.</param>
[JsonConverter(typeof(WireBodyConverter))]
internal sealed record WireBody(byte[] Utf8, RejectReason? Fault = null)
{
    /// <summary>Says nothing of the body.</summary>
    public override string ToString() => "[body]";
}
