namespace LoginEtl.Bench.Endpoint;

/// <summary>
/// The endpoint as a process of its own, so that its processor time can be told from its clients'. It prints its URL
/// and goes on until its standard input ends, as that of a child does when its parent is gone; <c>--stay</c> until it is
/// signalled.
/// </summary>
internal static class EndpointProgram
{
    public static int Run(BenchArguments arguments)
    {
        using var endpoint = new SqsEndpoint(arguments.Number("port", 0), TimeSpan.FromMilliseconds(arguments.Number("latency", 0)));
        Console.WriteLine(endpoint.Url);
        if (arguments.Has("stay"))
        {
            Thread.Sleep(Timeout.Infinite);
        }

        Console.In.ReadToEnd();
        return 0;
    }
}
