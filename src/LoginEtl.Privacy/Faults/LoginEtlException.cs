using System.Diagnostics.CodeAnalysis;

namespace LoginEtl.Faults;

/// <summary>
/// A fault that ends a run. Its text says what happened and where, its <see cref="Remedy"/> what to do; neither ever
/// holds personal data, a raw body, a key or a password.
/// </summary>
[SuppressMessage("Design", "CA1032:Implement standard exception constructors",
    Justification = "A fault without an id and a remedy has no constructor.")]
public sealed class LoginEtlException : Exception
{
    /// <param name="error">Which error it is.</param>
    /// <param name="message">What happened and where.</param>
    /// <param name="remedy">What to do about it.</param>
    /// <param name="cause">The cause's type and code are worth showing only when its text is known to be safe.</param>
    public LoginEtlException(ErrorId error, string message, string remedy, Exception? cause = null)
        : base(Quotable.Plain(message), cause)
    {
        ArgumentNullException.ThrowIfNull(error);
        Error = error;
        Remedy = Quotable.Plain(remedy);
    }

    /// <summary>One of the list, or another source's or sink's own.</summary>
    public ErrorId Error { get; }

    /// <summary>The error's name.</summary>
    public string Id => Error.Name;

    /// <summary>What kind of fault it is.</summary>
    public FaultKind Kind => Error.Kind;

    /// <summary>What to do about it.</summary>
    public string Remedy { get; }

    /// <summary>Whether the batch in hand may have been committed: its answer was lost and could not be found out.</summary>
    public bool CommitUnknown { get; init; }

    /// <summary>A want of memory, wherever it was met.</summary>
    public static LoginEtlException OutOfMemory(Exception cause) => new(
        ErrorId.OutOfMemory, "The process has no memory left for what it holds.",
        "Let it hold less, by a smaller -MaxHeldBytes or -MaxHeld, or give it more memory. What was held goes back to the queue; "
        + "what was on its way comes again when its visibility timeout is over.",
        cause);

    /// <summary>
    /// Stands in for an exception nobody expected: its text may quote values, so only its type and where it was thrown
    /// go on.
    /// </summary>
    public static LoginEtlException Unexpected(Exception exception)
    {
        ArgumentNullException.ThrowIfNull(exception);
        if (exception is OutOfMemoryException)
        {
            return OutOfMemory(exception);
        }

        var place = exception.TargetSite is { } method ? $" in {method.DeclaringType?.Name}.{method.Name}" : "";
        return new LoginEtlException(
            ErrorId.Unexpected, $"An unexpected {exception.GetType().Name} came up{place}.",
            "Please report it: it is a fault of LoginEtl.");
    }
}
