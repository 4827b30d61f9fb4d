<#
.SYNOPSIS
    Writes the table of docs/errors.md from the lists of errors in the code and their comments.
#>
[CmdletBinding()]
param(
    [string] $Lists = "$PSScriptRoot/../../src/LoginEtl.Privacy/Faults/ErrorId.*.cs",
    [string] $Path = "$PSScriptRoot/../errors.md"
)

$ErrorActionPreference = 'Stop'
$rows = [regex]::Matches(((Get-Content $Lists -Raw) -join ''), '<summary>(.+)</summary>\s+public static readonly ErrorId (\w+) = new\(FaultKind\.(\w+)\)') |
    Sort-Object { [Convert]::ToHexString([Text.Encoding]::ASCII.GetBytes($_.Groups[2].Value)) } | ForEach-Object { "| ``$($_.Groups[2])`` | $($_.Groups[3]) | $($_.Groups[1]) |" }
$head = (Get-Content $Path -Raw) -replace '(?s)(\| --- \| --- \| --- \|\n).*', '$1'
[IO.File]::WriteAllText((Convert-Path $Path), $head + ($rows -join "`n") + "`n")
