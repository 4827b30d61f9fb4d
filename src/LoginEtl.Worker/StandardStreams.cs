using System.Runtime.InteropServices;
using System.Text;

namespace LoginEtl.Worker;

/// <summary>What the process says, whoever listens.</summary>
/// <remarks>
/// The console's own streams share a lock, so that one which nobody reads would stop the other; and a file stream keeps a
/// place of its own, where two of one file would write over each other. So these write as programs in C do.
/// </remarks>
internal sealed class StandardStreams : IDisposable
{
    // unistd.h, fcntl.h and errno.h of Linux and macOS
    private const int Output = 1;
    private const int Errors = 2;
    private const int GetFlags = 1;
    private const int CloseOnExec = 1;
    private const int Interrupted = 4;
    private static readonly int s_again = OperatingSystem.IsMacOS() ? 35 : 11;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan s_untilAgain = TimeSpan.FromMilliseconds(20);

    private readonly StandardWriter _output = new(To(Output, Console.OpenStandardOutput), keepsLost: true);
    private readonly StandardWriter _errors = new(To(Errors, Console.OpenStandardError), keepsLost: false);

    private StandardStreams()
    {
        Console.SetOut(_output);
        Console.SetError(_errors);
    }

    /// <summary>From here on the console's writers neither fail nor wait.</summary>
    public static StandardStreams Take() => new();

    /// <summary>Writes what is left. What standard output did not take, the receipt above all, goes to standard error.</summary>
    public void Dispose()
    {
        var lost = _output.Complete(s_patience);
        if (lost.Count > 0)
        {
            _errors.WriteLine("login-etl: Standard output could not be written to. This was for it:");
            foreach (var text in lost)
            {
                _errors.Write(text);
            }
        }

        _errors.Complete(s_patience);
        _output.Dispose();
        _errors.Dispose();
    }

    private static Action<string> To(int descriptor, Func<Stream> open)
    {
        if (OperatingSystem.IsWindows())
        {
            var stream = open();
            return text => stream.Write(Encoding.UTF8.GetBytes(text));
        }

        return IsInherited(descriptor) ? text => Write(descriptor, Encoding.UTF8.GetBytes(text)) : _ => throw new IOException("The stream is closed.");
    }

    // A descriptor that was closed when the process began belongs to a file of the runtime by now, which a line of text
    // would harm. The runtime lets its own be closed on exec; one that came through exec is not so.
    private static bool IsInherited(int descriptor) => Fcntl(descriptor, GetFlags) is >= 0 and var flags && (flags & CloseOnExec) == 0;

    private static void Write(int descriptor, ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var written = Write(descriptor, in bytes[0], bytes.Length);
            var error = written < 0 ? Marshal.GetLastPInvokeError() : 0;
            if (error == s_again)
            {
                // Somebody else has the stream not wait, and it is full.
                Thread.Sleep(s_untilAgain);
            }
            else if (error is not (0 or Interrupted))
            {
                throw new IOException($"The stream takes nothing (error {error}).");
            }

            bytes = bytes[(int)Math.Max(written, 0)..];
        }
    }

    [DllImport("libc", EntryPoint = "fcntl")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Fcntl(int descriptor, int command);

    [DllImport("libc", EntryPoint = "write", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern nint Write(int descriptor, in byte bytes, nint count);
}
