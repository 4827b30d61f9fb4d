using LoginEtl.Sandbox.Demo;

return await DemoProgram.RunAsync(args);
