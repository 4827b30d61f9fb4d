using System.Management.Automation;
using LoginEtl.Records;

namespace LoginEtl.PowerShell.Hosting;

/// <summary>Names of attributes are those of the schema, in lower case, and are taken in capitals too. What is none is not quoted, as ValidateSet would.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class AttributeNameAttribute : TransformationAttribute
{
    /// <summary>Whether a person may be looked for by user_id, too, which is not masked.</summary>
    public bool TakesUserId { get; init; }

    /// <inheritdoc/>
    protected override object? Take(EngineIntrinsics engineIntrinsics, object? inputData) =>
        (inputData is PSObject wrapped ? wrapped.BaseObject : inputData) switch
        {
            null => null,
            string name when name.ToLowerInvariant() is LoginFields.Ip or LoginFields.DeviceId => name.ToLowerInvariant(),
            string name when TakesUserId && name.ToLowerInvariant() is LoginFields.UserId => LoginFields.UserId,
            _ => throw Refusal.Of(TakesUserId ? $"It takes {LoginFields.Ip}, {LoginFields.DeviceId} or {LoginFields.UserId}." : $"It takes {LoginFields.Ip} or {LoginFields.DeviceId}."),
        };
}
