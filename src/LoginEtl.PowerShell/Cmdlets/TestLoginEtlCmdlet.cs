using System.Management.Automation;
using System.Security.Cryptography;
using LoginEtl.Checks;
using LoginEtl.Faults;
using LoginEtl.PowerShell.Hosting;
using LoginEtl.PowerShell.Loading;

namespace LoginEtl.PowerShell.Cmdlets;

/// <summary>
/// Test-LoginEtl: everything a run needs, looked at before it; one object a check. Receives and writes nothing. With
/// -Conformance, what a server of SQS does of what the promises rest on, tried on queues that it makes and deletes.
/// </summary>
[Cmdlet(VerbsDiagnostic.Test, "LoginEtl", DefaultParameterSetName = JobSet, SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High)]
[OutputType(typeof(Check), ParameterSetName = [JobSet])]
[OutputType(typeof(ConformanceReport), ParameterSetName = [ConformanceSet])]
public sealed class TestLoginEtlCmdlet : JobCmdlet
{
    private const string JobSet = "Job";
    private const string ConformanceSet = "Conformance";

    // Of the job's parameters those that say where and how a server is reached.
    private static readonly string[] s_ofServer = [nameof(Conformance), nameof(Region), nameof(ProfileName), nameof(EndpointUrl), nameof(Protocol), nameof(Settings)];

    /// <summary>
    /// Tries the server of SQS, not a job: makes queues in the account whose credentials it finds, tries on them what the
    /// promises rest on, deletes them, and gives a report that can be pasted. Takes the server's parameters alone: -Region,
    /// -ProfileName, -EndpointUrl, -Protocol.
    /// </summary>
    [Parameter(Mandatory = true, ParameterSetName = ConformanceSet)]
    [OfNoVariable]
    public SwitchParameter Conformance { get; set; }

    /// <inheritdoc/>
    protected override void Process()
    {
        if (Conformance)
        {
            TryConformance();
            return;
        }

        var check = new JobCheck
        {
            Methods = Methods,
            Keyring = OpenKeyring,
            Into = ConnectionSettings,
            Sink = SinkOptions,
            From = QueueSettings,
        };
        var checks = check.RunAsync(Connectors.Queue, Connectors.Database, StopToken).GetAsyncEnumerator(StopToken);
        try
        {
            while (Await(() => checks.MoveNextAsync().AsTask()))
            {
                WriteObject(checks.Current);
            }
        }
        finally
        {
            checks.DisposeAsync().AsTask().GetAwaiter().GetResult();
        }
    }

    private void TryConformance()
    {
        if (MyInvocation.BoundParameters.Keys.FirstOrDefault(p => !s_ofServer.Contains(p) && !CommonParameters.Contains(p) && !OptionalCommonParameters.Contains(p)) is { } other)
        {
            Guard<bool>(() => throw new LoginEtlException(
                ErrorId.SettingInvalid, $"-{other} was given with -Conformance, which is about a server, and no job.", $"Leave out -{other}, or -Conformance."));
        }

        var name = $"login-etl-conformance-{RandomNumberGenerator.GetHexString(8, lowercase: true)}";
        var settings = Guard(() => QueueSettings(name));
        if (!ShouldProcess($"Make queues whose names begin with {name}, try SQS on them, and delete them.", $"Make queues whose names begin with {name} in the account of these credentials, try SQS on them, and delete them?", null))
        {
            return;
        }

        // Said before, because whoever is killed can say nothing afterwards.
        WriteHostLine($"Queues whose names begin with {name} are made now, and deleted at the end. It takes a few minutes at most.");
        var report = Await(async () =>
        {
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(StopToken);
            using var signal = StopSignal.Register(stop.Cancel);
            try
            {
                return await Connectors.Queue.TryConformanceAsync(settings, stop.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                StopSignal.ThrowIfStopped();
                throw;
            }
        });
        if (report.QueuesLeft.Count > 0)
        {
            WriteWarning($"These queues could not be deleted: {string.Join(", ", report.QueuesLeft)}. Delete them.");
        }

        WriteObject(report);
    }
}
