using System.Text;
using LoginEtl.Faults;
using LoginEtl.Secrets;

namespace LoginEtl.Settings;

/// <summary>The database's setting as it is given: the connection itself, or a program that prints it.</summary>
public static class DatabaseText
{
    /// <summary>Whether it names a program, so that the connection is not known without running it.</summary>
    /// <param name="given">As given.</param>
    public static bool IsProgram(string given) => SecretProgram.IsNamedBy(given);

    /// <summary>The connection itself: where a program is named (<c>exec:PROGRAM ARGUMENTS</c>), what it prints.</summary>
    /// <param name="given">As given.</param>
    /// <param name="stop">Ends the program.</param>
    /// <exception cref="LoginEtlException"><c>SettingInvalid</c>, <c>SecretUnreadable</c>.</exception>
    /// <exception cref="OperationCanceledException">Stopped.</exception>
    public static SecretText Resolve(SecretText given, CancellationToken stop)
    {
        ArgumentNullException.ThrowIfNull(given);
        return IsProgram(given.Reveal())
            ? new SecretText(SecretProgram.Read(given.Reveal(), printed => Encoding.UTF8.GetString(printed), stop)) { IsTyped = false }
            : given;
    }
}
