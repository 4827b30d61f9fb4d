using LoginEtl.Faults;
using LoginEtl.Keysets;

namespace LoginEtl.Masking;

/// <summary>
/// The protector of a run, made anew from its key source when the database says that its key was retired. One thread
/// protects while another renews.
/// </summary>
public sealed class ProtectorSource : IDisposable
{
    private readonly Func<Keyring> _open;
    private readonly ProtectOptions? _options;
    private readonly Stack<IDisposable> _owned = [];
    private volatile Protector _current;

    /// <param name="open">Reads the key source, now and whenever a key was retired; what it answers is taken over.</param>
    /// <param name="options">What is protected how.</param>
    /// <exception cref="LoginEtlException">The keys cannot be read or used.</exception>
    public ProtectorSource(Func<Keyring> open, ProtectOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(open);
        _open = open;
        _options = options;
        try
        {
            _current = Make();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The one to protect with now.</summary>
    public Protector Current => _current;

    /// <summary>
    /// Whether <see cref="Current"/> makes no tokens under the retired keys, which it may not have done before: the key
    /// source is read again, once, where it did.
    /// </summary>
    /// <param name="fault">Of <see cref="KeyRetired"/>.</param>
    /// <exception cref="LoginEtlException">The keys cannot be read any more.</exception>
    public bool TryRenew(LoginEtlException fault)
    {
        ArgumentNullException.ThrowIfNull(fault);
        if (IsFree(_current))
        {
            return true;
        }

        var next = Make();
        if (!IsFree(next))
        {
            return false;
        }

        _current = next;
        return true;

        bool IsFree(Protector protector) => !protector.KeyPrefixes.Intersect(fault.RetiredPrefixes).Any();
    }

    /// <summary>All that were made and their keys: one may be in use until the run's end.</summary>
    public void Dispose()
    {
        while (_owned.TryPop(out var owned))
        {
            owned.Dispose();
        }
    }

    private Protector Make()
    {
        var keyring = _open();
        _owned.Push(keyring);
        var protector = new Protector(keyring, _options);
        _owned.Push(protector);
        return protector;
    }
}
