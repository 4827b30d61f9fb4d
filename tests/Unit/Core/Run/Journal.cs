using LoginEtl.Records;
using LoginEtl.Run;

namespace LoginEtl.Unit.Core.Run;

/// <summary>What happened, in order.</summary>
internal sealed class Journal
{
    private readonly Lock _lock = new();
    private readonly List<(string Event, string Id)> _entries = [];

    public void Add(string what) => Add(what, [""]);

    public void Add(string what, IEnumerable<QueueDelivery> deliveries) => Add(what, deliveries.Select(d => d.ToString()));

    public void Add(string what, IEnumerable<ProtectedLogin> logins) => Add(what, logins.Select(l => l.MessageId));

    public List<string> Ids(string what)
    {
        lock (_lock)
        {
            return [.. _entries.Where(e => e.Event == what).Select(e => e.Id)];
        }
    }

    public int IndexOf(string what, string id)
    {
        lock (_lock)
        {
            return _entries.IndexOf((what, id));
        }
    }

    private void Add(string what, IEnumerable<string> ids)
    {
        lock (_lock)
        {
            _entries.AddRange(ids.Select(id => (what, id)));
        }
    }
}
