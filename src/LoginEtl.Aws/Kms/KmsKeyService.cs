using System.Security.Cryptography;
using System.Text;
using Amazon.KeyManagementService.Model;
using LoginEtl.Aws.Accounts;
using LoginEtl.Aws.Calls;
using LoginEtl.Aws.Queues;
using LoginEtl.Keysets;

namespace LoginEtl.Aws.Kms;

/// <summary>
/// AWS KMS, as far as keysets need it. Associated data becomes the encryption context that Tink's AWS KMS AEAD makes of it.
/// </summary>
public sealed class KmsKeyService : IKeyService
{
    private Connection? _connection;

    /// <inheritdoc/>
    public byte[] Decrypt(KmsSettings settings, ReadOnlyMemory<byte> ciphertext, string associatedData, CancellationToken cancellationToken) =>
        Call(settings, "Decrypt", async (kms, token) =>
        {
            var answer = await kms.DecryptAsync(
                new DecryptRequest
                {
                    CiphertextBlob = new MemoryStream(ciphertext.ToArray(), writable: false),
                    EncryptionContext = Context(associatedData),
                    KeyId = settings.KeyId,
                },
                token).ConfigureAwait(false);
            return answer.Plaintext;
        }, cancellationToken);

    /// <inheritdoc/>
    public byte[] Encrypt(KmsSettings settings, ReadOnlyMemory<byte> plaintext, string associatedData, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(settings);
        var keyId = settings.KeyId ?? throw KmsFaults.NoKey();
        var copy = plaintext.ToArray();
        try
        {
            return Call(settings, "Encrypt", async (kms, token) =>
            {
                var answer = await kms.EncryptAsync(
                    new EncryptRequest
                    {
                        KeyId = keyId,
                        Plaintext = new MemoryStream(copy, 0, copy.Length, writable: false, publiclyVisible: true),
                        EncryptionContext = Context(associatedData),
                    },
                    token).ConfigureAwait(false);
                return answer.CiphertextBlob;
            }, cancellationToken);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(copy);
        }
    }

    /// <summary>Closes the connection.</summary>
    public void Dispose()
    {
        _connection?.Client.Dispose();
        _connection = null;
    }

    private static Dictionary<string, string> Context(string associatedData) =>
        new() { ["associatedData"] = Convert.ToHexStringLower(Encoding.UTF8.GetBytes(associatedData)) };

    private byte[] Call(
        KmsSettings settings, string operation, Func<KmsServiceClient, CancellationToken, Task<MemoryStream?>> call,
        CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(settings);
        // On a thread of its own: the caller's may have a context that waits for it.
        return Task.Run(() => CallAsync(settings, operation, call, cancellationToken), cancellationToken).GetAwaiter().GetResult();
    }

    private async Task<byte[]> CallAsync(
        KmsSettings settings, string operation, Func<KmsServiceClient, CancellationToken, Task<MemoryStream?>> call,
        CancellationToken cancellationToken)
    {
        var connection = await ConnectAsync(settings, cancellationToken).ConfigureAwait(false);
        try
        {
            using var answer = await QueueLookup.WithRetriesAsync(
                () => connection.Calls.CallAsync(operation, token => call(connection.Client, token), cancellationToken),
                cancellationToken).ConfigureAwait(false)
                ?? throw new SqsException(operation, SqsFault.Garbled, "EmptyAnswer");
            var bytes = answer.ToArray();
            CryptographicOperations.ZeroMemory(answer.GetBuffer());
            return bytes;
        }
        catch (SqsException e)
        {
            throw KmsFaults.Explain(e, connection.Endpoint);
        }
    }

    // Credentials are found and a connection is opened once for all keysets of a folder. They renew themselves.
    private async Task<Connection> ConnectAsync(KmsSettings settings, CancellationToken cancellationToken)
    {
        if (_connection is { } open && open.Settings == settings)
        {
            return open;
        }

        Dispose();
        var endpoint = KmsEndpoint.Resolve(settings, Environment.GetEnvironmentVariable);
        var credentials = await AccountCredentials.ResolveAsync(
            KmsEndpoint.Credentials(settings), endpoint.Region, Environment.GetEnvironmentVariable, cancellationToken).ConfigureAwait(false);
        return _connection = new Connection(
            settings, endpoint, new KmsServiceClient(credentials, endpoint, settings.Timeout), new ServiceCalls(settings.Timeout));
    }

    private sealed record Connection(KmsSettings Settings, QueueEndpoint Endpoint, KmsServiceClient Client, ServiceCalls Calls);
}
