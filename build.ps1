#!/usr/bin/env pwsh
<#
.SYNOPSIS
    Builds, tests, packages and shows LoginEtl.
.EXAMPLE
    ./build.ps1 Build, Test
.EXAMPLE
    ./build.ps1 Build, Help  # the help in en-US, made from the cmdlets' comments
.EXAMPLE
    ./build.ps1 Pester       # the Pester suite alone, on servers of its own
.EXAMPLE
    ./build.ps1 Package      # the module, its bill of materials, checksums and .nupkg, in output/
.EXAMPLE
    ./build.ps1 Package -ForThisMachine    # starts faster, and loads on no other kind of machine
.EXAMPLE
    ./build.ps1 Bench        # how fast it is, beside scripts that do the same
.EXAMPLE
    ./build.ps1 Soak         # what takes long, 500 random schedules of faults among it: more than an hour
.EXAMPLE
    ./build.ps1 Soak -Seed 1061 -Count 1   # one schedule again, told in full
#>
[CmdletBinding()]
param(
    # What to do, in this order.
    [Parameter(Position = 0)]
    [ValidateSet('Build', 'Help', 'Test', 'Pester', 'Package', 'Demo', 'Bench', 'Soak')]
    [string[]] $Task = 'Build',

    [ValidateSet('Debug', 'Release')]
    [string] $Configuration = 'Release',

    # Package: compiled ahead for the kind of machine that this is. It starts faster, and loads on no other kind.
    [switch] $ForThisMachine,

    # Soak: the first schedule's seed, how many schedules, and on how many pairs of servers beside each other.
    [int] $Seed = 1,
    [int] $Count = 500,
    [int] $Lanes = 2,

    # Soak: messages of the run whose memory, handles and connections are watched.
    [int] $Messages = 2000000
)

$ErrorActionPreference = 'Stop'
$PSNativeCommandUseErrorActionPreference = $true
Push-Location $PSScriptRoot

# Stages bin/ and bin/deps/ beside the manifest.
function Build {
    dotnet build LoginEtl.slnx --configuration $Configuration
}

function Help {
    & (Join-Path docs help New-Help.ps1)
    & (Join-Path docs help New-Errors.ps1)
}

function Test {
    dotnet test --solution LoginEtl.slnx --configuration $Configuration
}

# In the Pester that is installed, or else in the one that the build restores.
function Pester {
    dotnet build sandbox --configuration $Configuration
    $pester = Get-Module -ListAvailable Pester | Where-Object Version -GE '5.7' | Sort-Object Version | Select-Object -Last 1
    Import-Module ($pester ?? (Join-Path (dotnet msbuild sandbox -getProperty:PesterPackage) tools Pester.psd1))
    # The tests are to run as in anybody's session.
    $ErrorActionPreference = 'Continue'
    $result = Invoke-Pester (Join-Path tests Pester) -PassThru
    if ($result.Result -ne 'Passed') { throw "$($result.FailedCount) tests of Pester failed." }
}

# In the place of what was staged. Exports to Parquet are not what a start waits for.
function CompileAhead {
    foreach ($project in 'PowerShell', 'Aws', 'Postgres') {
        $ahead = "src/LoginEtl.$project/obj/ahead"
        dotnet publish "src/LoginEtl.$project" --configuration $Configuration --output $ahead
        Get-ChildItem bin -Recurse -Filter *.dll | Where-Object { Test-Path (Join-Path $ahead $_.Name) } | ForEach-Object { Copy-Item (Join-Path $ahead $_.Name) $_.FullName }
    }
}

# Anew, so that nothing of an earlier build is in it.
function Package {
    if (Test-Path bin) { Remove-Item bin -Recurse -Force }
    dotnet build src/LoginEtl.PowerShell --configuration $Configuration
    if ($ForThisMachine) { CompileAhead }
    & (Join-Path build New-Package.ps1) -Destination output
    # Not the same bytes each time: it holds times, and a name drawn by lot.
    Remove-Item (Join-Path output '*.nupkg')
    Compress-PSResource (Join-Path output LoginEtl) output
    Test-ModuleManifest (Join-Path output LoginEtl LoginEtl.psd1)
}

