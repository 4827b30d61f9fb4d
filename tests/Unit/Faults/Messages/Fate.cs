namespace LoginEtl.Unit.Faults.Messages;

/// <summary>Where a message has to end.</summary>
internal enum Fate
{
    /// <summary>In the table.</summary>
    Row,

    /// <summary>In quarantine: its body does not decode, or the table refuses its row.</summary>
    Quarantine,
}
