using LoginEtl.Faults;

namespace LoginEtl.PowerShell.Hosting;

/// <summary>
/// A text as a parameter takes it. PowerShell prints bound parameters, into module logs and with every warning and error record,
/// so its text form is the text only where that reads as a name, a path or an address: a password or a body in the wrong place
/// is <c>[hidden]</c>.
/// </summary>
public sealed class SettingText
{
    // A field, and no property: serialisers walk properties.
    private readonly string _text;

    /// <summary>Takes a text as it is.</summary>
    public SettingText(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        _text = text;
    }

    internal string Reveal() => _text;

    /// <inheritdoc/>
    public override string ToString() => Quotable.Show(_text);
}
