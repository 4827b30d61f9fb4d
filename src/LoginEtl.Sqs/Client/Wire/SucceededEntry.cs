namespace LoginEtl.Sqs.Client.Wire;

/// <param name="Id">The entry's.</param>
/// <param name="MessageId">Only of a message sent.</param>
internal sealed record SucceededEntry(string? Id, string? MessageId);
