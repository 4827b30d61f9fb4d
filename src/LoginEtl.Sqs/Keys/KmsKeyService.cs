using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using LoginEtl.Connections;
using LoginEtl.Faults;
using LoginEtl.Keysets;
using LoginEtl.Sqs.Client;
using LoginEtl.Sqs.Client.Pipeline;
using LoginEtl.Sqs.Connecting;

namespace LoginEtl.Sqs.Keys;

/// <summary>
/// AWS KMS, as far as keysets need it. Associated data becomes the encryption context that Tink's AWS KMS AEAD makes of it.
/// </summary>
public sealed class KmsKeyService : IKeyService
{
    private Connection? _connection;

    /// <inheritdoc/>
    public byte[] Decrypt(KmsSettings settings, ReadOnlyMemory<byte> ciphertext, string associatedData, CancellationToken cancellationToken) =>
        Call(
            settings, "Decrypt", new KmsDecryptRequest(ciphertext.ToArray(), Context(associatedData), settings.KeyId),
            KmsJson.Default.KmsDecryptRequest, KmsJson.Default.KmsDecryptResponse, r => r.Plaintext, cancellationToken);

    /// <inheritdoc/>
    public byte[] Encrypt(KmsSettings settings, ReadOnlyMemory<byte> plaintext, string associatedData, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(settings);
        var copy = plaintext.ToArray();
        try
        {
            return Call(
                settings, "Encrypt", new KmsEncryptRequest(settings.KeyId ?? throw KmsFaults.NoKey(), copy, Context(associatedData)),
                KmsJson.Default.KmsEncryptRequest, KmsJson.Default.KmsEncryptResponse, r => r.CiphertextBlob, cancellationToken);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(copy);
        }
    }

    /// <summary>Closes the connection.</summary>
    public void Dispose()
    {
        _connection?.Transport.Dispose();
        _connection = null;
    }

    private static Dictionary<string, string> Context(string associatedData) =>
        new() { ["associatedData"] = Convert.ToHexStringLower(Encoding.UTF8.GetBytes(associatedData)) };

    private byte[] Call<TRequest, TAnswer>(
        KmsSettings settings, string operation, TRequest request, JsonTypeInfo<TRequest> asked, JsonTypeInfo<TAnswer> answered,
        Func<TAnswer, byte[]?> bytes, CancellationToken cancellationToken)
        where TAnswer : class
    {
        ArgumentNullException.ThrowIfNull(settings);
        var content = JsonSerializer.SerializeToUtf8Bytes(request, asked);
        try
        {
            // On a thread of its own: the caller's may have a context that waits for it.
            return Task.Run(() => CallAsync(settings, operation, content, answered, bytes, cancellationToken), cancellationToken).GetAwaiter().GetResult();
        }
        finally
        {
            CryptographicOperations.ZeroMemory(content);
        }
    }

    private async Task<byte[]> CallAsync<TAnswer>(
        KmsSettings settings, string operation, byte[] content, JsonTypeInfo<TAnswer> answered, Func<TAnswer, byte[]?> bytes, CancellationToken cancellationToken)
        where TAnswer : class
    {
        var connection = await ConnectAsync(settings, cancellationToken).ConfigureAwait(false);
        try
        {
            var answer = await QueueLookup.WithRetriesAsync(
                () => connection.Transport.CallAsync(SqsCall.Kms(operation, content), TimeSpan.Zero, cancellationToken), cancellationToken).ConfigureAwait(false);
            try
            {
                return bytes(JsonSqsClient.Read(operation, answer, answered)) ?? throw new SqsException(operation, SqsFault.Garbled, "EmptyAnswer");
            }
            finally
            {
                CryptographicOperations.ZeroMemory(answer);
            }
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
        return _connection = new Connection(settings, endpoint, new SqsTransport(
            new SqsServiceClient(credentials, endpoint.Url, endpoint.Region, settings.Timeout, "kms"), settings.Timeout));
    }

    private sealed record Connection(KmsSettings Settings, QueueEndpoint Endpoint, SqsTransport Transport);
}
