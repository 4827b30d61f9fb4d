using LoginEtl.Faults;
using LoginEtl.Keysets;

namespace LoginEtl.Unit.Fuzzing.Targets;

/// <summary>All keysets in one document are read, or refused as KeysetInvalid without quoting them.</summary>
internal sealed class EnvironmentKeysTarget : FuzzTarget
{
    public override string Name => "keyrings";

    public override int Share => 5;

    public override IReadOnlyList<byte[]> Pieces { get; } =
        [.. FuzzPieces.Json, .. FuzzPieces.Texts("\"ip\":", "\"device_id\":", "\"line_id\":", "\"quarantine\":", "\"primaryKeyId\":", "\"key\":[")];

    public override IReadOnlyList<string> MustReach { get; } = ["0 keysets", "1 keysets", "2 keysets", "refused"];

    public override string Run(ReadOnlySpan<byte> input)
    {
        try
        {
            var keysets = KeysetDocument.Parse(input, "env:X");
            foreach (var (name, keyset) in keysets)
            {
                Finding.Unless(KeysetName.All.Contains(name), "a keyset has a name of its own");
                Finding.Unless(keyset.Source == $"env:X ({name})", "a keyset comes from elsewhere");
                keyset.Dispose();
            }

            return $"{keysets.Count} keysets";
        }
        catch (LoginEtlException e)
        {
            Finding.Unless(e is { Id: "KeysetInvalid", InnerException: null }, $"it is called {e.Id}");
            Finding.IfQuoted(e);
            return "refused";
        }
    }
}
