using LoginEtl.Settings;
using LoginEtl.Unit.Aws;
using LoginEtl.Unit.Fixtures;
using LoginEtl.Unit.Postgres;
using LoginEtl.Unit.Worker;
using Xunit;
using YamlDotNet.Core;
using YamlDotNet.Serialization;

namespace LoginEtl.Unit.Deploy;

/// <summary>The compose file: what its services run is run here, without their containers.</summary>
public sealed class ComposeTests(ServersFixture servers)
{
    private static readonly Dictionary<string, Service> s_services = Read();

    [Fact]
    public async Task Setup_makes_keys_tables_and_messages_twice_over_and_the_worker_moves_them()
    {
        var database = await TestDatabase.NewAsync(servers);
        var queue = await TestQueue.CreateAsync(servers);
        var root = Directory.CreateTempSubdirectory("login-etl-compose-");
        try
        {
            // As the image makes them: there, and the user's own.
            var keys = root.CreateSubdirectory("keys").FullName;
            root.CreateSubdirectory("keys-private");
            var samples = root.CreateSubdirectory("samples").FullName;
            File.Copy(Repository.PathOf("sandbox/samples/login-messages.ndjson"), Path.Combine(samples, "login-messages.ndjson"));
            var setup = s_services["setup"];
            Assert.Equal(["keys:/keys", "keys-private:/keys-private", "./sandbox/samples:/samples:ro"], setup.Volumes);
            var script = setup.Command![1].Replace("$$", "$", StringComparison.Ordinal).Replace("/keys", keys, StringComparison.Ordinal)
                .Replace("/samples", samples, StringComparison.Ordinal);
            Assert.Equal("-Command", setup.Command[0]);
            await RunAsync(script, setup, queue, database.ConnectionString, keys);
            await RunAsync(script, setup, queue, database.ConnectionString, keys);

            var worker = s_services["worker"];
            Assert.Contains("keys:/keys:ro", worker.Volumes!);
            Assert.Equal(["--wait"], worker.Command);
            var (exitCode, output, errors) = await WorkerProgram.RunAsync(keys, queue, database.ConnectionString, [.. worker.Command!, "--max-messages", "200"]);
            Assert.True(exitCode == 2, errors);
            Assert.Contains("\"written\":198,", output, StringComparison.Ordinal);
        }
        finally
        {
            root.Delete(recursive: true);
        }
    }

    [Fact]
    public void Services_are_given_settings_that_there_are_and_listen_on_loopback_alone()
    {
        var names = s_services.Values.SelectMany(s => s.Environment ?? []).Select(e => e.Key).Where(n => n.StartsWith("LOGINETL_", StringComparison.Ordinal)).Distinct().ToList();
        Assert.Equal(3, names.Count);
        Assert.Empty(names.Except(SettingVariables.Known));
        Assert.All(s_services.Values.SelectMany(s => s.Ports ?? []), p => Assert.StartsWith("127.0.0.1:", p, StringComparison.Ordinal));
        var worker = s_services["worker"];
        Assert.True(worker.ReadOnly);
        Assert.Equal("ALL", Assert.Single(worker.CapDrop!));
    }

    private static async Task RunAsync(string script, Service service, TestQueue queue, string database, string keys)
    {
        var given = WorkerProgram.Start(keys, queue, database, []).Environment;
        // The same variables as the service is given; only the places are others here.
        var environment = service.Environment!.Keys.ToDictionary(n => n, n => given[n]!);
        var (exitCode, said) = await PowerShellHost.RunScriptAsync(script, environment, TestDatabase.Token);
        Assert.True(exitCode == 0, said);
    }

    private static Dictionary<string, Service> Read()
    {
        using var text = new StreamReader(Repository.PathOf("docker-compose.yml"));
        return new DeserializerBuilder().IgnoreUnmatchedProperties().Build().Deserialize<Whole>(new MergingParser(new Parser(text))).Services!;
    }

    private sealed class Whole
    {
        [YamlMember(Alias = "services")]
        public Dictionary<string, Service>? Services { get; set; }
    }

    private sealed class Service
    {
        [YamlMember(Alias = "command")]
        public List<string>? Command { get; set; }

        [YamlMember(Alias = "environment")]
        public Dictionary<string, string>? Environment { get; set; }

        [YamlMember(Alias = "volumes")]
        public List<string>? Volumes { get; set; }

        [YamlMember(Alias = "ports")]
        public List<string>? Ports { get; set; }

        [YamlMember(Alias = "read_only")]
        public bool ReadOnly { get; set; }

        [YamlMember(Alias = "cap_drop")]
        public List<string>? CapDrop { get; set; }
    }
}
