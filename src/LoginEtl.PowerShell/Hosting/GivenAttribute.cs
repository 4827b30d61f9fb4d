using System.Collections;
using System.Globalization;
using System.Management.Automation;
using System.Net;
using System.Runtime.CompilerServices;
using System.Security;
using LoginEtl.Faults;
using LoginEtl.Settings;

namespace LoginEtl.PowerShell.Hosting;

/// <summary>
/// Converts what a parameter is given, as PowerShell would, before PowerShell does: its own errors quote what they cannot
/// convert. Every parameter has this or another transformation of ours.
/// </summary>
/// <typeparam name="T">The parameter's type; of a nullable one, the value's.</typeparam>
/// <param name="parameter">The parameter it stands on.</param>
[AttributeUsage(AttributeTargets.Property)]
public sealed class GivenAttribute<T>([CallerMemberName] string parameter = "") : TransformationAttribute
{
    private string Expected => typeof(T) switch
    {
        { IsEnum: true } => $"one of {string.Join(", ", Enum.GetNames(typeof(T)))}",
        var t when t == typeof(int) || t == typeof(long) => "a whole number",
        var t when t == typeof(double) => "a number",
        var t when t == typeof(DateTimeOffset) => "a time, such as 2026-01-31",
        var t when t == typeof(SecureString) => "a SecureString, as Read-Host -AsSecureString gives",
        var t when t == typeof(Hashtable) => parameter switch
        {
            "Retention" => "a table, such as @{ Rows = '400d' }, or a text such as 'rows=400d,vault=90d'",
            "ColumnName" => "a table, such as @{ masked_ip = 'hashed_ip' }, or a text such as 'masked_ip=hashed_ip'",
            _ => "a table, such as @{ ip = 'pfx' }, or a text such as 'ip=pfx,device_id=mac'",
        },
        _ => "a text",
    };

    /// <inheritdoc/>
    protected override object? Take(EngineIntrinsics engineIntrinsics, object? inputData) => BindingFaults.Bind(parameter, () => Convert(inputData), default(T));

    private object? Convert(object? inputData)
    {
        if (inputData is null or SettingText or SettingText[] or SecretText or PSObject { BaseObject: SettingText or SettingText[] or SecretText })
        {
            return inputData;
        }

        // An empty text is none: PowerShell then says what it says of those.
        return typeof(T) == typeof(SettingText) ? To<string>(inputData) is { Length: > 0 } text ? new SettingText(text) : null
            : typeof(T) == typeof(SettingText[]) ? To<string[]>(inputData).Select(t => string.IsNullOrEmpty(t) ? null : new SettingText(t)).ToArray()
            : typeof(T) == typeof(SecretText) ? Secret(inputData)
            : typeof(T) == typeof(Hashtable) ? Hidden(Bare(inputData) is string pairs ? Table(pairs) : To<Hashtable>(inputData))
            : To<T>(inputData);
    }

    private TTo To<TTo>(object inputData) => LanguagePrimitives.TryConvertTo<TTo>(inputData, CultureInfo.InvariantCulture, out var value)
        ? value
        : throw Refusal.Of($"It takes {Expected}.");

    private static object? Bare(object? inputData) => inputData is PSObject wrapped ? wrapped.BaseObject : inputData;

    private SecretText Secret(object inputData) => Bare(inputData) is SecureString secure
        ? new SecretText(new NetworkCredential("", secure).Password) { IsTyped = false }
        : new SecretText(To<string>(inputData));

    // As the variables have it.
    private Hashtable Table(string pairs)
    {
        // A variable that is empty would end a retention, or mask by another method than was meant.
        if (string.IsNullOrWhiteSpace(pairs))
        {
            throw Refusal.Of($"It takes {Expected}.");
        }

        var table = new Hashtable(StringComparer.OrdinalIgnoreCase);
        foreach (var pair in pairs.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var (name, value) = pair.Split('=', 2, StringSplitOptions.TrimEntries) is [var n, var v] ? (n, v) : throw Refusal.Of($"It takes {Expected}.");
            if (table.ContainsKey(name))
            {
                throw Refusal.Of($"It takes each name once, and is {Expected}.");
            }

            table[name] = value;
        }

        return table;
    }

    // The same table, whose texts are hidden as any. Its keys are known names, or nothing that anyone takes.
    private static Hashtable Hidden(Hashtable given)
    {
        var hidden = new Hashtable(StringComparer.OrdinalIgnoreCase);
        foreach (DictionaryEntry entry in given)
        {
            hidden[Quotable.Show($"{entry.Key}")] = entry.Value as SettingText ?? new SettingText($"{entry.Value}");
        }

        return hidden;
    }
}
