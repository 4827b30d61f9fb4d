namespace LoginEtl.Keysets;

/// <summary>
/// Key material while the keyset around it is read: whatever stops the reading, and wherever, all of it is zeroed, unless
/// it was kept at the end.
/// </summary>
internal sealed class UnfinishedKeys : IDisposable
{
    private readonly List<KeyBytes> _material = [];

    /// <summary>Takes charge of material before anything else can fail.</summary>
    public KeyBytes Add(KeyBytes material)
    {
        _material.Add(material);
        return material;
    }

    /// <summary>All was read: its new owner zeroes it.</summary>
    public Keyset Keep(Keyset keyset)
    {
        _material.Clear();
        return keyset;
    }

    public void Dispose() => _material.ForEach(m => m.Dispose());
}
