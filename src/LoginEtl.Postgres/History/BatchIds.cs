using System.Buffers.Binary;

namespace LoginEtl.Postgres.History;

/// <summary>
/// Ids of batches, by which each entry of a ledger says of which run it is: the run's id, whose last four bytes are zero, with
/// the batch's number in their place.
/// </summary>
internal static class BatchIds
{
    private const int RunBytes = 12;

    /// <summary>A run's id; 42 bits of it are random, beside the millisecond.</summary>
    public static Guid NewRun() => Of(Guid.CreateVersion7(), 0);

    /// <summary>The id of a run's batch.</summary>
    /// <param name="run">The run's.</param>
    /// <param name="number">From 1.</param>
    public static Guid Of(Guid run, uint number)
    {
        Span<byte> bytes = stackalloc byte[16];
        run.TryWriteBytes(bytes, bigEndian: true, out _);
        BinaryPrimitives.WriteUInt32BigEndian(bytes[RunBytes..], number);
        return new Guid(bytes, bigEndian: true);
    }

    /// <summary>The id of a batch whose run nobody remembers. It is of version 4, as those of restoring are, and a run's of version 7.</summary>
    public static Guid OfNoRun() => Guid.NewGuid();

    /// <summary>A condition: a batch is a run's.</summary>
    public const string IsOfRun = "get_byte(uuid_send(batch), 6) >> 4 = 7";

    /// <summary>An expression: what a run's id and those of its batches have in common.</summary>
    /// <param name="id">An expression of one of them.</param>
    public static string Common(string id) => $"pg_catalog.substring(pg_catalog.uuid_send({id}), 1, {RunBytes})";
}
