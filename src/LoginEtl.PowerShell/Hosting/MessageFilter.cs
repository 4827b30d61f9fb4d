using System.Management.Automation;
using LoginEtl.Faults;
using LoginEtl.Records;
using LoginEtl.Tokens;

namespace LoginEtl.PowerShell.Hosting;

/// <summary>A script block that chooses messages. Shows nothing of them.</summary>
public sealed class MessageFilter
{
    private readonly ScriptBlock _script;

    internal MessageFilter(ScriptBlock script) => _script = script;

    /// <summary>Whether it chooses a message.</summary>
    /// <param name="cmdlet">On whose pipeline thread this is.</param>
    /// <param name="login">The message.</param>
    /// <exception cref="LoginEtlException"><c>FilterInvalid</c>; nothing of the message is in it.</exception>
    internal bool Takes(PSCmdlet cmdlet, IncomingLogin login) => LanguagePrimitives.IsTrue(HiddenScript.Run(cmdlet, _script, login, Failed));

    private static LoginEtlException Failed(string where) => new(
        ErrorId.FilterInvalid, $"The script block of -Where fails {where}. What was moved so far stays moved.",
        "Try it by itself on a message, such as one that Receive-LoginMessage gives; what it says is not shown here, because it may quote the message.");

    /// <inheritdoc/>
    public override string ToString() => Plaintext.Redacted;
}

/// <summary>Takes a script block and nothing else: a text would become one, and run.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class MessageFilterAttribute : TransformationAttribute
{
    /// <inheritdoc/>
    protected override object? Take(EngineIntrinsics engineIntrinsics, object? inputData) => (inputData is PSObject wrapped ? wrapped.BaseObject : inputData) switch
    {
        ScriptBlock script => new MessageFilter(script),
        MessageFilter filter => filter,
        null => null,
        _ => throw Refusal.Of("It takes a script block, such as { $_.ReceiveCount -lt 20 }."),
    };
}
