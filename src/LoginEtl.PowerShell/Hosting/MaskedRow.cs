using System.Management.Automation;
using LoginEtl.Records;
using LoginEtl.Recovery;
using LoginEtl.Settings;
using LoginEtl.Tokens;

namespace LoginEtl.PowerShell.Hosting;

/// <summary>Rows as scripts have them: objects of ours, of a driver or of a CSV file, or tokens alone.</summary>
internal static class MaskedRow
{
    /// <summary>The tokens of what came in; null for what has none of their properties.</summary>
    /// <param name="input">An object or a string.</param>
    /// <param name="attribute">For strings; of objects, the only attribute asked for. Null for both. As the schema names it.</param>
    /// <param name="names">What the table calls the columns.</param>
    public static MaskedPair? Of(PSObject input, string? attribute, ColumnNames names)
    {
        if (input.BaseObject is string token)
        {
            return attribute == LoginFields.Ip ? new MaskedPair(token, null) : attribute is null ? null : new MaskedPair(null, token);
        }

        var (hasIp, ip) = Text(input, names.Of(LoginFields.MaskedIp), "MaskedIp");
        var (hasDevice, device) = Text(input, names.Of(LoginFields.MaskedDeviceId), "MaskedDeviceId");
        return hasIp || hasDevice
            ? new MaskedPair(attribute is null or LoginFields.Ip ? ip : null, attribute is null or LoginFields.DeviceId ? device : null)
            : null;
    }

    /// <summary>Who logged in, where the row says.</summary>
    public static string? UserOf(PSObject input, ColumnNames names) => input.BaseObject is string ? null : Text(input, names.Of(LoginFields.UserId), "UserId").Value;

    /// <summary>A token as errors name it: by its prefix, and never what is no token.</summary>
    public static string NameOf(string token) => TokenPrefix.Of(token) is { } prefix ? $"{prefix}…" : "what is no token";

    private static (bool Found, string? Value) Text(PSObject input, params string[] names)
    {
        foreach (var name in names)
        {
            if (input.Properties[name] is { } property)
            {
                // An empty cell of a CSV file is a NULL of the table.
                var value = property.Value;
                return (true, value is null or DBNull || value.ToString() is not { Length: > 0 } text ? null : text);
            }
        }

        return (false, null);
    }
}
