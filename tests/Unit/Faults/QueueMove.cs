using LoginEtl.Aws;
using LoginEtl.Keysets;
using LoginEtl.Moving;
using LoginEtl.Postgres;
using LoginEtl.Settings;

namespace LoginEtl.Unit.Faults;

/// <summary>Moves messages from one queue of a lane to another, as Move-LoginMessage does.</summary>
/// <param name="lane">With the servers and the keys.</param>
/// <param name="endpoint">Where the queues are reached: a proxy's.</param>
/// <param name="database">With the ledger.</param>
internal sealed class QueueMove(FaultLane lane, Uri endpoint, string database)
{
    private readonly SqsConnector _queues = new();

    /// <summary>Moves all that can be received, until something fails for good.</summary>
    public async Task<MoveReceipt> RunAsync(string from, string to)
    {
        using var keyring = Keyring.Open(lane.Settings(endpoint, from, database).KeysFolder);
        await using var ledger = await new PostgresConnector().OpenLedgerAsync(new DatabaseSettings { Database = new SecretText(database) }, new SinkOptions(), CancellationToken.None);
        await using var sender = await _queues.SendToAsync(Settings(to), CancellationToken.None);
        var source = await _queues.ReceiveFromAsync(Settings(from), new ReceiveOptions { KeepsAttributes = true, DrainWindow = TimeSpan.FromSeconds(0.2) }, CancellationToken.None);
        return await new MessageMove(sender, ledger, keyring, new MoveOptions()).RunAsync(source, CancellationToken.None);
    }

    private QueueSettings Settings(string queue) => new()
    {
        Queue = queue,
        Region = lane.Sqs.Region,
        EndpointUrl = endpoint,
        AccessKey = lane.Sqs.AccessKey,
        SecretKey = new SecretText(lane.Sqs.SecretKey),
    };
}
