namespace LoginEtl.Bench.Endpoint;

/// <summary>A request, whichever protocol it came in.</summary>
internal sealed class SqsCall
{
    public string Operation { get; set; } = "";

    public string Queue { get; set; } = "";

    public int MaxMessages { get; set; } = 1;

    public int? WaitSeconds { get; set; }

    public int? VisibilitySeconds { get; set; }

    /// <summary>Names of attributes that are asked for.</summary>
    public List<string> Names { get; } = [];

    /// <summary>Attributes of a queue to be made.</summary>
    public Dictionary<string, string> Attributes { get; } = [];

    /// <summary>Of a batch; of an operation on one message, that one.</summary>
    public List<SqsEntry> Entries { get; } = [];

    public bool Asks(string name) => Names.Contains(name) || Names.Contains("All");
}

/// <summary>A message that a call names or brings.</summary>
internal sealed record SqsEntry
{
    public string Id { get; set; } = "";

    public Receipt? Receipt { get; set; }

    public string Body { get; set; } = "";

    public int VisibilitySeconds { get; set; }
}
