using LoginEtl.Postgres.Catalog;
using Npgsql;

namespace LoginEtl.Postgres.Schema;

/// <summary>Quarantines that an earlier version made.</summary>
internal static class QuarantineMigration
{
    /// <summary>The columns of <see cref="SchemaNames.AddedToQuarantine"/> that it lacks.</summary>
    /// <returns>None for something else of that name: it stays as it is, and pre-flight says so.</returns>
    public static async Task<List<(string Name, string Type)>> LackingAsync(
        NpgsqlConnection connection, QualifiedName quarantine, CancellationToken cancellationToken)
    {
        var columns = await TableNames.ColumnsAsync(connection, quarantine, cancellationToken).ConfigureAwait(false);
        return columns.IsSupersetOf(SchemaNames.QuarantineColumns) ? [.. SchemaNames.AddedToQuarantine.Where(c => !columns.Contains(c.Name))] : [];
    }
}
