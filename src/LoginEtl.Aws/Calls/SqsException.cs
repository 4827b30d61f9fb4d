using System.Diagnostics.CodeAnalysis;

namespace LoginEtl.Aws.Calls;

/// <summary>
/// A failed call: its operation, kind and code. Never the server's own text, which may quote handles and bodies.
/// </summary>
[SuppressMessage("Design", "CA1032:Implement standard exception constructors",
    Justification = "A failed call has a kind.")]
internal sealed class SqsException : Exception
{
    /// <param name="operation">As SQS names it: <c>ReceiveMessage</c>.</param>
    /// <param name="fault">What kind of failure it is.</param>
    /// <param name="code">SQS's error code, an HTTP status or the name of a network error.</param>
    public SqsException(string operation, SqsFault fault, string code)
        : base($"{operation}: {code}")
    {
        Operation = operation;
        Fault = fault;
        Code = code;
    }

    public string Operation { get; }

    public SqsFault Fault { get; }

    public string Code { get; }

    /// <summary>Whether the same call may succeed later.</summary>
    public bool IsTransient => Fault is SqsFault.Unavailable or SqsFault.Throttled or SqsFault.Garbled;
}
