namespace LoginEtl.Sqs.Client.Wire;

/// <summary>An entry that failed. The server's message is not read: it may quote handles and bodies.</summary>
internal sealed record FailedEntry(string? Id, string? Code, bool SenderFault);
