using System.Diagnostics;
using System.Security.Cryptography;
using System.Text.Unicode;
using LoginEtl.Faults;

namespace LoginEtl.Secrets;

/// <summary>
/// A secret that a program prints: <c>exec:PROGRAM ARGUMENTS</c>. No shell has a hand in it, and the variables of this project
/// are not the program's. Neither its arguments nor what it prints is in any error.
/// </summary>
public static class SecretProgram
{
    /// <summary>What such a setting begins with.</summary>
    public const string Scheme = "exec:";

    /// <summary>Most bytes that a secret has.</summary>
    public const int MostBytes = 1024 * 1024;

    /// <summary>Longest time that a program takes; it is ended then, with all that it has started.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private const string Own = "LOGINETL_";

    /// <summary>Whether a setting names a program.</summary>
    /// <param name="setting">As given.</param>
    public static bool IsNamedBy(string setting)
    {
        ArgumentNullException.ThrowIfNull(setting);
        return setting.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>The setting as it may be said: <c>exec:vault</c>, without arguments.</summary>
    internal static string NameOf(string setting) => Scheme + (new Command(setting).Name ?? Quotable.Hidden);

    /// <summary>Runs the program and reads what it prints, without the line feed at its end; the bytes are zeroed afterwards.</summary>
    /// <param name="setting">As given: <see cref="Scheme"/>, the program and its arguments.</param>
    /// <param name="read">Makes something of UTF-8 that is not blank.</param>
    /// <param name="stop">Ends the program.</param>
    /// <exception cref="LoginEtlException"><c>SettingInvalid</c>: it names no program; <c>SecretUnreadable</c>.</exception>
    /// <exception cref="OperationCanceledException">Stopped.</exception>
    internal static T Read<T>(string setting, Func<ReadOnlySpan<byte>, T> read, CancellationToken stop) => Read(setting, read, Limit, stop);

    internal static T Read<T>(string setting, Func<ReadOnlySpan<byte>, T> read, TimeSpan limit, CancellationToken stop)
    {
        var command = new Command(setting);
        var words = command.Words;
        var start = new ProcessStartInfo(command.Find(Environment.GetEnvironmentVariable("PATH")), words.Skip(1))
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            CreateNoWindow = true,
        };
        foreach (var variable in start.Environment.Keys.Where(name => name.StartsWith(Own, StringComparison.OrdinalIgnoreCase)).ToList())
        {
            start.Environment.Remove(variable);
        }

        // A byte more than may come tells that more would.
        var bytes = GC.AllocateUninitializedArray<byte>(MostBytes + 1, pinned: true);
        try
        {
            var length = ProgramRun.ReadAsync(start, bytes, limit, command.Unreadable, stop).GetAwaiter().GetResult();
            return read(Printed(bytes.AsSpan(0, length), command));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
        }
    }

    private static ReadOnlySpan<byte> Printed(ReadOnlySpan<byte> bytes, Command command)
    {
        var secret = bytes.EndsWith("\r\n"u8) ? bytes[..^2] : bytes.EndsWith("\n"u8) ? bytes[..^1] : bytes;
        return secret.Trim(" \t\r\n"u8).Length == 0 ? throw command.Unreadable("printed nothing")
            : Utf8.IsValid(secret) ? secret
            : throw command.Unreadable("printed what is not UTF-8");
    }
}
