namespace LoginEtl.Export;

/// <summary>Rows of a table as they were at one moment, whatever is written meanwhile. Their masked columns hold tokens, or nothing.</summary>
public interface ILoginExport : IAsyncDisposable
{
    /// <summary>The table's schema and name.</summary>
    string Name { get; }

    /// <summary>How many rows there are.</summary>
    long Rows { get; }

    /// <summary>
    /// Writes them as CSV (RFC 4180): a line of names, then a line for each row, which ends in a line feed. An empty text is
    /// <c>""</c>, and what is null is empty.
    /// </summary>
    /// <param name="file">Stays open.</param>
    /// <param name="report">Told about how many rows are written; on any thread.</param>
    /// <param name="cancellationToken">Ends it.</param>
    Task WriteCsvAsync(Stream file, Action<long>? report, CancellationToken cancellationToken);

    /// <summary>
    /// Reads them in blocks: an array for each of <see cref="ExportColumn.All"/>, of <see cref="string"/>, of
    /// <see cref="Nullable{DateOnly}"/> or of <see cref="Nullable{Int64}"/>.
    /// </summary>
    /// <param name="rows">Most rows of a block.</param>
    /// <param name="cancellationToken">Ends it.</param>
    IAsyncEnumerable<IReadOnlyList<Array>> ReadAsync(int rows, CancellationToken cancellationToken);
}

/// <summary>Writes files in which the values of a column stand together. Implemented on the far side of the module's private load context.</summary>
public interface IColumnWriter
{
    /// <summary>Writes all rows.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="file">Stays open.</param>
    /// <param name="report">Told how many rows are written; on any thread.</param>
    /// <param name="cancellationToken">Ends it.</param>
    Task WriteAsync(ILoginExport rows, Stream file, Action<long>? report, CancellationToken cancellationToken);
}
