using System.Management.Automation;
using LoginEtl.Decoding;
using LoginEtl.Masking;
using LoginEtl.PowerShell.Hosting;
using LoginEtl.Protecting;
using LoginEtl.Run;
using LoginEtl.Settings;

namespace LoginEtl.PowerShell.Cmdlets;

// What it takes beside queue, keys and database: what the cmdlets of a pipeline take, in one.
public sealed partial class InvokeLoginEtlCmdlet
{
    /// <summary>Goes on for ever instead of ending when the queue is drained.</summary>
    [Parameter]
    public SwitchParameter Wait { get; set; }

    /// <summary>Ends after this many messages.</summary>
    [Parameter]
    [Given<long>]
    [InRange(1, long.MaxValue)]
    public long? MaxMessages { get; set; }

    /// <summary>Ends after this time, such as 5m; a number is seconds.</summary>
    [Parameter]
    [Duration]
    public TimeSpan? MaxDuration { get; set; }

    /// <summary>How long the queue must look empty before the run ends, such as 90s; a number is seconds.</summary>
    [Parameter]
    [Duration]
    public TimeSpan? DrainWindow { get; set; }

    /// <summary>Longest wait for messages that other consumers hold, such as 5m; a number is seconds.</summary>
    [Parameter]
    [Duration]
    public TimeSpan DrainTimeout { get; set; } = new ReceiveOptions().DrainTimeout;

    /// <summary>How long an outage is waited for, such as 10m; a number is seconds. A minute when not given, and as long as it takes where -Wait is given, too.</summary>
    [Parameter]
    [Duration]
    public TimeSpan? RetryFor { get; set; }

    /// <summary>Concurrent long polls; as many as bring more, up to 64, when not given.</summary>
    [Parameter]
    [Given<int>]
    [InRange(1, LoginEtl.Settings.ReceiveOptions.MostReceivers)]
    public int? Receivers { get; set; }

    /// <summary>Most messages held at a time.</summary>
    [Parameter]
    [Given<int>]
    [InRange(1, LoginEtl.Settings.ReceiveOptions.MostHeld)]
    public int MaxHeld { get; set; } = new ReceiveOptions().MaxHeld;

    /// <summary>
    /// Whether a login is taken out of an SNS notification, an EventBridge event or a JSON string that holds an object, two
    /// layers at most; Auto does, None takes bodies as they are. LOGINETL_ENVELOPE, else Auto, when not given.
    /// </summary>
    [Parameter]
    [Given<Envelope>]
    public Envelope? Envelope { get; set; }

    /// <summary>
    /// What makes two messages the same one: MessageId, Envelope (its id, or the message's own where there is none),
    /// Attribute:NAME or Field:NAME. LOGINETL_IDENTITY_FROM, else Envelope, when not given.
    /// </summary>
    [Parameter]
    [Given<SettingText>]
    public SettingText? IdentityFrom { get; set; }

    /// <summary>
    /// What of an ip is masked: Strict, or Forwarded, which takes the first address of an X-Forwarded-For list and drops port,
    /// brackets, zone and blanks. The same on all hosts. LOGINETL_IP_FORM, else Strict, when not given.
    /// </summary>
    [Parameter]
    [Given<IpForm>]
    public IpForm? IpForm { get; set; }

    /// <summary>Most bytes of messages held at a time, such as 512MB; a quarter of the memory that the process may use, 512MB at most, when not given.</summary>
    [Parameter]
    [Given<long>]
    [InRange(1, long.MaxValue)]
    public long? MaxHeldBytes { get; set; }

    /// <summary>A null ip or device id stays NULL instead of going to quarantine.</summary>
    [Parameter]
    public SwitchParameter AllowNullPii { get; set; }

    /// <summary>Stands in for a null locale.</summary>
    [Parameter]
    [Given<SettingText>]
    public SettingText? DefaultLocale { get; set; }

    /// <summary>
    /// What happens where user_id, app_version, device_type or locale, which are not masked, as a whole is an IP address, an e-mail
    /// address or a phone number. Versions are not looked at for IPv4 addresses, which have their form.
    /// </summary>
    [Parameter]
    [Given<PiiFoundAction>]
    public PiiFoundAction OnPiiFound { get; set; }

    /// <summary>Rows a batch.</summary>
    [Parameter]
    [Given<int>]
    [InRange(1, BatchOptions.MostRows)]
    public int BatchSize { get; set; } = new BatchOptions().BatchSize;

    /// <summary>Longest time a row waits for its batch to fill, such as 500ms; a number is seconds.</summary>
    [Parameter]
    [Duration]
    public TimeSpan FlushInterval { get; set; } = new BatchOptions().FlushInterval;

    /// <summary>
    /// What a bad message means for the later messages of its group, in a FIFO queue: HoldGroup sends it and them back in
    /// their order, instead of quarantining it.
    /// </summary>
    [Parameter]
    [Given<BadInGroupAction>]
    public BadInGroupAction OnBadInGroup { get; set; }

    /// <summary>What rows mean that a trigger keeps out of the table or routes: a warning and exit code 2, or nothing more than their count.</summary>
    [Parameter]
    [Given<SuppressedAction>]
    public SuppressedAction OnSuppressed { get; set; }

    /// <summary>
    /// Goes on under a key that the database has never seen, and registers it. Without, nothing is written under it
    /// (KeyNotKnown): the keyset may be one that was made in the place of another, and its rows would join with nothing.
    /// </summary>
    [Parameter]
    public SwitchParameter NewKey { get; set; }

    /// <summary>
    /// Largest share of rejects, 0 to 1, before the run stops and quarantines nothing more; 1 goes on even where all
    /// is refused alike.
    /// </summary>
    [Parameter]
    [Given<double>]
    [InRange(0, 1)]
    public double? MaxRejectRatio { get; set; }

    /// <summary>Most logins of a dry run (-WhatIf), which holds them until its end; it ends, too, where -MaxHeld is full.</summary>
    [Parameter]
    [Given<long>]
    [InRange(1, long.MaxValue)]
    public long WhatIfLimit { get; set; } = 10_000;

    /// <summary>File of a page about the run, such as run.html; written at its end, also when it failed, in the place of the one that is there.</summary>
    [Parameter]
    [Given<SettingText>]
    [OfNoVariable]
    public SettingText? ReportPath { get; set; }

    /// <summary>Name of a variable that gets the receipt; where the pipeline does not come to its end, one of what was done until then.</summary>
    [Parameter]
    [VariableName]
    public string? ReceiptVariable
    {
        get => Slot.Variable;
        set => Slot.Variable = value;
    }
}
