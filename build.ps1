#!/usr/bin/env pwsh
<#
.SYNOPSIS
    Builds, tests, packages and shows LoginEtl.
.EXAMPLE
    ./build.ps1 Build, Test
.EXAMPLE
    ./build.ps1 Build, Help  # the help in en-US, made from the cmdlets' comments
.EXAMPLE
    ./build.ps1 Package      # the module, ready to be copied or published, in output/LoginEtl
#>
[CmdletBinding()]
param(
    # What to do, in this order.
    [Parameter(Position = 0)]
    [ValidateSet('Build', 'Help', 'Test', 'Package', 'Demo')]
    [string[]] $Task = 'Build',

    [ValidateSet('Debug', 'Release')]
    [string] $Configuration = 'Release'
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
}

function Test {
    dotnet test --solution LoginEtl.slnx --configuration $Configuration
}

# The same tree as in the clone: the manifest, what it names, and bin/.
function Package {
    if (Test-Path bin) { Remove-Item bin -Recurse -Force }
    dotnet build src/LoginEtl.PowerShell --configuration $Configuration
    $module = Join-Path 'output' 'LoginEtl'
    if (Test-Path $module) { Remove-Item $module -Recurse -Force }
    $null = New-Item $module -ItemType Directory -Force
    Copy-Item 'LoginEtl.psd1', 'LoginEtl.Format.ps1xml', 'LoginEtl.Types.ps1xml', 'README.md', 'CHANGELOG.md', 'en-US', 'bin' $module -Recurse
    Test-ModuleManifest (Join-Path $module 'LoginEtl.psd1')
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
