using LoginEtl.Export;
using LoginEtl.Keysets;
using LoginEtl.Ports;
using LoginEtl.Settings;

namespace LoginEtl.PowerShell.Loading;

/// <summary>What the cmdlets need from the far side of the load context. Named by text: no compile-time reference.</summary>
internal static class Connectors
{
    private static readonly Lazy<IQueueConnector> LazyQueue =
        new(() => PrivateLoadContext.Instance.Create<IQueueConnector>("LoginEtl.Aws", "LoginEtl.Aws.SqsConnector"));

    private static readonly Lazy<IDatabaseConnector> LazyDatabase =
        new(() => PrivateLoadContext.Instance.Create<IDatabaseConnector>("LoginEtl.Postgres", "LoginEtl.Postgres.PostgresConnector"));

    public static IQueueConnector Queue => LazyQueue.Value;

    public static IDatabaseConnector Database => LazyDatabase.Value;

    /// <summary>Writes files of columns.</summary>
    public static IColumnWriter NewColumnWriter() =>
        PrivateLoadContext.Instance.Create<IColumnWriter>("LoginEtl.Parquet", "LoginEtl.Parquet.ParquetColumnWriter");

    /// <summary>Encrypts keysets. A new one for each reading or change: it keeps the credentials it finds.</summary>
    public static IKeyService NewKeyService() =>
        PrivateLoadContext.Instance.Create<IKeyService>("LoginEtl.Aws", "LoginEtl.Aws.Kms.KmsKeyService");

    /// <summary>Makes IAM tokens of RDS. A new one for each run: it keeps the credentials it finds.</summary>
    public static IDatabasePasswordProvider NewPasswords() =>
        PrivateLoadContext.Instance.Create<IDatabasePasswordProvider>("LoginEtl.Aws", "LoginEtl.Aws.Rds.RdsPasswordProvider");
}
