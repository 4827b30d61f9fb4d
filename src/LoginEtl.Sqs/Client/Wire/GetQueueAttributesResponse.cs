namespace LoginEtl.Sqs.Client.Wire;

internal sealed record GetQueueAttributesResponse(Dictionary<string, string?>? Attributes);
