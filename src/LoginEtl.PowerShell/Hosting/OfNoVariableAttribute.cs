namespace LoginEtl.PowerShell.Hosting;

/// <summary>Stands on a parameter that shares the name of a run's setting, and means something else.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class OfNoVariableAttribute : Attribute;
