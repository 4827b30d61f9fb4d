using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using System.Web;
using System.Xml.Linq;
using LoginEtl.Unit.Fixtures;

namespace LoginEtl.Unit.Aws;

/// <summary>
/// SQS's Query protocol, after its API reference, in front of a server that speaks JSON: so that what the real Query
/// servers at hand lack (FIFO queues, dead-letter queues) can be had in that protocol too. It refuses JSON.
/// </summary>
internal sealed class QueryFront : IDisposable
{
    private static readonly HttpClient Http = new();
    private readonly Uri _backend;
    private readonly LoopbackHttp _server;

    public QueryFront(Uri backend)
    {
        _backend = backend;
        _server = new LoopbackHttp(AnswerAsync);
    }

    public Uri Url => _server.Url;

    /// <summary>
    /// What no server can be made to do: takes an action, its question, which may be changed, and the real call, and
    /// gives the answer; one with a <c>__type</c> is an error.
    /// </summary>
    public Func<string, JsonObject, Func<Task<JsonObject>>, Task<JsonObject>> Fault { get; set; } = (_, _, call) => call();

    public void Dispose() => _server.Dispose();

    private async Task AnswerAsync(HttpListenerContext context)
    {
        using var reader = new StreamReader(context.Request.InputStream, Encoding.UTF8);
        var text = await reader.ReadToEndAsync();
        var (status, body) = context.Request.ContentType?.StartsWith("application/x-www-form-urlencoded", StringComparison.Ordinal) == true
            ? await AskAsync(text, context.Request.Url!.AbsolutePath)
            : (HttpStatusCode.UnsupportedMediaType, "");
        context.Response.StatusCode = (int)status;
        context.Response.ContentType = "text/xml";
        await context.Response.OutputStream.WriteAsync(Encoding.UTF8.GetBytes(body));
        context.Response.Close();
    }

    private async Task<(HttpStatusCode Status, string Body)> AskAsync(string form, string path)
    {
        var parameters = HttpUtility.ParseQueryString(form);
        var action = parameters["Action"]!;
        var question = new JsonObject();
        foreach (var name in parameters.AllKeys.Where(n => n is not ("Action" or "Version" or "QueueUrl")))
        {
            Put(question, name!.Split('.'), parameters[name]!);
        }

        if (path != "/")
        {
            // The server knows its queues by the URLs that it gave; here they are named by their path.
            question["QueueUrl"] = parameters["QueueUrl"] is { } url && new Uri(url).AbsolutePath == path ? url : "wrong path";
        }

        var json = await Fault(action, question, () => CallAsync(action, question));
        var failed = json["__type"]?.GetValue<string>().Split('#')[^1];
        XNamespace queue = "http://queue.amazonaws.com/doc/2012-11-05/";
        var xml = failed is null
            ? new XElement(queue + (action + "Response"), new XElement(queue + (action + "Result"), Result(queue, action, json)))
            : new XElement(queue + "ErrorResponse", new XElement(queue + "Error",
                new XElement(queue + "Code", failed)));
        // What AWS does with it: a bare carriage return would be read as a line feed.
        return (failed is null ? HttpStatusCode.OK : HttpStatusCode.BadRequest, xml.ToString(SaveOptions.DisableFormatting).Replace("\r", "&#xD;", StringComparison.Ordinal));
    }

    private async Task<JsonObject> CallAsync(string action, JsonObject question)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, _backend);
        request.Headers.Add("X-Amz-Target", "AmazonSQS." + action);
        request.Content = new StringContent(question.ToJsonString());
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/x-amz-json-1.0");
        using var answer = await Http.SendAsync(request);
        var said = await answer.Content.ReadAsStringAsync();
        return said.Length == 0 ? [] : JsonNode.Parse(said)!.AsObject();
    }

    // AttributeName.1 is a list's first, XRequestEntry.1.Id a field of a list's first; lists come in their order.
    private static void Put(JsonObject question, string[] name, string value)
    {
        if (name.Length == 1)
        {
            question[name[0]] = int.TryParse(value, out var number) ? number : value;
            return;
        }

        var key = name[0] switch
        {
            "AttributeName" => "AttributeNames",
            "MessageSystemAttributeName" => "MessageSystemAttributeNames",
            _ => "Entries",
        };
        var list = (question[key] ??= new JsonArray()).AsArray();
        var index = int.Parse(name[1], System.Globalization.CultureInfo.InvariantCulture);
        if (name.Length == 2)
        {
            list.Add(value);
            return;
        }

        if (list.Count < index)
        {
            list.Add(new JsonObject());
        }

        list[index - 1]![name[2]] = name[2] == "VisibilityTimeout" ? int.Parse(value, System.Globalization.CultureInfo.InvariantCulture) : value;
    }

    private static IEnumerable<XElement> Result(XNamespace queue, string action, JsonObject answer)
    {
        XElement Leaf(string name, JsonNode? value) => new(queue + name, value?.ToString());
        IEnumerable<XElement> Named(JsonNode? attributes) => attributes?.AsObject()
            .Select(a => new XElement(queue + "Attribute", Leaf("Name", a.Key), Leaf("Value", a.Value))) ?? [];
        IEnumerable<XElement> Fields(JsonNode? entry) => entry!.AsObject()
            .Where(f => f.Key != "Attributes").Select(f => Leaf(f.Key, f.Value)).Concat(Named(entry["Attributes"]));
        IEnumerable<XElement> Each(string list, string name) => answer[list]?.AsArray()
            .Select(entry => new XElement(queue + name, Fields(entry))) ?? [];
        return action switch
        {
            "GetQueueAttributes" => Named(answer["Attributes"]),
            "ReceiveMessage" => Each("Messages", "Message"),
            "GetQueueUrl" => [Leaf("QueueUrl", answer["QueueUrl"])],
            _ => Each("Successful", action + "ResultEntry").Concat(Each("Failed", "BatchResultErrorEntry")),
        };
    }
}
