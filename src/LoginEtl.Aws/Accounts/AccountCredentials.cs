using Amazon;
using Amazon.Runtime;
using Amazon.Runtime.Credentials;
using LoginEtl.Aws.Calls;
using LoginEtl.Faults;
using LoginEtl.Settings;

namespace LoginEtl.Aws.Accounts;

/// <summary>
/// Finds credentials, in the order of AWS's own tools: the settings' keys; the settings' profile; the environment's
/// keys; a web identity of the environment; AWS_PROFILE or "default"; the container's or the instance's role.
/// </summary>
internal static class AccountCredentials
{
    private const string Malformed = "a line of the credentials or the config file is malformed";

    /// <param name="settings">Which.</param>
    /// <param name="region">Where roles are assumed.</param>
    /// <param name="environment">Environment variables.</param>
    /// <param name="cancellationToken">Cancels the search.</param>
    /// <exception cref="LoginEtlException">
    /// <c>CredentialsNotFound</c>, or <c>InvalidQueueSetting</c> for half a pair.
    /// </exception>
    public static async Task<AWSCredentials> ResolveAsync(
        AwsSettings settings, string region, Func<string, string?> environment, CancellationToken cancellationToken)
    {
        if ((settings.AccessKey is null) != (settings.SecretKey is null))
        {
            throw new LoginEtlException(
                ErrorId.InvalidQueueSetting,
                "An access key and a secret key belong together, and only one of them is set.",
                "Set both, or neither to use a profile or the environment.");
        }

        if (settings is { AccessKey: { } access, SecretKey: { } secret })
        {
            return new BasicAWSCredentials(access, secret.Reveal());
        }

        var named = SharedProfile.Named(settings, environment);
        var profile = SharedProfile.Find(settings, environment);
        try
        {
            // The chain is synchronous and may ask instance metadata, which nobody answers off AWS.
            return await Task.Run(() => FindAsync(settings, region, profile, environment), cancellationToken)
                .WaitAsync(settings.Timeout, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (
            e is not LoginEtlException && !(e is OperationCanceledException && cancellationToken.IsCancellationRequested))
        {
            throw NotFound(named, profile, SharedProfile.AreMalformed(environment) ? Malformed : Reason(e));
        }
    }

    private static async Task<AWSCredentials> FindAsync(
        AwsSettings settings, string region, SharedProfile? profile, Func<string, string?> environment)
    {
        CredentialClients.Bind();
        // Else the SDK asks instance metadata for the region of its STS client.
        AWSConfigs.AWSRegion = region;
        var given = settings.ProfileName is not null;
        if (given && profile is not { HasCredentials: true })
        {
            throw NotFound(settings.ProfileName, profile, SharedProfile.AreMalformed(environment) ? Malformed : null);
        }

        // The SDK's own chain refuses SSO profiles, so profiles are read here, in their place of that chain.
        var before = !given && (IsSet(environment("AWS_ACCESS_KEY_ID")) || IsSet(environment("AWS_WEB_IDENTITY_TOKEN_FILE")));
        // A resolver of our own: the SDK's shared one goes on giving what it found first.
        var found = profile is { HasCredentials: true } && !before
            ? RereadIfStatic(profile.Credentials(), settings, environment)
            : await new DefaultAWSCredentialsIdentityResolver().ResolveIdentityAsync(clientConfig: null, CancellationToken.None)
                .ConfigureAwait(false);
        var credentials = CredentialClients.Own(found, region);
        await credentials.GetCredentialsAsync().ConfigureAwait(false);
        return credentials;
    }

    private static AWSCredentials RereadIfStatic(
        AWSCredentials found, AwsSettings settings, Func<string, string?> environment) =>
        found is BasicAWSCredentials or SessionAWSCredentials
            ? new FileKeys(found, () => Read(settings, environment), SharedProfile.Files(environment))
            : found;

    // Keys of another kind would be another way of logging in: that is for the next run.
    private static AWSCredentials? Read(AwsSettings settings, Func<string, string?> environment) =>
        SharedProfile.Find(settings, environment) is { HasCredentials: true } profile
        && profile.Credentials() is var keys and (BasicAWSCredentials or SessionAWSCredentials)
            ? keys
            : null;

    private static bool IsSet(string? variable) => !string.IsNullOrWhiteSpace(variable);

    /// <summary>A code or the name of a network error. Texts may quote requests and a process's output.</summary>
    private static string? Reason(Exception exception)
    {
        for (var e = exception; e is not null; e = e.InnerException)
        {
            if (e is AmazonServiceException { ErrorCode: { } code } && SqsErrorCodes.Clean(code) is { } clean)
            {
                return clean;
            }
        }

        return exception.GetBaseException() is AmazonClientException ? null : NetworkFaults.Name(exception.GetBaseException());
    }

    private static LoginEtlException NotFound(string? name, SharedProfile? profile, string? reason) => new(
        ErrorId.CredentialsNotFound,
        (name is null ? "No AWS credentials were found"
            : profile is null ? $"The profile{(Quotable.IsName(name) ? $" '{name}'" : " that is named")} is not there"
            : $"The profile '{profile.Name}' gives no AWS credentials") + (reason is null ? "." : $": {reason}."),
        profile is { IsSso: true }
            ? $"Log in with `aws sso login --profile {profile.Name}` and run this again."
            : name is null
                ? "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, name a profile, or run where a web identity, a container "
                    + "or an instance role gives them."
                : "Name a profile that `aws sts get-caller-identity --profile NAME` accepts, or set AWS_ACCESS_KEY_ID and "
                    + "AWS_SECRET_ACCESS_KEY.");
}
