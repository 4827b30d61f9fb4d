namespace LoginEtl.Settings;

/// <summary>A password or a connection string that may hold one: its text, JSON and CLIXML forms are hidden.</summary>
public sealed class SecretText
{
    // A field, and no property: serialisers walk properties.
    private readonly string _value;

    /// <summary>Hides <paramref name="value"/>.</summary>
    public SecretText(string value)
    {
        ArgumentNullException.ThrowIfNull(value);
        _value = value;
    }

    /// <summary>Whether somebody typed it, so that a shell's history and scripts have it.</summary>
    public bool IsTyped { get; init; } = true;

    /// <summary>The value itself, for the driver.</summary>
    public string Reveal() => _value;

    /// <inheritdoc/>
    public override string ToString() => "[hidden]";
}
