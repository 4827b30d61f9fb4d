using Amazon;
using Amazon.Runtime;
using Amazon.SecurityToken;
using Amazon.SecurityToken.Model;

namespace LoginEtl.Aws.Accounts;

/// <summary>
/// An assumed role. The SDK's own credentials look for the STS client by name through all assemblies of the process, and
/// take another module's, which is of no use to our copy of the SDK; these are bound to ours.
/// </summary>
/// <param name="role">Which role, and how.</param>
/// <param name="source">Whose rights are used to assume it.</param>
/// <param name="region">Where STS is asked.</param>
internal sealed class RoleCredentials(AssumeRoleAWSCredentials role, AWSCredentials source, RegionEndpoint region)
    : RefreshingAWSCredentials
{
    protected override CredentialsRefreshState GenerateNewCredentials() =>
        GenerateNewCredentialsAsync().GetAwaiter().GetResult();

    protected override async Task<CredentialsRefreshState> GenerateNewCredentialsAsync()
    {
        using var sts = new AmazonSecurityTokenServiceClient(
            source, new AmazonSecurityTokenServiceConfig { RegionEndpoint = region });
        var answer = await sts.AssumeRoleAsync(new AssumeRoleRequest
        {
            RoleArn = role.RoleArn,
            RoleSessionName = role.RoleSessionName,
            ExternalId = role.Options.ExternalId,
            DurationSeconds = role.Options.DurationSeconds,
        }).ConfigureAwait(false);
        return new CredentialsRefreshState(
            new ImmutableCredentials(
                answer.Credentials.AccessKeyId, answer.Credentials.SecretAccessKey, answer.Credentials.SessionToken),
            answer.Credentials.Expiration ?? throw new AmazonClientException("STS gave no expiration."));
    }
}
