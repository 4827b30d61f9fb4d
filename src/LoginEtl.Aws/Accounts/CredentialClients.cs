using Amazon;
using Amazon.Runtime;
using Amazon.RuntimeDependencies;
using Amazon.SecurityToken;
using Amazon.SSO;
using Amazon.SSOOIDC;
using LoginEtl.Faults;

namespace LoginEtl.Aws.Accounts;

/// <summary>
/// Binds the SDK to the clients that credentials need. Left to itself it takes those of whichever module loaded them
/// first, AWS Tools for PowerShell say, and fails on them.
/// </summary>
internal static class CredentialClients
{
    private static readonly Lazy<bool> Registered = new(Register);

    /// <summary>To be called before credentials are made.</summary>
    public static void Bind() => _ = Registered.Value;

    /// <summary>The same credentials, assuming roles by our own client.</summary>
    /// <exception cref="LoginEtlException"><c>CredentialsNotFound</c>: the role wants an MFA code.</exception>
    public static AWSCredentials Own(AWSCredentials credentials, string region) => credentials switch
    {
        AssumeRoleAWSCredentials { Options.MfaSerialNumber: { Length: > 0 } } => throw new LoginEtlException(
            ErrorId.CredentialsNotFound,
            "The profile's role asks for an MFA code, and a run has nobody to type it.",
            "Set AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN to those of a session that was opened with the "
            + "code, or use a role that does without."),
        AssumeRoleAWSCredentials role =>
            new RoleCredentials(role, Own(role.SourceCredentials, region), RegionEndpoint.GetBySystemName(region)),
        _ => credentials,
    };

    private static bool Register()
    {
        var registry = GlobalRuntimeDependencyRegistry.Instance;
        // Asked for with web identities only, whose token is all that STS wants.
        registry.RegisterSecurityTokenServiceClient(context => new AmazonSecurityTokenServiceClient(
            new AnonymousAWSCredentials(),
            new AmazonSecurityTokenServiceConfig { RegionEndpoint = context.SecurityTokenServiceClientContextData.Region }));
        registry.RegisterSSOClient(context => new AmazonSSOClient(
            new AnonymousAWSCredentials(), new AmazonSSOConfig { RegionEndpoint = context.SSOClientContextData.Region }));
        registry.RegisterSSOOIDCClient(context => new AmazonSSOOIDCClient(
            new AnonymousAWSCredentials(),
            new AmazonSSOOIDCConfig { RegionEndpoint = context.SSOOIDCClientContextData.Region }));
        return true;
    }
}
