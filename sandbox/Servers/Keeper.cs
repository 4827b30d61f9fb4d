using System.Collections.Concurrent;
using System.Text.Json.Nodes;

namespace LoginEtl.Sandbox.Servers;

/// <summary>
/// Owns a temporary folder and runs programs (keeper.mjs does). Whatever ends this process, kill -9 included, the
/// programs are stopped and the folder is removed.
/// </summary>
internal sealed class Keeper : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, KeptProgram> _programs = new();
    private readonly NodeScript _script;

    private Keeper(string parentFolder) => _script = NodeScript.Start("keeper.mjs", [parentFolder], OnEvent);

    /// <summary>The temporary folder. Only this account can list it; see <see cref="Account"/>.</summary>
    public string Folder { get; private set; } = "";

    /// <summary>The account that servers run under, or null for this process's own.</summary>
    public UnprivilegedAccount? Account { get; private set; }

    public static async Task<Keeper> StartAsync(CancellationToken cancellationToken)
    {
        UnprivilegedAccount? account = UnprivilegedAccount.ForServers();
        var keeper = new Keeper(account is null ? Path.GetTempPath() : UnprivilegedAccount.ReachableTempFolder()) { Account = account };
        try
        {
            JsonObject said = await keeper._script.AskAsync("folder", [], cancellationToken);
            keeper.Folder = said["folder"]!.GetValue<string>();
            if (account is not null) await keeper._script.AskAsync("open", [], cancellationToken);
            return keeper;
        }
        catch
        {
            await keeper.DisposeAsync();
            throw;
        }
    }

    /// <summary>Runs a program to its end; what it printed (64 KB at most) is in the result.</summary>
    public async Task<ProgramEnd> RunAsync(ProgramStart program, CancellationToken cancellationToken) =>
        ProgramEnd.From(await _script.AskAsync("run", program.ToJson(), cancellationToken));

    /// <summary>Starts a program that goes on until it is signalled or this keeper ends.</summary>
    public async Task<KeptProgram> StartProgramAsync(ProgramStart program, CancellationToken cancellationToken)
    {
        var kept = new KeptProgram(program, SignalAsync);
        _programs[program.Name] = kept;
        JsonObject said = await _script.AskAsync("start", program.ToJson(), cancellationToken);
        kept.ProcessId = said["pid"]!.GetValue<int>();
        return kept;
    }

    /// <summary>Makes a file or folder the account's own; does nothing where there is none.</summary>
    public async Task GiveToAccountAsync(string path, CancellationToken cancellationToken)
    {
        if (Account is null) return;
        JsonObject request = Account.ToJson();
        request["path"] = path;
        await _script.AskAsync("give", request, cancellationToken);
    }

    /// <summary>Stops every program, the last started first, and removes the folder.</summary>
    public async ValueTask DisposeAsync()
    {
        await _script.DisposeAsync();
        // Removing the folder is the script's last work: where the folder is left, the script was killed before.
        if (!Directory.Exists(Folder)) return;
        foreach (KeptProgram program in _programs.Values) program.KillIfRunning();
        Directory.Delete(Folder, recursive: true);
    }

    private Task<JsonObject> SignalAsync(string name, string signal, CancellationToken cancellationToken) =>
        _script.AskAsync("signal", new JsonObject { ["name"] = name, ["signal"] = signal }, cancellationToken);

    private void OnEvent(JsonObject said)
    {
        string name = said["name"]!.GetValue<string>();
        if (!_programs.TryGetValue(name, out KeptProgram? program)) return;
        if (said["event"]!.GetValue<string>() == "line") program.TakeLine(said["text"]!.GetValue<string>());
        else program.End(ProgramEnd.From(said));
    }
}
