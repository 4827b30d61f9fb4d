using System.Buffers;
using System.Text.Json;
using LoginEtl.Faults;
using LoginEtl.Keysets;

namespace LoginEtl.Unit.Fuzzing.Targets;

/// <summary>
/// A keyset is read, or refused as KeysetInvalid without quoting it; one that is read and written again reads the same;
/// key material is the right one or refused.
/// </summary>
internal sealed class KeysetTarget : FuzzTarget
{
    public override string Name => "keysets";

    public override int Share => 10;

    public override (long Own, long PerByte) Allocation => (128 * 1024, 64);

    public override IReadOnlyList<byte[]> Pieces { get; } =
    [
        .. FuzzPieces.Json, .. FuzzPieces.Base64, .. FuzzPieces.Texts(
            "\"primaryKeyId\":", "\"key\":[", "\"keyData\":{", "\"typeUrl\":", "\"value\":", "\"status\":", "\"ENABLED\"", "\"DISABLED\"", "\"DESTROYED\"",
            "\"keyId\":", "\"outputPrefixType\":\"TINK\"", TinkTypes.AesSivKey, TinkTypes.HmacKey, TinkTypes.EciesPublicKey, TinkTypes.EciesPrivateKey),
    ];

    public override IReadOnlyList<string> MustReach { get; } = ["refused", "no key inside", "key", "type"];

    public override string Run(ReadOnlySpan<byte> input)
    {
        try
        {
            using var keyset = KeysetJson.Parse(input, "somewhere");
            Check(keyset);
            return Material(keyset);
        }
        catch (LoginEtlException e)
        {
            Finding.Unless(e is { Id: "KeysetInvalid", Kind: FaultKind.Keys, InnerException: null }, $"it is called {e.Id}");
            Finding.IfQuoted(e);
            return "refused";
        }
    }

    private static void Check(Keyset keyset)
    {
        var written = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(written))
        {
            KeysetJson.Write(json, keyset.TypeUrl, "SYMMETRIC", keyset.Primary.Id, keyset.Keys);
        }

        using var again = KeysetJson.Parse(written.WrittenSpan, "somewhere");
        Finding.Unless((again.TypeUrl, again.Primary.Id, again.Keys.Count) == (keyset.TypeUrl, keyset.Primary.Id, keyset.Keys.Count), "written again it reads otherwise");
        foreach (var (one, other) in keyset.Keys.Zip(again.Keys))
        {
            Finding.Unless((one.Id, one.Status) == (other.Id, other.Status) && one.Material.Span.SequenceEqual(other.Material.Span), "a key written again reads otherwise");
        }
    }

    private static string Material(Keyset keyset)
    {
        try
        {
            switch (keyset.TypeUrl)
            {
                case TinkTypes.AesSivKey:
                    using (var key = KeyMaterial.ReadAesSiv(keyset, keyset.Primary))
                    {
                        Finding.Unless(key.Length == KeyMaterial.AesSivLength, "a key of another length");
                    }

                    return "key";
                case TinkTypes.HmacKey:
                    using (var key = KeyMaterial.ReadHmac(keyset, keyset.Primary))
                    {
                        Finding.Unless(key.Length == KeyMaterial.HmacLength, "a key of another length");
                    }

                    return "key";
                case TinkTypes.EciesPublicKey:
                    return EciesKeys.ReadPublic(keyset).Q.X is { Length: EciesKeys.FieldLength } ? "key" : throw new Finding("a point of another length");
                case TinkTypes.EciesPrivateKey:
                    return EciesKeys.ReadPrivate(keyset, keyset.Primary).D is { Length: EciesKeys.FieldLength } ? "key" : throw new Finding("a number of another length");
                default:
                    return "type";
            }
        }
        catch (LoginEtlException e) when (e.Id == "KeysetInvalid")
        {
            Finding.IfQuoted(e);
            return "no key inside";
        }
    }
}
