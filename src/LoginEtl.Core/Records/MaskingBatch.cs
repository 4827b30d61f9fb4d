using LoginEtl.Tokens;

namespace LoginEtl.Records;

/// <summary>
/// The personal data of messages that came together. They go through a pipeline one by one, and are masked together when
/// the first of them is: the block cipher's fixed cost per call is paid once for all. Thread-safe.
/// </summary>
internal sealed class MaskingBatch
{
    // Given up once they are masked: a message that is kept keeps no other's values.
    private Values? _values;

    private MaskingBatch(Values values) => _values = values;

    /// <summary>Joins the logins of one handover; what is no login is left out.</summary>
    public static void Join(IReadOnlyList<IncomingLogin> logins)
    {
        var messages = logins.OfType<LoginMessage>().ToList();
        if (messages.Count < 2)
        {
            return;
        }

        var group = new MaskingBatch(new Values([.. messages.Select(m => m.Ip)], [.. messages.Select(m => m.DeviceId)]));
        for (var i = 0; i < messages.Count; i++)
        {
            messages[i].Group = (group, i);
        }
    }

    /// <summary>The values, for the first who asks; null for everybody after.</summary>
    public Values? Take() => Interlocked.Exchange(ref _values, null);

    /// <summary>One of each a message; null where the message had a null.</summary>
    public sealed record Values(Plaintext?[] Ips, Plaintext?[] DeviceIds);
}
