using System.Management.Automation;
using LoginEtl.Decoding;
using LoginEtl.Faults;
using LoginEtl.Records;
using LoginEtl.Tokens;

namespace LoginEtl.PowerShell.Hosting;

/// <summary>What an entry's body should have been: a text, or a script block that makes one. Shows neither.</summary>
public sealed class MendedBody
{
    private readonly PlainBody? _text;
    private readonly ScriptBlock? _script;

    private MendedBody(PlainBody? text, ScriptBlock? script) => (_text, _script) = (text, script);

    /// <summary>Whether it is the same for every entry.</summary>
    internal bool IsText => _script is null;

    /// <summary>Of what was given; what is not one text says so when it is asked.</summary>
    internal static MendedBody Of(object? given) => (given is PSObject wrapped ? wrapped.BaseObject : given) switch
    {
        MendedBody body => body,
        ScriptBlock script => new(null, script),
        PlainBody body => new(body, null),
        string text => new(LoginText.BodyOf(text), null),
        _ => new(null, null),
    };

    /// <summary>The body.</summary>
    /// <param name="cmdlet">Whose <c>$Error</c> keeps nothing of what the script block fails by: it would quote the body.</param>
    /// <param name="input">What the script block is given as <c>$_</c>.</param>
    /// <exception cref="LoginEtlException"><c>BodyInvalid</c>; nothing of the body is in it.</exception>
    internal PlainBody For(PSCmdlet cmdlet, object? input) =>
        _text ?? (_script is null ? throw NotOneText() : Of(HiddenScript.Run(cmdlet, _script, input, Failed))._text ?? throw NotOneText());

    private static LoginEtlException Failed(string where) => new(
        ErrorId.BodyInvalid, $"The script block of -Body fails {where}. Nothing of this entry was restored.",
        "Try it on the entry by itself; what it says is not shown here, because it may quote the body.");

    private static LoginEtlException NotOneText() => new(
        ErrorId.BodyInvalid, "The body is not one text. Nothing of this entry was restored.",
        "Give the whole of it as one string; Get-Content needs -Raw for that.");

    /// <inheritdoc/>
    public override string ToString() => Plaintext.Redacted;
}

/// <summary>Hides a body before it is bound, because PowerShell prints bound parameters.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class MendedBodyAttribute : TransformationAttribute
{
    /// <inheritdoc/>
    protected override object? Take(EngineIntrinsics engineIntrinsics, object? inputData) => MendedBody.Of(inputData);
}
