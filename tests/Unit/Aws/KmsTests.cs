using System.Text;
using System.Text.Json.Nodes;
using LoginEtl.Aws.Kms;
using LoginEtl.Faults;
using LoginEtl.Keysets;
using LoginEtl.Protecting;
using LoginEtl.Records;
using LoginEtl.Unit.Core;
using LoginEtl.Unit.Fixtures;
using Xunit;

namespace LoginEtl.Unit.Aws;

/// <summary>Keysets that AWS KMS encrypts, against a local server that speaks its Encrypt and Decrypt.</summary>
[Collection(RunsAlone.Name)]
public sealed class KmsTests : IDisposable
{
    private readonly KmsServer _kms = new();
    private readonly EnvironmentVariables _environment = new();
    private readonly string _root = Directory.CreateTempSubdirectory("loginetl-").FullName;

    public KmsTests()
    {
        foreach (var (name, value) in new[] { ("AWS_ENDPOINT_URL_KMS", _kms.Url), ("AWS_ACCESS_KEY_ID", "id"), ("AWS_SECRET_ACCESS_KEY", "secret"), ("AWS_REGION", "eu-central-1") })
        {
            _environment[name] = value;
        }
    }

    private string Folder => Path.Combine(_root, "keys");

    private static KeyAccess Access => new() { KeyService = () => new KmsKeyService(), Stop = TestContext.Current.CancellationToken };

    public void Dispose()
    {
        _environment.Dispose();
        _kms.Dispose();
        Directory.Delete(_root, recursive: true);
    }

    [Fact]
    public void Encrypted_keysets_mask_rotate_and_hold_no_key_in_clear()
    {
        Create();
        string[] secret = ["ip", "device_id.mac", "line_id"];
        foreach (var name in secret)
        {
            var json = JsonNode.Parse(File.ReadAllText(Path.Combine(Folder, $"{name}.json")))!;
            Assert.Equal(["encryptedKeyset", "keysetInfo"], json.AsObject().Select(m => m.Key));
            Assert.Contains(("Encrypt", Convert.ToHexStringLower(Encoding.UTF8.GetBytes($"login-etl/1/keyset/{name}"))), _kms.Calls.Select(c => (c.Operation, c.Context)));
        }

        var first = Mask();
        var added = KeysetChange.Of(Source, "ip", Access).Add();
        KeysetChange.Of(Source, "ip", Access).Promote(added.KeyId);
        Assert.StartsWith(added.TokenPrefix!, Mask(), StringComparison.Ordinal);
        using var ring = Keyring.Open(Source, Access);
        Assert.Equal(2, ring.Get("ip").Keys.Count);
        using var opener = new LoginEtl.Recovery.TokenOpener(ring, "ip");
        Assert.Equal("199.172.111.135", opener.Open([first])[0].Plaintext!.Reveal());
    }

    [Fact]
    public void All_keysets_of_a_folder_are_decrypted_over_one_connection()
    {
        Create();
        _kms.Calls.Clear();
        using var ring = Keyring.Open(Source, Access);
        Assert.Equal(4, _kms.Calls.Count(c => c.Operation == "Decrypt"));
        Assert.Single(_kms.Calls.Select(c => c.Connection).Distinct());
    }

    [Fact]
    public void Plaintext_that_is_encrypted_is_Tinks_binary_keyset()
    {
        var bytes = Convert.FromHexString((string)Vectors.KnownTokens["binaryKeysetIpHex"]!);
        using var keyset = KeysetProto.Parse(bytes, "test");
        using var known = TestKeys.Parse(Vectors.KnownTokens["keysets"]!["ip"]!);
        Assert.Equal(known.Primary.Material.Span, keyset.Primary.Material.Span);
        using var written = KeysetProto.Write(KeyTemplate.Of("ip"), keyset.Primary.Id, keyset.Keys);
        Assert.Equal(bytes, written.Span);
    }

    [Fact]
    public void File_in_the_place_of_another_keysets_does_not_decrypt()
    {
        Create();
        File.Copy(Path.Combine(Folder, "line_id.json"), Path.Combine(Folder, "device_id.mac.json"), overwrite: true);
        var fault = Assert.Throws<LoginEtlException>(() => Keyring.Open(Source, Access));
        Assert.Equal(("KeyServiceRefused", FaultKind.Keys), (fault.Id, fault.Kind));
        Assert.Contains("InvalidCiphertextException", fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(400, "AccessDeniedException", "KeyServiceDenied")]
    [InlineData(400, "ExpiredTokenException", "KeyServiceDenied")]
    [InlineData(400, "DisabledException", "KeyServiceRefused")]
    [InlineData(500, "KMSInternalException", "KeyServiceUnreachable")]
    public void Refusal_is_one_error_that_names_the_code_and_quotes_nothing(int status, string code, string id)
    {
        Create();
        _kms.Refusal = (status, code);
        var fault = Assert.Throws<LoginEtlException>(() => Keyring.Open(Source, Access));
        Assert.Equal(id, fault.Id);
        Assert.Contains(code, fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("canary", $"{fault}", StringComparison.Ordinal);
    }

    [Fact]
    public void Nobody_there_is_said_and_so_is_another_key()
    {
        Create();
        var other = Assert.Throws<LoginEtlException>(() => Keyring.Open($"awskms:{Folder}?key=alias/other", Access));
        Assert.Contains("IncorrectKeyException", other.Message, StringComparison.Ordinal);
        _environment["AWS_ENDPOINT_URL_KMS"] = "http://127.0.0.1:1";
        Assert.Equal("KeyServiceUnreachable", Assert.Throws<LoginEtlException>(() => Keyring.Open(Source, Access)).Id);
    }

    [Fact]
    public void Keysets_in_clear_are_refused_by_awskms_and_encrypted_ones_by_file()
    {
        Create();
        var encrypted = Assert.Throws<LoginEtlException>(() => Keyring.Open(Folder));
        Assert.Equal("KeysetInvalid", encrypted.Id);
        Assert.Contains("awskms:", encrypted.Message, StringComparison.Ordinal);
        using var keys = new TestKeys();
        Assert.Equal("KeysetInvalid", Assert.Throws<LoginEtlException>(() => Keyring.Open($"awskms:{keys.Folder}", Access)).Id);
    }

    [Fact]
    public void Change_needs_the_key_by_name_and_fails_before_anything_is_written()
    {
        Create();
        var before = File.ReadAllText(Path.Combine(Folder, "ip.json"));
        Assert.Equal("KeyServiceKeyMissing", Assert.Throws<LoginEtlException>(() => KeysetChange.Of($"awskms:{Folder}", "ip", Access).Add()).Id);
        Assert.Equal(before, File.ReadAllText(Path.Combine(Folder, "ip.json")));
        using var ring = Keyring.Open($"awskms:{Folder}", Access);
        Assert.NotNull(ring.Find("ip"));
    }

    private string Source => $"awskms:{Folder}?key={KmsServer.Arn}";

    private void Create() => KeysetCeremony.Create(Folder, Path.Combine(_root, "private.json"), new NewKeysetOptions
    {
        Methods = MaskMethods.Parse("device_id=mac"),
        Kms = new KmsSettings("alias/login-etl"),
        KeyService = () => new KmsKeyService(),
        Stop = TestContext.Current.CancellationToken,
    });

    private string Mask()
    {
        using var ring = Keyring.Open(Source, Access);
        using var protector = new Protector(ring, new ProtectOptions { Methods = MaskMethods.Parse("device_id=mac") });
        return ((LoginRecord)protector.Protect(Deliveries.Decode(Deliveries.Body))).MaskedIp!;
    }
}
