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
    ./build.ps1 Package      # the module, ready to be copied or published, in output/LoginEtl
.EXAMPLE
    ./build.ps1 Soak         # the long runs, 500 random schedules of faults among them: about an hour
.EXAMPLE
    ./build.ps1 Soak -Seed 1061 -Count 1   # one schedule again, told in full
#>
[CmdletBinding()]
param(
    # What to do, in this order.
    [Parameter(Position = 0)]
    [ValidateSet('Build', 'Help', 'Test', 'Pester', 'Package', 'Demo', 'Soak')]
    [string[]] $Task = 'Build',

    [ValidateSet('Debug', 'Release')]
    [string] $Configuration = 'Release',

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

# The same tree as in the clone: the manifest, what it names, and bin/.
function Package {
    if (Test-Path bin) { Remove-Item bin -Recurse -Force }
    dotnet build src/LoginEtl.PowerShell --configuration $Configuration
    $module = Join-Path 'output' 'LoginEtl'
    if (Test-Path $module) { Remove-Item $module -Recurse -Force }
    $null = New-Item $module -ItemType Directory -Force
    Copy-Item 'LoginEtl.psd1', 'LoginEtl.Format.ps1xml', 'README.md', 'CHANGELOG.md', 'CONTRIBUTING.md', 'LICENSE', 'THIRD-PARTY-NOTICES.md', 'en-US', 'examples', 'bin' $module -Recurse
    # What the README links to.
    $docs = New-Item (Join-Path $module 'docs') -ItemType Directory
    Copy-Item (Join-Path 'docs' '*.md') $docs
    Test-ModuleManifest (Join-Path $module 'LoginEtl.psd1')
}

# The tests that dotnet test leaves out because they take long, each in a process of its own; docs/reliability.md tells
# what they prove. All are run, whatever fails.
function Soak {
    dotnet build tests/Unit --configuration $Configuration
    $env:LOGINETL_LONG_RUNS = 1
    $env:LOGINETL_SOAK_SEED, $env:LOGINETL_SOAK_COUNT, $env:LOGINETL_SOAK_LANES, $env:LOGINETL_SOAK_MESSAGES = $Seed, $Count, $Lanes, $Messages
    $tests = @('Random_schedules_lose_and_double_nothing')
    if ($Count -gt 1) {
        $tests = @(
            'Batch_of_which_a_fifth_is_bad_takes_at_most_three_times_a_clean_one'
            'States_are_looked_at_for_little_of_a_batch'
            'Table_is_looked_at_for_at_most_a_fiftieth_of_a_batch'
            'Thousands_of_bodies_of_a_megabyte_drain_in_the_memory_of_a_small_container'
            'Thousands_of_bodies_of_a_megabyte_drain_in_little_memory'
            'Million_rows_are_rotated_beside_two_writers_and_a_kill_without_loss_or_double_and_no_old_prefix_is_left'
            'Millions_of_messages_leave_memory_handles_and_connections_flat'
            'Database_that_is_down_for_minutes_while_messages_are_held_loses_nothing_and_nothing_comes_twice'
            'A_worker_that_waits_for_minutes_takes_next_to_no_processor_time'
            'The_main_job_runs_on_older_versions_of_PostgreSQL_too'
            'Millions_of_hostile_inputs_are_read_or_refused_and_leave_nothing_behind'
        ) + $tests
    }
    $failed = foreach ($test in $tests) {
        try { dotnet "tests/Unit/bin/$Configuration/net10.0/LoginEtl.Unit.dll" -showliveoutput -method "*.$test" | Out-Host }
        catch [System.Management.Automation.NativeCommandExitException] { $test }
    }
    foreach ($major in $Count -gt 1 ? @(16, 14) : @()) {
        $env:LOGINETL_LONG_RUNS, $env:LOGINETL_TEST_POSTGRES = $null, $major
        try { dotnet "tests/Unit/bin/$Configuration/net10.0/LoginEtl.Unit.dll" -namespace LoginEtl.Unit.Postgres -namespace LoginEtl.Unit.Runs | Out-Host }
        catch [System.Management.Automation.NativeCommandExitException] { $failed = @($failed) + "PostgreSQL $major" }
        finally { $env:LOGINETL_TEST_POSTGRES = $null }
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
