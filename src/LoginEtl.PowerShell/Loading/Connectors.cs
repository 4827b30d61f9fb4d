using LoginEtl.Connections;

namespace LoginEtl.PowerShell.Loading;

/// <summary>The things the cmdlets need from the far side of the load context. Named by text: no compile-time reference.</summary>
internal static class Connectors
{
    private static readonly Lazy<IQueueConnector> LazyQueue =
        new(() => PrivateLoadContext.Instance.Create<IQueueConnector>("LoginEtl.Sqs", "LoginEtl.Sqs.SqsConnector"));

    private static readonly Lazy<IDatabaseConnector> LazyDatabase =
        new(() => PrivateLoadContext.Instance.Create<IDatabaseConnector>("LoginEtl.Postgres", "LoginEtl.Postgres.PostgresConnector"));

    private static readonly Lazy<IKeyService> LazyKeyService =
        new(() => PrivateLoadContext.Instance.Create<IKeyService>("LoginEtl.Sqs", "LoginEtl.Sqs.Keys.KmsKeyService"));

    public static IQueueConnector Queue => LazyQueue.Value;

    public static IKeyService KeyService => LazyKeyService.Value;

    public static IDatabaseConnector Database => LazyDatabase.Value;
}
