using System.Text;
using LoginEtl.Decoding;
using LoginEtl.Faults;
using LoginEtl.Keysets;
using LoginEtl.Protecting;
using LoginEtl.Records;
using LoginEtl.Recovery;
using LoginEtl.Run;
using LoginEtl.Unit.Fixtures;
using Xunit;

namespace LoginEtl.Unit.Core.Run;

/// <summary>A database that says in the middle that another key is primary, and whoever holds it goes on with it.</summary>
public sealed class KeyFollowingTests : RunningTests
{
    private readonly TestKeys _folder = new();
    private readonly List<IDisposable> _opened = [];

    public override void Dispose()
    {
        _opened.ForEach(o => o.Dispose());
        _folder.Dispose();
        base.Dispose();
    }

    [Theory]
    [InlineData("", "ip")]
    [InlineData("", "device_id")]
    [InlineData("ip=pfx", "ip.pfx")]
    [InlineData("ip=pfx", "ip")]
    [InlineData("device_id=escrow", "ip")]
    public async Task Batch_in_hand_gets_tokens_under_the_new_key_and_is_written_once(string methods, string keyset)
    {
        var (old, added, protectors) = Rotating(methods, keyset);
        await using var writer = Writer(batchSize: 4);
        // Two lines of text: one is an address, and the other none.
        var lines = new[] { Line(protectors, 1), Line(protectors, 2, "no address") };
        var values = lines.Select(l => (Open(l.MaskedIp), Open(l.MaskedDeviceId))).ToList();
        await AddAsync(writer, lines);
        Sink.Keys = [old with { State = StoredKeyState.Retired }, added];
        await AddAsync(writer, [Line(protectors, 3), Line(protectors, 4, "no address")]);
        await writer.CompleteAsync(Limit);

        AssertCounts(writer.Receipt(), RunState.Completed, (Outcome.Written, 4));
        Assert.Equal([4], Sink.Batches);
        Assert.Equal(lines, Sink.Written.Take(2));
        Assert.Contains(Tokens(old.Attribute), t => t!.StartsWith(added.Prefix, StringComparison.Ordinal));
        Assert.DoesNotContain(Tokens(old.Attribute), t => t!.StartsWith(old.Prefix, StringComparison.Ordinal));
        // The same values as before, and equal ones still equal.
        Assert.Equal(values, lines.Select(l => (Open(l.MaskedIp), Open(l.MaskedDeviceId))));
        Assert.Equal((lines[0].MaskedIp, lines[0].MaskedDeviceId), (Line(protectors, 5).MaskedIp, Line(protectors, 6).MaskedDeviceId));
        Assert.Equal(methods.Contains("escrow", StringComparison.Ordinal) ? 1 : 0, lines[0].GetSealedOriginals().Count);
    }

    [Fact]
    public async Task Messages_of_a_group_and_lines_whose_tokens_cannot_be_made_anew_end_it_and_nothing_is_lost()
    {
        var (old, added, protectors) = Rotating("ip=mac", "ip.mac");
        Sink.Keys = [old with { State = StoredKeyState.Retired }, added];
        var source = Source();
        source.Add(group: new FifoPosition("g", "1"));
        var receipt = await EtlRun.RunAsync(source, Other(protectors), Sink, new BatchOptions(), null, Limit);
        AssertCounts(receipt, RunState.Failed, (Outcome.Returned, 1));

        await using var writer = Writer(batchSize: 1);
        await AddAsync(writer, [Line(protectors, 1)]);
        Assert.Equal("KeyRetired", (await Assert.ThrowsAsync<LoginEtlException>(() => writer.CompleteAsync(Limit))).Id);
        AssertCounts(writer.Receipt(), RunState.Failed, (Outcome.Returned, 1));
        Assert.Empty(Sink.Written);
    }

    [Theory]
    [InlineData("does not hold it")]
    [InlineData("holds it disabled")]
    [InlineData("has ended")]
    [InlineData("has it from a vault that is out of reach")]
    public async Task Whoever_cannot_follow_is_told_which_key_is_needed(string who)
    {
        var (old, added, protectors) = Rotating("", "ip");
        await using var writer = Writer(batchSize: 1);
        var line = Line(protectors, 1);
        var token = line.MaskedIp;
        if (who.Contains("vault", StringComparison.Ordinal))
        {
            var read = 0;
            protectors = Opened(() => read++ == 0 ? Keyring.Open(_folder.Folder) : Keyring.Open("secret:Vault/Name"), new ProtectOptions());
            line = Line(protectors, 1);
        }

        var primary = who is "does not hold it" or "has it from a vault that is out of reach" ? added with { Prefix = "siv1.Another" } : added;
        if (who == "holds it disabled")
        {
            // Before the keys are read: they are read again.
            protectors = Other(protectors, () => KeysetChange.Of(_folder.Folder, "ip", new KeyAccess()).Disable(_added));
            line = Line(protectors, 1);
        }
        else if (who == "has ended")
        {
            protectors.Dispose();
        }

        Sink.Keys = [old with { State = StoredKeyState.Retired }, primary];
        await AddAsync(writer, [line]);
        var fault = await Assert.ThrowsAsync<LoginEtlException>(() => writer.CompleteAsync(Limit));
        Assert.Equal("KeyRetired", fault.Id);
        Assert.Contains(primary.Prefix, fault.Remedy, StringComparison.Ordinal);
        Assert.Equal(token, line.MaskedIp);
    }

