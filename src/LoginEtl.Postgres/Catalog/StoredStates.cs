using LoginEtl.Keysets;

namespace LoginEtl.Postgres.Catalog;

/// <summary>The states of keys as their column holds them.</summary>
internal static class StoredStates
{
    /// <summary><see cref="StoredKeyState.Primary"/>.</summary>
    public const string Primary = "primary";

    /// <summary>All of them, as SQL lists literals.</summary>
    public static string List { get; } = string.Join(", ", Enum.GetValues<StoredKeyState>().Select(s => $"'{Text(s)}'"));

    /// <summary>As the column holds it.</summary>
    public static string Text(StoredKeyState state) => StoredKeys.Text(state);

    /// <summary>As the column held it.</summary>
    public static StoredKeyState Parse(string text) => Enum.Parse<StoredKeyState>(text, ignoreCase: true);
}
