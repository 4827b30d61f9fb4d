using System.Globalization;
using LoginEtl.Records;

namespace LoginEtl.Protecting;

/// <summary>How many logins have personal data where none belongs, by field.</summary>
public sealed class PiiTally
{
    private readonly SortedDictionary<PiiFields, long> _counts = [];

    /// <summary>Null where there are none; else one warning, which names fields and counts and no value.</summary>
    public string? Warning => _counts.Count == 0 ? null
        : $"{string.Join(" and ", _counts.Select(c => string.Create(CultureInfo.InvariantCulture, $"{PiiFinder.NamesOf(c.Key).First()} of {c.Value} login{(c.Value == 1 ? "" : "s")}")))} "
            + "as a whole is an IP address, an e-mail address or a phone number, and is written in clear. Tell who sends them; -OnPiiFound Quarantine keeps such logins out of the table, Ignore says nothing.";

    /// <summary>Counts what was found in one.</summary>
    public void Add(ProtectedLogin login)
    {
        if (login is LoginRecord { Pii: not PiiFields.None and var found })
        {
            foreach (var field in Enum.GetValues<PiiFields>().Where(f => f != PiiFields.None && found.HasFlag(f)))
            {
                Add(field, 1);
            }
        }
    }

    /// <summary>Counts some more.</summary>
    internal void Add(PiiFields field, long count)
    {
        if (count > 0)
        {
            _counts[field] = _counts.GetValueOrDefault(field) + count;
        }
    }
}
