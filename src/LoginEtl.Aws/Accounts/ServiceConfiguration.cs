using Amazon.Runtime;
using LoginEtl.Aws.Calls;
using LoginEtl.Faults;
using LoginEtl.Settings;
using static LoginEtl.Aws.Accounts.AwsVariable;

namespace LoginEtl.Aws.Accounts;

/// <summary>
/// What settings, environment and profile say of a service's place, in the SDK's order. The SDK reads some of it once in
/// a process's life, and only of AWS_PROFILE or the default; a session may set variables later, and name another profile.
/// </summary>
/// <param name="service">Which.</param>
/// <param name="settings">Come before the environment.</param>
/// <param name="environment">Comes before the profile.</param>
/// <param name="invalid">Of a wrong setting.</param>
internal sealed class ServiceConfiguration(
    AwsService service, AwsSettings settings, Func<string, string?> environment, ErrorId invalid)
{
    private readonly Lazy<SharedProfile?> _profile = new(() => SharedProfile.Find(settings, environment));

    /// <summary>Null when none is configured.</summary>
    public string? Region => NotEmpty(settings.Region) ?? AwsRegion.Of(environment) ?? _profile.Value?.Region;

    /// <summary>Whether endpoints of a kind are asked for that only the region's own are.</summary>
    public bool WantsRegionsOwn => Dualstack || Fips;

    private bool Dualstack => Flag("AWS_USE_DUALSTACK_ENDPOINT", p => p.UseDualstackEndpoint);

    private bool Fips => Flag("AWS_USE_FIPS_ENDPOINT", p => p.UseFipsEndpoint);

    /// <summary>The endpoint that was given, else that of the environment and the profile; null when none is configured.</summary>
    /// <exception cref="LoginEtlException">It is no URL of an endpoint.</exception>
    public Uri? Endpoint(Uri? given = null)
    {
        try
        {
            var url = given ?? (Configured() is { } text ? new Uri(text, UriKind.RelativeOrAbsolute) : null);
            return url is null or { IsAbsoluteUri: true, Scheme: "http" or "https", UserInfo: "", Query: "" } ? url : throw NoUrl();
        }
        catch (Exception e) when (e is AmazonClientException or UriFormatException)
        {
            throw NoUrl();
        }
    }

    /// <summary>By the service's endpoint rules.</summary>
    /// <param name="endpoint">One that is no region's own; null for the region's.</param>
    /// <param name="region">Null when nothing tells it.</param>
    /// <exception cref="LoginEtlException">There is no region, or no such endpoint.</exception>
    public QueueEndpoint Resolve(Uri? endpoint, string? region)
    {
        region ??= endpoint is not null && QueueHost.IsLoopback(endpoint) ? AwsRegion.OfEmulators : throw Invalid(
            "No AWS region is set.",
            "Set the region by parameter, AWS_REGION, AWS_DEFAULT_REGION or the profile, or name the queue or key by its ARN.");
        if (!AwsRegion.IsName(region))
        {
            throw Invalid("The AWS region is not a region's name.", "Set a region such as eu-central-1.");
        }

        try
        {
            return service.Resolve(endpoint, region, Dualstack, Fips);
        }
        catch (AmazonClientException)
        {
            throw Invalid(
                "FIPS or dualstack endpoints are asked for, and AWS has them as endpoints of its regions alone.",
                "Unset the endpoint, or name the queue by its name or ARN; or set AWS_USE_FIPS_ENDPOINT and "
                + "AWS_USE_DUALSTACK_ENDPOINT to false.");
        }
    }

    private string? Configured() => Flag("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", p => p.IgnoreConfiguredEndpointUrls)
        ? null
        : NotEmpty(environment(service.EndpointVariable)) ?? NotEmpty(environment("AWS_ENDPOINT_URL"))
            ?? NotEmpty(_profile.Value?.EndpointUrl(service));

    private bool Flag(string variable, Func<SharedProfile, bool> inProfile) =>
        bool.TryParse(environment(variable), out var said) ? said : _profile.Value is { } profile && inProfile(profile);

    private LoginEtlException NoUrl() => Invalid(
        "The endpoint is not an http or https URL without user name and query.",
        $"Set an endpoint such as http://127.0.0.1:4566 by {service.EndpointVariable}, or none for the region's own.");

    private LoginEtlException Invalid(string message, string remedy) => new(invalid, message, remedy);
}
