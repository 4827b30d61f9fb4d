using System.Text;
using LoginEtl.Faults;

namespace LoginEtl.Secrets;

/// <summary>
/// A program and its arguments, taken apart without a shell: blanks part them, single and double quotes keep blanks together
/// and are dropped, and everything else stands for itself.
/// </summary>
internal sealed class Command
{
    private const UnixFileMode Executable = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    // A name with one of these in it is a path.
    private static readonly char[] s_separators = OperatingSystem.IsWindows() ? ['/', '\\', ':'] : ['/'];

    private readonly List<string>? _words;

    /// <param name="setting">As given, the scheme before it.</param>
    public Command(string setting)
    {
        _words = Split(setting[SecretProgram.Scheme.Length..]);
        Name = _words is [var program, ..] && Path.GetFileName(program) is var name && Quotable.IsName(name) ? name : null;
    }

    /// <summary>The file name of the program; null where it may not be said.</summary>
    public string? Name { get; }

    /// <summary>The program, and its arguments behind it.</summary>
    /// <exception cref="LoginEtlException"><c>SettingInvalid</c>.</exception>
    public IReadOnlyList<string> Words => _words is [{ Length: > 0 }, ..] ? _words : throw Invalid("names no program, or has a quote that does not end");

    /// <summary>The full path of the program, which is looked for on PATH where it is given by its name; never in the current folder.</summary>
    /// <param name="path">PATH; what is no full path in it is passed over.</param>
    /// <exception cref="LoginEtlException"><c>SettingInvalid</c>, <c>SecretUnreadable</c>.</exception>
    public string Find(string? path)
    {
        var program = Words[0];
        if (program.AsSpan().IndexOfAny(s_separators) < 0)
        {
            return (path ?? "").Split(Path.PathSeparator).Where(Path.IsPathFullyQualified).SelectMany(folder => Candidates(folder, program)).FirstOrDefault(IsProgram)
                ?? throw Unreadable("is not on PATH, or this user may not run it");
        }

        return !Path.IsPathFullyQualified(program) ? throw Invalid("names its program by a path that is not a full one")
            : IsProgram(program) ? program
            : throw Unreadable(
                Directory.Exists(program) ? "is a folder"
                : !File.Exists(program) ? "is not there"
                : OperatingSystem.IsWindows() ? "is a batch file, which only a shell runs"
                : "may not be executed");
    }

    /// <summary>A fault of the program, which has nothing of its arguments and of what it printed.</summary>
    public LoginEtlException Unreadable(string why)
    {
        var program = Name is null ? "The program that is named" : $"The program '{Name}'";
        return new LoginEtlException(
            ErrorId.SecretUnreadable, $"{program} gave no secret: it {why}.",
            "Run it by hand as the account that runs this, without a terminal to ask at. What it says of errors is not kept here.");
    }

    private static LoginEtlException Invalid(string why) => new(
        ErrorId.SettingInvalid, $"A setting that begins with exec: {why}.",
        "Write exec:PROGRAM ARGUMENTS, the program by its full path or as it is on PATH, with quotes around what has blanks in it.");

    private static IEnumerable<string> Candidates(string folder, string program) =>
        OperatingSystem.IsWindows() && !Path.HasExtension(program) ? [Path.Combine(folder, program + ".exe")] : [Path.Combine(folder, program)];

    private static bool IsProgram(string file)
    {
        try
        {
            return File.Exists(file) && (OperatingSystem.IsWindows()
                ? Path.GetExtension(file).ToUpperInvariant() is not (".BAT" or ".CMD")
                : (File.GetUnixFileMode(file) & Executable) != 0);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    // Null where a quote does not end, or where a system could not be given it.
    private static List<string>? Split(string text)
    {
        var words = new List<string>();
        var word = new StringBuilder();
        var (quote, isWord) = ('\0', false);
        foreach (var c in text)
        {
            switch (c)
            {
                case '\0':
                    return null;
                case var end when end == quote:
                    quote = '\0';
                    break;
                case '"' or '\'' when quote == '\0':
                    (quote, isWord) = (c, true);
                    break;
                case ' ' or '\t' or '\r' or '\n' when quote == '\0':
                    Take();
                    break;
                default:
                    word.Append(c);
                    isWord = true;
                    break;
            }
        }

        Take();
        return quote == '\0' ? words : null;

        void Take()
        {
            if (isWord)
            {
                words.Add(word.ToString());
            }

            word.Clear();
            isWord = false;
        }
    }
}
