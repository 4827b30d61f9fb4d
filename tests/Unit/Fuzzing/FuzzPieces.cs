using System.Text;

namespace LoginEtl.Unit.Fuzzing;

/// <summary>The tokens of the formats, for mutations to insert.</summary>
internal static class FuzzPieces
{
    /// <summary>Around the limits of every width, and beyond.</summary>
    public static IReadOnlyList<byte[]> Numbers { get; } = Texts(
        "0", "-1", "1", "9", "15", "16", "99", "100", "255", "256", "999", "1000", "9999", "65535", "65536", "99999", "100000", "2147483647",
        "2147483648", "4294967295", "4294967296", "9223372036854775807", "9223372036854775808", "18446744073709551616",
        "340282366920938463463374607431768211456", "1e309", "-1e-400", "1.5", "0x10", "007", "NaN", "Infinity", "253402300800000");

    /// <summary>UTF-8 at its edges: overlong, halves of pairs, beyond U+10FFFF, non-characters, marks, cut off.</summary>
    public static IReadOnlyList<byte[]> Utf8 { get; } =
    [
        [0x00], [0x7F], [0x80], [0xC0, 0x80], [0xC1, 0xBF], [0xC2], [0xE0, 0x80, 0x80], [0xE2, 0x82], [0xED, 0xA0, 0x80], [0xED, 0xBF, 0xBF],
        [0xEF, 0xBB, 0xBF], [0xEF, 0xBF, 0xBD], [0xEF, 0xBF, 0xBE], [0xEF, 0xBF, 0xBF], [0xF0, 0x80, 0x80, 0x80], [0xF0, 0x9F, 0x98, 0x80],
        [0xF0, 0x9F, 0xBF, 0xBE], [0xF4, 0x8F, 0xBF, 0xBF], [0xF4, 0x90, 0x80, 0x80], [0xF8], [0xFE], [0xFF], [0xCC, 0x81], [0xC3, 0xA9],
        [0xE1, 0x84, 0x80], [0xE1, 0x85, 0xA1], [0xE2, 0x80, 0xAE], [0xC2, 0x85], [0xE2, 0x80, 0xA8],
    ];

    public static IReadOnlyList<byte[]> Json { get; } =
    [
        .. Texts(
            "\"", "\\", "{", "}", "[", "]", ",", ":", "{}", "[]", "[[", "{\"a\":", "null", "true", "false", "\"\"", " ", "\n", "//", "/**/",
            "\\u0000", "\\ud800", "\\udc00", "\\ud83d\\ude00", "\\uFFFE", "\\uFFFF", "\\u0069", "\\u", "\\n", "\\/", "\\x", "'", "\"\\ud800\":1,",
            "\"a\":\"a\",", "-", "+", ".", "e"),
        .. Numbers, .. Utf8,
    ];

    public static IReadOnlyList<byte[]> Xml { get; } =
    [
        .. Texts(
            "<", ">", "</", "/>", "<a>", "</a>", "<a/>", "&", ";", "&amp;", "&lt;", "&quot;", "&#0;", "&#1;", "&#xD800;", "&#xDC00;", "&#xFFFE;",
            "&#x10FFFF;", "&#x110000;", "&#13;", "&#65;", "&e;", "<![CDATA[", "]]>", "<!--", "-->", "<?xml version=\"1.0\"?>", "<?xml version=\"1.1\"?>",
            "<?xml version=\"1.0\" encoding=\"UTF-16\"?>", "<?xml version=\"1.0\" encoding=\"utf-7\"?>", "encoding='IBM037'", "standalone='yes'", "<?p ?>", "xmlns=\"u\"", "xmlns:a=\"u\"",
            "a:", ":", "xml:space='preserve'", "<!DOCTYPE r [<!ENTITY e \"x\">]>", "<!DOCTYPE r SYSTEM \"file:///etc/hostname\">", "<!ENTITY e \"", "\"", "'", " ", "\t", "\r\n", "\r"),
        .. Numbers, .. Utf8,
    ];

    /// <summary>The spare bits of a last character, padding, and both alphabets.</summary>
    public static IReadOnlyList<byte[]> Base64 { get; } =
        [.. Texts("=", "==", "-", "_", "+", "/", "A", "B", "w", "g", "Q", "AAAA", "____", " ", "\n", "siv1.", "mac1.", "pfx1.", "."), .. Utf8];

    public static IReadOnlyList<byte[]> Uri { get; } =
    [
        .. Texts(
            ":", "/", "//", "?", "#", "@", "&", "=", "%", "%00", "%20", "%2", "%zz", "%25", "%40", "%2F", "%C3%A9", "%FF", "%ED%A0%80", "[", "]", "[::1]", "::1",
            "..", "/../", ",", ";", "'", "\"", "\\", " ", "\t", "\n", "http://", "https://", "postgresql://", "arn:aws:sqs:", ".fifo", "127.0.0.1",
            "localhost", "xn--", "\u0131", "\u212A"),
        .. Numbers, .. Utf8,
    ];

    public static byte[][] Texts(params ReadOnlySpan<string> texts)
    {
        var pieces = new byte[texts.Length][];
        for (var i = 0; i < texts.Length; i++)
        {
            pieces[i] = Encoding.UTF8.GetBytes(texts[i]);
        }

        return pieces;
    }
}
