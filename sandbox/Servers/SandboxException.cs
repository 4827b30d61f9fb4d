namespace LoginEtl.Sandbox.Servers;

/// <summary>The sandbox cannot go on: the message says what failed, where, and what to do about it.</summary>
public sealed class SandboxException : Exception
{
    /// <summary>An error with one message for the person who runs the sandbox.</summary>
    public SandboxException(string message, Exception? inner = null) : base(message, inner) { }
}
