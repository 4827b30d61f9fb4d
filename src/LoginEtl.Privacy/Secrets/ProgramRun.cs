using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using LoginEtl.Faults;

namespace LoginEtl.Secrets;

/// <summary>One run of a program, with an end to it: its time, its output and what it started are bounded.</summary>
internal static class ProgramRun
{
    // How long a program that has ended may leave its output open: what it started holds it then.
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan ToEnd = TimeSpan.FromSeconds(1);

    /// <summary>Runs it, and reads its standard output into a buffer. What it says on standard error is dropped; there is nothing for it to read.</summary>
    /// <returns>Bytes that were read, fewer than the buffer has.</returns>
    /// <exception cref="LoginEtlException">Made by <paramref name="unreadable"/>.</exception>
    /// <exception cref="OperationCanceledException">Stopped.</exception>
    public static async Task<int> ReadAsync(
        ProcessStartInfo start, Memory<byte> buffer, TimeSpan limit, Func<string, LoginEtlException> unreadable, CancellationToken stop)
    {
        stop.ThrowIfCancellationRequested();
        using var time = new CancellationTokenSource(limit);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(time.Token, stop);
        using var process = Begin(start, unreadable);
        try
        {
            process.StandardInput.Close();
            _ = process.StandardError.BaseStream.CopyToAsync(Stream.Null, ending.Token);
            var reading = FillAsync(process.StandardOutput.BaseStream, buffer, ending.Token);
            var exiting = process.WaitForExitAsync(ending.Token);
            if (await Task.WhenAny(reading, exiting).ConfigureAwait(false) == reading)
            {
                RequireRoom(await reading.ConfigureAwait(false));
            }

            await exiting.ConfigureAwait(false);
            RequireRoom(await reading.WaitAsync(Grace, ending.Token).ConfigureAwait(false));
            // Ctrl-C at a terminal reaches the program as well, and then it is no fault of its own.
            stop.ThrowIfCancellationRequested();
            return process.ExitCode == 0 ? await reading.ConfigureAwait(false) : throw unreadable($"ended with exit code {process.ExitCode}");
        }
        catch (OperationCanceledException)
        {
            stop.ThrowIfCancellationRequested();
            throw unreadable(string.Create(CultureInfo.InvariantCulture, $"did not end within {limit.TotalSeconds:0} seconds, and was ended"));
        }
        catch (TimeoutException)
        {
            throw unreadable("ended, and left a process behind that keeps its output open");
        }
        catch (IOException)
        {
            throw unreadable("closed its output too early");
        }
        finally
        {
            End(process);
        }

        void RequireRoom(int length) => _ = length < buffer.Length ? length : throw unreadable("printed more than 1 MiB");
    }

    // What the system says names the path and the current folder.
    private static Process Begin(ProcessStartInfo start, Func<string, LoginEtlException> unreadable)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (Exception e) when (e is Win32Exception or InvalidOperationException or IOException or UnauthorizedAccessException)
        {
            throw unreadable("cannot be started");
        }
    }

    private static async Task<int> FillAsync(Stream output, Memory<byte> buffer, CancellationToken stop)
    {
        var length = 0;
        while (length < buffer.Length && await output.ReadAsync(buffer[length..], stop).ConfigureAwait(false) is > 0 and var more)
        {
            length += more;
        }

        return length;
    }

    private static void End(Process process)
    {
        try
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
                process.WaitForExit(ToEnd);
            }
        }
        catch (Exception e) when (e is InvalidOperationException or Win32Exception or AggregateException or NotSupportedException)
        {
            // It has just ended, or will not be ended by this user.
        }

        process.StandardOutput.Dispose();
        process.StandardError.Dispose();
    }
}
