using LoginEtl.Checks;
using LoginEtl.Faults;
using LoginEtl.Postgres;
using LoginEtl.Settings;
using Xunit;

namespace LoginEtl.Unit.Postgres;

/// <summary>Somebody who may create in the schema, and what comes of it.</summary>
internal static class Intruder
{
    public static Task AsIntruderAsync(TestDatabase database, Func<string, Task> act) =>
        database.AsRoleAsync(role => $"GRANT CREATE ON SCHEMA public TO {role}", settings => act(settings.UserName!));

    public static async Task<LoginEtlException> RefusedAsync<T>(TestDatabase database, Func<TestDatabase, Task<T>> act)
    {
        var fault = await Assert.ThrowsAsync<LoginEtlException>(() => act(database));
        Assert.Equal("ForeignObject", fault.Id);
        return fault;
    }

    public static Task<IReadOnlyList<Check>> CheckAsync(TestDatabase database) =>
        new PostgresConnector().CheckAsync(database.Settings(), new SinkOptions(), TestDatabase.Token);

    // And gives pruning, which runs beside it, the time to be wrong.
    public static async Task WriteAsync(TestDatabase database)
    {
        await using var sink = await database.SinkAsync();
        await sink.WriteAsync(Logins.Records(1), TestDatabase.Token);
        await Task.Delay(500, TestDatabase.Token);
    }
}
