using System.Text;
using LoginEtl.Aws.Queues;
using LoginEtl.Faults;
using LoginEtl.Settings;

namespace LoginEtl.Unit.Fuzzing.Targets;

/// <summary>
/// A queue's name, URL or ARN is read, or refused as InvalidQueueSetting without quoting it; what is read says the same
/// when it is written in any of its forms, and its endpoint is the one that was named.
/// </summary>
internal sealed class QueueAddressTarget : FuzzTarget
{
    public override string Name => "queues";

    // A URL and its endpoint, and the SDK's own table of regions.
    public override (long Own, long PerByte) Allocation => (64 * 1024, 512);

    public override IReadOnlyList<byte[]> Pieces { get; } =
        [.. FuzzPieces.Uri, .. FuzzPieces.Texts("123456789012", "eu-central-1", "sqs.", ".amazonaws.com", ".vpce.", "queue", ".queue.", ".localhost", "api.aws", "aws-cn", "-fips", "\u0661")];

    public override IReadOnlyList<string> MustReach { get; } = ["refused", "name", "arn", "url", "no endpoint"];

    public override string Run(ReadOnlySpan<byte> input)
    {
        try
        {
            var address = QueueAddress.Parse(Encoding.UTF8.GetString(input));
            Finding.Unless(address.Name.Length is > 0 and <= 80 && address.Name.All(IsOfName), "the name is none");
            Finding.Unless(QueueAddress.Parse(address.Name).Name == address.Name, "the name alone reads otherwise");
            var kind = Check(address);
            return HasEndpoint(address) ? kind : "no endpoint";
        }
        catch (LoginEtlException e)
        {
            return Refused(e);
        }
    }

    private static string Check(QueueAddress address)
    {
        if (address.Url is { } url)
        {
            Finding.Unless(url.Scheme is "http" or "https" && url.UserInfo.Length == 0, "the URL is not one of a queue");
            var again = QueueAddress.Parse(url.AbsoluteUri);
            Finding.Unless((again with { Url = null }) == (address with { Url = null }) && again.Url?.AbsoluteUri == url.AbsoluteUri, "the URL written again reads otherwise");
            return "url";
        }

        if (address.AccountId is { } account)
        {
            Finding.Unless(account.Length == 12 && account.All(char.IsAsciiDigit), "the account is none");
            Finding.Unless(QueueAddress.Parse($"arn:aws:sqs:{address.Region}:{account}:{address.Name}") == address, "the ARN written again reads otherwise");
            return "arn";
        }

        return "name";
    }

    private static bool HasEndpoint(QueueAddress address)
    {
        try
        {
            var endpoint = QueueEndpoints.Resolve(new QueueSettings { Queue = "given", Region = address.Region ?? "eu-central-1" }, address, NoProfiles);
            Finding.Unless(address.Url is null || (endpoint.Url.Host, endpoint.Url.Port) == (address.Url.Host, address.Url.Port), "the endpoint is on another host");
            Finding.Unless(address.Url is not null || endpoint.Url.Host.StartsWith($"sqs.{endpoint.Region}.", StringComparison.Ordinal)
                // Old names of regions hold it.
                || (address.Region?.Contains("fips", StringComparison.Ordinal) == true && endpoint.Url.Host.StartsWith($"sqs-fips.{endpoint.Region}.", StringComparison.Ordinal)), "the endpoint is another region's");
            return true;
        }
        catch (LoginEtlException e)
        {
            Refused(e);
            return false;
        }
    }

    // Profiles are files, which are none of this: no question is left for them.
    private static string? NoProfiles(string variable) => variable switch
    {
        "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS" => "true",
        "AWS_USE_DUALSTACK_ENDPOINT" or "AWS_USE_FIPS_ENDPOINT" => "false",
        _ => null,
    };

    private static string Refused(LoginEtlException e)
    {
        Finding.Unless(e is { Id: "InvalidQueueSetting", Kind: FaultKind.Configuration, InnerException: null }, $"it is called {e.Id}");
        Finding.IfQuoted(e);
        return "refused";
    }

    private static bool IsOfName(char c) => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.';
}
