using LoginEtl.Faults;
using LoginEtl.Keysets;

namespace LoginEtl.Protecting;

/// <summary>
/// The protector of a run or a pipeline, made anew when the database's primary keys are others than its own. One thread
/// protects while another has it follow.
/// </summary>
public sealed class ProtectorSource : IDisposable
{
    private readonly Func<Keyring> _open;
    private readonly ProtectOptions _options;
    private readonly Lock _lock = new();
    private readonly Stack<IDisposable> _owned = [];
    private readonly HashSet<string> _told = [];
    private Keyring _keyring;
    private volatile Protector _current;
    private bool _disposed;

    /// <param name="open">Reads the key source, now and whenever no key in hand will do; what it answers is taken over.</param>
    /// <param name="options">What is protected how.</param>
    /// <exception cref="LoginEtlException">The keys cannot be read or used.</exception>
    public ProtectorSource(Func<Keyring> open, ProtectOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(open);
        _open = open;
        _options = options ?? new ProtectOptions();
        try
        {
            _keyring = Open();
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

    /// <summary>Whether it has been told of a database's keys, by <see cref="TryFollow"/>.</summary>
    internal bool WasTold { get; private set; }

    /// <summary>Where the keys came from, as a URI without secrets.</summary>
    public string KeySource => _keyring.Source;

    /// <summary>
    /// Has <see cref="Current"/> make tokens under keys that the database takes. Where none in hand will do, the key source is
    /// read again, once. False when there is none then either, or when the keys are gone.
    /// </summary>
    /// <param name="known">What the database says of its keys.</param>
    /// <exception cref="LoginEtlException">The keys cannot be read any more.</exception>
    public bool TryFollow(IReadOnlyList<StoredKey> known)
    {
        ArgumentNullException.ThrowIfNull(known);
        lock (_lock)
        {
            // What was masked in a pipeline that has ended comes to a database, too.
            _keyring.Compare(known);
            WasTold = true;
            if (_disposed)
            {
                return false;
            }

            if (MayWrite(_current.Keys))
            {
                return true;
            }

            if (!MayWrite(PrimaryKeys.Of(_keyring.Follow(known), _options.Methods)))
            {
                if (OpenAgain()?.Follow(known) is not { } next || !MayWrite(PrimaryKeys.Of(next, _options.Methods)))
                {
                    return false;
                }

                _keyring = next;
            }

            _current = Make();
            return true;
        }

        bool MayWrite(IReadOnlyList<StoredKey> keys) => keys.All(k => k.MayBeWrittenBy(known));
    }

    /// <summary>What is to be said of the keys that are followed; each once.</summary>
    internal IReadOnlyList<string> TakeNotices()
    {
        lock (_lock)
        {
            return [.. PrimaryKeys.Misled(_keyring).Where(_told.Add)];
        }
    }

    /// <summary>Does something with the keys in hand, which stay as they are meanwhile. False when they are gone.</summary>
    internal bool Use(Func<Keyring, Protector, bool> work)
    {
        lock (_lock)
        {
            return !_disposed && work(_keyring, _current);
        }
    }

    /// <summary>All that were made and their keys: one may be in use until the run's end.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            _disposed = true;
            while (_owned.TryPop(out var owned))
            {
                owned.Dispose();
            }
        }
    }

    private Keyring Open()
    {
        var keyring = _open();
        _owned.Push(keyring);
        return keyring;
    }

    // Whoever asks has a word of its own for keys that will not do; that vaults are out of reach here says nothing of them.
    private Keyring? OpenAgain()
    {
        try
        {
            return Open();
        }
        catch (LoginEtlException e) when (e.Error == ErrorId.KeySourceUnavailable)
        {
            return null;
        }
    }

    private Protector Make()
    {
        var protector = new Protector(_keyring, _options) { Source = this };
        _owned.Push(protector);
        return protector;
    }
}
