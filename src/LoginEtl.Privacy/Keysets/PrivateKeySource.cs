using System.Diagnostics.CodeAnalysis;
using LoginEtl.Faults;
using LoginEtl.Secrets;

namespace LoginEtl.Keysets;

/// <summary>Where a keyset of private halves is read from: a file, or a program that prints it (<c>exec:PROGRAM ARGUMENTS</c>).</summary>
public sealed class PrivateKeySource
{
    private readonly string? _program;
    private readonly CancellationToken _stop;

    private PrivateKeySource(string name, string? program, CancellationToken stop)
    {
        Name = name;
        _program = program;
        _stop = stop;
    }

    /// <summary>The path of the file, or the program without its arguments, as errors name it.</summary>
    public string Name { get; }

    /// <summary>What the keyset is called: the file's name without <c>.json</c>, or the program.</summary>
    internal string KeysName => _program is null ? Path.GetFileNameWithoutExtension(Name) : Name;

    /// <summary>A source as the user names it.</summary>
    /// <param name="given">The path of a file, or a program.</param>
    /// <param name="resolve">Makes it a full path, where it is one.</param>
    /// <param name="stop">Ends the program.</param>
    /// <exception cref="LoginEtlException">What <paramref name="resolve"/> throws.</exception>
    public static PrivateKeySource Parse(string given, Func<string, string> resolve, CancellationToken stop)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(given);
        ArgumentNullException.ThrowIfNull(resolve);
        return SecretProgram.IsNamedBy(given) ? new PrivateKeySource(SecretProgram.NameOf(given), given, stop) : File(resolve(given));
    }

    /// <summary>A file, which must be its owner's alone.</summary>
    /// <param name="path">Full.</param>
    public static PrivateKeySource File(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        return new PrivateKeySource(path, program: null, CancellationToken.None);
    }

    /// <summary>A path of a file is one.</summary>
    /// <param name="path">Full.</param>
    [return: NotNullIfNotNull(nameof(path))]
    public static implicit operator PrivateKeySource?(string? path) => path is null ? null : File(path);

    /// <summary>Reads it, or runs the program.</summary>
    /// <exception cref="LoginEtlException">
    /// <c>KeysetNotFound</c>, <c>KeysetUnreadable</c>, <c>KeysetPermissions</c>, <c>KeysetInvalid</c>, <c>SettingInvalid</c>, <c>SecretUnreadable</c>.
    /// </exception>
    internal Keyset Read() => _program is null
        ? KeyFolder.ReadPrivate(Name)
        : KeyFolder.RequirePrivate(SecretProgram.Read(_program, json => KeysetJson.Parse(json, Name), _stop));
}
