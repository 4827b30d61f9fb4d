using LoginEtl.Sandbox.Servers;

namespace LoginEtl.Unit.Fixtures;

/// <summary>The version of PostgreSQL that a run of the tests starts: LOGINETL_TEST_POSTGRES, else the newest.</summary>
internal static class TestPostgres
{
    /// <summary>What every test starts a server of its own by.</summary>
    public static PostgresOptions Options => SandboxOptions.FromEnvironment("LOGINETL_TEST_").Postgres;

    /// <summary>The major version of the servers that are started.</summary>
    public static int Major => Options.Major ?? PostgresPackage.All[0].Major;
}
