using System.Text.RegularExpressions;
using LoginEtl.Aws.Accounts;
using LoginEtl.Aws.Calls;
using LoginEtl.Faults;
using LoginEtl.Keysets;
using LoginEtl.Settings;
using static LoginEtl.Aws.Accounts.AwsVariable;

namespace LoginEtl.Aws.Kms;

/// <summary>Where AWS KMS is, and the region to sign for: settings first, then the key's ARN, the environment and the profile.</summary>
internal static partial class KmsEndpoint
{
    /// <exception cref="LoginEtlException"><c>InvalidKeyServiceSetting</c>.</exception>
    public static QueueEndpoint Resolve(KmsSettings settings, Func<string, string?> environment)
    {
        var configuration = new ServiceConfiguration(AwsService.Kms, Credentials(settings), environment, ErrorId.InvalidKeyServiceSetting);
        return configuration.Resolve(
            configuration.Endpoint(),
            NotEmpty(settings.Region)
                ?? (Arn().Match(settings.KeyId ?? "") is { Success: true } arn ? arn.Groups["region"].Value : configuration.Region));
    }

    /// <summary>Whose credentials are asked for.</summary>
    public static AwsSettings Credentials(KmsSettings settings) => new()
    {
        Region = settings.Region,
        ProfileName = settings.ProfileName,
        Timeout = settings.Timeout,
    };

    [GeneratedRegex("^arn:[a-z-]+:kms:(?<region>[a-z0-9-]+):")]
    private static partial Regex Arn();
}
