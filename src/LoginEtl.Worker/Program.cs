using LoginEtl.Worker;

return await WorkerCommand.Create(StopSignals.Catch()).RunAsync(args);
