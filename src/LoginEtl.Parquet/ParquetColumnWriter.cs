using LoginEtl.Export;
using Parquet;
using Parquet.Schema;

namespace LoginEtl.Parquet;

/// <summary>Writes Apache Parquet: compressed by Snappy, which every reader knows.</summary>
public sealed class ParquetColumnWriter : IColumnWriter
{
    // Of a group all columns are in memory, as values and as bytes: some 50 MB.
    private const int RowsOfGroup = 50_000;

    /// <inheritdoc/>
    public async Task WriteAsync(ILoginExport rows, Stream file, Action<long>? report, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(rows);
        DataField[] fields = [.. ExportColumn.All.Select(c => new DataField(c.Name, TypeOf(c.Kind), isNullable: true))];
        var writer = await ParquetWriter.CreateAsync(new ParquetSchema(fields), file, cancellationToken: cancellationToken).ConfigureAwait(false);
        await using var _ = writer.ConfigureAwait(false);
        var written = 0L;
        await foreach (var block in rows.ReadAsync(RowsOfGroup, cancellationToken).ConfigureAwait(false))
        {
            using var group = writer.CreateRowGroup();
            for (var i = 0; i < fields.Length; i++)
            {
                await (block[i] switch
                {
                    DateOnly?[] days => group.WriteAsync<DateOnly>(fields[i], days, cancellationToken: cancellationToken),
                    long?[] numbers => group.WriteAsync<long>(fields[i], numbers, cancellationToken: cancellationToken),
                    var texts => group.WriteAsync(fields[i], (string[])texts),
                }).ConfigureAwait(false);
            }

            written += block[0].Length;
            report?.Invoke(written);
        }
    }

    private static Type TypeOf(ExportKind kind) => kind switch
    {
        ExportKind.Day => typeof(DateOnly),
        ExportKind.Number => typeof(long),
        _ => typeof(string),
    };
}
