using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;
using LoginEtl.Audit;
using LoginEtl.Faults;
using LoginEtl.Recovery;
using LoginEtl.Rotation;

namespace LoginEtl.Subjects;

/// <summary>Writes all that there is of a person to a folder. Nothing is written before its audit line is on disk and anchored.</summary>
/// <param name="data">What there is; stays the caller's.</param>
/// <param name="audit">Stays the caller's.</param>
/// <param name="options">Who and why.</param>
public sealed class SubjectExport(ISubjectData data, AuditLog audit, RecoveryOptions options)
{
    private static readonly JsonSerializerOptions Manifest = new() { WriteIndented = true, Encoder = JavaScriptEncoder.Create(UnicodeRanges.All) };

    /// <summary>Opens the vault's originals; stays the caller's. Null where they stay sealed.</summary>
    public TokenRecovery? Opener { get; init; }

    /// <summary>Told what had to be put right in the audit file.</summary>
    public Action<string>? Noted { get; init; }

    /// <summary>Writes a file for each place, and <c>manifest.json</c> with their digests.</summary>
    /// <param name="folder">Where to.</param>
    /// <param name="subject">Of whom.</param>
    /// <param name="opened">What was found in sealed bodies.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="LoginEtlException"><c>FileUnwritable</c>, <c>FileExists</c>, and what audit and database fail by: nothing was written.</exception>
    public async Task<SubjectReceipt> RunAsync(SubjectFolder folder, Subject subject, SealedFindings opened, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(folder);
        ArgumentNullException.ThrowIfNull(subject);
        ArgumentNullException.ThrowIfNull(opened);
        var notSearched = subject.NotSearched(await data.CountValuesAsync(cancellationToken).ConfigureAwait(false));
        var remaining = await data.CountSealedAsync(cancellationToken).ConfigureAwait(false);
        Note(await audit.RecordAsync(
            new AuditEntry { Command = options.Command, Reason = options.Reason, Attributes = [subject.Attribute], Tokens = subject.Stored() }, cancellationToken).ConfigureAwait(false));
        return await folder.FillAsync(async path =>
        {
            SubjectFile[] files =
            [
                await SubjectFolder.WriteAsync(Path.Combine(path, "rows.json"), data.RowsAsync(cancellationToken), cancellationToken).ConfigureAwait(false),
                await SubjectFolder.WriteAsync(Path.Combine(path, "quarantine.json"), EntriesAsync(opened, cancellationToken), cancellationToken).ConfigureAwait(false),
                await SubjectFolder.WriteAsync(Path.Combine(path, "vault.json"), OriginalsAsync(cancellationToken), cancellationToken).ConfigureAwait(false),
            ];
            var receipt = new SubjectReceipt
            {
                Table = data.Name,
                Path = folder.FullName,
                Attribute = subject.Attribute,
                Rows = files[0].Count,
                Entries = files[1].Count,
                Originals = files[2].Count,
                Sealed = remaining,
                NotSearched = notSearched.Sum(n => n.Rows),
            };
            await WriteManifestAsync(Path.Combine(path, "manifest.json"), receipt, notSearched, files, cancellationToken).ConfigureAwait(false);
            return receipt;
        }).ConfigureAwait(false);
    }

    // A body in clear comes into its entry. What is no UTF-8 is given by its bytes as well.
    private async IAsyncEnumerable<string> EntriesAsync(SealedFindings opened, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var entry in data.EntriesAsync(cancellationToken).ConfigureAwait(false))
        {
            if (!opened.Bodies.TryGetValue(entry.Id, out var body))
            {
                yield return entry.Json;
                continue;
            }

            var (text, bytes) = (body.Reveal(), body.RevealBytes());
            var isText = Encoding.UTF8.GetBytes(text).AsSpan().SequenceEqual(bytes);
            yield return $"{entry.Json[..^1]},\"body\":{JsonSerializer.Serialize(text)}{(isText ? "" : $",\"body_base64\":\"{Convert.ToBase64String(bytes)}\"")}}}";
        }
    }

    private async IAsyncEnumerable<string> OriginalsAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var group in (await data.OriginalsAsync(cancellationToken).ConfigureAwait(false)).Chunk(TokenRecovery.GroupSize))
        {
            var opened = Opener is null ? [] : await Opener.RecoverAsync(
                [.. group.Select(o => o.Attribute == Keysets.KeysetName.Ip ? new MaskedPair(o.Token, null) : new MaskedPair(null, o.Token))], cancellationToken).ConfigureAwait(false);
            Note(Opener?.Note);
            for (var i = 0; i < group.Length; i++)
            {
                var original = Opener is null ? null : opened[i].OfIp ?? opened[i].OfDeviceId;
                yield return JsonSerializer.Serialize(new
                {
                    attribute = group[i].Attribute,
                    token = group[i].Token,
                    created_at = group[i].CreatedAt,
                    value = original?.Plaintext?.Reveal(),
                    not_opened = original?.Refusal?.Text(),
                });
            }
        }
    }

    private async Task WriteManifestAsync(string path, SubjectReceipt receipt, IReadOnlyList<PrefixCount> notSearched, SubjectFile[] files, CancellationToken cancellationToken)
    {
        var file = SubjectFolder.New(path);
        await using var _ = file.ConfigureAwait(false);
        await JsonSerializer.SerializeAsync(
            file,
            new
            {
                table = receipt.Table,
                attribute = receipt.Attribute,
                reason = options.Reason,
                written_at = DateTimeOffset.UtcNow,
                files = files.Select(f => new { name = f.Name, objects = f.Count, bytes = f.Bytes, sha256 = f.Digest }),
                is_complete = receipt.IsComplete,
                sealed_not_searched = receipt.Sealed,
                values_not_searched = notSearched.Select(n => new { attribute = n.Attribute, key = n.Prefix, values = n.Rows }),
            },
            Manifest, cancellationToken).ConfigureAwait(false);
        file.Flush(flushToDisk: true);
    }

    private void Note(string? said)
    {
        if (said is not null)
        {
            Noted?.Invoke(said);
        }
    }
}
