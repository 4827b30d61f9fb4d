using System.Net.Sockets;
using Amazon.Runtime;

namespace LoginEtl.Aws.Calls;

/// <summary>Names failures of the network by their type and code; their texts are not used.</summary>
internal static class NetworkFaults
{
    private const string ConnectionLost = nameof(ConnectionLost);

    /// <summary>Whether it is a want of memory, whatever was made of it on the way.</summary>
    public static bool IsOutOfMemory(Exception exception) =>
        exception is OutOfMemoryException || (exception.InnerException is { } inner && IsOutOfMemory(inner));

    /// <summary>The failure's name; null when it is none of the network.</summary>
    public static string? Name(Exception exception)
    {
        for (var e = exception; e is not null; e = e.InnerException)
        {
            switch (e)
            {
                case SocketException socket:
                    return socket.SocketErrorCode.ToString();
                case HttpRequestException { HttpRequestError: HttpRequestError.ResponseEnded }:
                    return ConnectionLost;
                case HttpRequestException { HttpRequestError: not HttpRequestError.Unknown } http
                    when http.InnerException is not SocketException:
                    return http.HttpRequestError.ToString();
            }
        }

        return exception switch
        {
            HttpRequestException => "HttpRequestFailed",
            IOException => ConnectionLost,
            TimeoutException or OperationCanceledException => "Timeout",
            AmazonClientException => "ClientFailed",
            AmazonServiceException => "ServiceFailed",
            _ => null,
        };
    }
}
