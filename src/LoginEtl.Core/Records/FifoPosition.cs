using System.Globalization;

namespace LoginEtl.Records;

/// <summary>A message's place in a FIFO queue.</summary>
/// <param name="MessageGroupId">The group whose order is kept.</param>
/// <param name="SequenceNumber">Up to 128 bits, decimal, as the queue gives it.</param>
public sealed record FifoPosition(string MessageGroupId, string SequenceNumber)
{
    /// <summary>
    /// The sequence number as a number: a message of a group comes after those with smaller ones. 0 when it is none.
    /// </summary>
    public UInt128 Sequence() =>
        UInt128.TryParse(SequenceNumber, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;
}
