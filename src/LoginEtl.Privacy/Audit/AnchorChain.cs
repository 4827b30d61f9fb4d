using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using LoginEtl.Faults;

namespace LoginEtl.Audit;

/// <summary>
/// Chains anchors under the audit key: each has the next number and a MAC over itself and all of the one before it, who
/// added that and when included. One that was taken out, changed or put in shows, whoever's file it is of.
/// </summary>
internal static class AnchorChain
{
    private const string Domain = "login-etl/audit/anchor";
    private const int KeyIdDigits = 8;

    // Longest wait for others, each of which adds a row.
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(30);
    private const int LongestPause = 20;

    /// <summary>Adds one behind the newest, whoever adds others meanwhile.</summary>
    /// <param name="anchor">Where.</param>
    /// <param name="keys">With the key that links are made with.</param>
    /// <param name="content">Without number and link.</param>
    /// <param name="newest">As far as is known; null when none has a number.</param>
    /// <returns>As it is kept.</returns>
    /// <exception cref="LoginEtlException"><c>AuditAnchorBusy</c>, and those of the anchor.</exception>
    public static async Task<AuditAnchor> AddAsync(IAuditAnchor anchor, AuditKeys keys, AuditAnchor content, AuditAnchor? newest)
    {
        for (var waited = Stopwatch.StartNew(); waited.Elapsed < LongestWait;)
        {
            var before = newest is not null ? Digest(newest) : Beginning(await anchor.ListAsync(null, CancellationToken.None).ConfigureAwait(false));
            var next = content with { Number = (newest?.Number ?? 0) + 1 };
            next = next with { Link = $"{keys.Current:x8}{keys.Mac(keys.Current, Content(next, before))}" };
            if (await anchor.AddAsync(next, CancellationToken.None).ConfigureAwait(false) is { } kept)
            {
                return kept;
            }

            await Task.Delay(Random.Shared.Next(LongestPause)).ConfigureAwait(false);
            newest = (await anchor.AskAsync(null, content.Place, CancellationToken.None).ConfigureAwait(false)).Newest;
        }

        throw new LoginEtlException(
            ErrorId.AuditAnchorBusy, $"Others have added anchors of audit files for more than {LongestWait.TotalSeconds:0} s. Nothing was recovered.",
            "Run it again when they are done.");
    }

    /// <summary>
    /// Makes sure that the first anchor was made under one of these keys, and goes on under that. Nobody who may only add can
    /// change or go before it: so under keys of their own nothing is recovered, which would look like an anchor that was added
    /// by hand; nor under one that they made primary beside it.
    /// </summary>
    /// <param name="anchor">Where.</param>
    /// <param name="keys">With the key that links are made with.</param>
    /// <param name="first">Number 1.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <exception cref="LoginEtlException"><c>AuditKeyOther</c>, and those of the anchor.</exception>
    public static async Task RequireKeysAsync(IAuditAnchor anchor, AuditKeys keys, AuditAnchor first, CancellationToken cancellationToken)
    {
        if (Why(keys, first, Beginning([])) is not null)
        {
            // Where a version that did not number them made some before; what came behind it without a number is none of those.
            var older = (await anchor.ListAsync(null, cancellationToken).ConfigureAwait(false)).Where(a => a.At <= first.At);
            if (Why(keys, first, Beginning(older)) is not null)
            {
                throw new LoginEtlException(
                    ErrorId.AuditKeyOther,
                    $"The first anchor of {anchor.Target.Table} in the database {anchor.Target.DatabaseName} (line {first.Line} of file {first.FileId}, added as {AuditText.Safe(first.By)}) was not made under this audit key, or was changed. Nothing was recovered.",
                    "Bring the right audit.json back from its backup (Import-LoginKey). Where the anchor is nobody's of yours, the owner of the table keeps a copy and takes it out, newest first, with those that follow it.");
            }
        }

        keys.Follow(KeyOf(first)!.Value);
    }

