using System.Runtime.CompilerServices;

namespace LoginEtl.Sandbox.Demo;

/// <summary>What a run left, for a person to look at: some rows, what the tokens show, what was rejected.</summary>
internal static class DemoReport
{
    private const int ShownRows = 8;

    public static async IAsyncEnumerable<string> LinesAsync(
        DemoDatabase database, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        long rows = await database.CountRowsAsync(cancellationToken);
        long ips = await database.CountSharedAsync("masked_ip", cancellationToken);
        long devices = await database.CountSharedAsync("masked_device_id", cancellationToken);
        long quarantined = await database.CountQuarantinedAsync(cancellationToken);
        (string Heading, TextTable Table)[] parts =
        [
            ($"{rows} rows in user_logins (long values shortened):", await database.FirstRowsAsync(ShownRows, cancellationToken)),
            ($"{ips} ips with more than one login, found by token:",
                await database.SharedAsync("masked_ip", ShownRows, cancellationToken)),
            ($"{devices} devices with more than one login, found by token:",
                await database.SharedAsync("masked_device_id", ShownRows, cancellationToken)),
            ($"{quarantined} in quarantine:", await database.QuarantinedAsync(ShownRows, cancellationToken)),
        ];
        foreach ((string heading, TextTable table) in parts)
        {
            yield return $"\n{heading}";
            if (table.RowCount == 0) continue;
            foreach (string line in table.Lines()) yield return $"  {line}";
        }
    }
}
