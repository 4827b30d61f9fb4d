using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using LoginEtl.Bench;
using LoginEtl.Bench.Small;

// In this process: the default builds and restores a project of its own.
var folder = Directory.CreateTempSubdirectory("loginetl-bench-");
try
{
    var config = DefaultConfig.Instance.AddJob(Job.MediumRun.WithToolchain(InProcessEmitToolchain.Instance)).WithArtifactsPath(folder.FullName);
    var summary = BenchmarkRunner.Run<DecodeAndMask>(config);
    BenchReport.Json("small", new { DecodeAndMask.Logins }, summary.Reports.Select(report => new
    {
        Name = report.BenchmarkCase.Descriptor.WorkloadMethod.Name,
        Microseconds = report.ResultStatistics?.Mean / 1000,
        Bytes = report.GcStats.GetBytesAllocatedPerOperation(report.BenchmarkCase),
    }));
    return summary.HasCriticalValidationErrors || summary.Reports.Any(report => !report.Success) ? 1 : 0;
}
finally
{
    folder.Delete(recursive: true);
}
