namespace LoginEtl.Sandbox.Servers;

/// <summary>The servers of the tests, and the variables that name them.</summary>
public static class TestServers
{
    private const string Prefix = "LOGINETL_TEST_";

    /// <summary>Starts what {Prefix}DATABASE and {Prefix}SQS do not name.</summary>
    /// <exception cref="SandboxException">Node.js, npm or PostgreSQL is missing, or a server did not start.</exception>
    public static Task<SandboxServers> StartAsync(Action<string>? report, CancellationToken cancellationToken)
    {
        SandboxOptions options = SandboxOptions.FromEnvironment(Prefix);
        // Every statement is logged, so that the tests can look for leaks there.
        PostgresOptions postgres = options.Postgres with { LogStatement = "all" };
        return SandboxServers.StartAsync(options with { Postgres = postgres, Report = report }, cancellationToken);
    }

    /// <summary>What tests/Pester takes to reach them.</summary>
    public static IReadOnlyDictionary<string, string> Variables(PostgresServer postgres, SqsServer sqs)
    {
        ArgumentNullException.ThrowIfNull(postgres);
        ArgumentNullException.ThrowIfNull(sqs);
        return new Dictionary<string, string>
        {
            [Prefix + "SQS"] = sqs.EndpointUrl.AbsoluteUri,
            [Prefix + "DATABASE"] = postgres.ConnectionString,
            [Prefix + "DATABASE_LOG"] = postgres.LogPath ?? "",
        };
    }
}
