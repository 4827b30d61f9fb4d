using System.Globalization;
using LoginEtl.Sandbox;

namespace LoginEtl.Unit.Faults.Messages;

/// <summary>What the messages of a scenario are mixed of: shares, from 0 to 1.</summary>
internal sealed record Mixture
{
    // How likely a second copy comes before the next run, and not soon after the first.
    private const double Late = 0.4;

    /// <summary>Plain logins: of every hundred, five have bad bodies, and five have rows that the table refuses.</summary>
    public static Mixture Plain { get; } = new();

    /// <summary>What comes in envelopes.</summary>
    public double Enveloped { get; init; }

    /// <summary>What of that its sender delivers twice.</summary>
    public double Twice { get; init; }

    /// <summary>Bodies that are no login at all.</summary>
    public double Foreign { get; init; }

    /// <summary>Bodies of 100 KiB to 1 MiB.</summary>
    public double Large { get; init; }

    public static Mixture Draw(SampleDraws draws) => new()
    {
        Enveloped = draws.Chance(0.75) ? Of(draws, 0.2, 0.5, 1) : 0,
        Twice = Of(draws, 0.1, 0.3),
        Foreign = draws.Chance(0.6) ? Of(draws, 0.05, 0.2) : 0,
        Large = draws.Chance(0.35) ? Of(draws, 0.01, 0.03) : 0,
    };

    /// <summary>So many messages, and what of them comes a second time.</summary>
    /// <param name="draws">Draws.</param>
    /// <param name="count">Without the second copies.</param>
    /// <param name="groups">Message groups; 0 for a standard queue.</param>
    /// <returns>What is sent now, in this order, and what is sent before the next run.</returns>
    public (IReadOnlyList<Login> Now, IReadOnlyList<Login> Later) Fill(SampleDraws draws, int count, int groups)
    {
        var bad = count / 20;
        var foreign = (int)(count * Foreign);
        var kinds = Enumerable.Range(0, count).Select(i =>
            i < bad ? (Func<SampleDraws, Login>)Login.BadBody : i < 2 * bad ? Login.BadRow : i < (2 * bad) + foreign ? ForeignBody.Draw : Login.Good).ToArray();
        for (var i = count - 1; i > 0; i--)
        {
            var other = draws.Below(i + 1);
            (kinds[i], kinds[other]) = (kinds[other], kinds[i]);
        }

        var now = kinds.Select(kind => One(draws, kind(draws), groups)).ToList();
        var later = new List<Login>();
        for (var i = 0; i < now.Count; i++)
        {
            if (now[i] is { Again: { } again } first)
            {
                var second = first with { Body = again, Again = null };
                if (draws.Chance(Late))
                {
                    later.Add(second);
                }
                else
                {
                    now.Insert(i + 1 + draws.Below(now.Count - i), second);
                }
            }
        }

        return (now, later);
    }

    public override string ToString() => string.Concat(
        new[] { (Enveloped, Text($"in envelopes, {Twice:0%} of those twice")), (Foreign, "foreign"), (Large, "large") }
            .Where(share => share.Item1 > 0).Select(share => Text($", {share.Item1:0%} {share.Item2}")));

    private Login One(SampleDraws draws, Login login, int groups)
    {
        login = draws.Chance(Large) ? Padding.Draw(draws, login) : login;
        login = draws.Chance(Enveloped) ? Wrapping.Draw(draws, login, Twice) : login;
        return groups == 0 ? login : login with { Group = Text($"g{draws.Below(groups)}") };
    }

    private static double Of(SampleDraws draws, params double[] choices) => choices[draws.Below(choices.Length)];

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
