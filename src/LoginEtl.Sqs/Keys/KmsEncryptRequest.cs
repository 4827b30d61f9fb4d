namespace LoginEtl.Sqs.Keys;

internal sealed record KmsEncryptRequest(string KeyId, byte[] Plaintext, Dictionary<string, string> EncryptionContext);
