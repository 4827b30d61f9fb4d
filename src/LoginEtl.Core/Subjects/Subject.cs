using LoginEtl.Faults;
using LoginEtl.Keysets;
using LoginEtl.Masking;
using LoginEtl.Records;
using LoginEtl.Recovery;
using LoginEtl.Rotation;
using LoginEtl.Tokens;

namespace LoginEtl.Subjects;

/// <summary>One person, by values of one attribute. Its text says nothing of them.</summary>
public sealed class Subject
{
    // Fields, and no properties: serialisers walk properties.
    private readonly string[] _stored;
    private readonly string[] _values;
    private readonly HashSet<string> _held;

    private Subject(string attribute, string[] stored, string[] values, HashSet<string> held) =>
        (Attribute, _stored, _values, _held) = (attribute, stored, values, held);

    /// <summary><c>ip</c>, <c>device_id</c> or <c>user_id</c>.</summary>
    public string Attribute { get; }

    /// <summary>A user id stands in the table as it is; the others as tokens.</summary>
    public bool IsMasked => Attribute != LoginFields.UserId;

    /// <summary>Masks the values under every enabled key.</summary>
    /// <param name="keyring">Stays the caller's.</param>
    /// <param name="attribute"><c>ip</c>, <c>device_id</c> or <c>user_id</c>.</param>
    /// <param name="values">All of the one person.</param>
    /// <param name="form">What of an ip was masked.</param>
    /// <exception cref="Faults.LoginEtlException"><c>KeysetNotFound</c>: there is no keyset for the attribute; <c>KeysetInvalid</c>.</exception>
    public static Subject Of(Keyring keyring, string attribute, IReadOnlyList<Plaintext> values, IpForm form = IpForm.Strict)
    {
        ArgumentNullException.ThrowIfNull(values);
        var given = values.Select(v => v.Reveal()).Distinct(StringComparer.Ordinal).ToArray();
        if (attribute == LoginFields.UserId)
        {
            // A column of uuid prints them in one form.
            var printed = given.Select(g => Guid.TryParse(g, out var id) ? $"{id:d}" : g);
            return new Subject(attribute, [.. given.Concat(printed).Distinct(StringComparer.Ordinal)], given, []);
        }

        var canonical = CanonicalForm.Of(attribute, form);
        return new Subject(
            attribute, [.. values.SelectMany(v => TokenFinder.TokensOf(keyring, attribute, v, form)).Distinct(StringComparer.Ordinal)],
            [.. given.Concat(given.Select(canonical)).Distinct(StringComparer.Ordinal)], UnheldRows.Held(keyring, attribute));
    }

    /// <summary>What stands in the database for them: tokens, or the user ids themselves.</summary>
    public IReadOnlyList<string> Stored() => _stored;

    /// <summary>Of all stored values those that nobody could look under: any of them may be theirs.</summary>
    /// <param name="counts">Of the attribute, by prefix.</param>
    public IReadOnlyList<PrefixCount> NotSearched(IReadOnlyList<PrefixCount> counts)
    {
        ArgumentNullException.ThrowIfNull(counts);
        return [.. counts.Where(c => c.Prefix is null || !_held.Contains(c.Prefix))];
    }

    /// <summary>The fault where not all could be looked into, so that a removal would leave something of theirs; null where all was.</summary>
    /// <param name="table">Its name.</param>
    /// <param name="counts">Of the attribute, by prefix.</param>
    /// <param name="bodies">Sealed ones that nobody has looked into.</param>
    public LoginEtlException? Refusal(string table, IReadOnlyList<PrefixCount> counts, long bodies)
    {
        var values = NotSearched(counts);
        return values.Count == 0 && bodies == 0 ? null : new LoginEtlException(
            ErrorId.SubjectNotSearched,
            FormattableString.Invariant($"Something of the person may be in {bodies} sealed bodies and {values.Sum(v => v.Rows)} values of {table} that could not be looked into{(values.Count == 0 ? "" : $" ({string.Join(", ", values.Select(v => v.Prefix ?? "no token"))})")}. Nothing was removed."),
            "Sealed bodies: give -PrivateKeyPath, or dismiss with Remove-LoginQuarantine what does not open. Values: bring the keyset that holds their keys, enable the keys, or delete them.");
    }

    /// <summary>Whether a body that did not decode has one of the values in it.</summary>
    public bool IsIn(PlainBody body)
    {
        ArgumentNullException.ThrowIfNull(body);
        return BodySearch.Finds(body.Reveal(), Attribute, _values);
    }

    /// <inheritdoc/>
    public override string ToString() => $"Subject by {Attribute}";
}
