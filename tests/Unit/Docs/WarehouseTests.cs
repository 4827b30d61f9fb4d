using System.Text;
using System.Text.RegularExpressions;
using LoginEtl.Crypto;
using LoginEtl.Keysets;
using LoginEtl.Unit.Fixtures;
using Xunit;

namespace LoginEtl.Unit.Docs;

/// <summary>The steps of the statement for BigQuery in docs/tokens.md, each taken as BigQuery's pages describe it, on known tokens.</summary>
public sealed partial class WarehouseTests
{
    private static readonly string Sql = Block().Match(File.ReadAllText(Repository.PathOf("docs/tokens.md"))).Groups[1].Value;

    [Theory]
    [InlineData("ip")]
    [InlineData("device_id")]
    public void Statement_of_the_page_opens_known_tokens(string attribute)
    {
        var sql = Of(attribute);
        using var keyset = TestKeys.Parse(Vectors.KnownTokens["keysets"]![attribute]!);
        using var key = KeyMaterial.ReadAesSiv(keyset, keyset.Primary);
        using var siv = new AesSiv(key.Span);
        var opened = 0;
        foreach (var known in Vectors.KnownTokens["siv"]!.AsArray().Where(k => (string)k!["attribute"]! == attribute))
        {
            // DETERMINISTIC_DECRYPT_BYTES of Tink: the key of the prefix opens what is behind it.
            var bytes = Decoded(sql, (string)known!["token"]!);
            Assert.Equal((1, keyset.Primary.Id), (bytes[0], System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(bytes.AsSpan(1))));
            var padded = siv.Decrypt(bytes.AsSpan(5), Encoding.ASCII.GetBytes(Associated().Match(sql).Groups[1].Value));
            Assert.NotNull(padded);
            Assert.Equal((string)known["canonical"]!, Unpadded(sql, padded));
            opened++;
        }

        Assert.True(opened > 3, $"Only {opened} tokens are known of {attribute}.");
    }

    [Theory]
    [InlineData("")]
    [InlineData("a")]
    [InlineData("fifteen bytes..")]
    [InlineData("sixteen bytes...")]
    [InlineData("ends with 0x80 Ā")]
    [InlineData("two\nlines")]
    public void Padding_comes_off_and_nothing_else(string value)
    {
        var text = Encoding.UTF8.GetBytes(value);
        var padded = new byte[(text.Length / 16 + 1) * 16];
        text.CopyTo(padded, 0);
        padded[text.Length] = 0x80;
        Assert.Equal(value, Unpadded(Of("ip"), padded));
    }

    private static string Of(string attribute) => Name().Replace(Sql, attribute);

    // FROM_BASE64 takes the standard alphabet, padded.
    private static byte[] Decoded(string sql, string token)
    {
        var step = Decoding().Match(sql);
        Assert.True(step.Success, "The statement decodes in another way than this test.");
        var (from, alphabet, to) = (int.Parse(step.Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture), step.Groups[2].Value, step.Groups[3].Value);
        var rest = string.Concat(token[(from - 1)..].Select(c => alphabet.IndexOf(c, StringComparison.Ordinal) is >= 0 and var at ? to[at] : c));
        return Convert.FromBase64String(rest + new string('=', (4 - ((token.Length - 5) % 4)) % 4));
    }

    // REGEXP_EXTRACT of bytes: each is a character of Latin-1.
    private static string Unpadded(string sql, byte[] padded)
    {
        var pattern = Unpadding().Match(sql).Groups[1].Value;
        Assert.NotEmpty(pattern);
        // The end of RE2's text is not before a line feed.
        var match = Regex.Match(Encoding.Latin1.GetString(padded), pattern.Replace("$", "\\z", StringComparison.Ordinal));
        Assert.True(match.Success, "There is no padding.");
        return Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(match.Groups[1].Value));
    }

    [GeneratedRegex("```sql\n(SELECT[^`]*DETERMINISTIC_DECRYPT_BYTES[^`]*)```")]
    private static partial Regex Block();

    [GeneratedRegex(@"(?<=masked_|/1/|@|AS )ip\b|(?<=@)ip(?=_keyset)")]
    private static partial Regex Name();

    [GeneratedRegex(@"FROM_BASE64\(CONCAT\(\s*TRANSLATE\(SUBSTR\(masked_\w+, (\d+)\), '([^']+)', '([^']+)'\),\s*REPEAT\('=', MOD\(4 - MOD\(LENGTH\(masked_\w+\) - 5, 4\), 4\)\)\)\)")]
    private static partial Regex Decoding();

    [GeneratedRegex(@" b'([^']+)'")]
    private static partial Regex Associated();

    [GeneratedRegex(@"rb'([^']+)'")]
    private static partial Regex Unpadding();
}
