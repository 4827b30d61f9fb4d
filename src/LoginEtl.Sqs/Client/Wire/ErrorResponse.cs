using System.Text.Json.Serialization;

namespace LoginEtl.Sqs.Client.Wire;

/// <summary>A refusal. The server's message is not read: it may quote handles and bodies.</summary>
internal sealed record ErrorResponse([property: JsonPropertyName("__type")] string? Type);
