using System.Text;

namespace LoginEtl.Keysets;

/// <summary>Tink's binary keyset (tink.proto, Keyset), which is what a key service encrypts.</summary>
internal static class KeysetProto
{
    /// <exception cref="Faults.LoginEtlException"><c>KeysetInvalid</c>; nothing of the content is quoted.</exception>
    public static Keyset Parse(ReadOnlySpan<byte> message, string source)
    {
        using var material = new UnfinishedKeys();
        try
        {
            var keys = new List<KeysetKey>();
            uint? primary = null;
            string? type = null;
            var reader = new ProtoReader(message);
            while (reader.Next())
            {
                switch (reader.Field)
                {
                    case 1:
                        Expect(primary is null);
                        primary = checked((uint)reader.Number);
                        break;
                    case 2:
                        var (key, keyType) = ParseKey(reader.Bytes, material);
                        keys.Add(key);
                        Expect(type is null || keyType is null || type == keyType);
                        type ??= keyType;
                        break;
                }
            }

            Expect(primary is not null && type is not null);
            return material.Keep(new Keyset(source, type!, primary!.Value, keys));
        }
        catch (Exception e) when (e is FormatException or OverflowException)
        {
            throw Keyset.Invalid(source, "what it decrypts to is not a Tink keyset");
        }
    }

    /// <summary>The message, in zeroed-when-disposed memory.</summary>
    public static KeyBytes Write(KeyTemplate form, uint primary, IReadOnlyList<KeysetKey> keys)
    {
        const int overhead = 64;
        using var buffer = new KeyBytes(overhead + keys.Sum(k => overhead + form.TypeUrl.Length + k.Material.Length));
        var writer = new ProtoWriter(buffer.Span);
        writer.Number(1, primary);
        foreach (var key in keys)
        {
            using var part = WriteKey(form, key);
            writer.Bytes(2, part.Span);
        }

        return KeyBytes.CopyOf(writer.Written);
    }

    private static KeyBytes WriteKey(KeyTemplate form, KeysetKey key)
    {
        using var data = new KeyBytes(32 + form.TypeUrl.Length + key.Material.Length);
        using var buffer = new KeyBytes(64 + data.Length);
        var writer = new ProtoWriter(buffer.Span);
        if (key.Status != KeyStatus.Destroyed)
        {
            var keyData = new ProtoWriter(data.Span);
            keyData.Text(1, form.TypeUrl);
            keyData.Bytes(2, key.Material.Span);
            keyData.Number(3, MaterialNumber(form));
            writer.Bytes(1, keyData.Written);
        }

        writer.Number(2, StatusNumber(key.Status));
        writer.Number(3, key.Id);
        writer.Number(4, TinkTypes.PrefixTink);
        return KeyBytes.CopyOf(writer.Written);
    }

    // A field that comes twice says two things of one key: neither is believed.
    private static (KeysetKey Key, string? Type) ParseKey(ReadOnlySpan<byte> message, UnfinishedKeys unfinished)
    {
        uint? id = null;
        KeyStatus? status = null;
        (string? Type, KeyBytes? Material)? data = null;
        bool? prefixed = null;
        var reader = new ProtoReader(message);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    Expect(data is null);
                    data = ParseKeyData(reader.Bytes, unfinished);
                    break;
                case 2:
                    Expect(status is null);
                    status = reader.Number switch
                    {
                        1 => KeyStatus.Enabled,
                        2 => KeyStatus.Disabled,
                        3 => KeyStatus.Destroyed,
                        _ => throw Malformed(),
                    };
                    break;
                case 3:
                    Expect(id is null);
                    id = checked((uint)reader.Number);
                    break;
                case 4:
                    Expect(prefixed is null);
                    prefixed = reader.Number == TinkTypes.PrefixTink;
                    break;
            }
        }

        Expect(status is not null && prefixed == true && (data?.Material is not null || status == KeyStatus.Destroyed));
        return (new KeysetKey(id ?? 0, status!.Value, data?.Material ?? new KeyBytes(0)), data?.Type);
    }

    private static (string? Type, KeyBytes? Material) ParseKeyData(ReadOnlySpan<byte> message, UnfinishedKeys unfinished)
    {
        string? type = null;
        KeyBytes? material = null;
        var reader = new ProtoReader(message);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    Expect(type is null);
                    type = Encoding.UTF8.GetString(reader.Bytes);
                    break;
                case 2:
                    Expect(material is null);
                    material = unfinished.Add(KeyBytes.CopyOf(reader.Bytes));
                    break;
            }
        }

        return (type, material);
    }

    private static ulong StatusNumber(KeyStatus status) => status switch
    {
        KeyStatus.Enabled => 1,
        KeyStatus.Disabled => 2,
        _ => 3,
    };

    private static ulong MaterialNumber(KeyTemplate form) =>
        form == KeyTemplate.Private ? 2UL : form == KeyTemplate.Public ? 3UL : 1UL;

    private static void Expect(bool holds)
    {
        if (!holds)
        {
            throw Malformed();
        }
    }

    private static FormatException Malformed() => new("Not a keyset.");
}
