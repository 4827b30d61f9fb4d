using System.Globalization;
using System.Xml.Linq;
using LoginEtl.Settings;
using LoginEtl.Unit.Fixtures;
using Xunit;

namespace LoginEtl.Unit.Aws;

/// <summary>A queue of its own on ElasticMQ, looked at over plain HTTP so that nothing under test is in the way.</summary>
internal sealed class QueryQueue
{
    private static readonly HttpClient Http = new();
    private readonly Uri _endpoint;
    private readonly string _path;

    private QueryQueue(Uri endpoint, string name, string path) => (_endpoint, Name, _path) = (endpoint, name, path);

    public string Name { get; }

    public QueueSettings Settings => new()
    {
        Queue = Name,
        Region = "us-east-1",
        EndpointUrl = _endpoint,
        AccessKey = "any",
        SecretKey = new SecretText("any"),
    };

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public static async Task<QueryQueue> CreateAsync(ElasticMqFixture server, int visibilityTimeout = 30)
    {
        var endpoint = await server.EndpointAsync();
        var name = server.NewQueueName();
        var said = await CallAsync(endpoint, "CreateQueue", ("QueueName", name),
            ("Attribute.1.Name", "VisibilityTimeout"),
            ("Attribute.1.Value", visibilityTimeout.ToString(CultureInfo.InvariantCulture)));
        return new QueryQueue(endpoint, name, new Uri(Value(said, "QueueUrl")).AbsolutePath);
    }

    /// <summary>Another consumer takes up to ten messages; how many it got.</summary>
    public async Task<int> TakeAsync(int messages, int visibilityTimeout)
    {
        var said = await CallAsync(new Uri(_endpoint, _path), "ReceiveMessage",
            ("MaxNumberOfMessages", messages.ToString(CultureInfo.InvariantCulture)),
            ("VisibilityTimeout", visibilityTimeout.ToString(CultureInfo.InvariantCulture)));
        return said.Descendants().Count(e => e.Name.LocalName == "Message");
    }

    public async Task<(int Visible, int InFlight)> CountsAsync()
    {
        var said = await CallAsync(new Uri(_endpoint, _path), "GetQueueAttributes", ("AttributeName.1", "All"));
        int Count(string name) => int.Parse(
            said.Descendants().Single(e => e.Value == name).ElementsAfterSelf().First().Value, CultureInfo.InvariantCulture);
        return (Count("ApproximateNumberOfMessages"), Count("ApproximateNumberOfMessagesNotVisible"));
    }

    private static string Value(XDocument answer, string name) =>
        answer.Descendants().Single(e => e.Name.LocalName == name).Value;

    private static async Task<XDocument> CallAsync(Uri url, string action, params (string Name, string Value)[] parameters)
    {
        using var form = new FormUrlEncodedContent(
            [new("Action", action), .. parameters.Select(p => KeyValuePair.Create(p.Name, p.Value))]);
        using var answer = await Http.PostAsync(url, form, Cancelled);
        answer.EnsureSuccessStatusCode();
        return XDocument.Parse(await answer.Content.ReadAsStringAsync(Cancelled));
    }
}
