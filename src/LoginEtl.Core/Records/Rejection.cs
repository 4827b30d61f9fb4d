namespace LoginEtl.Records;

/// <summary>Why one message was refused.</summary>
/// <param name="Reason">The code.</param>
/// <param name="Field">
/// The schema's name of the field concerned, never a name read from a body (a repeated key may itself be an ip);
/// null where it is the body as a whole.
/// </param>
public readonly record struct Rejection(RejectReason Reason, string? Field = null)
{
    /// <inheritdoc/>
    public override string ToString() => Field is null ? Reason.Code() : $"{Reason.Code()} ({Field})";
}
