namespace LoginEtl.Unit.Fuzzing;

/// <summary>The inputs that mutations start from: made by hand, and those that once found something.</summary>
internal static class FuzzCorpus
{
    public static string Folder { get; } = Path.Combine(AppContext.BaseDirectory, "Fuzzing", "Corpus");

    /// <summary>The entries of a target, in the order of their names.</summary>
    public static IReadOnlyList<byte[]> Of(string target) =>
    [
        .. Directory.GetFiles(Path.Combine(Folder, target))
            .Order(StringComparer.Ordinal).Select(File.ReadAllBytes),
    ];
}
