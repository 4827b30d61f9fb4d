using LoginEtl.Keysets;

namespace LoginEtl.Masking;

/// <summary>
/// Seals value after value to a public key. One ephemeral key serves many, each under an AES key of its own derived with its
/// own context: making one, and its shared secret, costs some thirty times as much as the sealing. Not thread-safe.
/// </summary>
/// <exception cref="Faults.LoginEtlException"><c>KeysetInvalid</c>: it holds no public keys.</exception>
internal sealed class EciesSealer(Keyset keyset, TimeProvider? time = null) : IDisposable
{
    // Far under what random nonces allow for one AES key, which would take one context to be sealed for 2^32 times.
    private const int ValuesAKey = 4096;

    // Whoever reads the memory of a process opens what was sealed under the secret that lies in it, and no more.
    private static readonly TimeSpan s_longest = TimeSpan.FromMinutes(1);

    private readonly EciesSender.Recipient _recipient = EciesSender.RecipientOf(keyset);
    private readonly TimeProvider _time = time ?? TimeProvider.System;
    private EciesSender? _sender;
    private long _madeAt;
    private int _values;
    private bool _disposed;

    /// <summary>What opens by itself, with this context alone.</summary>
    public byte[] Seal(ReadOnlySpan<byte> plaintext, ReadOnlySpan<byte> context)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (_sender is null || _values == ValuesAKey || _time.GetElapsedTime(_madeAt) > s_longest)
        {
            _sender?.Dispose();
            _sender = null;
            _sender = new EciesSender(_recipient);
            (_madeAt, _values) = (_time.GetTimestamp(), 0);
        }

        _values++;
        return _sender.Seal(plaintext, context);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _disposed = true;
        _sender?.Dispose();
    }
}
