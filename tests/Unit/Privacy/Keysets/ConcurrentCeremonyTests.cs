using LoginEtl.Faults;
using LoginEtl.Keysets;
using Xunit;

namespace LoginEtl.Unit.Privacy.Keysets;

/// <summary>Several make the keysets of one folder, on a shared volume say: none loses what another masks with already.</summary>
public sealed class ConcurrentCeremonyTests : IDisposable
{
    private const int Hosts = 4;

    private readonly string _root = Directory.CreateTempSubdirectory("loginetl-").FullName;

    private string Folder => Path.Combine(_root, "keys");

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public async Task Of_those_who_make_what_is_missing_one_makes_each_keyset_and_the_others_leave_it()
    {
        for (var round = 0; round < 8; round++)
        {
            Directory.CreateDirectory(_root);
            var made = (await AtOnceAsync(new NewKeysetOptions { MissingOnly = true })).SelectMany(m => m.Made).ToList();

            Assert.Equal(["audit", "device_id", "ip", "line_id", "quarantine", "quarantine (private)"], made.Select(k => k.Name).Order());
            AssertHolds(made);
            Directory.Delete(_root, recursive: true);
        }

        Directory.CreateDirectory(_root);
    }

    [Fact]
    public async Task Of_those_who_make_a_folder_one_does_and_the_others_are_told_and_leave_nothing()
    {
        for (var round = 0; round < 8; round++)
        {
            Directory.CreateDirectory(_root);
            var all = await AtOnceAsync(new NewKeysetOptions());

            var made = Assert.Single(all, m => m.Fault is null).Made;
            Assert.Equal(6, made.Count);
            Assert.Equal(["KeysetExists"], all.Select(m => m.Fault).OfType<string>().Distinct());
            AssertHolds(made);
            Directory.Delete(_root, recursive: true);
        }

        Directory.CreateDirectory(_root);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void File_that_appears_meanwhile_is_neither_replaced_nor_deleted(bool missingOnly)
    {
        var theirs = Path.Combine(Folder, "device_id.json");
        Directory.CreateDirectory(Folder);
        var service = new StubService(() => File.WriteAllText(theirs, "theirs"));

        var fault = Assert.Throws<LoginEtlException>(() => KeysetCeremony.Create(
            Folder, Path.Combine(_root, "private.json"),
            new NewKeysetOptions { MissingOnly = missingOnly, Kms = new KmsSettings("alias/test"), KeyService = () => service }));

        Assert.True(service.Disposed);
        Assert.Equal("KeysetExists", fault.Id);
        Assert.Equal("theirs", File.ReadAllText(theirs));
        Assert.Equal([theirs], Directory.GetFiles(_root, "*.json", SearchOption.AllDirectories));
    }

    [Fact]
    public void Overwriting_that_fails_deletes_no_file_that_was_there()
    {
        KeysetCeremony.Create(Folder, Path.Combine(_root, "private.json"), overwrite: false);
        File.Delete(Path.Combine(Folder, "audit.json"));
        var before = Directory.GetFiles(_root, "*.json", SearchOption.AllDirectories).Order().ToList();
        var asked = 0;
        var service = new StubService(() => _ = ++asked < 4 ? 0 : throw new LoginEtlException(ErrorId.KeyServiceDenied, "No.", "No."));

        Assert.Throws<LoginEtlException>(() => KeysetCeremony.Create(
            Folder, Path.Combine(_root, "private.json"),
            new NewKeysetOptions { Overwrite = true, Kms = new KmsSettings("alias/test"), KeyService = () => service }));

        Assert.Equal(before, Directory.GetFiles(_root, "*.json", SearchOption.AllDirectories).Order());
    }

    private async Task<List<(IReadOnlyList<NewKeyset> Made, string? Fault)>> AtOnceAsync(NewKeysetOptions options)
    {
        using var start = new Barrier(Hosts);
        return
        [
            .. await Task.WhenAll(Enumerable.Range(0, Hosts).Select(host => Task.Factory.StartNew(
                () =>
                {
                    start.SignalAndWait(TestContext.Current.CancellationToken);
                    try
                    {
                        return (KeysetCeremony.Create(Folder, Path.Combine(_root, $"private-{host}.json"), options), (string?)null);
                    }
                    catch (LoginEtlException e)
                    {
                        return ((IReadOnlyList<NewKeyset>)[], e.Id);
                    }
                },
                TestContext.Current.CancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default))),
        ];
    }

    // What each was told it made is what lies there, and nothing else does.
    private void AssertHolds(IReadOnlyList<NewKeyset> made)
    {
        Assert.Equal(made.Select(k => k.Path).Order(), Directory.GetFiles(_root, "*.json", SearchOption.AllDirectories).Order());
        foreach (var keyset in made)
        {
            using var stored = KeyFolder.ReadFile(keyset.Path, isSecret: true);
            Assert.Equal(keyset.PrimaryKeyId, stored.Primary.Id);
        }
    }

    private sealed class StubService(Action asked) : IKeyService
    {
        public bool Disposed { get; private set; }

        public void Dispose() => Disposed = true;

        public byte[] Decrypt(KmsSettings settings, ReadOnlyMemory<byte> ciphertext, string associatedData, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public byte[] Encrypt(KmsSettings settings, ReadOnlyMemory<byte> plaintext, string associatedData, CancellationToken cancellationToken)
        {
            asked();
            return [1, 2, 3];
        }
    }
}
