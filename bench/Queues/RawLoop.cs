namespace LoginEtl.Bench.Queues;

/// <summary>
/// The most that this machine gives: connections that each receive ten messages and delete them, over and over, with
/// constant headers, and that look at nothing of an answer but its receipt handles.
/// </summary>
internal static class RawLoop
{
    private const int Connections = 8;

    /// <summary>Answers how many messages were received and deleted.</summary>
    public static async Task<long> EmptyAsync(Uri endpoint, string queue, int messages)
    {
        long taken = 0;
        void Empty()
        {
            using var connection = new RawConnection(endpoint, queue);
            while (Interlocked.Read(ref taken) < messages)
            {
                var received = connection.ReceiveAndDelete();
                Interlocked.Add(ref taken, received);
                if (received == 0)
                {
                    return;
                }
            }
        }

        var loops = Enumerable.Range(0, Connections)
            .Select(_ => Task.Factory.StartNew(Empty, default, TaskCreationOptions.LongRunning, TaskScheduler.Default));
        await Task.WhenAll(loops);
        return taken;
    }
}
