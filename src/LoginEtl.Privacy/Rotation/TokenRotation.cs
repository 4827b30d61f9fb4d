using System.Diagnostics;
using LoginEtl.Faults;
using LoginEtl.Keysets;
using LoginEtl.Masking;
using LoginEtl.Tokens;

namespace LoginEtl.Rotation;

/// <summary>
/// Brings every row from old keys to the primary ones, beside running writers. The old keys are retired first, so that no
/// row comes under them any more; then whatever still carries one of their prefixes is found and replaced, pass by pass,
/// until one look at everything finds nothing. Nothing is remembered between runs: a killed one is simply run again.
/// </summary>
public sealed class TokenRotation : IDisposable
{
    // A row that somebody changes while a pass goes by may move to where the pass has been.
    private const int MostPasses = 100;

    private readonly ITokenTable _table;
    private readonly RotationOptions _options;
    private readonly Keyring _keyring;
    private readonly HashSet<(string Attribute, string Method)> _firstMethods = [];
    private TokenSample? _sample;
    private bool _hasLooked;
    private TokenRotator[] _attributes = [];
    private readonly Stopwatch _clock = new();
    private long _rows;
    private long _tokens;

    /// <param name="table">Stays the caller's.</param>
    /// <param name="keyring">Stays the caller's; follows the database's primary keys.</param>
    /// <param name="options">How it goes about it.</param>
    /// <exception cref="LoginEtlException">A keyset cannot be used.</exception>
    public TokenRotation(ITokenTable table, Keyring keyring, RotationOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(keyring);
        CanonicalForm.RequireNormalisation();
        _table = table;
        _options = options ?? new RotationOptions();
        _keyring = keyring;
        _options.Plain?.Keys(keyring);
        Open();
    }

    /// <summary>The keys that are retired, and whose tokens are replaced; as of the last look at the database.</summary>
    public IReadOnlyList<StoredKey> OldKeys => [.. _attributes.SelectMany(a => a.Old)];

    /// <summary>Looks only: rows under old keys, and those that would stay as they are. Refuses what <see cref="RunAsync"/> refuses.</summary>
    public async Task<(long Values, IReadOnlyList<UnreadableTokens> Unreadable)> PlanAsync(CancellationToken cancellationToken)
    {
        await _table.RequireReplaceableAsync(cancellationToken).ConfigureAwait(false);
        await FollowAsync(cancellationToken).ConfigureAwait(false);
        var counts = await _table.CountAsync(cancellationToken).ConfigureAwait(false);
        return (counts.Where(IsOld).Sum(c => c.Rows), Unreadable(counts));
    }

    /// <summary>Does it.</summary>
    /// <param name="report">Told after every transaction; may be null.</param>
    /// <param name="cancellationToken">Ends it between two transactions; what was done stays done.</param>
    /// <exception cref="LoginEtlException">
    /// <c>UniqueMaskedColumn</c> and what else stands against it; <c>KeyRetired</c>, <c>RotationUnfinished</c>.
    /// </exception>
    public async Task<RotationReceipt> RunAsync(Action<RotationProgress>? report, CancellationToken cancellationToken)
    {
        _clock.Restart();
        await _table.RequireReplaceableAsync(cancellationToken).ConfigureAwait(false);
        await FollowAsync(cancellationToken).ConfigureAwait(false);
        // Once more, by what is so while nobody else changes it: a promotion may have come meanwhile.
        await _table.ChangeAsync(
            known =>
            {
                Accept(known);
                return ToTell(known);
            },
            cancellationToken).ConfigureAwait(false);
        for (var pass = 1; pass <= MostPasses; pass++)
        {
            await PassAsync(pass, report, cancellationToken).ConfigureAwait(false);

            // One statement sees every row wherever it moves; a pass may miss some. Fewer than were refused: some are gone.
            var counts = await _table.CountAsync(cancellationToken).ConfigureAwait(false);
            if (counts.Where(IsOld).All(c => c.Rows <= Refused(c)))
            {
                return new RotationReceipt
                {
                    Table = _table.Name,
                    RowsUpdated = _rows,
                    TokensReplaced = _tokens,
                    Passes = pass,
                    Unreadable = Unreadable(counts),
                    Elapsed = _clock.Elapsed,
                };
            }
        }

        throw new LoginEtlException(
            ErrorId.RotationUnfinished, $"After {MostPasses} passes rows of {_table.Name} still carry old tokens: somebody writes them anew.",
            "Find out who writes to the table without LoginEtl, or with a version that knows no retired keys; then run again.");
    }

    /// <inheritdoc/>
    public void Dispose() => Array.ForEach(_attributes, a => a.Dispose());

