# What the tests change of a person's session, which is as it was when a file of tests has ended; and the servers that the
# file runs on, which end with it.
$script:Root = Convert-Path "$PSScriptRoot/../../.."
$script:Before = $null
$script:Servers = $null

# Remembers the session, and takes out of it what points anywhere but to the tests' own servers.
function Enter-TestSession {
    $script:Before = @{
        Environment = [Environment]::GetEnvironmentVariables()
        Defaults    = @{} + $global:PSDefaultParameterValues
        Modules     = Get-Module | Where-Object Path -NE $PSCommandPath
    }
    Get-ChildItem env: | Where-Object Name -Match '^(AWS_|PG|LOGINETL_(?!TEST_))' | Remove-Item
    Build-WhatIsMissing
}

function Exit-TestSession {
    if (-not $script:Before) { return }
    $before, $script:Before = $script:Before, $null
    Stop-TestServer
    foreach ($name in [Environment]::GetEnvironmentVariables().Keys) {
        if (-not $before.Environment.Contains($name)) { Remove-Item -LiteralPath "env:$name" }
    }
    foreach ($name in $before.Environment.Keys) { [Environment]::SetEnvironmentVariable($name, $before.Environment[$name]) }
    $global:PSDefaultParameterValues.Clear()
    foreach ($name in $before.Defaults.Keys) { $global:PSDefaultParameterValues[$name] = $before.Defaults[$name] }
    Get-Module | Where-Object { $_.Path -like "$script:Root*" -and $_ -notin $before.Modules } | Remove-Module -Force
}

# Sets LOGINETL_TEST_*, unless whoever runs the tests has set them. The servers live no longer than this process: they
# end when its end of their standard input is closed.
function Start-TestServer {
    if (($env:LOGINETL_TEST_SQS -and $env:LOGINETL_TEST_DATABASE) -or $script:Servers) { return }
    $start = [Diagnostics.ProcessStartInfo]::new((Get-Dotnet), [string[]] ((Get-Sandbox).FullName, '--servers'))
    $start.RedirectStandardInput = $start.RedirectStandardOutput = $start.RedirectStandardError = $true
    $script:Servers = [Diagnostics.Process]::Start($start)
    $said = $script:Servers.StandardOutput.ReadLine()
    if (-not $said) { throw "The tests' servers did not start. $($script:Servers.StandardError.ReadToEnd().Trim())" }
    $variables = $said | ConvertFrom-Json -AsHashtable
    foreach ($name in $variables.Keys) { Set-Item "env:$name" $variables[$name] }
}

function Stop-TestServer {
    if (-not $script:Servers) { return }
    $script:Servers.StandardInput.Close()
    if (-not $script:Servers.WaitForExit(30000)) { $script:Servers.Kill($true) }
    $script:Servers.Dispose()
    $script:Servers = $null
}

# The module, and the sandbox that starts the servers.
function Build-WhatIsMissing {
    if ((Test-Path "$script:Root/bin/LoginEtl.PowerShell.dll") -and (Get-Sandbox)) { return }
    $said = & (Get-Dotnet) build "$script:Root/sandbox" 2>&1
    if ($LASTEXITCODE) { throw "The module is not built, and 'dotnet build sandbox' fails: $($said -match 'error' | Select-Object -First 1)" }
}

function Get-Sandbox {
    Get-ChildItem "$script:Root/sandbox/bin/*/net10.0/LoginEtl.Sandbox.dll" | Sort-Object LastWriteTime | Select-Object -Last 1
}

function Get-Dotnet {
    $dotnet = Get-Command dotnet -CommandType Application -ErrorAction Ignore | Select-Object -First 1
    if (-not $dotnet) { throw 'dotnet is not on PATH: the tests need the .NET 10 SDK, which builds the module and starts their servers.' }
    $dotnet.Source
}

# A run that was broken off has not come to its AfterAll; the next one, which imports this anew, tidies up after it.
$ExecutionContext.SessionState.Module.OnRemove = { Exit-TestSession }

Export-ModuleMember -Function Enter-TestSession, Exit-TestSession, Start-TestServer
