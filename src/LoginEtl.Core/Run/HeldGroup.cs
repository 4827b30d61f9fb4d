namespace LoginEtl.Run;

/// <summary>A group of a FIFO queue that is held because of a bad message (<c>-OnBadInGroup HoldGroup</c>).</summary>
/// <param name="Bad">The first bad message of the group.</param>
/// <param name="Why">What is bad about it; free of personal data.</param>
/// <param name="Messages">How many of its batch go back, the bad one included.</param>
public sealed record HeldGroup(QueueDelivery Bad, string Why, int Messages)
{
    /// <summary>
    /// Names the group by its bad message: producers choose group ids, which may be addresses or devices.
    /// </summary>
    public override string ToString() =>
        $"The group of message {Bad} is held: {Why}. {(Messages == 1 ? "It goes" : $"It and {Messages - 1} later of its batch go")} back to the queue, and so does what follows.";
}
