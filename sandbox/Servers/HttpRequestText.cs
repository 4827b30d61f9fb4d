namespace LoginEtl.Sandbox.Servers;

/// <summary>A request of HTTP.</summary>
/// <param name="Headers">By name, whatever its case.</param>
/// <param name="Body">Text.</param>
internal sealed record HttpRequestText(IReadOnlyDictionary<string, string> Headers, string Body)
{
    /// <summary>A header's value; null when it is not there.</summary>
    public string? Header(string name) => Headers.TryGetValue(name, out string? value) ? value : null;
}
