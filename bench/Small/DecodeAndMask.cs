using System.Text;
using BenchmarkDotNet.Attributes;
using LoginEtl.Decoding;
using LoginEtl.Keysets;
using LoginEtl.Protecting;
using LoginEtl.Records;
using LoginEtl.Run;
using LoginEtl.Sandbox;

namespace LoginEtl.Bench.Small;

/// <summary>From the bytes of a body to a record: decoded, in canonical form, with its two tokens. As many at once as a run hands on.</summary>
[MemoryDiagnoser]
public class DecodeAndMask : IDisposable
{
    /// <summary>Logins a call; figures are of one.</summary>
    public const int Logins = 500;

    private readonly byte[][] _bodies = [.. SampleMessages.Create(Logins).Select(Encoding.UTF8.GetBytes)];
    private readonly QueueDelivery[] _deliveries =
        [.. Enumerable.Range(0, Logins).Select(_ => new QueueDelivery(new MessageId($"{Guid.NewGuid()}"), "receipt", DateTimeOffset.UtcNow, 1, DateTimeOffset.UtcNow))];

    private DirectoryInfo _folder = null!;
    private Keyring _keyring = null!;
    private Protector _protector = null!;

    /// <summary>Makes keys.</summary>
    [GlobalSetup]
    public void Begin()
    {
        _folder = Directory.CreateTempSubdirectory("loginetl-bench-");
        var keys = Path.Combine(_folder.FullName, "keys");
        KeysetCeremony.Create(keys, Path.Combine(_folder.FullName, "private", "quarantine.json"), new NewKeysetOptions());
        _keyring = Keyring.Open(keys);
        _protector = new Protector(_keyring);
    }

    /// <summary>Takes them away.</summary>
    [GlobalCleanup]
    public void Dispose()
    {
        _protector.Dispose();
        _keyring.Dispose();
        _folder.Delete(recursive: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Bytes to logins.</summary>
    [Benchmark(OperationsPerInvoke = Logins)]
    public IncomingLogin[] Decode()
    {
        var logins = new IncomingLogin[Logins];
        for (var i = 0; i < Logins; i++)
        {
            logins[i] = LoginDecoder.Decode(_deliveries[i], _bodies[i]);
        }

        return logins;
    }

    /// <summary>Bytes to records.</summary>
    [Benchmark(OperationsPerInvoke = Logins)]
    public ProtectedLogin[] DecodeThenMask() => _protector.Protect(Decode());
}
