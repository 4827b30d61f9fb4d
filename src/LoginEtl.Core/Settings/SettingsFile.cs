using System.Text.Json;
using LoginEtl.Faults;
using LoginEtl.Files;

namespace LoginEtl.Settings;

/// <summary>
/// A file of settings, JSON: what flags, parameters and variables say otherwise wins. It holds no secret, only where one is.
/// </summary>
public sealed class SettingsFile
{
    /// <summary>Names the file where nothing else does.</summary>
    public const string Variable = "LOGINETL_SETTINGS";

    private const string Schema = "$schema";
    private const int MostBytes = 1 << 20;

    private static readonly Dictionary<string, string> s_variables =
        SettingVariables.Known.Where(v => v != Variable).ToDictionary(SettingVariables.CamelCaseOf, v => v, StringComparer.OrdinalIgnoreCase);

    private SettingsFile(string path, IReadOnlyDictionary<string, string> texts) => (Path, Texts) = (path, texts);

    /// <summary>The names that it may have: those of parameters, the first letter small.</summary>
    public static IReadOnlyCollection<string> Names => s_variables.Keys;

    /// <summary>Where it is.</summary>
    public string Path { get; }

    /// <summary>What it says, by the variable that it stands for, as that would have it.</summary>
    public IReadOnlyDictionary<string, string> Texts { get; }

    /// <summary>
    /// The file that is meant: a path, or a name for one in the user's own folder, <c>~/.config/login-etl/NAME.json</c> on Linux.
    /// </summary>
    /// <param name="given">As given.</param>
    /// <param name="resolve">Makes a full path.</param>
    public static string PathOf(string given, Func<string, string> resolve)
    {
        ArgumentNullException.ThrowIfNull(given);
        ArgumentNullException.ThrowIfNull(resolve);
        return Quotable.IsName(given) && !given.Contains('.', StringComparison.Ordinal)
            ? System.IO.Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.ApplicationData, Environment.SpecialFolderOption.DoNotVerify), "login-etl", given + ".json")
            : resolve(given);
    }

    /// <summary>Reads it.</summary>
    /// <param name="path">Its full path.</param>
    /// <exception cref="LoginEtlException"><c>SettingsFileNotFound</c>, <c>SettingsFileInvalid</c>; no value is quoted.</exception>
    public static SettingsFile Read(string path)
    {
        byte[] content;
        try
        {
            RequireOwn(path);
            using var file = File.OpenRead(path);
            content = file.Length <= MostBytes ? new byte[file.Length] : throw Invalid(path, "it is larger than 1 MiB");
            file.ReadExactly(content);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new LoginEtlException(ErrorId.SettingsFileNotFound, $"The settings file {path} cannot be read: {e.GetType().Name}.", "Check its path, and that this account may read it.", e);
        }

        try
        {
            using var document = JsonDocument.Parse(content.AsMemory(content.AsSpan().StartsWith("\uFEFF"u8) ? 3 : 0), new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
            return document.RootElement.ValueKind == JsonValueKind.Object ? new SettingsFile(path, Read(path, document.RootElement)) : throw Invalid(path, "it is no JSON object");
        }
        catch (JsonException e)
        {
            throw Invalid(path, string.Create(System.Globalization.CultureInfo.InvariantCulture, $"line {e.LineNumber + 1} is no JSON"));
        }
    }

    // Whoever writes it, or may put another in its place, sends runs, with their passwords, to another server. Asked before it
    // is opened: to open a pipe means to wait for ever.
    private static void RequireOwn(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        var target = UnixPath.Follow(path, (place, found) =>
        {
            if (!found.IsTrusted)
            {
                throw Invalid(path, $"{place} belongs to user {found.Owner}, and this runs as user {UnixFile.User}");
            }

            if (found.LetsOthersReplace)
            {
                throw Invalid(path, $"other users may write to the folder {place} (chmod go-w '{place}' closes it)");
            }
        });
        var file = target is null ? null : UnixFile.Find(target);
        switch (file)
        {
            case null:
                throw new FileNotFoundException();
            case { Kind: not UnixFile.File }:
                throw Invalid(path, $"it is a {file.Value.Kind} and no file");
            case { LetsOthersWrite: true }:
                throw Invalid(path, $"other users may write it (chmod go-w '{target}' closes it)");
        }
    }

    private static Dictionary<string, string> Read(string path, JsonElement root)
    {
        var texts = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var setting in root.EnumerateObject().Where(s => s.Name != Schema))
        {
            if (!s_variables.TryGetValue(setting.Name, out var variable))
            {
                throw Invalid(path, $"{(Quotable.IsName(setting.Name) ? setting.Name : "one of its names")} is no setting");
            }

            var text = Text(setting.Value) ?? throw Invalid(path, $"{setting.Name} has a value that no setting takes");
            if (variable == EnvironmentSettings.DatabaseVariable && Quotable.HasPassword(text))
            {
                throw Invalid(path, "database has a password in it, and a settings file is no place for one");
            }

            if (!texts.TryAdd(variable, text))
            {
                throw Invalid(path, $"{setting.Name} stands there twice");
            }
        }

        return texts;
    }

    // A table is written as its variable has it, which has no other commas and equals signs.
    private static string? Text(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString(),
        JsonValueKind.Number => value.GetRawText(),
        JsonValueKind.True => "true",
        JsonValueKind.False => "false",
        JsonValueKind.Object when value.EnumerateObject().All(p => p.Value.ValueKind == JsonValueKind.String && !$"{p.Name}{p.Value.GetString()}".AsSpan().ContainsAny(",=")) =>
            string.Join(',', value.EnumerateObject().Select(p => $"{p.Name}={p.Value.GetString()}")),
        _ => null,
    };

    private static LoginEtlException Invalid(string path, string why) => new(
        ErrorId.SettingsFileInvalid, $"The settings file {path} cannot be used: {why}.",
        "See docs/settings.md for what it may hold. A password belongs into a .pgpass file, LOGINETL_DATABASE, a vault (secret:VAULT/NAME) or behind a program (exec:PROGRAM ARGUMENTS).");
}