    // Which key is primary is the database's to say, and not the file's of whichever host does this.
    private async Task FollowAsync(CancellationToken cancellationToken)
    {
        var known = await _table.KeysAsync(cancellationToken).ConfigureAwait(false);
        // Rows say whose a keyset is where nothing is known of it.
        _hasLooked = !KeysetName.Masked.All(a => known.Any(k => k.Attribute == a));
        _sample = _hasLooked ? await _table.SampleAsync(cancellationToken).ConfigureAwait(false) : null;
        Accept(known);
    }

    private void Accept(IReadOnlyList<StoredKey> known)
    {
        _keyring.Follow(known);
        RequireOnePrimary();
        Open(known);
        RequireKnown(known);
        RequireCurrent(known);
        RequirePlainKnown(known);
    }

    // Tokens come under them that the database has to know. The first of an attribute it is told with the rest.
    private void RequirePlainKnown(IReadOnlyList<StoredKey> known)
    {
        foreach (var key in _options.Plain?.Keys(_keyring) ?? [])
        {
            if (known.All(o => o.Attribute != key.Attribute))
            {
                _firstMethods.Add((key.Attribute, key.Method));
            }
            else if (!known.Any(key.IsOf))
            {
                throw KeyAdmission.NotKnown(new[] { key }.GroupBy(k => k.Attribute).First(), known);
            }
        }
    }

    // Old keys are retired, and the primary ones stay so. A file that is old must not tell of what others disabled, and a method
    // that the keyset has and that was never used here is nobody's concern.
    private List<StoredKey> ToTell(IReadOnlyList<StoredKey> known) =>
    [
        .. _attributes.SelectMany(a => a.Keys).Select(k => (Here: k, There: known.FirstOrDefault(k.IsOf)))
            .Where(k => k.There is not null || k.Here.State != StoredKeyState.Primary || _firstMethods.Contains((k.Here.Attribute, k.Here.Method)))
            .Select(k => k is { Here.State: StoredKeyState.Disabled or StoredKeyState.Removed, There: { } there } ? k.Here with { State = there.State } : k.Here),
    ];

    // Whoever may register a key can make another primary beside the one that was meant; all rows would go under the latest.
    private void RequireOnePrimary()
    {
        if (PrimaryKeys.Ambiguous(_keyring) is { } several)
        {
            throw new LoginEtlException(
                ErrorId.PrimaryKeyAmbiguous, $"The database has more than one primary key for the keyset {several.Source}: {string.Join(", ", several.Rivals)}. Nothing was changed.",
                "Say which one is meant, by Set-LoginPrimaryKey with -Database; if nobody added the other, see who may write to login_etl_key.");
        }
    }

    // All rows would go under it. Where nothing is known of an attribute, its rows say whose the keyset is, as they do to runs.
    private void RequireKnown(IReadOnlyList<StoredKey> known)
    {
        var keys = _attributes.SelectMany(a => a.Keys).ToList();
        KeyMismatch.Refuse(keys, known);
        var strange = keys.Where(k => k.State == StoredKeyState.Primary && !known.Any(k.IsOf)
            && known.Any(o => o.Attribute == k.Attribute && (o.Method == k.Method || !known.Any(h => h.Attribute == k.Attribute && keys.Any(h.IsOf))))).GroupBy(k => k.Attribute).ToList();
        if (strange.Count > 0)
        {
            throw KeyAdmission.NotKnown(strange[0], known);
        }

        List<StoredKey> first = [.. keys.Where(k => !known.Any(o => o.Attribute == k.Attribute))];
        if (first.Count > 0 && !_hasLooked)
        {
            throw KeyRegistry.Forgotten();
        }

        KeyAdmission.RequireSeen(first, _sample);
        _firstMethods.Clear();
        _firstMethods.UnionWith(first.Where(k => _sample?.Of(k.Attribute).Any(s => TokenPrefix.MethodOf(s.Prefix!) == k.Method) != false).Select(k => (k.Attribute, k.Method)));
    }

    private void Open(IReadOnlyList<StoredKey>? known = null)
    {
        Dispose();
        _attributes = [.. KeysetName.Masked.Select(a => new TokenRotator(_keyring, a, known, _options.Plain))];
    }

    // A host that was not given the new key must not bring the old one back.
    private void RequireCurrent(IReadOnlyList<StoredKey> known)
    {
        var retired = _attributes.SelectMany(a => a.Keys).Where(k => k.State == StoredKeyState.Primary && !k.MayBeWrittenBy(known)).ToList();
        if (retired.Count > 0)
        {
            throw new LoginEtlException(
                ErrorId.KeyRetired, $"The primary keys here are retired in the database, and none that is primary there is held and enabled here: {KeyRetired.List(retired)}. Nothing was changed.",
                "Give this host the keyset with the new primary key. To go back on purpose, use Set-LoginPrimaryKey with -Database.");
        }
    }

