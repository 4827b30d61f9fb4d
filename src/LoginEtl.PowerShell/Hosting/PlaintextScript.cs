using System.Management.Automation;
using LoginEtl.Faults;
using LoginEtl.Tokens;

namespace LoginEtl.PowerShell.Hosting;

/// <summary>A script block that says what a stored value means. Shows nothing of it.</summary>
public sealed class PlaintextScript
{
    private readonly ScriptBlock _script;

    internal PlaintextScript(ScriptBlock script) => _script = script;

    /// <summary>What it says of a value; null where it says nothing.</summary>
    /// <param name="cmdlet">On whose pipeline thread this is.</param>
    /// <param name="attribute"><c>ip</c> or <c>device_id</c>.</param>
    /// <param name="value">As stored.</param>
    /// <exception cref="LoginEtlException"><c>PlaintextInvalid</c>; nothing of the value is in it.</exception>
    internal Plaintext? Of(PSCmdlet cmdlet, string attribute, string value)
    {
        var input = new PSObject();
        input.Properties.Add(new PSNoteProperty("Attribute", attribute));
        input.Properties.Add(new PSNoteProperty("Value", value));
        return HiddenScript.Run(cmdlet, _script, input, Failed) switch
        {
            null or PSObject { BaseObject: "" } => null,
            PSObject { BaseObject: string text } when IsText(text) => new Plaintext(text),
            _ => throw Failed("to make a text"),
        };
    }

    // Not half a character, as of bytes that are no text.
    private static bool IsText(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (char.IsSurrogate(text[i]) && !(char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[++i])))
            {
                return false;
            }
        }

        return true;
    }

    private static LoginEtlException Failed(string where) => new(
        ErrorId.PlaintextInvalid, $"The script block of -Plaintext fails {where}. What was done so far stays done.",
        "Try it by itself on an object with Attribute and Value; what it says is not shown here, because it may quote the value. It makes one text of a value, and nothing where there is none.");

    /// <inheritdoc/>
    public override string ToString() => Plaintext.Redacted;
}

/// <summary>Takes a script block and nothing else: a text would become one, and run.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class PlaintextScriptAttribute : TransformationAttribute
{
    /// <inheritdoc/>
    protected override object? Take(EngineIntrinsics engineIntrinsics, object? inputData) => (inputData is PSObject wrapped ? wrapped.BaseObject : inputData) switch
    {
        ScriptBlock script => new PlaintextScript(script),
        PlaintextScript script => script,
        null => null,
        _ => throw Refusal.Of("It takes a script block, such as { $_.Value }."),
    };
}
