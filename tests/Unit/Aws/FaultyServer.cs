using LoginEtl.Sandbox.Servers;
using LoginEtl.Unit.Faults;
using LoginEtl.Unit.Fixtures;

namespace LoginEtl.Unit.Aws;

/// <summary>
/// The real SQS server behind faults that it cannot be made to show. They are made on the wire, so that what our client
/// makes of them is tested, too. A hook takes each call of its operation and says what is answered.
/// </summary>
internal sealed class FaultyServer : IAsyncDisposable
{
    private readonly SqsProxy _proxy;
    private Exception? _broken;

    public FaultyServer(ServersFixture servers) => _proxy = new SqsProxy(servers.SqsEndpoint, AnswerAsync);

    /// <summary>Where clients are to send their calls.</summary>
    public Uri EndpointUrl => _proxy.EndpointUrl;

    public Func<ProxiedCall, Task<ProxiedAnswer>> OnReceive { get; init; } = PassOnAsync;

    public Func<ProxiedCall, Task<ProxiedAnswer>> OnDelete { get; init; } = PassOnAsync;

    public Func<ProxiedCall, Task<ProxiedAnswer>> OnVisibility { get; init; } = PassOnAsync;

    public Func<ProxiedCall, Task<ProxiedAnswer>> OnSend { get; init; } = PassOnAsync;

    public Func<ProxiedCall, Task<ProxiedAnswer>> OnAttributes { get; init; } = PassOnAsync;

    /// <summary>Stops; throws what a hook threw.</summary>
    public async ValueTask DisposeAsync()
    {
        await _proxy.DisposeAsync();
        if (_broken is { } broken)
        {
            throw new InvalidOperationException("A hook failed, and its client saw a server that hung up.", broken);
        }
    }

    private static Task<ProxiedAnswer> PassOnAsync(ProxiedCall call) => call.PassOnAsync();

    private async Task AnswerAsync(ProxiedCall call)
    {
        ProxiedAnswer answer;
        try
        {
            // A hook of a test that has failed may wait for what never comes.
            answer = await HookOf(call.Operation)(call).WaitAsync(call.Ended);
        }
        catch (Exception e) when (e is not (HttpRequestException or OperationCanceledException))
        {
            _broken ??= e;
            return;
        }

        if (answer != MadeUp.HungUp)
        {
            await call.AnswerAsync(answer);
        }
    }

    private Func<ProxiedCall, Task<ProxiedAnswer>> HookOf(string operation) => operation switch
    {
        SqsOperation.ReceiveMessage => OnReceive,
        SqsOperation.DeleteMessageBatch => OnDelete,
        SqsOperation.ChangeMessageVisibilityBatch => OnVisibility,
        SqsOperation.SendMessageBatch => OnSend,
        SqsOperation.GetQueueAttributes => OnAttributes,
        _ => PassOnAsync,
    };
}
