using System.Text;
using LoginEtl.Aws.Protocols;
using LoginEtl.Faults;

namespace LoginEtl.Aws.Sending;

/// <summary>Splits bodies into requests that SQS takes.</summary>
internal static class SendBatches
{
    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    /// <exception cref="LoginEtlException">
    /// <c>BodyNotSendable</c>: empty, over 1 MiB, or no valid text. Nothing was sent.
    /// </exception>
    public static IReadOnlyList<Range> Of(IReadOnlyList<string> bodies) => Of([.. bodies.Select(Size)]);

    /// <summary>The same of messages of so many bytes each.</summary>
    public static IReadOnlyList<Range> Of(IReadOnlyList<int> sizes)
    {
        var batches = new List<Range>();
        var first = 0;
        var bytes = 0;
        for (var i = 0; i < sizes.Count; i++)
        {
            var size = sizes[i];
            if (i > first && (i - first == SqsQuotas.EntriesPerCall || bytes + size > SqsQuotas.BatchBytes))
            {
                batches.Add(first..i);
                (first, bytes) = (i, 0);
            }

            bytes += size;
        }

        if (first < sizes.Count)
        {
            batches.Add(first..sizes.Count);
        }

        return batches;
    }

    private static int Size(string body, int index)
    {
        try
        {
            return Strict.GetByteCount(body ?? "") switch
            {
                0 => throw NotSendable(index, "is empty"),
                > SqsQuotas.BatchBytes => throw NotSendable(index, "is larger than 1 MiB"),
                var size => size,
            };
        }
        catch (EncoderFallbackException)
        {
            throw NotSendable(index, "holds half of a surrogate pair");
        }
    }

    private static LoginEtlException NotSendable(int index, string why) => new(
        ErrorId.BodyNotSendable,
        $"Body {index + 1} {why}, and SQS takes no such message. Nothing was sent.", "Leave it out.");
}
