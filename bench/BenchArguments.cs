using System.Globalization;

namespace LoginEtl.Bench;

/// <summary>What follows a bench's name: values by their place, and <c>--name value</c> or <c>--name</c> alone.</summary>
internal sealed class BenchArguments
{
    private readonly List<string> _placed = [];
    private readonly Dictionary<string, string> _named = [];

    public BenchArguments(IEnumerable<string> arguments)
    {
        string? name = null;
        foreach (var argument in arguments)
        {
            if (argument.StartsWith("--", StringComparison.Ordinal))
            {
                _named[name = argument[2..]] = "";
            }
            else if (name is not null)
            {
                _named[name] = argument;
                name = null;
            }
            else
            {
                _placed.Add(argument);
            }
        }
    }

    public bool Has(string name) => _named.ContainsKey(name);

    public string? Text(string name) => _named.GetValueOrDefault(name);

    public string? Text(int place) => _placed.ElementAtOrDefault(place);

    public int? Number(string name) => Parse(Text(name));

    public int Number(string name, int otherwise) => Number(name) ?? otherwise;

    public int Number(int place, int otherwise) => Parse(Text(place)) ?? otherwise;

    private static int? Parse(string? text) => text is null ? null : int.Parse(text, CultureInfo.InvariantCulture);
}
