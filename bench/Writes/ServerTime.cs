using System.Globalization;

namespace LoginEtl.Bench.Writes;

/// <summary>
/// Processor time of a PostgreSQL server: of its first process with those that it has waited for, and of all that it has
/// now. From /proc; null where there is none.
/// </summary>
internal static class ServerTime
{
    // Fields of /proc/PID/stat behind the name in brackets (proc(5)), and the unit of its times: USER_HZ, which is 100.
    private const int Parent = 1, User = 11, WaitedSystem = 14;
    private const double TicksASecond = 100;

    public static TimeSpan? Of(int server)
    {
        if (!Directory.Exists("/proc/self"))
        {
            return null;
        }

        var ticks = 0L;
        foreach (var process in Directory.EnumerateDirectories("/proc").Select(d => Path.GetFileName(d)).Where(n => n.All(char.IsAsciiDigit)))
        {
            if (Fields(process) is { } fields)
            {
                // What the server has waited for is in its own figures, once it is gone.
                ticks += process == $"{server}" ? Sum(fields, WaitedSystem) : fields[Parent] == $"{server}" ? Sum(fields, User + 1) : 0;
            }
        }

        return TimeSpan.FromSeconds(ticks / TicksASecond);
    }

    private static long Sum(string[] fields, int last) => fields[User..(last + 1)].Sum(f => long.Parse(f, CultureInfo.InvariantCulture));

    private static string[]? Fields(string process)
    {
        try
        {
            var text = File.ReadAllText($"/proc/{process}/stat");
            return text[(text.LastIndexOf(')') + 2)..].Split(' ');
        }
        catch (IOException)
        {
            // It has ended.
            return null;
        }
    }
}
