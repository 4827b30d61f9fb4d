using System.Text;
using LoginEtl.Faults;
using LoginEtl.Worker;

namespace LoginEtl.Unit.Fuzzing.Targets;

/// <summary>
/// A command line is read, or refused in words that hold nothing of it but flags; every number that is read is one that
/// the run can work with.
/// </summary>
internal sealed class WorkerSettingsTarget : FuzzTarget
{
    private readonly WorkerCommand _command = WorkerCommand.Create();

    public override string Name => "settings";

    public override int Share => 5;

    // The library makes objects of every token and every option.
    public override (long Own, long PerByte) Allocation => (512 * 1024, 2048);

    // A hundred thousand arguments: more than any system hands over.
    public override int Times(int length) => 1 + (length / 10_000);

    public override IReadOnlyList<byte[]> Pieces { get; } =
    [
        .. FuzzPieces.Uri, .. FuzzPieces.Numbers, .. FuzzPieces.Texts(
            "\n", "\n--", "=", "--queue\n", "--max-duration\n", "--batch-size\n", "--max-reject-ratio\n", "--protocol\n", "--wait\n", "true", "Json", "--endpoint-url\n",
            "--app-version-format\n", "[suggest]", "[diagram]", "--help", "--version", "-?", "--", "'", "\n\n"),
    ];

    public override IReadOnlyList<string> MustReach { get; } = ["refused", "settings", "SettingInvalid"];

    public override string Run(ReadOnlySpan<byte> input)
    {
        var parsed = _command.Parse(Encoding.UTF8.GetString(input).Split('\n'));
        if (parsed.Errors.Count > 0)
        {
            foreach (var error in parsed.Errors)
            {
                Finding.IfQuoted(WorkerCommand.Say(error), "the error");
            }

            return "refused";
        }

        if (parsed.Action != parsed.CommandResult.Command.Action)
        {
            // Help and the version ask for no settings.
            return "other";
        }

        try
        {
            var settings = _command.Settings;
            var receive = settings.ReceiveOptions(parsed);
            var batch = settings.BatchOptions(parsed);
            Finding.Unless(receive.MaxMessages is null or > 0 && receive.Receivers is null or > 0 && receive.MaxHeld > 0 && batch.BatchSize > 0, "a number is out of its range");
            Finding.Unless(!(receive.MaxDuration < TimeSpan.Zero || receive.DrainWindow < TimeSpan.Zero || batch.FlushInterval < TimeSpan.Zero), "a time is negative");
            var sink = settings.SinkOptions(parsed);
            Finding.Unless(sink.MaxRejectRatio is null or (>= 0 and <= 1), "a ratio is none");
            Finding.Unless(Enum.IsDefined(sink.OnConflict) && Enum.IsDefined(sink.OnTooLong) && Enum.IsDefined(sink.AppVersionFormat), "a name is none");
            settings.ProtectOptions(parsed);
            // Stopped before it begins: what a line is made of must name no program that runs.
            settings.Database(parsed, new CancellationToken(canceled: true));
            Finding.Unless(settings.Queue(parsed).EndpointUrl is null or { Scheme: "http" or "https" }, "the endpoint is no URL");
            return "settings";
        }
        catch (OperationCanceledException)
        {
            return "program";
        }
        catch (LoginEtlException e)
        {
            Finding.Unless(e.InnerException is null, "it has a cause that may quote it");
            Finding.IfQuoted(e);
            return e.Id;
        }
    }
}