    [Fact]
    public void Of_two_primary_keys_the_own_one_stays_and_otherwise_the_later_one_is_taken()
    {
        var (old, added, _) = Rotating("", "ip");
        var third = Add("ip");
        using var ring = Keyring.Open(_folder.Folder);
        var now = DateTimeOffset.UtcNow;
        ring.Follow([added with { ChangedAt = now }, third with { ChangedAt = now.AddSeconds(-1) }]);
        Assert.Equal(old.Prefix, Primary());
        ring.Follow([old, added with { ChangedAt = now }, third with { ChangedAt = now.AddSeconds(-1) }]);
        Assert.Equal(old.Prefix, Primary());
        ring.Follow([old with { State = StoredKeyState.Retired }, added with { ChangedAt = now }, third with { ChangedAt = now.AddSeconds(1) }, third with { Attribute = "device_id", ChangedAt = now.AddSeconds(2) }]);
        Assert.Equal(third.Prefix, Primary());

        string Primary() => PrimaryKeys.Of(ring, MaskMethods.Default)[0].Prefix;
    }

    [Fact]
    public async Task Who_is_led_back_to_an_older_key_says_so_once()
    {
        var (old, added, _) = Rotating("", "ip");
        KeysetChange.Of(_folder.Folder, "ip", new KeyAccess()).Promote(_added);
        var protectors = Opened(() => Keyring.Open(_folder.Folder), new ProtectOptions());
        var reports = new List<string>();
        await using var writer = Writer(batchSize: 1);
        writer.BatchWritten = r => reports.AddRange(BatchText.Warnings(r));
        await AddAsync(writer, [Line(protectors, 1)]);
        Sink.Keys = [old, added with { State = StoredKeyState.Retired }];
        await AddAsync(writer, [Line(protectors, 2), Line(protectors, 3)]);
        await writer.CompleteAsync(Limit);
        Assert.Contains($"{old.Prefix} of ip followed, an older key than {added.Prefix}", Assert.Single(reports), StringComparison.Ordinal);
    }

    // The rotation as the page has it: files stay as they are, so the old key is their primary one.
    [Fact]
    public void Who_is_led_back_from_a_key_that_the_database_has_taken_back_says_so()
    {
        var (old, added, _) = Rotating("", "ip");
        var (first, now) = (DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow);
        Assert.Empty(Said(old with { ChangedAt = first }, added with { State = StoredKeyState.Retired, ChangedAt = now }));
        Assert.Empty(Said(old with { State = StoredKeyState.Retired, ChangedAt = now }, added with { ChangedAt = now }));
        foreach (var changed in new[] { now, now.AddMinutes(1) })
        {
            var said = Assert.Single(Said(old with { ChangedAt = changed }, added with { State = StoredKeyState.Retired, ChangedAt = now }));
            Assert.Contains($"{old.Prefix} of ip followed, an older key than {added.Prefix}, which it has taken back", said, StringComparison.Ordinal);
        }

        // Whoever went back on purpose disables the newer one.
        Assert.Empty(Said(old with { ChangedAt = now }, added with { State = StoredKeyState.Disabled, ChangedAt = now.AddMinutes(1) }));

        IReadOnlyList<string> Said(params StoredKey[] known)
        {
            using var ring = Keyring.Open(_folder.Folder);
            return PrimaryKeys.Misled(ring.Follow(known));
        }
    }

