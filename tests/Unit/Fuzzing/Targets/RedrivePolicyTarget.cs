using System.Text;
using LoginEtl.Aws.Queues;

namespace LoginEtl.Unit.Fuzzing.Targets;

/// <summary>A redrive policy is read or is none; reading it never throws.</summary>
internal sealed class RedrivePolicyTarget : FuzzTarget
{
    public override string Name => "redrive";

    public override IReadOnlyList<byte[]> Pieces { get; } =
        [.. FuzzPieces.Json, .. FuzzPieces.Texts("\"deadLetterTargetArn\":", "\"maxReceiveCount\":", "\"deadLetterTargetArn\\ud800\":", "arn:aws:sqs:")];

    public override IReadOnlyList<string> MustReach { get; } = ["none", "policy"];

    public override string Run(ReadOnlySpan<byte> input)
    {
        var policy = RedrivePolicy.Parse(Encoding.UTF8.GetString(input));
        Finding.Unless(policy is null or { MaxReceiveCount: >= 0 }, "a negative count is read");
        Finding.Unless(policy is null || !policy.DeadLetterQueue.Contains(':', StringComparison.Ordinal), "more than a name is read");
        return policy is null ? "none" : "policy";
    }
}
