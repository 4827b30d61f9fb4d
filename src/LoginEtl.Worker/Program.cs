using LoginEtl.Worker;

CoreDumps.Refuse();
using var streams = StandardStreams.Take();
return await WorkerCommand.Create(StopSignals.Catch()).RunAsync(args);
