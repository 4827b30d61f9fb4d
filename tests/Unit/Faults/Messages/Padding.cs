using System.Text;
using LoginEtl.Sandbox;

namespace LoginEtl.Unit.Faults.Messages;

/// <summary>Makes bodies large, and nothing else than they were.</summary>
internal static class Padding
{
    /// <summary>Bytes of the largest body that SQS takes.</summary>
    public const int Largest = 1 << 20;

    /// <summary>Bytes from which on a body is called large.</summary>
    public const int Smallest = 100 << 10;

    /// <summary>A body of ASCII, padded to a length between the two.</summary>
    public static Login Draw(SampleDraws draws, Login login)
    {
        var length = draws.Chance(0.1) ? Largest : Smallest + draws.Below(Largest - Smallest);
        var (body, missing) = (login.Body, length - login.Body.Length);
        return login with
        {
            Body = login.IsObject
                ? draws.Below(4) switch
                {
                    0 => body + Space(missing),
                    1 => $"{{{Space(missing)}{body[1..]}",
                    2 => $"{{\"note\":\"{new string('x', missing - "\"note\":\"\",".Length)}\",{body[1..]}",
                    _ => $"{{{Fields(missing)}{body[1..]}",
                }
                : char.IsAsciiLetter(body[0]) ? string.Concat(Enumerable.Repeat(body, length / body.Length))
                : body + Space(missing),
        };
    }

    private static string Space(int length) => new(' ', length);

    private static string Fields(int atMost)
    {
        var fields = new StringBuilder(atMost);
        for (var i = 0; ; i++)
        {
            var field = $"\"k{i}\":\"{i}\",";
            if (fields.Length + field.Length > atMost)
            {
                return fields.ToString();
            }

            fields.Append(field);
        }
    }
}
