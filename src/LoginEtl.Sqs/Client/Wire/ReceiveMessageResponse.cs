namespace LoginEtl.Sqs.Client.Wire;

internal sealed record ReceiveMessageResponse(IReadOnlyList<WireMessage?>? Messages);
