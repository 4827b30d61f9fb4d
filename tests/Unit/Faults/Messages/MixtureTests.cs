using System.Text;
using LoginEtl.Records;
using LoginEtl.Run;
using LoginEtl.Sandbox;
using LoginEtl.Unit.Core;
using Xunit;

namespace LoginEtl.Unit.Faults.Messages;

/// <summary>What is drawn is what it is said to be: the checks go by it.</summary>
public sealed class MixtureTests
{
    private static readonly Mixture All = new() { Enveloped = 0.6, Twice = 0.5, Foreign = 0.3, Large = 0.02 };
    private static readonly (IReadOnlyList<Login> Now, IReadOnlyList<Login> Later) Drawn = All.Fill(new SampleDraws(7), 1_500, groups: 3);
    private static readonly IReadOnlyList<Login> Both = [.. Drawn.Now, .. Drawn.Later];

    [Fact]
    public void What_is_said_of_a_body_is_what_becomes_of_it()
    {
        foreach (var login in Both)
        {
            var decoded = Deliveries.Decode(login.Body);
            Assert.Equal(login.Reason == Login.RefusedRow ? null : login.Reason, (decoded as RejectedLogin)?.Reason);
            Assert.Equal(login.UserId, (decoded as LoginMessage)?.UserId);
        }

        string[] reasons = ["missing_field", "invalid_json", "not_an_object", "trailing_data", "empty_body", "wrong_type", Login.RefusedRow];
        Assert.Equal(reasons.Order(), Both.Select(l => l.Reason).OfType<string>().Distinct().Order());
    }

    [Fact]
    public void Copies_have_one_identity_and_all_others_have_their_own()
    {
        var envelopes = Both.Where(l => l.Envelope is not null).GroupBy(l => l.Envelope).ToList();
        Assert.Contains(envelopes, g => g.Count() > 1);
        foreach (var copies in envelopes)
        {
            Assert.InRange(copies.Count(), 1, 2);
            Assert.Equal(copies.First().Again is null ? 1 : 2, copies.Count());
            Assert.Single(copies.Select(l => (l.UserId, l.Fate, l.Group, l.Version, l.Reason)).Distinct());
            Assert.Single(copies.Select(l => IdentityOf(l)!).Distinct());
        }

        Assert.Equal(envelopes.Count, envelopes.Select(g => IdentityOf(g.First())).Distinct().Count());
        Assert.All(Both.Where(l => l.Envelope is null), l => Assert.Null(IdentityOf(l)));
        Assert.Contains(envelopes, g => g.Any(l => l.Again is not null && l.Again != l.Body));
        // The second never comes first.
        Assert.All(envelopes.Where(g => g.Count() > 1), g => Assert.NotNull(g.First().Again));
        Assert.NotEmpty(Drawn.Later);
    }

    [Fact]
    public void Large_bodies_are_no_larger_than_SQS_takes_them_and_of_every_fate()
    {
        var draws = new SampleDraws(7);
        Func<SampleDraws, Login>[] kinds = [Login.Good, Login.BadRow, Login.BadBody, ForeignBody.Draw];
        var lengths = kinds.SelectMany(kind => Enumerable.Range(0, 25).Select(_ => Padding.Draw(draws, kind(draws)).Body.Length)).ToList();
        Assert.All(lengths, length => Assert.InRange(length, Padding.Smallest - 1_000, Padding.Largest));
        Assert.Contains(Padding.Largest, lengths);
        Assert.Contains(lengths, length => length > Padding.Largest / 2);

        var large = Both.Where(l => l.Body.Length >= Padding.Smallest).ToList();
        Assert.All(large, l => Assert.InRange(Encoding.UTF8.GetByteCount(l.Body), 1, Padding.Largest));
        Assert.Contains(large, l => l.Envelope is not null);
        Assert.Equal(2, large.Select(l => l.Fate).Distinct().Count());
    }

    [Fact]
    public void One_seed_draws_one_mixture()
    {
        var again = All.Fill(new SampleDraws(7), 1_500, groups: 3);
        Assert.Equal(Drawn.Now, again.Now);
        Assert.Equal(Drawn.Later, again.Later);
        Assert.NotEqual(Drawn.Now, All.Fill(new SampleDraws(8), 1_500, groups: 3).Now);
    }

    [Fact]
    public void Flood_is_of_one_kind()
    {
        foreach (var flood in Enumerable.Range(0, 40).Select(seed => ForeignBody.Flood(new SampleDraws((ulong)seed), 45)))
        {
            Assert.Equal(45, flood.Count);
            var rejects = flood.Select(l => Assert.IsType<RejectedLogin>(Deliveries.Decode(l.Body))).ToList();
            Assert.Single(rejects.Select(r => (r.Reason, r.Field)).Distinct());
            Assert.Equal(flood[0].Reason, rejects[0].Reason);
        }
    }

    private static string? IdentityOf(Login login) =>
        ((QueueDelivery)Deliveries.Decode(login.Body).GetDelivery()).SenderIdentity is { } identity ? string.Join(' ', identity.Parts.Select(Convert.ToHexString)) + identity.Time : null;
}
