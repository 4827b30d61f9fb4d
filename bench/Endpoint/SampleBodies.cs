using LoginEtl.Sandbox;

namespace LoginEtl.Bench.Endpoint;

/// <summary>The bodies of the sandbox's login messages, made ready once and used by every queue.</summary>
internal static class SampleBodies
{
    // Then they begin again: no client looks, and memory stays small.
    private const int Different = 100_000;
    private static readonly Lock Gate = new();
    private static MessageBody[] _made = [];

    public static IEnumerable<MessageBody> Take(int count)
    {
        var bodies = Make(Math.Min(count, Different));
        return Enumerable.Range(0, count).Select(i => bodies[i % bodies.Length]);
    }

    private static MessageBody[] Make(int count)
    {
        lock (Gate)
        {
            return _made.Length >= count ? _made : _made = [.. SampleMessages.Create(count).Select(b => new MessageBody(b))];
        }
    }
}
