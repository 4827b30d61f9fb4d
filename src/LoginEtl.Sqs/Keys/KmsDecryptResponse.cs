namespace LoginEtl.Sqs.Keys;

internal sealed record KmsDecryptResponse(byte[]? Plaintext);