    /// <summary>All that is wrong with what is kept, in its order; empty when all follows.</summary>
    /// <param name="keys">That links were made with.</param>
    /// <param name="all">In the order of <see cref="IAuditAnchor.ListAsync"/>.</param>
    public static IReadOnlyList<AnchorFault> Faults(AuditKeys keys, IReadOnlyList<AuditAnchor> all)
    {
        var faults = new List<AnchorFault>();
        var before = Beginning(all);
        var number = 0L;
        foreach (var anchor in all.Where(a => a.Number != 0))
        {
            if (anchor.Number <= number)
            {
                faults.Add(new AnchorFault(anchor.Number, anchor.Number, $"anchor {anchor.Number} is there more than once", null));
            }
            else if (anchor.Number > number + 1)
            {
                // What it followed is gone, so nothing tells whether it does; the next one still tells whether it was changed.
                faults.Add(new AnchorFault(
                    number + 1, anchor.Number - 1, anchor.Number == number + 2 ? $"anchor {number + 1} is gone" : $"anchors {number + 1} to {anchor.Number - 1} are gone", null));
            }
            else if (Why(keys, anchor, before) is { } why)
            {
                AnchorFault.Add(faults, new AnchorFault(anchor.Number, anchor.Number, why, anchor.By));
            }

            // The next one was bound to this one as it was kept, whatever is wrong with it.
            before = Digest(anchor);
            number = anchor.Number;
        }

        return faults;
    }

    /// <summary>What is wrong with the newest of all; null when it follows the one before it.</summary>
    /// <param name="anchor">Where.</param>
    /// <param name="keys">That links were made with.</param>
    /// <param name="facts">What it said last.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <exception cref="LoginEtlException">Those of the anchor.</exception>
    public static async Task<string?> NewestFaultAsync(IAuditAnchor anchor, AuditKeys keys, AnchorFacts facts, CancellationToken cancellationToken) => facts switch
    {
        { Newest: null } => null,
        { Newest: { Number: 1 } first } => Why(keys, first, Beginning(await anchor.ListAsync(null, cancellationToken).ConfigureAwait(false))),
        { Newest: { } newest, Before: { } before } when before.Number == newest.Number - 1 => Why(keys, newest, Digest(before)),
        _ => $"anchor {facts.Newest.Number - 1} is gone",
    };

    private static string? Why(AuditKeys keys, AuditAnchor anchor, byte[] before)
    {
        var mac = KeyOf(anchor) is { } keyId ? keys.Mac(keyId, Content(anchor, before)) : null;
        return mac is not null && mac == anchor.Link[KeyIdDigits..] ? null
            : $"anchor {anchor.Number} (line {anchor.Line} of file {anchor.FileId}, added as {AuditText.Safe(anchor.By)}) does not follow the one before it: "
                + (mac is null ? "the audit keyset does not hold its key" : anchor.Number == 1 ? "it or an older one was changed, deleted or added by hand" : "it or the one before it was changed, or it was added by hand");
    }

    private static uint? KeyOf(AuditAnchor anchor) =>
        anchor.Link.Length > KeyIdDigits && uint.TryParse(anchor.Link.AsSpan(0, KeyIdDigits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var keyId) ? keyId : null;

    // All that is known of one, once it is kept.
    private static byte[] Digest(AuditAnchor anchor) => SHA256.HashData(
        Parts([.. Texts(anchor), anchor.Link, anchor.By, (anchor.At.UtcTicks / TimeSpan.TicksPerMicrosecond).ToString(CultureInfo.InvariantCulture)]));

    // What the first one follows: those of versions that did not chain.
    private static byte[] Beginning(IEnumerable<AuditAnchor> all)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var older in all.Where(a => a.Number == 0).OrderBy(a => $"{a.FileId}", StringComparer.Ordinal).ThenBy(a => a.Line))
        {
            hash.AppendData(Digest(older));
        }

        return hash.GetHashAndReset();
    }

    private static byte[] Content(AuditAnchor anchor, byte[] before) => Parts([Domain, .. Texts(anchor), Convert.ToHexStringLower(before)]);

    private static string[] Texts(AuditAnchor anchor) =>
        [$"{anchor.Number}", $"{anchor.FileId}", $"{anchor.Line}", anchor.Mac, anchor.Place, anchor.Note ?? ""];

    // Each behind its length, so that nothing can move from one to the next.
    private static byte[] Parts(string[] texts)
    {
        var bytes = new MemoryStream();
        Span<byte> length = stackalloc byte[sizeof(int)];
        foreach (var text in texts)
        {
            var part = Encoding.UTF8.GetBytes(text);
            BinaryPrimitives.WriteInt32BigEndian(length, part.Length);
            bytes.Write(length);
            bytes.Write(part);
        }

        return bytes.ToArray();
    }
}
