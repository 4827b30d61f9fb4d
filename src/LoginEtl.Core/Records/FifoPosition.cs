namespace LoginEtl.Records;

/// <summary>A message's place in a FIFO queue.</summary>
/// <param name="MessageGroupId">The group whose order is kept.</param>
/// <param name="SequenceNumber">Up to 128 bits, decimal, as the queue gives it.</param>
public sealed record FifoPosition(string MessageGroupId, string SequenceNumber);
