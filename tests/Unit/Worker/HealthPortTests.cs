using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using LoginEtl.Sandbox.Servers;
using LoginEtl.Unit.Aws;
using LoginEtl.Unit.Core;
using LoginEtl.Unit.Faults;
using LoginEtl.Unit.Fixtures;
using LoginEtl.Unit.Postgres;
using Npgsql;
using Xunit;

namespace LoginEtl.Unit.Worker;

/// <summary>The probes of a worker that runs, with real servers that go away.</summary>
public sealed class HealthPortTests(ServersFixture servers) : IDisposable
{
    private const string Ok = """{"status":"ok"}""";

    private readonly TestKeys _keys = new();
    private readonly HttpClient _client = new() { Timeout = TimeSpan.FromSeconds(5) };
    private readonly int _port = FreePort.Next();

    public void Dispose()
    {
        _client.Dispose();
        _keys.Dispose();
    }

    [Fact]
    public async Task Ready_follows_queue_and_database_and_the_end_and_live_stays()
    {
        var (queue, database) = (await TestQueue.CreateAsync(servers), await TestDatabase.InitializedAsync(servers));
        await using var faulty = new FaultyQueue(servers.SqsEndpoint);
        await RunAsync(queue, database, faulty.EndpointUrl, async worker =>
        {
            await HearAsync("/readyz", Ok);
            faulty.IsDown = true;
            await HearAsync("/readyz", "queue");
            faulty.IsDown = false;
            await HearAsync("/readyz", Ok);

            // Nothing is written meanwhile: it has to ask.
            var name = new NpgsqlConnectionStringBuilder(database.ConnectionString).Database;
            var server = TestDatabase.By(new NpgsqlConnectionStringBuilder(database.ConnectionString) { Database = "postgres" }.ConnectionString);
            await server.RunAsync($"ALTER DATABASE {name} ALLOW_CONNECTIONS false");
            await server.RunAsync($"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'");
            await HearAsync("/readyz", "database");
            await HearAsync("/livez", Ok);
            await server.RunAsync($"ALTER DATABASE {name} ALLOW_CONNECTIONS true");
            await HearAsync("/readyz", Ok);

            // A batch that waits for a lock keeps the end waiting.
            await using var other = new NpgsqlConnection(database.ConnectionString);
            await other.OpenAsync(TestDatabase.Token);
            await using (await other.BeginTransactionAsync(TestDatabase.Token))
            {
                await using var command = new NpgsqlCommand("LOCK TABLE user_logins", other);
                await command.ExecuteNonQueryAsync(TestDatabase.Token);
                await queue.SendAsync(Deliveries.Body);
                await Until.Async(async () => (await queue.CountsAsync()).InFlight == 1, "the message is taken");
                using var signal = Process.Start("kill", ["-TERM", $"{worker.Id}"]);
                await HearAsync("/readyz", "ending");
                await HearAsync("/livez", Ok);
            }

            await worker.WaitForExitAsync(TestDatabase.Token).WaitAsync(TimeSpan.FromSeconds(30), TestDatabase.Token);
            Assert.Equal(0, worker.ExitCode);
        });
        Assert.Equal(1, await database.CountAsync());
    }

    [Fact]
    public async Task Run_that_still_waits_for_its_database_is_live_and_not_ready()
    {
        var queue = await TestQueue.CreateAsync(servers);
        await RunAsync(queue, TestDatabase.By("Host=127.0.0.1;Port=1;Username=u"), servers.SqsEndpoint, async _ =>
        {
            await HearAsync("/livez", Ok);
            await HearAsync("/readyz", "starting");
        });
    }

    [Fact]
    public async Task Port_takes_what_a_hostile_network_sends_and_answers_the_next()
    {
        var (queue, database) = (await TestQueue.CreateAsync(servers), await TestDatabase.InitializedAsync(servers));
        await RunAsync(queue, database, servers.SqsEndpoint, async _ =>
        {
            await HearAsync("/readyz", Ok);
            Assert.Equal("404", await SayAsync("GET /metrics HTTP/1.1\r\n\r\n"));
            Assert.Equal("405", await SayAsync("POST /livez HTTP/1.1\r\nContent-Length: 0\r\n\r\n"));
            Assert.Equal("404", await SayAsync("GET\r\n\r\n"));
            Assert.Equal("200", await SayAsync("HEAD /livez?verbose=1 HTTP/1.1\r\nHost: x\r\n\r\n"));
            Assert.Equal("", await SayAsync(new string('x', 20_000)));
            var silent = Enumerable.Range(0, 500).Select(_ => new TcpClient("127.0.0.1", _port)).ToList();
            // They are let go of after two seconds.
            await HearAsync("/livez", Ok);
            silent.ForEach(c => c.Dispose());
            await HearAsync("/readyz", Ok);
        });
    }

    [Fact]
    public async Task Port_that_is_taken_is_told_before_anything_is_received()
    {
        var (queue, database) = (await TestQueue.CreateAsync(servers), await TestDatabase.InitializedAsync(servers));
        await queue.SendAsync(1);
        using var other = TcpListener.Create(_port);
        other.Start();
        var (exitCode, _, errors) = await WorkerProgram.RunAsync(_keys.Folder, queue, database.ConnectionString, ["--health-port", $"{_port}"]);
        Assert.Equal(1, exitCode);
        Assert.Contains($"SettingInvalid: The port {_port} of --health-port cannot be listened on: AddressAlreadyInUse. Give a port ", errors, StringComparison.Ordinal);
        Assert.Equal((1, 0), await queue.CountsAsync());
    }

    private async Task RunAsync(TestQueue queue, TestDatabase database, Uri endpoint, Func<Process, Task> act)
    {
        var start = WorkerProgram.Start(_keys.Folder, queue, database.ConnectionString, ["--wait", "--health-port", $"{_port}"]);
        start.Environment["AWS_ENDPOINT_URL_SQS"] = endpoint.AbsoluteUri;
        using var worker = Process.Start(start)!;
        var said = Task.WhenAll(worker.StandardOutput.ReadToEndAsync(TestDatabase.Token), worker.StandardError.ReadToEndAsync(TestDatabase.Token));
        try
        {
            await act(worker);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            worker.Kill();
            throw new InvalidOperationException(string.Join('\n', await said), e);
        }
        finally
        {
            worker.Kill();
        }
    }

    // A body that is JSON as a whole, or one of the reasons in it.
    private Task HearAsync(string path, string expected)
    {
        return Until.Async(async () =>
        {
            var heard = "";
            try
            {
                using var answer = await _client.GetAsync($"http://127.0.0.1:{_port}{path}", TestDatabase.Token);
                heard = await answer.Content.ReadAsStringAsync(TestDatabase.Token);
                Assert.Equal(heard == Ok ? HttpStatusCode.OK : HttpStatusCode.ServiceUnavailable, answer.StatusCode);
            }
            catch (Exception e) when (e is HttpRequestException or TaskCanceledException && !TestDatabase.Token.IsCancellationRequested)
            {
                // It is not listening yet, or has no room.
            }

            return expected == Ok ? heard == Ok : heard.Contains($"\"{expected}\"", StringComparison.Ordinal);
        }, $"{path} says {expected}");
    }

    private async Task<string> SayAsync(string request)
    {
        using var client = new TcpClient("127.0.0.1", _port);
        try
        {
            await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(request), TestDatabase.Token);
            using var reader = new StreamReader(client.GetStream());
            return (await reader.ReadLineAsync(TestDatabase.Token))?.Split(' ')[1] ?? "";
        }
        catch (IOException)
        {
            return "";
        }
    }
}
