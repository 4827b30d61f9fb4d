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
        [nameof(QueueCmdlet.Queue), "Keyset", "Method", "IpForm", "Envelope", "IdentityFrom", "ColumnName", "AuditFile", nameof(DatabaseCmdlet.Database)];

    // Looked up once: a script may call a cmdlet for every message.
    private static readonly ConcurrentDictionary<Type, (PropertyInfo Property, string Variable, bool IsAskedFor)[]> s_parameters = [];

    /// <summary>Whether a variable stands for a parameter that is not given.</summary>
    public static bool Has(Type cmdlet, string parameter) => IsSetting(cmdlet, parameter) && !s_askedFor.Contains(parameter);

    /// <summary>Sets them: what is given stays, then comes the variable, then the file of settings.</summary>
    /// <param name="cmdlet">Whose parameters they are.</param>
    /// <param name="settings">Name or path of the file; null for the one of LOGINETL_SETTINGS, or none.</param>
    /// <returns>What is wrong with the first that cannot be; null when nothing is.</returns>
    public static LoginEtlException? Set(PSCmdlet cmdlet, string? settings)
    {
        SettingsFile? file;
        try
        {
            file = (settings ?? EnvironmentSettings.Read(SettingsFile.Variable)) is { Length: > 0 } given
                ? SettingsFile.Read(SettingsFile.PathOf(given, path => GivenPath.Of(cmdlet, path, "-Settings"))) : null;
        }
        catch (LoginEtlException e)
        {
            return e;
        }

        foreach (var (property, variable, isAskedFor) in s_parameters.GetOrAdd(cmdlet.GetType(), Of))
        {
            var fromVariable = EnvironmentSettings.Read(variable) is { Length: > 0 } set ? set : null;
            if (cmdlet.MyInvocation.BoundParameters.ContainsKey(property.Name) || (isAskedFor && fromVariable is not null)
                || (fromVariable ?? file?.Texts.GetValueOrDefault(variable)) is not { Length: > 0 } text || (property.Name == "MaxMessages" && text == "0"))
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
                var name = fromVariable is null ? $"{SettingVariables.CamelCaseOf(variable)} of {file!.Path}" : variable;
                return new LoginEtlException(ErrorId.SettingInvalid, $"{name} is not valid. {e.Message}", "Correct or unset it.");
            }
        }

        return null;
    }

    private static bool IsSetting(Type cmdlet, string parameter) =>
        SettingVariables.Known.Contains(VariableOf(parameter)) && cmdlet.GetProperty(parameter)?.IsDefined(typeof(OfNoVariableAttribute)) == false;

    private static string VariableOf(string parameter) => parameter == "AuditFile" ? EnvironmentSettings.AuditVariable : SettingVariables.NameOf(parameter);

    private static (PropertyInfo, string, bool)[] Of(Type cmdlet) =>
        [.. cmdlet.GetProperties().Where(p => p.Name != nameof(LoginCmdlet.Settings) && p.IsDefined(typeof(ParameterAttribute), inherit: true) && IsSetting(cmdlet, p.Name))
            .Select(p => (p, VariableOf(p.Name), s_askedFor.Contains(p.Name)))];

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
