using Amazon;
using Amazon.Runtime;
using Amazon.Runtime.CredentialManagement;
using LoginEtl.Settings;
using static LoginEtl.Aws.Accounts.AwsVariable;

namespace LoginEtl.Aws.Accounts;

/// <summary>A profile of the shared config and credentials files.</summary>
internal sealed class SharedProfile
{
    private const string Default = "default";
    private readonly CredentialProfileStoreChain _store;
    private readonly CredentialProfile _profile;

    private SharedProfile(CredentialProfileStoreChain store, CredentialProfile profile) =>
        (_store, _profile) = (store, profile);

    public string Name => _profile.Name;

    /// <summary>Such as <c>eu-central-1</c>; null when the profile has none.</summary>
    public string? Region => _profile.Region?.SystemName;

    /// <summary>Whether it says <c>use_dualstack_endpoint</c>.</summary>
    public bool UseDualstackEndpoint => _profile.UseDualstackEndpoint ?? false;

    /// <summary>Whether it says <c>use_fips_endpoint</c>.</summary>
    public bool UseFipsEndpoint => _profile.UseFIPSEndpoint ?? false;

    /// <summary>Whether it says <c>ignore_configured_endpoint_urls</c>.</summary>
    public bool IgnoreConfiguredEndpointUrls => _profile.IgnoreConfiguredEndpointUrls ?? false;

    public bool HasCredentials => _profile.CanCreateAWSCredentials;

    /// <summary>Whether its credentials are those of a login by IAM Identity Center.</summary>
    public bool IsSso => _profile.Options is { } options
        && !(string.IsNullOrEmpty(options.SsoSession) && string.IsNullOrEmpty(options.SsoStartUrl));

    /// <summary>The name that was asked for, by the settings or AWS_PROFILE; null when it was not.</summary>
    public static string? Named(AwsSettings settings, Func<string, string?> environment) =>
        NotEmpty(settings.ProfileName) ?? NotEmpty(environment("AWS_PROFILE"));

    /// <summary>The names of all; empty where the files cannot be read.</summary>
    public static IReadOnlyList<string> Names(Func<string, string?> environment)
    {
        try
        {
            return [.. Store(environment).ListProfiles().Select(p => p.Name).Distinct().Order(StringComparer.Ordinal)];
        }
        catch (Exception e) when (e is AmazonClientException or IOException or InvalidDataException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    // The SDK reads this variable once in a process's life, and a session may set it later.
    private static CredentialProfileStoreChain Store(Func<string, string?> environment) => new(NotEmpty(environment("AWS_SHARED_CREDENTIALS_FILE")));

    /// <summary>The profile that was asked for, else "default"; null when it is not there or cannot be read.</summary>
    public static SharedProfile? Find(AwsSettings settings, Func<string, string?> environment)
    {
        try
        {
            var store = Store(environment);
            return store.TryGetProfile(Named(settings, environment) ?? Default, out var profile)
                ? new SharedProfile(store, profile)
                : null;
        }
        catch (Exception e) when (e is AmazonClientException or IOException or InvalidDataException or UnauthorizedAccessException)
        {
            // An unreadable file is told of when its credentials are asked for.
            return null;
        }
    }

    /// <summary>Whether a line of the files is none that there is: then nothing of them is read.</summary>
    public static bool AreMalformed(Func<string, string?> environment)
    {
        try
        {
            _ = Store(environment).ListProfiles();
            return false;
        }
        catch (InvalidDataException)
        {
            return true;
        }
        catch (Exception e) when (e is AmazonClientException or IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>Its endpoint_url for a service; null when it has none.</summary>
    /// <exception cref="AmazonClientException">It is no URL.</exception>
    public string? EndpointUrl(AwsService service) => service.EndpointUrl(new Profile(Name, _store.ProfilesLocation));

    /// <summary>The credentials and the config file, wherever the environment has them.</summary>
    public static IReadOnlyList<string> Files(Func<string, string?> environment)
    {
        var credentials = NotEmpty(environment("AWS_SHARED_CREDENTIALS_FILE")) ?? SharedCredentialsFile.DefaultFilePath;
        return
        [
            credentials,
            NotEmpty(environment("AWS_CONFIG_FILE")) ?? Path.Combine(Path.GetDirectoryName(Path.GetFullPath(credentials))!, "config"),
        ];
    }

    /// <summary>Keys, a process's answer, an assumed role, a login's role: whatever the profile says.</summary>
    public AWSCredentials Credentials() => _profile.GetAWSCredentials(_store);
}
