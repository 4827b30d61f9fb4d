using System.Collections.Concurrent;
using System.Management.Automation;
using System.Reflection;
using LoginEtl.Faults;
using LoginEtl.Settings;

namespace LoginEtl.PowerShell.Hosting;

/// <summary>Parameters that were not given, from the variables that the worker reads, too.</summary>
internal static class EnvironmentParameters
{
    // These the cmdlets ask for where they use them.
    private static readonly string[] s_askedFor =
        [nameof(QueueCmdlet.Queue), "Keyset", "Method", "IpForm", "Envelope", "IdentityFrom", "ColumnName", nameof(DatabaseCmdlet.Database)];

    // Looked up once: a script may call a cmdlet for every message.
    private static readonly ConcurrentDictionary<Type, (PropertyInfo Property, string Variable)[]> s_parameters = [];

    /// <summary>Whether a variable stands for a parameter that is not given.</summary>
    public static bool Has(Type cmdlet, string parameter) =>
        SettingVariables.Known.Contains(SettingVariables.NameOf(parameter)) && !s_askedFor.Contains(parameter)
        && cmdlet.GetProperty(parameter)?.IsDefined(typeof(OfNoVariableAttribute)) == false;

    /// <summary>Sets them.</summary>
    /// <returns>What is wrong with the first that cannot be; null when nothing is.</returns>
    public static LoginEtlException? Set(PSCmdlet cmdlet)
    {
        foreach (var (property, variable) in s_parameters.GetOrAdd(cmdlet.GetType(), Of))
        {
            if (EnvironmentSettings.Read(variable) is not { Length: > 0 } text || cmdlet.MyInvocation.BoundParameters.ContainsKey(property.Name)
                || (property.Name == "MaxMessages" && text == "0"))
            {
                // The worker takes 0 messages for no limit.
                continue;
            }

            try
            {
                property.SetValue(cmdlet, Convert(property, text));
            }
            catch (ArgumentTransformationMetadataException e)
            {
                return new LoginEtlException(ErrorId.SettingInvalid, $"{variable} is not valid. {e.Message}", "Correct or unset it.");
            }
        }

        return null;
    }

    private static (PropertyInfo, string)[] Of(Type cmdlet) =>
        [.. cmdlet.GetProperties().Where(p => p.IsDefined(typeof(ParameterAttribute), inherit: true) && Has(cmdlet, p.Name)).Select(p => (p, SettingVariables.NameOf(p.Name)))];

    private static object? Convert(PropertyInfo property, string text)
    {
        if (property.PropertyType == typeof(SwitchParameter))
        {
            return text switch
            {
                "1" => new SwitchParameter(true),
                "0" => new SwitchParameter(false),
                _ => bool.TryParse(text, out var isOn) ? new SwitchParameter(isOn) : throw Refusal.Of("It takes true or false."),
            };
        }

        object? value = text;
        foreach (var transformation in property.GetCustomAttributes<ArgumentTransformationAttribute>())
        {
            value = transformation.Transform(null!, value);
        }

        return property.GetCustomAttribute<InRangeAttribute>()?.Refuse(value) is { } sentence ? throw Refusal.Of(sentence) : value;
    }
}
