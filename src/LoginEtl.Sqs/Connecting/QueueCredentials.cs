using Amazon.Runtime;
using Amazon.Runtime.CredentialManagement;
using Amazon.Runtime.Credentials;
using LoginEtl.Connections;
using LoginEtl.Faults;

namespace LoginEtl.Sqs.Connecting;

/// <summary>Finds credentials: the settings' own, else a named profile, else the SDK's chain.</summary>
internal static class QueueCredentials
{
    /// <exception cref="LoginEtlException">
    /// <c>CredentialsNotFound</c>, or <c>InvalidQueueSetting</c> for half a pair.
    /// </exception>
    public static async Task<AWSCredentials> ResolveAsync(
        QueueSettings settings, Func<string, string?> environment, CancellationToken cancellationToken)
    {
        if ((settings.AccessKey is null) != (settings.SecretKey is null))
        {
            throw new LoginEtlException(
                "InvalidQueueSetting", FaultKind.Configuration,
                "An access key and a secret key belong together, and only one of them is set.",
                "Set both, or neither to use a profile or the environment.");
        }

        if (settings is { AccessKey: { } access, SecretKey: { } secret })
        {
            return new BasicAWSCredentials(access, secret.Reveal());
        }

        try
        {
            // The chain is synchronous and may ask instance metadata, which nobody answers off AWS.
            return await Task.Run(() => FindAsync(settings, environment), cancellationToken)
                .WaitAsync(settings.Timeout, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not (LoginEtlException or OperationCanceledException))
        {
            throw NotFound(settings);
        }
    }

    /// <summary>The profile of the settings, else of AWS_PROFILE, else "default"; null when there is none.</summary>
    public static CredentialProfile? FindProfile(QueueSettings settings, Func<string, string?> environment)
    {
        var name = settings.ProfileName ?? environment("AWS_PROFILE");
        try
        {
            return new CredentialProfileStoreChain().TryGetProfile(
                string.IsNullOrWhiteSpace(name) ? "default" : name, out var profile)
                ? profile
                : null;
        }
        catch (Exception e) when (e is AmazonClientException or IOException or UnauthorizedAccessException)
        {
            // An unreadable file is told of when its credentials are asked for.
            return null;
        }
    }

    private static async Task<AWSCredentials> FindAsync(QueueSettings settings, Func<string, string?> environment)
    {
        // The default resolver refuses SSO profiles, so a named profile goes through the store's own chain.
        var named = settings.ProfileName is not null || !string.IsNullOrWhiteSpace(environment("AWS_PROFILE"));
        var chain = new CredentialProfileStoreChain();
        var credentials = settings.ProfileName is { } name
            ? chain.TryGetAWSCredentials(name, out var ofProfile) ? ofProfile : throw NotFound(settings)
            : named && FindProfile(settings, environment) is { } profile
                && string.IsNullOrEmpty(environment("AWS_ACCESS_KEY_ID"))
                    ? profile.GetAWSCredentials(chain)
                    : await DefaultAWSCredentialsIdentityResolver.GetCredentialsAsync().ConfigureAwait(false);
        await credentials.GetCredentialsAsync().ConfigureAwait(false);
        return credentials;
    }

    private static LoginEtlException NotFound(QueueSettings settings) => new(
        "CredentialsNotFound", FaultKind.Denied,
        settings.ProfileName is { } name
            ? $"The profile '{name}' gives no AWS credentials."
            : "No AWS credentials were found.",
        "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, name a profile that `aws sts get-caller-identity --profile` "
        + "accepts (profiles with SSO or role_arn need parts of the SDK that are not shipped yet), or run where an "
        + "instance or task role gives them.");
}
