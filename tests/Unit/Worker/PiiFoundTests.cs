using LoginEtl.Aws;
using LoginEtl.Unit.Aws;
using LoginEtl.Unit.Core;
using LoginEtl.Unit.Fixtures;
using LoginEtl.Unit.Postgres;
using Xunit;

namespace LoginEtl.Unit.Worker;

/// <summary>Personal data in fields that are not masked, in the worker.</summary>
public sealed class PiiFoundTests(ServersFixture servers) : IDisposable
{
    private readonly TestKeys _keys = new();

    public void Dispose() => _keys.Dispose();

    [Theory]
    [InlineData(null, 0, 2, "user_id of 1 login as a whole")]
    [InlineData("Quarantine", 2, 1, "pii_found (user_id)")]
    [InlineData("Ignore", 0, 2, null)]
    public async Task Flag_keeps_such_logins_out_and_by_default_they_are_told_of(string? action, int exitCode, int written, string? said)
    {
        var queue = await TestQueue.CreateAsync(servers);
        var database = await TestDatabase.InitializedAsync(servers);
        await using (var sender = await new SqsConnector().SendToAsync(queue.Settings, TestDatabase.Token))
        {
            await sender.SendAsync([Deliveries.Body, Deliveries.Replace("user_id", "\"ada@example.org\"")], TestDatabase.Token);
        }

        string[] flags = ["--drain-window", "0.2", .. action is null ? [] : new[] { "--on-pii-found", action }];
        var (code, output, errors) = await WorkerProgram.RunAsync(_keys.Folder, queue, database.ConnectionString, flags);
        Assert.True(code == exitCode, errors);
        Assert.Equal(written, await database.CountAsync());
        Assert.Equal(2 - written, await database.CountAsync("login_etl_quarantine WHERE reason = 'pii_found' AND field = 'user_id' AND sealed_body IS NOT NULL"));
        Assert.Contains($"\"pii_user_id\":{(action is null ? 1 : 0)}", output, StringComparison.Ordinal);
        Assert.Equal(said is null ? 0 : 1, errors.Split('\n').Count(line => line.Contains(said ?? "as a whole", StringComparison.Ordinal)));
        Assert.DoesNotContain("example.org", output + errors, StringComparison.Ordinal);
    }
}
