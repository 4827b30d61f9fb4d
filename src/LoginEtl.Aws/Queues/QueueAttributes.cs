using System.Globalization;

namespace LoginEtl.Aws.Queues;

/// <summary>Numbers among the attributes of a queue (SQS API reference, GetQueueAttributes), which are texts.</summary>
internal static class QueueAttributes
{
    /// <summary>Null where it is not given, or is no number.</summary>
    public static long? Number(this IReadOnlyDictionary<string, string?>? attributes, string name) =>
        long.TryParse(attributes?.GetValueOrDefault(name), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    /// <summary>A time that is given in seconds.</summary>
    public static TimeSpan? Seconds(this IReadOnlyDictionary<string, string?>? attributes, string name) =>
        attributes.Number(name) is { } seconds and <= int.MaxValue ? TimeSpan.FromSeconds(seconds) : null;
}
