using LoginEtl.Keysets;
using LoginEtl.Rotation;

namespace LoginEtl.Unit.Postgres;

internal static class TokenTables
{
    /// <summary>Sets states, whatever they are.</summary>
    public static Task SetAsync(this ITokenTable table, IReadOnlyCollection<StoredKey> keys, CancellationToken cancellationToken) => table.ChangeAsync(_ => keys, cancellationToken);
}
