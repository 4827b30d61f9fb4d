using System.Text.Json;
using LoginEtl.Settings;
using LoginEtl.Tokens;
using LoginEtl.Unit.Core;
using Xunit;

namespace LoginEtl.Unit.Privacy.Tokens;

public sealed class PlaintextTests
{
    private const string Canary = "cAnArY-199.172.111.135";

    [Fact]
    public void No_text_of_a_personal_value_shows_it()
    {
        var value = new Plaintext(Canary);
        Assert.Equal("[redacted]", value.ToString());
        Assert.Equal("ip=[redacted]", $"ip={value}");
        Assert.Equal("[redacted]", string.Format(System.Globalization.CultureInfo.InvariantCulture, "{0}", value));
        Assert.Equal(Canary, value.Reveal());
    }

    [Fact]
    public void JSON_shows_redacted_values_alone_within_records_and_as_keys()
    {
        var login = Deliveries.Decode(Deliveries.Replace("ip", $"\"{Canary}\""));
        Assert.Equal("\"[redacted]\"", JsonSerializer.Serialize(new Plaintext(Canary)));
        Assert.Equal("{\"[redacted]\":1}", JsonSerializer.Serialize(new Dictionary<Plaintext, int> { [new Plaintext(Canary)] = 1 }));

        var json = JsonSerializer.Serialize(login, login.GetType());
        Assert.Contains("\"Ip\":\"[redacted]\"", json, StringComparison.Ordinal);
        Assert.DoesNotContain("cAnArY", json, StringComparison.Ordinal);
        Assert.Throws<NotSupportedException>(() => JsonSerializer.Deserialize<Plaintext>("\"x\""));
    }

    [Fact]
    public void Body_of_a_reject_is_in_no_text_or_JSON_of_it()
    {
        var reject = Deliveries.Decode($"{{\"{Canary}\":1,\"{Canary}\":2}}");
        Assert.DoesNotContain("cAnArY", reject.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("cAnArY", JsonSerializer.Serialize(reject, reject.GetType()), StringComparison.Ordinal);
        Assert.DoesNotContain(Convert.ToBase64String("cAnArY"u8)[..6], JsonSerializer.Serialize(reject, reject.GetType()), StringComparison.Ordinal);
    }

    [Fact]
    public void Equal_values_are_equal_and_hash_alike()
    {
        Plaintext a = new("x"), b = new("x"), c = new("X");
        Assert.Equal(a, b);
        Assert.Equal(a.GetHashCode(), b.GetHashCode());
        Assert.NotEqual(a, c);
        Assert.False(a.Equals("x"));
        Assert.False(a.Equals(null));
        Assert.Single(new[] { a, b }.Distinct());
    }

    [Fact]
    public void Values_sort_by_their_characters()
    {
        Plaintext[] sorted = [new("1.1.1.1"), new("10.0.0.1"), new("2.2.2.2"), new("Z"), new("a"), new("é")];
        Assert.Equal(sorted, sorted.Reverse().Order());
        Assert.True(sorted[0].CompareTo(null) > 0);
        Assert.True(((IComparable)sorted[0]).CompareTo(null) > 0);
        Assert.Equal(0, ((IComparable)sorted[0]).CompareTo(new Plaintext("1.1.1.1")));
    }

    [Fact]
    public void Comparing_with_anything_else_names_no_value()
    {
        var error = Assert.Throws<ArgumentException>(() => new Plaintext(Canary).CompareTo("other-cAnArY"));
        Assert.DoesNotContain("cAnArY", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Secrets_are_hidden_in_text_JSON_and_the_settings_that_hold_them()
    {
        var settings = new DatabaseSettings { Database = new SecretText(Canary), Password = new SecretText(Canary) };
        var queue = new QueueSettings { Queue = "q", SecretKey = new SecretText(Canary) };
        foreach (var text in new[]
        {
            new SecretText(Canary).ToString(), JsonSerializer.Serialize(new SecretText(Canary)), settings.ToString(), queue.ToString(),
            JsonSerializer.Serialize(settings), JsonSerializer.Serialize(queue),
        })
        {
            Assert.DoesNotContain("cAnArY", text, StringComparison.Ordinal);
        }

        Assert.Equal(Canary, settings.Database.Reveal());
    }
}
