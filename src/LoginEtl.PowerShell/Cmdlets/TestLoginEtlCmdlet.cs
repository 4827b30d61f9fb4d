using System.Management.Automation;
using LoginEtl.Connections;
using LoginEtl.Faults;
using LoginEtl.Keysets;
using LoginEtl.Masking;
using LoginEtl.PowerShell.Hosting;
using LoginEtl.PowerShell.Loading;

namespace LoginEtl.PowerShell.Cmdlets;

/// <summary>Test-LoginEtl: everything a run needs, looked at before it; one object a check. Receives and writes nothing.</summary>
/// <example>
/// <code>Test-LoginEtl login-queue keys/ $dsn | Where-Object Outcome -NE Pass | Format-List</code>
/// <para>What would hinder a run, and what to do about it.</para>
/// </example>
[Cmdlet(VerbsDiagnostic.Test, "LoginEtl")]
[OutputType(typeof(Check))]
public sealed class TestLoginEtlCmdlet : JobCmdlet
{
    private IReadOnlyList<string> _prefixes = [];

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        WriteObject(Keys());
        WriteChecks("Database", () => Connectors.Database.CheckAsync(ConnectionSettings(), SinkOptions(), StopToken));
        WriteChecks("Key states", KeyStatesAsync);
        WriteChecks("Queue", () => Connectors.Queue.CheckAsync(QueueSettings(), StopToken));
    }

    private Check Keys()
    {
        try
        {
            using var keyring = OpenKeyring();
            using var protector = new Protector(keyring, new ProtectOptions { Methods = Methods() });
            _prefixes = protector.KeyPrefixes;
            return keyring.Warnings.Count == 0
                ? new Check("Keysets", CheckOutcome.Pass, $"{keyring.Source} masks and seals.")
                : new Check("Keysets", CheckOutcome.Warn, string.Join(" ", keyring.Warnings), "Use file: where you can.");
        }
        catch (LoginEtlException fault)
        {
            return Failed("Keysets", fault);
        }
    }

    /// <summary>Whether the keys that mask here are still those that may be written with.</summary>
    private async Task<IReadOnlyList<Check>> KeyStatesAsync()
    {
        await using var table = await Connectors.Database.OpenTokensAsync(ConnectionSettings(), StopToken).ConfigureAwait(false);
        var retired = (await table.KeysAsync(StopToken).ConfigureAwait(false))
            .Where(k => k.State != StoredKeyState.Primary && _prefixes.Contains(k.Prefix)).Select(k => $"{k.Prefix} of {k.Attribute} is {k.State.ToString().ToLowerInvariant()}").ToList();
        return
        [
            retired.Count == 0
                ? new Check("Key states", CheckOutcome.Pass, "the database has retired none of the primary keys")
                : new Check("Key states", CheckOutcome.Fail, string.Join(", ", retired), "Give this host the keyset with the new primary key."),
        ];
    }

    private void WriteChecks(string name, Func<Task<IReadOnlyList<Check>>> check)
    {
        IReadOnlyList<Check> checks;
        try
        {
            checks = check().GetAwaiter().GetResult();
        }
        catch (OperationCanceledException) when (StopToken.IsCancellationRequested)
        {
            throw new PipelineStoppedException();
        }
        catch (LoginEtlException fault)
        {
            checks = [Failed(name, fault)];
        }

        WriteObject(checks, enumerateCollection: true);
    }

    private static Check Failed(string name, LoginEtlException fault) =>
        new(name, CheckOutcome.Fail, fault.Message, fault.Remedy);
}
