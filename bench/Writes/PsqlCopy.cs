using System.Diagnostics;
using Npgsql;

namespace LoginEtl.Bench.Writes;

/// <summary>The same bytes in files, which psql copies into ledger and table, a transaction a batch: one process, with its start.</summary>
internal sealed class PsqlCopy : IDisposable
{
    private readonly string _psql;
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("loginetl-bench-");
    private readonly string _script;

    /// <param name="psql">The program.</param>
    /// <param name="ready">What is copied.</param>
    public PsqlCopy(string psql, ReadyCopy ready)
    {
        (_psql, _script) = (psql, Path.Combine(_folder.FullName, "copy.sql"));
        using var script = new StreamWriter(_script);
        foreach (var (ledger, table) in ready.Batches)
        {
            script.WriteLine("BEGIN;");
            script.WriteLine(Copy(ReadyCopy.Ledger, ledger));
            script.WriteLine(Copy(ReadyCopy.Table, table));
            script.WriteLine("COMMIT;");
        }
    }

    /// <summary>Writes all batches.</summary>
    public async Task WriteAsync(string connection)
    {
        var to = new NpgsqlConnectionStringBuilder(connection);
        var start = new ProcessStartInfo(_psql, ["--no-psqlrc", "--quiet", "--no-password", "--set", "ON_ERROR_STOP=1", "--file", _script]);
        (start.Environment["PGHOST"], start.Environment["PGPORT"], start.Environment["PGUSER"]) = (to.Host, $"{to.Port}", to.Username);
        (start.Environment["PGPASSWORD"], start.Environment["PGDATABASE"]) = (to.Password, to.Database);
        using var process = Process.Start(start)!;
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"psql ended with {process.ExitCode}.");
        }
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private string Copy(string into, byte[] bytes)
    {
        var file = Path.Combine(_folder.FullName, Path.GetRandomFileName());
        File.WriteAllBytes(file, bytes);
        return $@"\copy {into} FROM '{file}' (FORMAT binary)";
    }
}
