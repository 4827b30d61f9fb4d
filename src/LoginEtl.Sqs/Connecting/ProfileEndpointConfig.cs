using Amazon;
using Amazon.Runtime;
using Amazon.Runtime.Endpoints;

namespace LoginEtl.Sqs.Connecting;

/// <summary>
/// Asks the SDK for the endpoint that a profile sets for SQS: its services section's endpoint_url, else its own. No
/// other way into those sections is public. Nothing is ever sent with it.
/// </summary>
internal sealed class ProfileEndpointConfig : ClientConfig
{
    public ProfileEndpointConfig(Profile profile)
        : base(new OneConfiguration())
    {
        Profile = profile;
        // As services sections name it.
        ServiceId = "SQS";
    }

    public override string ServiceVersion => "2012-11-05";

    public override string UserAgent => "LoginEtl";

    public override string RegionEndpointServiceName => "sqs";

    public override Endpoint DetermineServiceOperationEndpoint(ServiceOperationEndpointParameters parameters) =>
        throw new NotSupportedException();
}
