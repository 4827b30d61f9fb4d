using LoginEtl.Audit;
using LoginEtl.Keysets;
using LoginEtl.Postgres;
using LoginEtl.Quarantine;
using LoginEtl.Records;
using LoginEtl.Recovery;
using LoginEtl.Settings;
using LoginEtl.Subjects;
using LoginEtl.Tokens;

namespace LoginEtl.Unit.Faults;

/// <summary>Erases persons from a database of a lane, as Remove-LoginSubject does.</summary>
/// <param name="lane">With the keys.</param>
/// <param name="name">Of the audit's file.</param>
/// <param name="database">Where they are.</param>
internal sealed class SubjectErasure(FaultLane lane, string name, string database)
{
    private static readonly RecoveryOptions s_options = new() { Command = "Test", Reason = "Request 12" };

    /// <summary>Erases one, sealed bodies looked into.</summary>
    /// <returns>How many rows went.</returns>
    public async Task<long> RunAsync(string userId)
    {
        var settings = new DatabaseSettings { Database = new SecretText(database) };
        var postgres = new PostgresConnector();
        using var keyring = Keyring.Open(Path.Combine(lane.Folder, "keys"));
        var subject = Subject.Of(keyring, LoginFields.UserId, [new Plaintext(userId)]);
        await using var anchor = await postgres.OpenAnchorAsync(settings, CancellationToken.None);
        using var audit = new AuditLog(Path.Combine(lane.Folder, $"{name}.jsonl"), keyring, anchor);
        await using var quarantine = await postgres.OpenQuarantineAsync(settings, new SinkOptions(), CancellationToken.None);
        using var bodies = new BodyRecovery(Path.Combine(lane.Folder, "quarantine-private.json"), audit, s_options);
        var findings = await new SealedSearch(quarantine, bodies).RunAsync(subject, _ => { }, CancellationToken.None);
        await using var data = await postgres.OpenSubjectAsync(settings, subject, findings, CancellationToken.None);
        return (await new SubjectRemoval(data, audit, s_options).RunAsync(subject, CancellationToken.None)).Rows;
    }
}
