namespace LoginEtl.Sqs.Keys;

internal sealed record KmsEncryptResponse(byte[]? CiphertextBlob);
