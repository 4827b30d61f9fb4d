using System.Globalization;
using Amazon.SQS.Model;
using LoginEtl.Aws.Calls;

namespace LoginEtl.Aws.Receiving;

/// <summary>Reads a batch's answer. Entries are named by their index; an entry in neither list is unknown.</summary>
internal static class BatchEntries
{
    public static HashSet<int> Succeeded(DeleteMessageBatchResponse answer, int count) =>
        Indices((answer.Successful ?? []).Select(e => e?.Id), count);

    /// <inheritdoc cref="Succeeded(DeleteMessageBatchResponse, int)"/>
    public static HashSet<int> Succeeded(ChangeMessageVisibilityBatchResponse answer, int count) =>
        Indices((answer.Successful ?? []).Select(e => e?.Id), count);

    /// <summary>Those that another try would not help.</summary>
    public static HashSet<int> FailedForGood(IReadOnlyList<BatchResultErrorEntry?>? failed, int count) =>
        Indices(
            (failed ?? []).Where(e => e is not null && !SqsErrorCodes.IsTransient(e)).Select(e => e?.Id), count);

    private static HashSet<int> Indices(IEnumerable<string?> ids, int count) =>
        [.. ids.Select(id => int.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out var i) ? i : -1)
            .Where(i => i >= 0 && i < count)];
}
