namespace LoginEtl.Unit.Fuzzing;

/// <summary>What an input should not have done.</summary>
internal sealed class Finding(string what, Exception? cause = null) : Exception(what, cause)
{
    /// <summary>Holds, or is found.</summary>
    public static void Unless(bool holds, string what)
    {
        if (!holds)
        {
            throw new Finding(what);
        }
    }

    /// <summary>No text that a person may see holds a value of the input.</summary>
    public static void IfQuoted(string? text, string where)
    {
        if (text is not null && text.Contains(FuzzTarget.Canary, StringComparison.Ordinal))
        {
            throw new Finding($"{where} quotes the input: {text}");
        }
    }

    /// <summary>Neither an exception's text nor those of its causes hold a value of the input.</summary>
    public static void IfQuoted(Exception exception)
    {
        for (var e = exception; e is not null; e = e.InnerException)
        {
            IfQuoted(e.Message, e.GetType().Name);
            IfQuoted((e as LoginEtl.Faults.LoginEtlException)?.Remedy, "the remedy");
        }
    }
}
