using System.Net;
using System.Net.Sockets;

namespace LoginEtl.Tokens;

/// <summary>Addresses as bytes (4 or 16, network order) and as their one canonical text.</summary>
internal static class AddressText
{
    /// <summary>The address that a canonical form is; null for opaque text.</summary>
    public static byte[]? Parse(string canonical)
    {
        if (!IPAddress.TryParse(canonical, out var address))
        {
            return null;
        }

        // Only the text that prints back is the address; 010.0.0.1 and fe80::1%eth0 parse too.
        var text = address.AddressFamily == AddressFamily.InterNetwork ? address.ToString() : Rfc5952.Format(address);
        return text == canonical ? address.GetAddressBytes() : null;
    }

    /// <summary>Whether a canonical form is an address, and not opaque text.</summary>
    // Most are of version 4: read here, without an object and without printing it back.
    public static bool IsAddress(string canonical) => IsV4(canonical) || (canonical.Contains(':') && Parse(canonical) is not null);

    private static bool IsV4(ReadOnlySpan<char> text)
    {
        var (parts, digits, value) = (0, 0, 0);
        foreach (var c in text)
        {
            if (c == '.' && digits > 0 && parts < 3)
            {
                (parts, digits, value) = (parts + 1, 0, 0);
            }
            else if (char.IsAsciiDigit(c) && (digits == 0 || value > 0))
            {
                (digits, value) = (digits + 1, (value * 10) + (c - '0'));
                if (value > byte.MaxValue)
                {
                    return false;
                }
            }
            else
            {
                return false;
            }
        }

        return parts == 3 && digits > 0;
    }

    /// <summary>The text. IPv4-mapped IPv6 stays IPv6: an encrypted address may look like one.</summary>
    public static string Format(ReadOnlySpan<byte> address)
    {
        var parsed = new IPAddress(address);
        return address.Length == 4 ? parsed.ToString() : Rfc5952.Format(parsed);
    }
}
