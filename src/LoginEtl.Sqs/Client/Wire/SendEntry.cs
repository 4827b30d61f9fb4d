namespace LoginEtl.Sqs.Client.Wire;

internal sealed record SendEntry(string Id, string MessageBody)
{
    /// <summary>Says nothing of the body.</summary>
    public override string ToString() => $"entry {Id}";
}
