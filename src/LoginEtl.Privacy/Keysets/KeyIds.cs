using System.Security.Cryptography;

namespace LoginEtl.Keysets;

/// <summary>New key ids.</summary>
internal static class KeyIds
{
    // 28 bits: a token's prefix shows so much of its key's id.
    private const int HiddenBits = 4;

    /// <summary>Random and never 0, as Tink's, and told apart from all of <paramref name="others"/> by its first 28 bits.</summary>
    public static uint New(IEnumerable<uint> others) => New(others, () => (uint)RandomNumberGenerator.GetInt32(1, int.MaxValue));

    /// <summary>The first candidate that will do.</summary>
    public static uint New(IEnumerable<uint> others, Func<uint> candidate)
    {
        var taken = others.Select(Shown).ToHashSet();
        while (true)
        {
            var id = candidate();
            if (id != 0 && !taken.Contains(Shown(id)))
            {
                return id;
            }
        }
    }

    /// <summary>What a token's prefix shows of an id.</summary>
    public static uint Shown(uint id) => id >> HiddenBits;
}
