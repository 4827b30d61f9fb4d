using LoginEtl.Faults;
using LoginEtl.Keysets;
using LoginEtl.Rotation;

namespace LoginEtl.Checks;

/// <summary>Whether a keyset and a database belong together, before a run.</summary>
public static class KeyChecks
{
    private const string States = "Key states";
    private const string Rows = "Rows under other keys";
    private const string Values = "Values are tokens";

    /// <summary>Compares them.</summary>
    /// <param name="keyring">Stays the caller's; follows the database's primary keys.</param>
    /// <param name="methods">How a run masks.</param>
    /// <param name="known">What the database says of its keys.</param>
    /// <param name="sample">A look at its table; null when the user may not read it, or something of it is a stranger's.</param>
    /// <param name="isStrangers">Something of it is.</param>
    public static async Task<IReadOnlyList<Check>> RunAsync(Keyring keyring, MaskMethods methods, IReadOnlyList<StoredKey> known, TokenSample? sample, bool isStrangers = false)
    {
        ArgumentNullException.ThrowIfNull(keyring);
        ArgumentNullException.ThrowIfNull(known);
        return [await StatesAsync(keyring, methods, known, sample, isStrangers).ConfigureAwait(false), OtherRows(keyring, known, sample), .. Foreign(sample)];
    }

    private static async Task<Check> StatesAsync(Keyring keyring, MaskMethods methods, IReadOnlyList<StoredKey> known, TokenSample? sample, bool isStrangers)
    {
        var own = PrimaryKeys.Of(keyring, methods);
        var keys = PrimaryKeys.Of(keyring.Follow(known), methods);
        try
        {
            if (keys.Where(k => !k.MayBeWrittenBy(known)).ToList() is { Count: > 0 } retired)
            {
                throw KeyRetired.Of(retired, known);
            }

            // What fails goes before what is warned of: whoever may register keys can have the latter said at any time.
            // Those that only open, too: rows, searches and recoveries go by them.
            var held = StoredKeys.Held(keyring);
            KeyMismatch.Refuse(held, known);
            var first = await KeyAdmission.RequireAsync(keys, known, isNewKey: false, () => Task.FromResult(sample)).ConfigureAwait(false);
            if (first.Count > 0 && isStrangers)
            {
                return new Check(
                    States, CheckOutcome.Warn, $"the database knows no key of {string.Join(" and ", first.Select(k => k.Attribute).Distinct())}, and the table, of which something is a stranger's, was not read: whether its rows are under {KeyRetired.List(first)} is not known",
                    "Look at what Owners says, and drop what nobody wants.");
            }

            var warnings = Warnings(keyring, held, known, sample).ToList();
            if (warnings.Count > 0)
            {
                return new Check(States, CheckOutcome.Warn, string.Join("; ", warnings.Select(w => w.Detail.TrimEnd('.'))), string.Join(' ', warnings.Select(w => w.Remedy)));
            }

            var followed = own.Zip(keys).Where(k => k.First.Prefix != k.Second.Prefix).Select(k => $"{k.First.Prefix} of {k.First.Attribute} is retired in the database, and its primary key {k.Second.Prefix} is held and followed").ToList();
            return new Check(
                States, CheckOutcome.Pass,
                followed.Count > 0 ? string.Join("; ", followed)
                : first.Count > 0 ? $"the database takes the first keys: {KeyRetired.List(first)}"
                : "the database has retired none of the primary keys");
        }
        catch (LoginEtlException fault)
        {
            return new Check(States, CheckOutcome.Fail, fault.Message, fault.Remedy);
        }
    }

    private static IEnumerable<(string Detail, string Remedy)> Warnings(Keyring keyring, IReadOnlyList<StoredKey> held, IReadOnlyList<StoredKey> known, TokenSample? sample)
    {
        if (PrimaryKeys.Misled(keyring) is { Count: > 0 } back)
        {
            yield return (string.Join(' ', back), "Look at login_etl_key and who may write to it, and set the primary key that is meant with Set-LoginPrimaryKey.");
        }

        if (Listed(k => sample?.Of(k.Attribute).Any(s => s.Prefix == k.Prefix) == true) is { } newer)
        {
            yield return (
                $"rows are under {newer}, and an older key is masked with",
                "Where nobody went back to the older key on purpose, see who may write to login_etl_key, and set the primary key that is meant with Set-LoginPrimaryKey.");
        }

        if (StoredKeys.ByIdAlone(StoredKeys.KnownByIdAlone(held, known)) is { } alone)
        {
            yield return (alone, StoredKeys.ByIdAloneRemedy);
        }

        if (known.Count > 0 && Listed(k => !known.Any(k.IsOf)) is { } unseen)
        {
            yield return (
                $"{unseen}, newer than the primary key, has never been told to this database",
                "Where a rotation had made it primary, the database is from before: Set-LoginPrimaryKey with -Database makes it so again.");
        }

        string? Listed(Func<StoredKey, bool> isMeant) =>
            PrimaryKeys.Newer(keyring).Where(isMeant).Select(k => $"{k.Prefix} of {k.Attribute}").ToList() is { Count: > 0 } list ? string.Join(", ", list) : null;
    }

    private static IEnumerable<Check> Foreign(TokenSample? sample) =>
    [
        sample is null ? new Check(Values, CheckOutcome.Pass, "not looked at, because the table was not read: look once with an account that may read all of it")
            : sample.Others.Count == 0
            ? new Check(Values, CheckOutcome.Pass, "no other value was met")
            : new Check(
                Values, CheckOutcome.Warn,
                $"the table has values that were not masked by this module, by their looks: {string.Join(", ", sample.Others)}; {(sample.IsWhole ? "all rows were looked at" : "a random part of the rows was looked at")}",
                "They join with nothing that runs write, and searches do not find them. docs/table.md says what can be done (Rows of an earlier script)."),
    ];

    private static Check OtherRows(Keyring keyring, IReadOnlyList<StoredKey> known, TokenSample? sample)
    {
        var held = KeysetName.Masked.ToDictionary(a => a, a => UnheldRows.Held(keyring, a));
        var seen = KeysetName.Masked.SelectMany(a => sample?.Of(a) ?? []).ToList();
        var others = seen.Where(s => !held[s.Attribute].Contains(s.Prefix!)).Select(s => $"{s.Rows} of {seen.Where(o => o.Attribute == s.Attribute).Sum(o => o.Rows)} values of {s.Attribute} looked at are under {s.Prefix}")
            .Concat(known.Where(k => k.State == StoredKeyState.Primary && !held[k.Attribute].Contains(k.Prefix) && !seen.Any(s => (s.Attribute, s.Prefix) == (k.Attribute, k.Prefix)))
                .Select(k => $"{k.Prefix} of {k.Attribute} may be written under")).ToList();
        var look = sample is null ? "the table was not read, because the user may not, row security hides rows from it, or something of it is a stranger's (Owners), and the keys that the database knows were looked at alone"
            : sample.IsWhole ? "all rows were looked at" : "a random part of the rows was looked at";
        return others.Count == 0
            ? new Check(Rows, CheckOutcome.Pass, $"none was met: {look}")
            : new Check(
                Rows, CheckOutcome.Warn, $"this keyset does not hold keys that others wrote with, or has disabled them: {string.Join(", ", others)}; {look}",
                "Bring the keyset that holds them, or enable them with Enable-LoginKey: until then nothing can be found, recovered or brought to another key under them here.");
    }
}
