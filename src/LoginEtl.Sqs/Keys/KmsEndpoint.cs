using System.Text.RegularExpressions;
using LoginEtl.Connections;
using LoginEtl.Faults;
using LoginEtl.Keysets;
using LoginEtl.Sqs.Connecting;
using static LoginEtl.Sqs.Connecting.AwsVariable;

namespace LoginEtl.Sqs.Keys;

/// <summary>Where AWS KMS is, and the region to sign for: settings first, then the key's ARN, the environment and the profile.</summary>
internal static partial class KmsEndpoint
{
    /// <exception cref="LoginEtlException"><c>InvalidKeyServiceSetting</c>.</exception>
    public static QueueEndpoint Resolve(KmsSettings settings, Func<string, string?> environment)
    {
        var configured = IsTrue(environment("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"))
            ? null
            : NotEmpty(environment("AWS_ENDPOINT_URL_KMS")) ?? NotEmpty(environment("AWS_ENDPOINT_URL"));
        var region = NotEmpty(settings.Region)
            ?? (Arn().Match(settings.KeyId ?? "") is { Success: true } arn ? arn.Groups["region"].Value : null)
            ?? AwsRegion.Of(environment)
            ?? SharedProfile.Find(Credentials(settings), environment)?.Region
            ?? (configured is null ? null : AwsRegion.OfEmulators)
            ?? throw Invalid("No AWS region is set.", "Name the key by its ARN, add &region=REGION to the key source, or set AWS_REGION.");
        if (!AwsRegion.IsName(region))
        {
            throw Invalid("The AWS region is not a region's name.", "Set a region such as eu-central-1.");
        }

        var url = configured is null ? AwsRegion.EndpointOf("kms", region, environment)
            : Uri.TryCreate(configured, UriKind.Absolute, out var absolute) && absolute.Scheme is "http" or "https" && absolute is { UserInfo: "", Query: "" } ? absolute
            : throw Invalid("The endpoint of AWS KMS is not an http or https URL without user name and query.", "Correct or unset AWS_ENDPOINT_URL_KMS.");
        return new QueueEndpoint(url, region);
    }

    /// <summary>Whose credentials are asked for.</summary>
    public static AwsSettings Credentials(KmsSettings settings) => new()
    {
        Region = settings.Region, ProfileName = settings.ProfileName, Timeout = settings.Timeout,
    };

    private static LoginEtlException Invalid(string message, string remedy) =>
        new("InvalidKeyServiceSetting", FaultKind.Configuration, message, remedy);

    [GeneratedRegex("^arn:[a-z-]+:kms:(?<region>[a-z0-9-]+):")]
    private static partial Regex Arn();
}
