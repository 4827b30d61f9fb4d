using LoginEtl.Faults;
using LoginEtl.Postgres.Targets;
using LoginEtl.Unit.Fixtures;
using Xunit;

namespace LoginEtl.Unit.Postgres;

public sealed class LiveServerTests(ServersFixture servers)
{
    [Fact]
    public async Task Server_is_of_the_version_that_this_run_of_the_tests_is_for()
    {
        Assert.SkipUnless(servers.Postgres.IsPrivate, "An existing server has its own version.");
        var database = await TestDatabase.NewAsync(servers);
        await using var connection = await database.OpenAsync();
        var server = await LiveServer.ReadAsync(connection, TestDatabase.Token);
        Assert.Equal(TestPostgres.Major, server.Version / 10000);
        server.RequireUsable();
    }

    [Fact]
    public void Server_older_than_the_oldest_that_is_tested_is_refused()
    {
        var fault = Assert.Throws<LoginEtlException>(Server(130023).RequireUsable);
        Assert.Equal(("DatabaseTooOld", "The server is older than PostgreSQL 14."), (fault.Id, fault.Message));
        Server(140000).RequireUsable();
    }

    private static LiveServer Server(int version) => new(
        version, "UTF8", Fsync: true, FullPageWrites: true, SynchronousCommit: "on", IsStandby: false, IsReadOnly: false, IsEncrypted: true, DateTime.UnixEpoch);
}
