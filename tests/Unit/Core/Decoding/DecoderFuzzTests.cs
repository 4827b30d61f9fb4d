using System.Text;
using LoginEtl.Decoding;
using LoginEtl.Records;
using Xunit;

namespace LoginEtl.Unit.Core.Decoding;

public sealed class DecoderFuzzTests
{
    private const int Inputs = 200_000;

    // Marks every place of the corpus where a value or a key of the sender stands.
    private const string Canary = "cAnArY";

    private static readonly string[] Corpus =
    [
        Deliveries.Body,
        $$"""{"user_id":"{{Canary}}","app_version":"{{Canary}}","device_type":null,"ip":"{{Canary}}","locale":"{{Canary}}","device_id":"{{Canary}}"}""",
        $$"""{"{{Canary}}":"{{Canary}}","{{Canary}}":1,"\u0069p":"\ud83d\ude00{{Canary}}"}""",
        $$"""[{"{{Canary}}":[[[["{{Canary}}"]]]]},-1.5e+300,null,true,false]""",
        $$"""{"user_id":"\u0000{{Canary}}","x\ud800":{"y":[{}]},"device_id":"😀é{{Canary}}"}""",
        $"\"{Canary}\"",
        $"  {Canary}",
    ];

    private static readonly string[] Pieces =
        ["\"", "\\", "{", "}", "[", "]", ",", ":", "\\u0000", "\\ud800", "\\u0069p", "ip", "user_id", "null", "0", "-", "e", " ", "\u00E9", "//", "\0"];

    [Fact]
    public void No_mutation_of_a_body_throws_or_leaks_or_takes_much_memory()
    {
        var random = new Random(20260304);
        var corpus = Corpus.Select(Encoding.UTF8.GetBytes).ToArray();
        var pieces = Pieces.Select(Encoding.UTF8.GetBytes).ToArray();
        var reasons = new Dictionary<RejectReason, int>();
        var delivery = Deliveries.New();
        for (var i = 0; i < Inputs; i++)
        {
            var body = Mutate(random, corpus, pieces);
            var before = GC.GetAllocatedBytesForCurrentThread();
            var login = LoginDecoder.Decode(delivery, body);
            var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

            if (allocated > 32_768 + (body.Length * 64))
            {
                Assert.Fail($"{allocated} bytes for a body of {body.Length}: {Convert.ToHexString(body)}");
            }

            if (login is RejectedLogin reject)
            {
                AssertTrueReason(reject, body);
                reasons[reject.Reason] = reasons.GetValueOrDefault(reject.Reason) + 1;
            }
            else if (login.ToString()!.Contains(Canary, StringComparison.Ordinal))
            {
                Assert.Fail("The text of a login shows a value.");
            }
        }

        // The mutations reach what they are for.
        Assert.Superset(
            new HashSet<RejectReason>
            {
                RejectReason.InvalidJson, RejectReason.InvalidUtf8, RejectReason.TrailingData, RejectReason.NotAnObject,
                RejectReason.RepeatedField, RejectReason.MissingField, RejectReason.NullField, RejectReason.WrongType,
                RejectReason.NulCharacter, RejectReason.LoneSurrogate, RejectReason.EmptyField,
            },
            reasons.Keys.ToHashSet());
    }

    private static void AssertTrueReason(RejectedLogin reject, byte[] body)
    {
        var ofTheSchema = reject.Field is null or "user_id" or "app_version" or "device_type" or "ip" or "locale" or "device_id";
        if (!Enum.IsDefined(reject.Reason) || !ofTheSchema || reject.ToString().Contains(Canary, StringComparison.Ordinal))
        {
            Assert.Fail($"{reject.Reason} ({reject.Field}) for {Convert.ToHexString(body)}");
        }
    }

    private static byte[] Mutate(Random random, byte[][] corpus, byte[][] pieces)
    {
        var body = new List<byte>(corpus[random.Next(corpus.Length)]);
        for (var changes = random.Next(1, 5); changes > 0; changes--)
        {
            var at = random.Next(body.Count + 1);
            switch (random.Next(6))
            {
                case 0 when at < body.Count:
                    body[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1 when at < body.Count:
                    body.RemoveRange(at, random.Next(1, Math.Min(8, body.Count - at) + 1));
                    break;
                case 2:
                    body.RemoveRange(at, body.Count - at);
                    break;
                case 3 when at < body.Count:
                    body.InsertRange(at, body.GetRange(at, random.Next(Math.Min(24, body.Count - at) + 1)));
                    break;
                default:
                    body.InsertRange(at, pieces[random.Next(pieces.Length)]);
                    break;
            }
        }

        return [.. body];
    }
}