    [Fact]
    public void Who_follows_one_of_two_that_are_primary_says_so()
    {
        var (old, added, _) = Rotating("", "ip");
        var third = Add("ip");
        var now = DateTimeOffset.UtcNow;
        var retired = old with { State = StoredKeyState.Retired };
        Assert.Empty(Said(retired, added with { ChangedAt = now }));
        var said = Assert.Single(Said(retired, added with { ChangedAt = now }, third with { ChangedAt = now.AddSeconds(1) }));
        Assert.Contains($"more than one primary key of ip: {added.Prefix}, {third.Prefix}; here {third.Prefix} is used", said, StringComparison.Ordinal);
        // Also where this host's own is one of them, or the other is not held.
        Assert.Contains($"here {old.Prefix} is used", Assert.Single(Said(old, added)), StringComparison.Ordinal);
        Assert.Contains("siv1.AAAA_-", Assert.Single(Said(old, old with { Prefix = "siv1.AAAA_-" })), StringComparison.Ordinal);
        Assert.Empty(Said(old, old with { Prefix = "mac1.AAAAAA", Method = "mac" }, old with { Attribute = "device_id" }));
        // What is no prefix of any key is nothing that could be followed, and may be anything: it is not repeated.
        Assert.Empty(Said(old, old with { Prefix = "siv1.\u001b[2J" }, old with { Prefix = "siv1.AAAA A" }, old with { Prefix = "siv1.AAAAAAA" }, old with { Prefix = "" }));
        Assert.Empty(Said(retired, added with { ChangedAt = now }, third with { State = StoredKeyState.Retired }));

        IReadOnlyList<string> Said(params StoredKey[] known)
        {
            using var ring = Keyring.Open(_folder.Folder);
            return PrimaryKeys.Misled(ring.Follow(known));
        }
    }

    [Fact]
    public async Task Pipeline_whose_database_has_two_primary_keys_says_so_once_and_goes_on()
    {
        var (old, added, protectors) = Rotating("", "ip");
        Sink.Keys = [old, added];
        var reports = new List<string>();
        await using var writer = Writer(batchSize: 1);
        writer.BatchWritten = r => reports.AddRange(BatchText.Warnings(r));
        await AddAsync(writer, [Line(protectors, 1), Line(protectors, 2)]);
        await writer.CompleteAsync(Limit);
        Assert.Equal(2, Sink.Written.Count);
        Assert.Contains("more than one primary key of ip", Assert.Single(reports), StringComparison.Ordinal);
    }

    private uint _added;

    /// <summary>A key that is primary, one that was added to its keyset, and who masks with the former.</summary>
    private (StoredKey Old, StoredKey Added, ProtectorSource Protectors) Rotating(string methods, string keyset)
    {
        var parsed = MaskMethods.Parse(methods);
        var old = PrimaryKeys.Of(_folder.Ring, parsed).Single(k => k.Attribute == KeysetName.Of(keyset) && (k.Method == "siv") != keyset.Contains('.', StringComparison.Ordinal));
        return (old, Add(keyset), Opened(() => Keyring.Open(_folder.Folder), new ProtectOptions { Methods = parsed }));
    }

    private StoredKey Add(string keyset)
    {
        var added = KeysetChange.Of(_folder.Folder, keyset, new KeyAccess()).Add();
        _added = added.KeyId;
        return StoredKey.Of(added, StoredKeyState.Primary);
    }

    /// <summary>One more of the same; <paramref name="reread"/> comes before its keys are read for the second time.</summary>
    private ProtectorSource Other(ProtectorSource protectors, Action? reread = null)
    {
        var read = 0;
        return Opened(
            () =>
            {
                if (read++ == 0)
                {
                    reread?.Invoke();
                }

                return Keyring.Open(_folder.Folder);
            },
            new ProtectOptions { Methods = MaskMethods.Parse(protectors.Current.Keys[0].Method == "mac" ? "ip=mac" : "") });
    }

    private ProtectorSource Opened(Func<Keyring> open, ProtectOptions options)
    {
        var protectors = new ProtectorSource(open, options);
        _opened.Add(protectors);
        return protectors;
    }

    private async Task AddAsync(BatchWriter writer, IEnumerable<LoginRecord> lines)
    {
        foreach (var line in lines)
        {
            Assert.True(await writer.AddAsync(line, Limit));
        }
    }

    private static LoginRecord Line(ProtectorSource protectors, int number, string ip = "199.172.111.135") => (LoginRecord)protectors.Current.Protect(
        LoginDecoder.Decode(new LineDelivery("file", number, number), Encoding.UTF8.GetBytes(Deliveries.Body.Replace("199.172.111.135", ip, StringComparison.Ordinal))));

    private IEnumerable<string?> Tokens(string attribute) => Sink.Written.OfType<LoginRecord>().Select(r => attribute == "ip" ? r.MaskedIp : r.MaskedDeviceId);

    // Of a mac token nothing but itself can be said.
    private string Open(string? token)
    {
        using var ring = Keyring.Open(_folder.Folder);
        return new[] { "ip", "device_id" }.Select(a =>
        {
            using var opener = new TokenOpener(ring, a);
            return opener.Open([token!])[0].Plaintext?.Reveal();
        }).FirstOrDefault(v => v is not null) ?? token!;
    }
}
