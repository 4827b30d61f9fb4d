using System.Management.Automation;
using System.Management.Automation.Runspaces;
using LoginEtl.Faults;
using LoginEtl.Keysets;

namespace LoginEtl.PowerShell.Hosting;

/// <summary>
/// What the cmdlets share: waiting for tasks on the pipeline thread, stopping, and faults as terminating errors.
/// </summary>
public abstract class LoginCmdlet : PSCmdlet, IDynamicParameters, IDisposable
{
    /// <summary>Longest time a cmdlet takes to clean up: what is unsettled goes back within two seconds.</summary>
    private static readonly TimeSpan CleanUpLimit = TimeSpan.FromSeconds(10);

    private readonly AnyInput _any = new();
    private readonly OtherArguments _others = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Stack<object> _own = [];
    private int _disposed;
    private bool _isGiven;

    // Taken once: work that outlives Dispose, or overlaps it, still asks for it.
    /// <summary>A cmdlet that nobody has stopped yet.</summary>
    protected LoginCmdlet()
    {
        StopToken = _stop.Token;
        BindingFaults.Close();
    }

    /// <summary>A file of settings, for parameters that are neither given nor set by a variable: a path, or a name in the user's own folder; LOGINETL_SETTINGS when not given.</summary>
    [Parameter]
    [OfNoVariable]
    [Given<SettingText>]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(SettingsCompleter))]
    public SettingText? Settings { get; set; }

    /// <summary>What this cmdlet takes from the pipeline, in words that name where it comes from; null for nothing.</summary>
    protected virtual string? Takes => null;

    /// <summary>Whether it has nothing to do without <see cref="Input"/>.</summary>
    protected virtual bool NeedsInput => Takes is not null;

    /// <summary>What it was given to work on, by parameter or by pipeline; null while there is nothing.</summary>
    protected virtual object? Input => null;

    /// <summary>What was kept of its parameters' faults, where the cmdlet tells of them itself; null where PowerShell does.</summary>
    private protected virtual BindingFaults? Kept => null;

    /// <summary>Whether a parameter that was given null or an empty text is refused here, and not where it is bound.</summary>
    private protected virtual bool RefusesNothing => false;

    /// <summary>What was wrong with its parameters; null when nothing was.</summary>
    private protected LoginEtlException? BindingFault { get; private set; }

    /// <summary>Cancelled by Ctrl-C and everything else that stops the pipeline from outside.</summary>
    protected CancellationToken StopToken { get; }

    /// <summary>Tells commands of one pipeline from those of another, such as a pipeline per message inside a script block.</summary>
    protected string PipelineName =>
        $"{Runspace.DefaultRunspace?.InstanceId}/{MyInvocation.HistoryId}/{MyInvocation.PipelineLength}";

    // Dynamic, and not parameters that every syntax shows: they are there where something is piped in, or runs at all.
    /// <inheritdoc/>
    public object? GetDynamicParameters() => MyInvocation.ExpectingInput ? _any : MyInvocation.PipelineLength > 0 ? _others : null;

    /// <inheritdoc/>
    protected sealed override void BeginProcessing()
    {
        _any.Begin();
        BindingFault = BindingFaults.Close() ?? Kept?.First ?? (MyInvocation.ExpectingInput ? _any : _others).Fault(MyInvocation.MyCommand) ?? (RefusesNothing ? SettingMissing() : null) ?? EnvironmentParameters.Set(this, Settings?.Reveal());
        if (BindingFault is { } wrong && (Kept is null || _any.IsNamed))
        {
            ThrowTerminatingError(FaultRecord.Of(wrong));
        }

        _isGiven = Input is not null;
        if (NeedsInput && !_isGiven && !MyInvocation.ExpectingInput)
        {
            ThrowTerminatingError(FaultRecord.Of(new LoginEtlException(
                ErrorId.InputMissing, $"{MyInvocation.MyCommand.Name} takes {Takes}, and was given none.", "Pipe it in, or give it by parameter.")));
        }

        Begin();
    }

    /// <inheritdoc/>
    protected sealed override void ProcessRecord()
    {
        if (_any.UnfitInput is { } unfit && (_isGiven || Input is null || IsForOthers(unfit)))
        {
            WriteError(FaultRecord.Of(Refuse(unfit)));
            return;
        }

        Process();
    }

    /// <summary>Whether an object of the pipeline is another cmdlet's, although a property of it fits a parameter here.</summary>
    private protected virtual bool IsForOthers(UnfitInput unfit) => false;

    // A script whose variable is empty means another setting, and not none.
    private LoginEtlException? SettingMissing() => MyInvocation.BoundParameters.FirstOrDefault(p => p.Value is null or "").Key is { } name
        ? new LoginEtlException(ErrorId.SettingMissing, $"-{name} was given nothing: null, or an empty text.", "Give it a value, or leave it out; see where the value comes from.")
        : null;

    // Rows, keys and names of objects are others' texts, and get into what is said of them.
    /// <summary>Warns in plain text.</summary>
    public new void WriteWarning(string text) => base.WriteWarning(Quotable.Plain(text));

    /// <summary>Asks in plain text.</summary>
    public new bool ShouldProcess(string target) => base.ShouldProcess(Quotable.Plain(target));

    /// <summary>Asks in plain text.</summary>
    public new bool ShouldProcess(string target, string action) => base.ShouldProcess(Quotable.Plain(target), Quotable.Plain(action));

    /// <summary>What comes before the first object of the pipeline.</summary>
    protected virtual void Begin()
    {
    }

    /// <summary>The work: on each object of the pipeline where there is one, else once.</summary>
    protected abstract void Process();

    /// <summary>The error for an object of the pipeline that this cmdlet does not take; it holds nothing of the object.</summary>
    private LoginEtlException Refuse(UnfitInput unfit) => new(
        ErrorId.InputUnfit,
        $"{MyInvocation.MyCommand.Name} takes {(_isGiven ? "nothing more from the pipeline" : Takes ?? "nothing from the pipeline")}, and {unfit.Kind} was piped into it{(unfit.TakenBy is null ? "" : $": {unfit.TakenBy}")}.",
        "See the examples of Get-Help.");

    /// <summary>The full path that a parameter names; what can be none is not quoted.</summary>
    /// <param name="given">As given.</param>
    /// <param name="parameter">Its name, for the error.</param>
    protected string PathOf(SettingText given, string parameter)
    {
        ArgumentNullException.ThrowIfNull(given);
        return Guard(() => GivenPath.Of(this, given.Reveal(), parameter));
    }

    /// <inheritdoc/>
    protected override void StopProcessing()
    {
        try
        {
            _stop.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // It comes from another thread and may overlap Dispose.
        }
    }

    /// <summary>Waits on the pipeline thread; a fault ends the pipeline, and so does stopping.</summary>
    protected T Await<T>(Func<Task<T>> work, object? target = null)
    {
        ArgumentNullException.ThrowIfNull(work);
        try
        {
            return work().GetAwaiter().GetResult();
        }
        catch (OperationCanceledException) when (StopToken.IsCancellationRequested)
        {
            throw new PipelineStoppedException();
        }
        catch (Exception e) when (e is not PipelineStoppedException)
        {
            // Stopping may surface as a fault of what was stopped.
            if (StopToken.IsCancellationRequested)
            {
                throw new PipelineStoppedException();
            }

            var fault = e as LoginEtlException ?? LoginEtlException.Unexpected(e);
            Failing(fault);
            ThrowTerminatingError(FaultRecord.Of(fault, target));
            throw;
        }
    }

    /// <inheritdoc cref="Await{T}"/>
    protected void Await(Func<Task> work, object? target = null) =>
        Await(async () =>
        {
            await work().ConfigureAwait(false);
            return true;
        }, target);

    /// <summary>Emits what comes, one by one; a fault ends the pipeline, and so does stopping.</summary>
    protected void Emit<T>(IAsyncEnumerable<T> coming, object? target = null)
    {
        ArgumentNullException.ThrowIfNull(coming);
        var items = coming.GetAsyncEnumerator(StopToken);
        try
        {
            while (Await(() => items.MoveNextAsync().AsTask(), target))
            {
                WriteObject(items.Current);
            }
        }
        finally
        {
            items.DisposeAsync().AsTask().GetAwaiter().GetResult();
        }
    }

    /// <summary>Runs work that fails with Core's faults.</summary>
    protected T Guard<T>(Func<T> work, object? target = null) => Await(() => Task.FromResult(work()), target);

    /// <summary>Opens a key source, LOGINETL_KEYSET when not given; its warnings are shown.</summary>
    /// <param name="keyset">As given.</param>
    protected Keyring OpenKeyring(SettingText? keyset) => Guard(() => KeySources.Open(this, keyset, StopToken), keyset);

    /// <summary>Whether to write for real: a dry run under -WhatIf, nothing at all where somebody was asked and said no.</summary>
    /// <param name="table">Where to.</param>
    private protected (bool IsDryRun, bool IsDeclined) AskToWrite(SettingText table)
    {
        var does = ShouldProcess(
            $"Write logins to the table {table} and delete their messages from the queue.",
            $"Write logins to the table {table} and delete their messages from the queue?", null, out var reason);
        var isDryRun = !does && reason.HasFlag(ShouldProcessReason.WhatIf);
        return (isDryRun, !does && !isDryRun);
    }

    /// <summary>A line for whoever looks at the screen, in the information stream.</summary>
    /// <param name="text">The line.</param>
    private protected void WriteHostLine(string text) => WriteInformation(new HostInformationMessage { Message = text }, ["PSHOST"]);

    /// <summary>A last word before a fault ends the pipeline.</summary>
    /// <param name="fault">The fault.</param>
    protected virtual void Failing(LoginEtlException fault)
    {
    }

    /// <summary>What is disposed of in the clean-up: the last that was opened first.</summary>
    /// <param name="opened">It.</param>
    private protected T Own<T>(T opened)
        where T : class
    {
        lock (_own)
        {
            _own.Push(opened);
        }

        return opened;
    }

    /// <summary>Lets go of connections and deliveries; bounded in time by the caller.</summary>
    protected virtual async Task CleanUpAsync()
    {
        while (Owned() is { } opened)
        {
            try
            {
                if (opened is IAsyncDisposable closing)
                {
                    await closing.DisposeAsync().ConfigureAwait(false);
                }
                else
                {
                    ((IDisposable)opened).Dispose();
                }
            }
            catch (Exception)
            {
                // What is left, keys among it, is let go of all the same.
            }
        }
    }

    private object? Owned()
    {
        lock (_own)
        {
            return _own.TryPop(out var opened) ? opened : null;
        }
    }

    /// <summary>Comes after the clean-up, on the pipeline's thread; the streams are closed by then.</summary>
    protected virtual void CleanedUp()
    {
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        // A failed clean-up must not hide what ended the pipeline; leases run out by themselves.
        Task.WhenAny(Task.Run(CleanUpAsync), Task.Delay(CleanUpLimit)).GetAwaiter().GetResult();
        CleanedUp();
        _stop.Dispose();
        GC.SuppressFinalize(this);
    }
}