# The tests that dotnet test leaves out because they take long; docs/reliability.md tells
# what they prove. All are run, whatever fails.
# docs/performance.md; the scripts where there is a Python that has what they need.
function Bench {
    dotnet build LoginEtl.slnx --configuration Release
    $bench = 'bench/bin/Release/net10.0/LoginEtl.Bench.dll'
    $python = (Get-Command python3, python -CommandType Application -ErrorAction Ignore | Select-Object -First 1).Source
    if ($python) {
        try { & $python -c 'import boto3, psycopg2' }
        catch [System.Management.Automation.NativeCommandExitException] { $python = $null }
    }
    $scripts = if ($python) { '--python', $python } else { @() }
    $node = '--node', (Get-Command node -CommandType Application | Select-Object -First 1).Source
    $pwsh = (Get-Command pwsh -CommandType Application -ErrorAction Ignore | Select-Object -First 1).Source
    $cmdlets = if ($pwsh) { '--pwsh', $pwsh, '--module', 'LoginEtl.psd1' } else { @() }
    dotnet bench/Small/bin/Release/net10.0/LoginEtl.Bench.Small.dll
    $psql = Get-Command psql -CommandType Application -ErrorAction Ignore | Select-Object -First 1
    $copy = if ($psql) { '--psql', $psql.Source } else { @() }
    dotnet $bench write @copy
    dotnet $bench start @cmdlets
    dotnet $bench memory
    foreach ($latency in 0, 10, 50) {
        dotnet $bench queue 20000 2 --latency $latency
        dotnet $bench job 50000 2 --latency $latency --threads ($latency ? 16 : 8) @scripts @node @cmdlets
        dotnet $bench workers 50000 1 --latency $latency
    }
}

function Soak {
    dotnet build tests/Unit --configuration $Configuration
    $env:LOGINETL_LONG_RUNS = 1
    $env:LOGINETL_SOAK_SEED, $env:LOGINETL_SOAK_COUNT, $env:LOGINETL_SOAK_LANES, $env:LOGINETL_SOAK_MESSAGES = $Seed, $Count, $Lanes, $Messages
    $unit = "tests/Unit/bin/$Configuration/net10.0/LoginEtl.Unit.dll"
    # Each method in a process of its own, the schedules last; then what is long with some data only.
    $schedules = 'LoginEtl.Unit.Faults.SoakTests.Random_schedules_lose_and_double_nothing'
    $methods = @(dotnet $unit -trait Run=Long -list methods | Where-Object { $_ -match '^(\e\[\w+)?LoginEtl' } | ForEach-Object { $_ -replace '^\e\[\d+m' })
    $runs = @(, @('-method', $schedules))
    if ($Count -gt 1) {
        $rest = @('-trait', 'Run=Long') + @($methods | ForEach-Object { '-method-', $_ })
        $runs = @($methods -ne $schedules | ForEach-Object { , @('-method', $_) }) + @(, $rest) + $runs
    }
    $failed = foreach ($run in $runs) {
        try { dotnet $unit -showliveoutput @run | Out-Host }
        catch [System.Management.Automation.NativeCommandExitException] { $run[1] }
    }
    foreach ($major in $Count -gt 1 ? @(16, 14) : @()) {
        $env:LOGINETL_LONG_RUNS, $env:LOGINETL_TEST_POSTGRES = $null, $major
        try { dotnet $unit -namespace LoginEtl.Unit.Postgres -namespace LoginEtl.Unit.Runs | Out-Host }
        catch [System.Management.Automation.NativeCommandExitException] { $failed = @($failed) + "PostgreSQL $major" }
        finally { $env:LOGINETL_TEST_POSTGRES = $null }
    }
    if ($Count -gt 1) {
        # Receives and deletes by the SDK's own calls hold what the direct ones do.
        $env:LOGINETL_LONG_RUNS, $env:LOGINETL_TEST_PROTOCOL = $null, 'Sdk'
        try { dotnet $unit -namespace LoginEtl.Unit.Aws -namespace LoginEtl.Unit.Faults | Out-Host }
        catch [System.Management.Automation.NativeCommandExitException] { $failed = @($failed) + 'Protocol Sdk' }
        finally { $env:LOGINETL_TEST_PROTOCOL = $null }
    }
    if ($failed) { throw "Failed: $($failed -join ', ')" }
}

function Demo {
    dotnet run --project sandbox
}

try {
    foreach ($name in $Task) { & $name }
}
finally {
    Pop-Location
}
