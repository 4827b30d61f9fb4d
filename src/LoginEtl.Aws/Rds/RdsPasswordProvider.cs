using System.Globalization;
using System.Text.RegularExpressions;
using Amazon.Runtime;
using Amazon.Runtime.Internal;
using Amazon.Runtime.Internal.Auth;
using Amazon.Runtime.Internal.Util;
using LoginEtl.Aws.Accounts;
using LoginEtl.Faults;
using LoginEtl.Settings;

namespace LoginEtl.Aws.Rds;

/// <summary>
/// Makes the IAM tokens that RDS and Aurora take as passwords: a presigned URL of <c>rds-db:connect</c>, good for opening
/// a connection within 15 minutes (Amazon RDS User Guide, "IAM database authentication"). Made on this machine; the
/// database is not asked. One for each run: it keeps the credentials that it finds for the first account.
/// </summary>
public sealed partial class RdsPasswordProvider : IDatabasePasswordProvider
{
    private const string Service = "rds-db";
    private const string Scheme = "https://";
    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(15);

    private readonly Func<string, string?> _environment;
    private AWSCredentials? _credentials;

    /// <summary>Reads the process's environment.</summary>
    public RdsPasswordProvider()
        : this(Environment.GetEnvironmentVariable)
    {
    }

    internal RdsPasswordProvider(Func<string, string?> environment) => _environment = environment;

    /// <inheritdoc/>
    public async ValueTask<string> GetAsync(
        string host, int port, string user, AwsSettings account, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(host);
        ArgumentException.ThrowIfNullOrWhiteSpace(user);
        ArgumentNullException.ThrowIfNull(account);
        var region = Region(host, account);
        // Found once; they renew themselves, so every connection gets what is good now. Two connections at once may both look.
        var credentials = _credentials ??=
            await AccountCredentials.ResolveAsync(account, region, _environment, cancellationToken).ConfigureAwait(false);
        try
        {
            var keys = await credentials.GetCredentialsAsync().WaitAsync(account.Timeout, cancellationToken).ConfigureAwait(false);
            return Sign(host, port, user, region, keys);
        }
        catch (Exception e) when (e is AmazonClientException or AmazonServiceException or TimeoutException or HttpRequestException)
        {
            // Texts of such errors may quote requests.
            throw new LoginEtlException(
                ErrorId.CredentialsNotFound, $"The AWS credentials for the database password could not be renewed ({e.GetType().Name}).",
                "See that the profile, role or session is still good, and run this again.");
        }
    }

    private static string Sign(string host, int port, string user, string region, ImmutableCredentials keys)
    {
        var endpoint = string.Create(CultureInfo.InvariantCulture, $"{host}:{port}");
        var request = new DefaultRequest(new Connect(), Service)
        {
            UseQueryString = true,
            HttpMethod = "GET",
            Endpoint = new Uri(Scheme + endpoint),
        };
        request.Parameters.Add("Action", "connect");
        request.Parameters.Add("DBUser", user);
        request.Parameters.Add("X-Amz-Expires", Lifetime.TotalSeconds.ToString(CultureInfo.InvariantCulture));
        if (keys.UseToken)
        {
            request.Parameters.Add("X-Amz-Security-Token", keys.Token);
        }

        var signature = AWS4PreSignedUrlSigner.SignRequest(
            request, null, new RequestMetrics(), keys.AccessKey, keys.SecretKey, Service, region);
        // The whole of it is what was signed, port included where it is not the scheme's own.
        var url = AmazonServiceClient.ComposeUrl(request).AbsoluteUri;
        return $"{url[Scheme.Length..]}&{signature.ForQueryParameters}";
    }

    private string Region(string host, AwsSettings account)
    {
        // The name knows best: a region that was given may be the queue's.
        var region = (OfRds().Match(host) is { Success: true } match ? match.Groups[1].Value : null) ?? AwsVariable.NotEmpty(account.Region)
            ?? AwsRegion.Of(_environment)
            ?? SharedProfile.Find(account, _environment)?.Region;
        return region ?? throw new LoginEtlException(
            ErrorId.SettingMissing, "The AWS region of the database is not known: its host's name does not tell it.",
            "Give -Region, or set AWS_REGION.");
    }

    // NAME.HASH.REGION.rds.amazonaws.com, and .com.cn in China.
    [GeneratedRegex(@"\.([a-z]{2,}(?:-[a-z]+)+-\d+)\.rds\.amazonaws\.com(?:\.cn)?\.?$", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex OfRds();

    private sealed class Connect : AmazonWebServiceRequest;
}
