using System.Globalization;
using System.Text.Json;

namespace LoginEtl.Aws.Queues;

/// <summary>A queue's attribute RedrivePolicy.</summary>
/// <param name="DeadLetterQueue">Its name, the last part of its ARN.</param>
/// <param name="MaxReceiveCount">Receives after which a message goes there.</param>
internal sealed record RedrivePolicy(string DeadLetterQueue, int MaxReceiveCount)
{
    /// <summary>Null when it cannot be read. The count comes as a number or as text.</summary>
    public static RedrivePolicy? Parse(string json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            var policy = document.RootElement;
            return policy.ValueKind == JsonValueKind.Object
                && policy.TryGetProperty("deadLetterTargetArn", out var arn) && arn.ValueKind == JsonValueKind.String
                && policy.TryGetProperty("maxReceiveCount", out var count)
                && int.TryParse(count.ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out var receives)
                    ? new RedrivePolicy(arn.GetString()!.Split(':')[^1], receives)
                    : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // The latter is an escaped half of a surrogate pair, in a name or in the ARN.
            return null;
        }
    }
}
