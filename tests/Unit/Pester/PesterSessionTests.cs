using LoginEtl.Sandbox.PowerShell;
using LoginEtl.Unit.Fixtures;
using Xunit;

namespace LoginEtl.Unit.Pester;

/// <summary>Invoke-Pester as a person types it in a clone.</summary>
public sealed class PesterSessionTests
{
    private const string File = "Text.Tests.ps1";

    [LongRun]
    public async Task Invoke_Pester_starts_its_own_servers_and_leaves_the_session_as_it_was()
    {
        string mark = $"{Guid.NewGuid():n}";
        string script = $$"""
            Import-Module '{{ProjectPackages.Pester}}'
            # What the tests must not see, and must not keep either.
            $env:AWS_PROFILE, $env:PGHOST, $env:LOGINETL_QUEUE = 'mine', 'mine', 'mine'
            $PSDefaultParameterValues['Receive-LoginMessage:DrainWindow'] = 7
            function Get-Session {
                Get-ChildItem env: | ForEach-Object { "$($_.Name)=$($_.Value)" }
                $PSDefaultParameterValues.GetEnumerator() | ForEach-Object { "$($_.Key)=$($_.Value)" }
                (Get-Module).Name -notmatch '^Microsoft\.PowerShell\.'
            }
            $before = Get-Session
            $result = Invoke-Pester (Join-Path tests Pester {{File}}) -Output None -PassThru 6> $null
            "$($result.Result), $($result.PassedCount -gt 0)"
            Compare-Object $before (Get-Session) | ForEach-Object { "$($_.SideIndicator) $($_.InputObject)" }
            """;
        var environment = new Dictionary<string, string> { [LeftProcesses.Variable] = mark, ["LOGINETL_TEST_SQS"] = "", ["LOGINETL_TEST_DATABASE"] = "" };
        var (exitCode, output) = await PowerShellHost.RunAsync(["-Command", script], environment, TestContext.Current.CancellationToken);

        Assert.Equal("Passed, True", output.Trim());
        Assert.Equal(0, exitCode);
        Assert.Empty(await LeftProcesses.EndAsync(mark, TestContext.Current.CancellationToken));
    }
}
