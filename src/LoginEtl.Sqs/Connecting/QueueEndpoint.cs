using Amazon.Runtime;
using LoginEtl.Connections;
using LoginEtl.Faults;
using static LoginEtl.Sqs.Connecting.AwsVariable;

namespace LoginEtl.Sqs.Connecting;

/// <summary>Where to connect, and the region to sign for.</summary>
/// <param name="Url">Scheme, host, port and path; no user name.</param>
/// <param name="Region">Such as <c>eu-central-1</c>.</param>
internal sealed record QueueEndpoint(Uri Url, string Region)
{
    /// <summary>Whether it is on this machine: counts are exact there, and no proxy is used.</summary>
    public bool IsLocal => Url.IsLoopback;

    /// <summary>Settings first, then the address, the environment and the profile.</summary>
    /// <exception cref="LoginEtlException">
    /// <c>InvalidQueueSetting</c>: no region, or an endpoint that is no URL.
    /// </exception>
    public static QueueEndpoint Resolve(QueueSettings settings, QueueAddress address, Func<string, string?> environment)
    {
        var profile = new Lazy<SharedProfile?>(() => SharedProfile.Find(settings, environment));
        var url = settings.EndpointUrl ?? Origin(address.Url)
            ?? (IsTrue(environment("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"))
                ? null
                : FromEnvironment(environment) ?? FromProfile(profile, settings));
        var region = NotEmpty(settings.Region) ?? address.Region
            ?? AwsRegion.Of(environment)
            ?? (url is null || settings.ProfileName is not null ? profile.Value?.Region : null)
            ?? (url is null ? null : AwsRegion.OfEmulators)
            ?? throw Invalid(
                "No AWS region is set.",
                "Set the region by parameter, AWS_REGION, AWS_DEFAULT_REGION or the profile, or give the queue's URL or "
                + "ARN.");
        if (!AwsRegion.IsName(region))
        {
            throw Invalid("The AWS region is not a region's name.", "Set a region such as eu-central-1.");
        }

        return new QueueEndpoint(Checked(url ?? AwsRegion.EndpointOf("sqs", region, environment)), region);
    }

    // A URL that the user gave is a setting; one that a server returned is never connected to.
    private static Uri? Origin(Uri? queueUrl) =>
        queueUrl is null ? null : new Uri(queueUrl.GetLeftPart(UriPartial.Authority) + "/");

    private static Uri? FromEnvironment(Func<string, string?> environment)
    {
        var text = NotEmpty(environment("AWS_ENDPOINT_URL_SQS")) ?? NotEmpty(environment("AWS_ENDPOINT_URL"));
        return text is null ? null : Parse(text);
    }

    private static Uri? FromProfile(Lazy<SharedProfile?> profile, QueueSettings settings)
    {
        try
        {
            return settings.AccessKey is null && NotEmpty(profile.Value?.EndpointUrl) is { } text ? Parse(text) : null;
        }
        catch (AmazonClientException)
        {
            throw NoUrl();
        }
    }

    private static Uri Parse(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var url) ? url : throw NoUrl();

    private static Uri Checked(Uri url) =>
        url.IsAbsoluteUri && url.Scheme is "http" or "https" && url.UserInfo.Length == 0 && url.Query.Length == 0
            ? url
            : throw NoUrl();

    private static LoginEtlException NoUrl() => Invalid(
        "The queue's endpoint is not an http or https URL without user name and query.",
        "Set an endpoint such as http://127.0.0.1:4566, or none for the region's own.");

    private static LoginEtlException Invalid(string message, string remedy) =>
        new("InvalidQueueSetting", FaultKind.Configuration, message, remedy);
}