    private async Task PassAsync(int pass, Action<RotationProgress>? report, CancellationToken cancellationToken)
    {
        Array.ForEach(_attributes, a => a.Refused.Clear());
        var old = OldKeys;
        var ranges = old.Count == 0 && _options.Plain is null ? [] : await _table.RangesAsync(_options.BatchSize, cancellationToken).ConfigureAwait(false);
        for (var i = 0; i < ranges.Count; i++)
        {
            var rows = await _table.ReadAsync(ranges[i], old, _options.Plain is not null, cancellationToken).ConfigureAwait(false);
            var changes = Changes(rows);
            if (changes.Count > 0)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var replaced = await _table.ReplaceAsync(ranges[i], changes, CancellationToken.None).ConfigureAwait(false);
                _rows += replaced.Rows;
                _tokens += replaced.Tokens;
                await ThrottleAsync(cancellationToken).ConfigureAwait(false);
            }

            report?.Invoke(new RotationProgress(pass, (i + 1.0) / ranges.Count, _rows));
        }
    }

    private List<TokenChange> Changes(IReadOnlyList<TokenRow> rows)
    {
        var ips = _attributes[0].Map(rows.Select(r => r.MaskedIp));
        var devices = _attributes[1].Map(rows.Select(r => r.MaskedDeviceId));
        return [.. rows
            .Select(r => new TokenChange(r, New(ips, r.MaskedIp), New(devices, r.MaskedDeviceId)))
            .Where(c => c.MaskedIp != c.Row.MaskedIp || c.MaskedDeviceId != c.Row.MaskedDeviceId)];

        static string? New(Dictionary<string, string> map, string? old) => old is null ? null : map.GetValueOrDefault(old, old);
    }

    private async Task ThrottleAsync(CancellationToken cancellationToken)
    {
        if (_options.MaxRowsPerSecond is { } most && TimeSpan.FromSeconds((double)_rows / most) - _clock.Elapsed is var ahead && ahead > TimeSpan.Zero)
        {
            await Task.Delay(ahead, cancellationToken).ConfigureAwait(false);
        }
    }

    private long Refused(PrefixCount count) =>
        _attributes.Single(a => a.Attribute == count.Attribute).Refused.GetValueOrDefault(count.Prefix ?? TokenRotator.NoPrefix);

    private bool IsOld(PrefixCount count) => count.Prefix is null ? _options.Plain is not null : OldKeys.Any(k => k.Attribute == count.Attribute && k.Prefix == count.Prefix);

    private IReadOnlyList<UnreadableTokens> Unreadable(IReadOnlyList<PrefixCount> counts)
    {
        var keys = _attributes.SelectMany(a => a.Keys).ToList();
        return
        [
            .. counts.Select(c => (Count: c, Key: keys.FirstOrDefault(k => k.Attribute == c.Attribute && k.Prefix == c.Prefix)))
                .Where(c => c.Key?.State != StoredKeyState.Primary && !IsOld(c.Count))
                .Select(c => new UnreadableTokens(c.Count.Attribute, c.Count.Prefix, c.Count.Rows, Why(c.Count, c.Key))),
            .. _attributes.SelectMany(a => a.Refused.Select(r =>
                r.Key == TokenRotator.NoPrefix
                    ? new UnreadableTokens(a.Attribute, null, r.Value, "they are no tokens, and what they say was not told, or is too long")
                    : new UnreadableTokens(a.Attribute, r.Key, r.Value, "they were not made with this key for this attribute"))),
        ];
    }

    private static string Why(PrefixCount count, StoredKey? key) =>
        count.Prefix is null ? "they are no tokens"
        : key is null ? "the keyset does not hold their key"
        : key.State == StoredKeyState.Retired ? "their key is retired, and what they say is not in them: no new ones can be made"
        : key.State == StoredKeyState.Removed ? "their key was destroyed"
        : "their key is disabled";
}

/// <summary>How tokens are replaced.</summary>
public sealed record RotationOptions
{
    /// <summary>Rows of a transaction, about.</summary>
    public int BatchSize { get; init; } = 5000;

    /// <summary>How values that are no tokens become some; null where they stay as they are.</summary>
    public PlainValues? Plain { get; init; }

    /// <summary>Most rows a second, so that others have the server too; null for as fast as it goes.</summary>
    public int? MaxRowsPerSecond { get; init; }
}

/// <summary>How far a rotation is.</summary>
/// <param name="Pass">1 for the first look at every row.</param>
/// <param name="Done">Share of the pass, 0 to 1.</param>
/// <param name="RowsUpdated">So far, over all passes.</param>
public readonly record struct RotationProgress(int Pass, double Done, long RowsUpdated);
