using LoginEtl.Keysets;
using LoginEtl.Protecting;
using LoginEtl.Records;
using LoginEtl.Unit.Fixtures;

namespace LoginEtl.Unit.Fuzzing.Targets;

/// <summary>Only the very bytes that were sealed open; everything else is refused without an exception.</summary>
internal sealed class SealedBodyTarget : FuzzTarget
{
    private readonly Keyset _private;
    private readonly MessageId _message;
    private readonly byte[] _sealed;
    private readonly byte[] _body;

    public SealedBodyTarget()
    {
        var vector = Vectors.Read("sealed_body.json");
        _private = TestKeys.Parse(vector["privateKeyset"]!);
        _message = new MessageId((string)vector["messageId"]!);
        _sealed = Convert.FromHexString((string)vector["sealed"]!);
        _body = System.Text.Encoding.UTF8.GetBytes((string)vector["body"]!);
    }

    public override string Name => "sealed-bodies";

    // Elliptic curves: a hundred times what the others cost.
    public override int Share => 2;

    public override IReadOnlyList<byte[]> Pieces { get; } = [.. FuzzPieces.Utf8, [1, 0x1A, 0x2B, 0x3C, 0x4D, 4], new byte[32], new byte[65]];

    public override IReadOnlyList<string> MustReach { get; } = ["opens", "refused"];

    public override string Run(ReadOnlySpan<byte> input)
    {
        var body = BodySealer.Open(_private, input, _message);
        Finding.Unless(body is not null == input.SequenceEqual(_sealed), "what was not sealed opens, or the other way round");
        Finding.Unless(body is null || body.AsSpan().SequenceEqual(_body), "another body comes out");
        return body is null ? "refused" : "opens";
    }

    protected override void Close() => _private.Dispose();
}
