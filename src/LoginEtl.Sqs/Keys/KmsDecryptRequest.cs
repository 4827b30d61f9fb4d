namespace LoginEtl.Sqs.Keys;

internal sealed record KmsDecryptRequest(byte[] CiphertextBlob, Dictionary<string, string> EncryptionContext, string? KeyId);
