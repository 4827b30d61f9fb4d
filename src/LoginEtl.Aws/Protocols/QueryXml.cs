using System.Buffers;
using System.Text;
using System.Text.Unicode;
using System.Xml;
using System.Xml.Linq;

namespace LoginEtl.Aws.Protocols;

/// <summary>An answer's XML as a tree of local names: servers differ in namespaces, and some give none.</summary>
/// <param name="Root">The outermost element.</param>
/// <param name="Repaired">
/// Whether characters that XML cannot hold became U+FFFD: one body with them must not spoil the other messages.
/// </param>
internal sealed record QueryXml(XElement Root, bool Repaired)
{
    // Ten messages with all their attributes are a few hundred elements, five deep.
    private const int MostElements = 10_000;
    private const int Deepest = 20;
    private const char Replacement = '\uFFFD';

    // XML 1.0, section 2.2.
    private static readonly SearchValues<char> Forbidden = SearchValues.Create(
        [.. Enumerable.Range(0, 0x20).Select(c => (char)c).Except(['\t', '\n', '\r']), '\uFFFE', '\uFFFF']);

    /// <exception cref="XmlException">It is no XML, has a DTD, or is no answer of a size and depth that SQS gives.</exception>
    public static QueryXml Read(ReadOnlySpan<byte> answer)
    {
        var text = Encoding.UTF8.GetString(answer.StartsWith("\uFEFF"u8) ? answer[3..] : answer);
        var repaired = !Utf8.IsValid(answer);
        if (text.AsSpan().ContainsAny(Forbidden))
        {
            text = string.Create(text.Length, text, (to, from) => from.AsSpan().ReplaceAny(to, Forbidden, Replacement));
            repaired = true;
        }

        // The old reader and not XmlReader.Create: only here can the normalisation of line ends be left out, which
        // would change bodies; external entities and DTDs are off in either.
        using var source = new StringReader(text);
        using var reader = new XmlTextReader(source)
        {
            DtdProcessing = DtdProcessing.Prohibit,
            XmlResolver = null,
            EntityHandling = EntityHandling.ExpandEntities,
            Normalization = false,
        };
        return new QueryXml(Build(reader), repaired);
    }

    private static XElement Build(XmlTextReader reader)
    {
        XElement? root = null;
        var open = new Stack<XElement>();
        var elements = 0;
        while (reader.Read())
        {
            switch (reader.NodeType)
            {
                case XmlNodeType.Element:
                    if (++elements > MostElements || open.Count >= Deepest)
                    {
                        throw new XmlException("More than an answer holds.");
                    }

                    var element = new XElement(reader.LocalName);
                    root ??= element;
                    open.TryPeek(out var parent);
                    parent?.Add(element);
                    if (!reader.IsEmptyElement)
                    {
                        open.Push(element);
                    }

                    break;
                case XmlNodeType.EndElement:
                    open.Pop();
                    break;
                case XmlNodeType.Text or XmlNodeType.CDATA
                    or XmlNodeType.Whitespace or XmlNodeType.SignificantWhitespace:
                    if (open.TryPeek(out var holder))
                    {
                        holder.Add(reader.Value);
                    }

                    break;
            }
        }

        return root ?? throw new XmlException("No element.");
    }
}
