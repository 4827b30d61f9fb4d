using System.Globalization;
using System.Text;
using LoginEtl.Sandbox;
using LoginEtl.Unit.Core.Decoding;

namespace LoginEtl.Unit.Faults.Messages;

/// <summary>Puts bodies into envelopes, as services do on the way to a queue: one layer or two.</summary>
internal static class Wrapping
{
    private static readonly DateTime Begin = new(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    /// <summary>The login in one envelope or two; as it was where they would make it larger than SQS takes.</summary>
    /// <param name="draws">Draws.</param>
    /// <param name="login">As it is without.</param>
    /// <param name="again">How likely its sender delivers it twice, where an envelope has an id.</param>
    public static Login Draw(SampleDraws draws, Login login, double again)
    {
        // What is no object has no place but in the text of a notification.
        var inner = Layer.Draw(draws, login.IsObject ? Layer.Kinds : [Kind.Sns]);
        var outer = draws.Chance(0.4) ? Layer.Draw(draws, inner.Kind == Kind.Quoted ? [Kind.Sns, Kind.Quoted] : Layer.Kinds) : null;
        var first = Body(inner, outer);
        // What is nearest to the sender says what is the same message: the outer service may deliver it under two ids of its own.
        var envelope = inner.HasId ? inner.Id : outer is { HasId: true } ? outer.Id : null;
        var second = !draws.Chance(again) ? null : Body(inner, inner.HasId && draws.Chance(0.5) ? outer?.WithOtherId(draws) : outer);
        return Encoding.UTF8.GetByteCount(first) > Padding.Largest
            ? login
            : login with { Body = first, Envelope = envelope, Again = envelope is null ? null : second };

        string Body(Layer inside, Layer? around) => around is null ? inside.Put(login.Body) : around.Put(inside.Put(login.Body));
    }

    private enum Kind
    {
        Sns,
        Event,
        Quoted,
    }

    private sealed record Layer(Kind Kind, string Id, DateTime Time)
    {
        public static Kind[] Kinds { get; } = Enum.GetValues<Kind>();

        public bool HasId => Kind != Kind.Quoted;

        public static Layer Draw(SampleDraws draws, Kind[] kinds) =>
            new(kinds[draws.Below(kinds.Length)], draws.UserId(), Begin.AddSeconds(draws.Below(300 * 24 * 3600)));

        public Layer WithOtherId(SampleDraws draws) => this with { Id = draws.UserId() };

        public string Put(string content) => Kind switch
        {
            Kind.Sns => Envelopes.Sns(content, Id, Time.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture)),
            Kind.Event => Envelopes.Event(content, Id, Time.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture)),
            _ => Envelopes.Quoted(content),
        };
    }
}
