using System.Management.Automation;
using LoginEtl.Faults;
using LoginEtl.Keysets;
using LoginEtl.Rotation;
using LoginEtl.Settings;

namespace LoginEtl.PowerShell.Hosting;

/// <summary>What the cmdlets that change one key share: they take it by id, or from Get-LoginKeyset.</summary>
public abstract class KeyCmdlet : RegisteredKeysetCmdlet
{
    /// <summary>Id of the key.</summary>
    [Parameter(Position = 2, ValueFromPipelineByPropertyName = true)]
    [KeyNumber]
    [ArgumentCompleter(typeof(KeyIdCompleter))]
    public uint KeyId { get; set; }

    /// <summary>Where a key of the pipeline was read: only there it is changed.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true, DontShow = true)]
    [OfNoVariable]
    [Given<SettingText>]
    public SettingText? Source { get; set; }

    /// <inheritdoc/>
    protected override string? Takes => "keys from Get-LoginKeyset, or -Name and -KeyId";

    /// <inheritdoc/>
    protected override object? Input => KeyId == KeyNumberAttribute.None ? null : Name;

    /// <summary>What it does, as ShouldProcess says it.</summary>
    protected abstract string Action { get; }

    /// <summary>Whether the key is not used any more afterwards.</summary>
    protected virtual bool Leaves => false;

    /// <inheritdoc/>
    protected override void Process()
    {
        // A key of the pipeline brings its folder along, where nothing else names one.
        var own = EnvironmentSettings.Read(EnvironmentSettings.KeysetVariable) is not { Length: > 0 }
            && System.IO.Path.GetDirectoryName(Source?.Reveal()) is { Length: > 0 } folder ? new SettingText(folder) : null;
        var change = OpenForChange(own);
        Guard(() => Source is null || Source.Reveal() == change.Path ? change : throw new LoginEtlException(
            ErrorId.KeyOfAnotherKeyset, $"The key {KeyId} of {Name} that was piped in is of {Source}, and {change.Path} would be changed. Nothing was.",
            "Give -Keyset as Get-LoginKeyset had it, or the key by -Name and -KeyId."));
        var key = Find(change, KeyId);
        if (!ShouldProcess($"{key} ({key.TokenPrefix ?? key.Method}) in {change.Path}", Action))
        {
            return;
        }

        // Before anything is changed: a database that is not there is known by then.
        var table = OpenTable();
        var keys = Guard(change.List);
        if (table is not null)
        {
            Look = Await(() => KeyRegistry.RequireAsync(table, keys, Leaves ? key : null, MakesKnown, StopToken), Table);
        }

        Check(key, table);
        LoginKey? changed = null;
        LoginKey Once() => changed ??= Change(change);
        if (table is null || key.TokenPrefix is null)
        {
            Guard(Once, key.ToString());
        }
        else
        {
            Record(table, keys, key, () => (Once(), change.List()));
        }

        WriteObject(changed);
    }

    /// <summary>Looks whether it may be done.</summary>
    /// <param name="key">The key as it is.</param>
    /// <param name="table">Null where no database is named.</param>
    protected virtual void Check(LoginKey key, ITokenTable? table)
    {
    }

    /// <summary>Whether the table's rows were looked at.</summary>
    protected KeyLook Look { get; private set; }

    /// <summary>Whether a database may know the keyset by it that knew nothing of it before.</summary>
    protected virtual bool MakesKnown => true;

    /// <summary>Does it, and tells the database: of this key alone where it knows some, because a host whose file is old must not tell of others.</summary>
    /// <param name="table">The tokens and their keys.</param>
    /// <param name="keys">The keyset as it is.</param>
    /// <param name="key">The key as it is.</param>
    /// <param name="change">Does it in the file, once; answers the key and the keyset as they are then.</param>
    protected virtual void Record(ITokenTable table, IReadOnlyList<LoginKey> keys, LoginKey key, Func<(LoginKey Changed, IReadOnlyList<LoginKey> Keyset)> change) =>
        Await(() => KeyRegistry.RecordAsync(table, keys, Leaves ? key : null, Look, change, StopToken), Table);

    /// <summary>Does it.</summary>
    /// <param name="change">The keyset.</param>
    protected abstract LoginKey Change(KeysetChange change);
}
