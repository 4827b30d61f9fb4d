using LoginEtl.Sandbox.Servers;
using LoginEtl.Settings;

namespace LoginEtl.Sandbox.Demo;

/// <summary>What a run of LoginEtl needs to know, as a host of it or a person's shell takes it.</summary>
/// <param name="Sqs">The queue's server.</param>
/// <param name="Endpoint">Where to reach it; a proxy's, when one stands in front.</param>
/// <param name="Queue">The queue's name.</param>
/// <param name="Database">An Npgsql connection string.</param>
/// <param name="Folder">The sandbox's temporary folder, which holds the keys.</param>
internal sealed record RunSettings(SqsServer Sqs, Uri Endpoint, string Queue, string Database, string Folder)
{
    /// <summary>The folder of the keysets.</summary>
    public string KeysFolder => Path.Combine(Folder, "keys");

    /// <summary>The half of the quarantine's key pair that no masking host needs.</summary>
    public string PrivateKeyPath => Path.Combine(Folder, "quarantine-private.json");

    /// <summary>The keysets as a key source URI.</summary>
    public string Keyset => $"file:{KeysFolder}";

    /// <summary>The settings as environment variables.</summary>
    public IReadOnlyDictionary<string, string> ToEnvironment() => new Dictionary<string, string>
    {
        ["AWS_ACCESS_KEY_ID"] = Sqs.AccessKey,
        ["AWS_SECRET_ACCESS_KEY"] = Sqs.SecretKey,
        ["AWS_REGION"] = Sqs.Region,
        ["AWS_ENDPOINT_URL_SQS"] = Endpoint.AbsoluteUri,
        [EnvironmentSettings.QueueVariable] = Queue,
        [EnvironmentSettings.KeysetVariable] = Keyset,
        [EnvironmentSettings.DatabaseVariable] = Database,
    };

    /// <summary>The settings for a child process, which is to find no profile of the user's either.</summary>
    public IReadOnlyDictionary<string, string> ToChildEnvironment()
    {
        string none = Path.Combine(Folder, "no-profile");
        var environment = new Dictionary<string, string>(ToEnvironment())
        {
            ["AWS_CONFIG_FILE"] = none,
            ["AWS_SHARED_CREDENTIALS_FILE"] = none,
            ["AWS_EC2_METADATA_DISABLED"] = "true",
        };
        // What a killed .NET process leaves in its temp folder then goes with the sandbox's. Elsewhere the path would
        // be too long for its sockets.
        if (OperatingSystem.IsLinux()) environment["TMPDIR"] = Folder;
        return environment;
    }
}
