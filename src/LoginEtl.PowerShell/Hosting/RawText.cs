namespace LoginEtl.PowerShell.Hosting;

/// <summary>
/// A raw body as a parameter takes it. Its text form is hidden, because PowerShell prints bound parameters: into module
/// logs, and with the invocation that every warning and error record carries.
/// </summary>
public sealed class RawText
{
    // Fields, and no properties: serialisers walk properties.
    private readonly string _text;
    private readonly string? _source;
    private readonly long? _line;
    private readonly string? _file;

    internal RawText(string file) => (_text, _file) = ("", file);

    internal RawText(string text, string? source, long? line) => (_text, _source, _line) = (text, source, line);

    internal string Reveal() => _text;

    /// <summary>Name of the file that Get-Content read it from; null when it came from elsewhere.</summary>
    internal string? SourceName() => _source;

    /// <summary>Path of the file or folder that stands for its text; null where the text itself was given.</summary>
    internal string? File() => _file;

    /// <summary>1-based number of the line in that file.</summary>
    internal long? LineNumber() => _line;

    /// <inheritdoc/>
    public override string ToString() => Tokens.Plaintext.Redacted;
}
