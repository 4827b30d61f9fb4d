namespace LoginEtl.Sqs.Client.Wire;

/// <summary>What became of a batch's entries. Nothing keeps a server from sending nulls.</summary>
internal sealed record BatchResponse(
    IReadOnlyList<SucceededEntry?>? Successful, IReadOnlyList<FailedEntry?>? Failed);
