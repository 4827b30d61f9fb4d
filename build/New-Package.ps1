<#
.SYNOPSIS
    Lays the module that is built in bin/ out as a package, with a bill of materials and checksums. Builds nothing.
.DESCRIPTION
    Makes in the folder -Destination:
    LoginEtl/    the module, and in it sbom.cdx.json, which lists what it ships of others (CycloneDX)
    SHA256SUMS   of every file of LoginEtl/, for sha256sum -c
    From the same bin/ these have the same bytes each time.
#>
[CmdletBinding()]
param(
    [Parameter(Mandatory)] [string] $Destination
)

$ErrorActionPreference = 'Stop'
$PSNativeCommandUseErrorActionPreference = $false
$Destination = (New-Item $Destination -ItemType Directory -Force).FullName
$module = Join-Path $Destination 'LoginEtl'
$version = (Import-PowerShellDataFile (Join-Path $PSScriptRoot '..' 'LoginEtl.psd1')).ModuleVersion
Push-Location (Join-Path $PSScriptRoot '..')

# The same tree as in the clone: the manifest, what it names, bin/, and what the README leads to.
function Copy-Module {
    if (Test-Path $module) { Remove-Item $module -Recurse -Force }
    $docs = New-Item (Join-Path $module 'docs') -ItemType Directory -Force
    Copy-Item 'LoginEtl.psd1', 'LoginEtl.psm1', 'LoginEtl.Format.ps1xml', 'README.md', 'CHANGELOG.md', 'CONTRIBUTING.md', 'LICENSE', 'THIRD-PARTY-NOTICES.md', 'en-US', 'examples', 'bin' $module -Recurse
    Copy-Item (Join-Path 'docs' '*.md'), (Join-Path 'docs' '*.svg'), (Join-Path 'docs' 'settings.schema.json') $docs
}

# Runs a tool silently, for what it says where it succeeds misleads; where it fails it is told.
function Invoke-Tool {
    $said = dotnet tool @args 2>&1
    if ($LASTEXITCODE) { throw "dotnet tool $args`n$($said -join "`n")" }
}

# From the restored projects: --recursive, or else what Aws, Postgres and Parquet use is missing, which the module loads by name.
# Left out are the API that is only compiled against, and serial number and time, which would make every file another.
function New-Bill {
    $name = 'sbom.cdx.json'
    Invoke-Tool restore
    Invoke-Tool run dotnet-CycloneDX '--' src/LoginEtl.PowerShell/LoginEtl.PowerShell.csproj --recursive --disable-package-restore --exclude-filter PowerShellStandard.Library --set-name LoginEtl --set-version $version --set-type Library --no-serial-number --output-format Json --output $module --filename $name
    $path = Join-Path $module $name
    $bill = [Text.Json.Nodes.JsonNode]::Parse([IO.File]::ReadAllText($path))
    $null = $bill['metadata'].AsObject().Remove('timestamp')
    $options = [Text.Json.JsonSerializerOptions]@{ WriteIndented = $true; NewLine = "`n" }
    [IO.File]::WriteAllText($path, $bill.ToJsonString($options) + "`n")
}

# By ordinals, so that every culture sorts alike.
function New-Checksum {
    [string[]] $paths = Get-ChildItem $module -Recurse -File -Force | ForEach-Object { [IO.Path]::GetRelativePath($Destination, $_.FullName).Replace('\', '/') }
    [Array]::Sort($paths, [StringComparer]::Ordinal)
    $lines = $paths | ForEach-Object { "$((Get-FileHash (Join-Path $Destination $_) -Algorithm SHA256).Hash.ToLowerInvariant())  $_`n" }
    [IO.File]::WriteAllText((Join-Path $Destination 'SHA256SUMS'), -join $lines)
}

try {
    Copy-Module
    New-Bill
    New-Checksum
}
finally {
    Pop-Location
}
