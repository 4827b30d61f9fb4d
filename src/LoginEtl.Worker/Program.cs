using LoginEtl.Worker;

return await WorkerCommand.Create().RunAsync(args);
