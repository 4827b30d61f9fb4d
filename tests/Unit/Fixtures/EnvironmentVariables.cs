namespace LoginEtl.Unit.Fixtures;

/// <summary>
/// Environment variables set for one test and put back after it. They are the whole process's: whoever uses this is in
/// the collection <see cref="RunsAlone"/>.
/// </summary>
internal sealed class EnvironmentVariables : IDisposable
{
    private readonly Dictionary<string, string?> _before = [];

    public string? this[string name]
    {
        get => Environment.GetEnvironmentVariable(name);
        set
        {
            _before.TryAdd(name, Environment.GetEnvironmentVariable(name));
            Environment.SetEnvironmentVariable(name, value);
        }
    }

    public void Dispose()
    {
        foreach (var (name, value) in _before)
        {
            Environment.SetEnvironmentVariable(name, value);
        }
    }
}
