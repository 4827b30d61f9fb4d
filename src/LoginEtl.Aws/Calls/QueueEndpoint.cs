namespace LoginEtl.Aws.Calls;

/// <summary>Where to connect, and the region to sign for.</summary>
/// <param name="Url">Scheme, host, port and path; no user name.</param>
/// <param name="Region">Such as <c>eu-central-1</c>.</param>
internal sealed record QueueEndpoint(Uri Url, string Region)
{
    /// <summary>Whether it is on this machine: counts are exact there, and no proxy is used.</summary>
    public bool IsLocal => QueueHost.IsLoopback(Url);
}
