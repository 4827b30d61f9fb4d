namespace LoginEtl.Decoding;

/// <summary>How bodies are decoded.</summary>
public sealed record DecodeOptions
{
    /// <summary>Envelopes are taken off, and their ids say what is the same message.</summary>
    public static readonly DecodeOptions Default = new();

    /// <summary>Whether envelopes are taken off.</summary>
    public Envelope Envelope { get; init; }

    /// <summary>What makes two messages of a queue the same one.</summary>
    public IdentityFrom Identity { get; init; } = IdentityFrom.Envelope;
}
