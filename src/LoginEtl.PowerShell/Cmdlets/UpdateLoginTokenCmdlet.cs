using System.Globalization;
using System.Management.Automation;
using LoginEtl.Faults;
using LoginEtl.PowerShell.Hosting;
using LoginEtl.PowerShell.Loading;
using LoginEtl.Rotation;

namespace LoginEtl.PowerShell.Cmdlets;

/// <summary>
/// Update-LoginToken: brings rows from old keys to those that are primary in the database, beside running writers. It retires
/// the old keys there first. Stopped or killed, it is simply run again.
/// </summary>
[Cmdlet(VerbsData.Update, "LoginToken", SupportsShouldProcess = true)]
[OutputType(typeof(RotationReceipt))]
public sealed class UpdateLoginTokenCmdlet : KeyedDatabaseCmdlet
{
    private ITokenTable? _table;
    private TokenRotation? _rotation;
    private RotationProgressBar? _progress;

    /// <summary>Rows a transaction, about.</summary>
    [Parameter]
    [Given<int>]
    [OfNoVariable]
    [ValidateRange(1, 1_000_000)]
    public int BatchSize { get; set; } = new RotationOptions().BatchSize;

    /// <summary>Most rows a second, so that others have the server too; as fast as it goes when not given.</summary>
    [Parameter]
    [Given<int>]
    [ValidateRange(1, int.MaxValue)]
    public int? MaxRowsPerSecond { get; set; }

    /// <inheritdoc/>
    protected override void Process()
    {
        var settings = ConnectionSettings();
        var options = new RotationOptions { BatchSize = BatchSize, MaxRowsPerSecond = MaxRowsPerSecond };
        var keyring = Keyring;
        _table = Own(Await(() => Connectors.Database.OpenTokensAsync(settings, StopToken), Table));
        RequireKeysOf(_table);
        foreach (var stranger in Await(() => _table.StrangersAsync(StopToken), Table))
        {
            WriteWarning($"{_table.Name}: {stranger}, and may run code with the rights of whoever rotates. See that this is whom you mean.");
        }

        _rotation = Own(Guard(() => new TokenRotation(_table, keyring, options)));
        var (values, unreadable) = Await(() => _rotation.PlanAsync(StopToken), Table);
        var old = string.Join(", ", _rotation.OldKeys.Select(k => k.Prefix));
        if (!ShouldProcess(_table.Name, string.Create(CultureInfo.InvariantCulture, $"Retire {(old.Length > 0 ? old : "no key")} and replace {values} tokens; {unreadable.Sum(u => u.Rows)} cannot be read")))
        {
            return;
        }

        using var pump = new PipelinePump();
        var progress = _progress = new RotationProgressBar(this, _table.Name);
        var receipt = Guard(() => pump.Run(stop => _rotation.RunAsync(p => pump.Post(() => progress.Show(p)), stop), StopToken), Table);
        progress.Complete();
        foreach (var left in receipt.Unreadable)
        {
            WriteWarning($"Left as they are: {left}.");
        }

        WriteObject(receipt);
    }

    /// <inheritdoc/>
    protected override void Failing(LoginEtlException fault) => _progress?.Complete();
}
