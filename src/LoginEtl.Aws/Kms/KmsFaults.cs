using LoginEtl.Aws.Calls;
using LoginEtl.Faults;

namespace LoginEtl.Aws.Kms;

/// <summary>Says what a failed call to AWS KMS means, and what to do. Codes are those of its API reference.</summary>
internal static class KmsFaults
{
    public static LoginEtlException Explain(SqsException e, QueueEndpoint endpoint)
    {
        var place = $"AWS KMS at {endpoint.Url.GetLeftPart(UriPartial.Authority)} (region {endpoint.Region})";
        return e.Fault switch
        {
            SqsFault.Denied => new(
                ErrorId.KeyServiceDenied, $"{e.Operation} was refused by {place}: {e.Code}.",
                $"Allow kms:{e.Operation} on the key for these credentials, in its key policy too, and check that they have not expired.", e),
            SqsFault.Unavailable or SqsFault.Throttled or SqsFault.Garbled => new(
                ErrorId.KeyServiceUnreachable, $"{e.Operation} failed with {place}: {e.Code}.",
                "Check that the endpoint is right and can be reached from here: name resolution, firewall, proxy, VPC endpoint.", e),
            _ => e.Code switch
            {
                "InvalidCiphertextException" or "IncorrectKeyException" => new(
                    ErrorId.KeyServiceRefused, $"{place} cannot decrypt a keyset: {e.Code}.",
                    "It was encrypted with another key or for another keyset, or was changed: name the key it was made with, or restore the file from its backup.", e),
                _ => new(
                    ErrorId.KeyServiceRefused, $"{e.Operation} was refused by {place}: {e.Code}.",
                    "Check that the key is there, enabled, symmetric and of this region.", e),
            },
        };
    }

    public static LoginEtlException NoKey() => new(
        ErrorId.KeyServiceKeyMissing, "Keysets are encrypted here, and the key that does it is not named.",
        "Name it in the key source: awskms:FOLDER?key=ARN-OR-ALIAS.");
}
