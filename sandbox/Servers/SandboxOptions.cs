namespace LoginEtl.Sandbox.Servers;

/// <summary>Which servers the sandbox starts, and which it takes as they are.</summary>
public sealed record SandboxOptions
{
    /// <summary>An Npgsql connection string of an existing PostgreSQL; null starts a private one.</summary>
    public string? ExistingDatabase { get; init; }

    /// <summary>The endpoint of an existing SQS server; null starts a private one.</summary>
    public Uri? ExistingSqs { get; init; }

    /// <summary>How the private PostgreSQL runs.</summary>
    public PostgresOptions Postgres { get; init; } = new();

    /// <summary>Is told, in one line each, of what takes long (the first npm ci).</summary>
    public Action<string>? Report { get; init; }

    /// <summary>Takes existing servers from {prefix}DATABASE and {prefix}SQS, and from nowhere else.</summary>
    /// <param name="prefix">LOGINETL_SANDBOX_ for the demo, LOGINETL_TEST_ for the tests.</param>
    /// <exception cref="SandboxException">{prefix}SQS is no absolute URL.</exception>
    public static SandboxOptions FromEnvironment(string prefix)
    {
        string? sqs = Read(prefix + "SQS");
        Uri? endpoint = null;
        if (sqs is not null && !Uri.TryCreate(sqs, UriKind.Absolute, out endpoint))
            throw new SandboxException($"{prefix}SQS is no URL. Set it to the server's endpoint, such as " +
                "http://127.0.0.1:4566, or unset it to have a server started.");
        return new SandboxOptions { ExistingDatabase = Read(prefix + "DATABASE"), ExistingSqs = endpoint };
    }

    private static string? Read(string name) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
}
