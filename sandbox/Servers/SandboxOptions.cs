using System.Globalization;

namespace LoginEtl.Sandbox.Servers;

/// <summary>Which servers the sandbox starts, and which it takes as they are.</summary>
public sealed record SandboxOptions
{
    /// <summary>An Npgsql connection string of an existing PostgreSQL; null starts a private one.</summary>
    public string? ExistingDatabase { get; init; }

    /// <summary>The endpoint of an existing SQS server; null starts a private one.</summary>
    public Uri? ExistingSqs { get; init; }

    /// <summary>How the private PostgreSQL runs.</summary>
    public required PostgresOptions Postgres { get; init; }

    /// <summary>Is told, in one line each, of what takes long (the first npm ci).</summary>
    public Action<string>? Report { get; init; }

    /// <summary>
    /// Takes existing servers from {prefix}DATABASE and {prefix}SQS, and from nowhere else; the version of a private
    /// PostgreSQL from {prefix}POSTGRES, else the newest.
    /// </summary>
    /// <param name="prefix">LOGINETL_SANDBOX_ for the demo, LOGINETL_TEST_ for the tests.</param>
    /// <exception cref="SandboxException">{prefix}SQS is no absolute URL, or {prefix}POSTGRES no version.</exception>
    public static SandboxOptions FromEnvironment(string prefix) => new()
    {
        ExistingDatabase = Read(prefix + "DATABASE"),
        ExistingSqs = Endpoint(prefix + "SQS"),
        Postgres = new PostgresOptions { Major = Version(prefix + "POSTGRES") },
    };

    private static Uri? Endpoint(string name)
    {
        if (Read(name) is not { } sqs) return null;
        return Uri.TryCreate(sqs, UriKind.Absolute, out Uri? endpoint)
            ? endpoint
            : throw new SandboxException($"{name} is no URL. Set it to the server's endpoint, such as " +
                "http://127.0.0.1:4566, or unset it to have a server started.");
    }

    private static int? Version(string name)
    {
        if (Read(name) is not { } version) return null;
        return int.TryParse(version, NumberStyles.None, CultureInfo.InvariantCulture, out int major)
            ? major
            : throw new SandboxException($"{name} is no version of PostgreSQL. Set it to a major one, such as 16, or " +
                "unset it to have the newest started.");
    }

    private static string? Read(string name) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
}
