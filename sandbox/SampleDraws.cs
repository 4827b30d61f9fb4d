using System.Globalization;

namespace LoginEtl.Sandbox;

/// <summary>Random values that are the same on every machine and .NET version (SplitMix64).</summary>
internal sealed class SampleDraws(ulong seed)
{
    private ulong _state = seed;

    public bool Chance(double probability) => (Next() >> 11) * (1.0 / (1UL << 53)) < probability;

    public int Below(int limit) => (int)(Next() % (ulong)limit);

    /// <summary>A version 4 uuid.</summary>
    public string UserId()
    {
        Span<byte> bytes = stackalloc byte[16];
        BitConverter.TryWriteBytes(bytes, Next());
        BitConverter.TryWriteBytes(bytes[8..], Next());
        bytes[6] = (byte)((bytes[6] & 0x0F) | 0x40);
        bytes[8] = (byte)((bytes[8] & 0x3F) | 0x80);
        return new Guid(bytes, bigEndian: true).ToString();
    }

    /// <summary>Two parts (2.3, 6.02, 0.96) or three (2.3.0).</summary>
    public string Version() => Chance(0.55)
        ? Text($"{Below(7)}.{Text($"{Below(100):00}")[Below(2)..]}")
        : Text($"{Below(7)}.{Below(10)}.{Below(10)}");

    public string IpV4() => Text($"{1 + Below(255)}.{Below(256)}.{Below(256)}.{Below(256)}");

    /// <summary>An address of the range for documentation, in its shortest spelling.</summary>
    public string IpV6() => Text($"2001:db8::{1 + Below(0xFFFF):x}:{1 + Below(0xFFFF):x}");

    public string DeviceId() => Text($"{Below(1000):000}-{Below(100):00}-{Below(10000):0000}");

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private ulong Next()
    {
        ulong mixed = _state += 0x9E3779B97F4A7C15;
        mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
        return mixed ^ (mixed >> 31);
    }
}
