using System.Text.RegularExpressions;
using LoginEtl.Unit.Fixtures;
using LoginEtl.Worker;
using Xunit;

namespace LoginEtl.Unit.Worker;

/// <summary>What the engine says of settings, the worker says of its own.</summary>
public sealed partial class OwnWordsTests
{
    // Of the cmdlets that show, recover, restore and keep keys, which the worker does not do.
    private static readonly string[] OfCmdletsAlone = ["Reason", "Archive", "PrivateKeyPath", "Force", "Name", "AppVersionColumn"];

    private static readonly OwnWords Words = new(WorkerCommand.Create().Settings.All);

    [Theory]
    [InlineData("Let it hold less, by a smaller -MaxHeldBytes or -MaxHeld, or give it more memory.", "Let it hold less, by a smaller --max-held-bytes or --max-held, or give it more memory.")]
    [InlineData("Name the schema: -Table schema.table.", "Name the schema: --table schema.table.")]
    [InlineData("-OnConflict Update goes by it", "--on-conflict Update goes by it")]
    [InlineData("Say it, exactly, with -ColumnName @{ create_date = '…' }; or add it.", "Say it, exactly, with --column-name create_date=…; or add it.")]
    [InlineData("Make another key primary first, with Set-LoginPrimaryKey and -Database.", "Make another key primary first, with Set-LoginPrimaryKey and -Database.")]
    [InlineData("A new key is told with Set-LoginPrimaryKey and -Database, or taken with -NewKey.", "A new key is told with Set-LoginPrimaryKey and -Database, or taken with --new-key.")]
    [InlineData("Run Initialize-LoginDatabase -Role; -WhatIf prints it.", "Run Initialize-LoginDatabase -Role; -WhatIf prints it.")]
    [InlineData("The queue 'login-Table' and /keys-Method/x stay.", "The queue 'login-Table' and /keys-Method/x stay.")]
    public void Settings_are_named_as_flags_and_parameters_of_a_named_cmdlet_stay(string text, string expected) =>
        Assert.Equal(expected, Words.Of(text));

    [Fact]
    public void Every_setting_that_the_engine_names_is_one_of_the_workers()
    {
        var texts = new[] { "Privacy", "Core", "Aws", "Postgres" }
            .SelectMany(p => Directory.EnumerateFiles(Repository.PathOf($"src/LoginEtl.{p}"), "*.cs", SearchOption.AllDirectories))
            .Where(f => !f.Split(Path.DirectorySeparatorChar).Any(p => p is "bin" or "obj"))
            .SelectMany(File.ReadAllLines).Where(l => !l.TrimStart().StartsWith('/')).SelectMany(l => Text().Matches(l).Select(m => m.Value)).ToList();
        Assert.True(texts.Count > 1000, $"Only {texts.Count} texts were found.");
        var named = texts.Count(t => Words.Of(t) != t);
        Assert.True(named > 30, $"Only {named} texts name a setting.");
        Assert.Empty(texts.Select(Words.Of).SelectMany(t => Left().Matches(t).Where(m => !OfCmdletsAlone.Contains(m.Groups[1].Value)).Select(_ => t)));
    }

    [GeneratedRegex("\"(?:[^\"\\\\]|\\\\.)*\"")]
    private static partial Regex Text();

    // A parameter that is behind no cmdlet in its clause.
    [GeneratedRegex(@"(?<![\w-])(?<![A-Z][a-z]+-Login[^.;:,(]*)-([A-Z][A-Za-z]+)")]
    private static partial Regex Left();
}
