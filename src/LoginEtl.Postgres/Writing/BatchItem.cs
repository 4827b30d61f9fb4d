using LoginEtl.Records;
using LoginEtl.Run;

namespace LoginEtl.Postgres.Writing;

/// <summary>One message of a batch, ready to be written: a row, or an entry of the quarantine.</summary>
internal sealed class BatchItem
{
    private int? _rank;
    private DateTimeOffset? _age;

    /// <summary>Place in the batch as it was handed over.</summary>
    public required int Ordinal { get; init; }

    /// <summary>Place among the rows where nothing else orders them: as it was handed over, but for <see cref="FifoOrder"/>.</summary>
    public int Rank
    {
        get => _rank ?? Ordinal;
        set => _rank = value;
    }

    /// <summary>When it was sent, but for <see cref="FifoOrder"/>: among rows of one key, the newest wins.</summary>
    public DateTimeOffset? Age
    {
        get => _age ?? Login.SentTimestamp;
        set => _age = value;
    }

    /// <summary>Key in the ledger.</summary>
    public required Guid Key { get; init; }

    /// <summary>The file ledger's, and not the queue ledger's.</summary>
    public required bool IsLine { get; init; }

    /// <summary>The message itself.</summary>
    public required ProtectedLogin Login { get; init; }

    /// <summary>The group whose order it is written in; null outside of FIFO queues.</summary>
    public FifoGroup? Group => FifoGroup.Of(Login);

    /// <summary>Its place in <see cref="Group"/>.</summary>
    public UInt128 Sequence => ((QueueDelivery)Login.GetDelivery()).Group!.Sequence();

    /// <summary>Values in the order of the target's columns; null when <see cref="Refusal"/> is set.</summary>
    public object?[]? Row { get; init; }

    /// <summary>Why it goes to quarantine; null for a row.</summary>
    public Refusal? Refusal { get; init; }
}
