using System.Text;

namespace LoginEtl.Masking;

/// <summary>What a token is bound to: a token moved to the other column does not authenticate.</summary>
internal static class AssociatedData
{
    public static byte[] Of(string attribute) => Encoding.ASCII.GetBytes($"login-etl/1/{attribute}");
}
