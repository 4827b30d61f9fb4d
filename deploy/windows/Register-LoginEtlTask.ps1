#Requires -RunAsAdministrator
<#
.SYNOPSIS
    Registers the task of login-etl.xml under the account that the runs are to be made by.
.DESCRIPTION
    Keys and connection string are read by that account: from SecretManagement (-Keyset secret:, -Database secret:), or from
    files that it alone may read. The history of the task shows the exit code of each run as its result.
#>
[CmdletBinding(SupportsShouldProcess)]
param(
    # The account of the runs, which needs the right to log on as a batch job.
    [Parameter(Mandatory)] [pscredential] $Credential,
    # run.ps1 of the examples, where it was put.
    [Parameter(Mandatory)] [string] $Script
)

$ErrorActionPreference = 'Stop'
$task = [xml]::new()
$task.Load((Join-Path $PSScriptRoot login-etl.xml))
$task.Task.Actions.Exec.Command = (Get-Command pwsh -CommandType Application)[0].Source
$task.Task.Actions.Exec.Arguments = "-NoProfile -NonInteractive -File `"$((Resolve-Path -LiteralPath $Script).ProviderPath)`" -Settings login-etl"
if ($PSCmdlet.ShouldProcess('LoginEtl', 'Register a scheduled task')) {
    # Without the declaration: the text that is handed over has another encoding than the file.
    Register-ScheduledTask -TaskName LoginEtl -Xml $task.DocumentElement.OuterXml -User $Credential.UserName -Password $Credential.GetNetworkCredential().Password
}
