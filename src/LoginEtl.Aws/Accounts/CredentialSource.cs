using Amazon.Runtime;
using LoginEtl.Settings;

namespace LoginEtl.Aws.Accounts;

/// <summary>Says in words where credentials came from; never anything of them.</summary>
internal static class CredentialSource
{
    public static string Describe(AWSCredentials credentials, QueueSettings settings) =>
        settings.AccessKey is not null ? "An access key, as given."
        : settings.ProfileName is { } profile ? $"Of the profile '{profile}': {Kind(credentials)}."
        : $"Found: {Kind(credentials)}.";

    private static string Kind(AWSCredentials credentials) => credentials switch
    {
        FileKeys keys => Kind(keys.Current),
        EnvironmentVariablesAWSCredentials => "AWS_ACCESS_KEY_ID of the environment",
        AssumeRoleWithWebIdentityCredentials => "a role assumed with a web identity token",
        RoleCredentials => "an assumed role",
        SSOAWSCredentials => "a session of IAM Identity Center (SSO)",
        ProcessAWSCredentials => "a credential process",
        GenericContainerCredentials => "the container's role",
        InstanceProfileAWSCredentials => "the instance's role",
        SessionAWSCredentials => "temporary keys of a profile",
        BasicAWSCredentials => "an access key of a profile",
        _ => credentials.GetType().Name,
    };
}
