using LoginEtl.Unit.Faults;
using Xunit;

[assembly: AssemblyFixture(typeof(SharedLane))]

namespace LoginEtl.Unit.Faults;

/// <summary>A lane for scenarios that leave the servers themselves alone, started when the first of them asks.</summary>
public sealed class SharedLane : IAsyncDisposable
{
    private readonly Lazy<Task<FaultLane>> _lane = new(() => Task.Run(FaultLane.StartAsync));

    public Task<FaultLane> GetAsync() => _lane.Value;

    public async ValueTask DisposeAsync()
    {
        if (_lane.IsValueCreated)
        {
            await (await _lane.Value).DisposeAsync();
        }
    }
}
