<#
.SYNOPSIS
    Writes the table of docs/errors.md from the list of errors in the code and its comments.
#>
[CmdletBinding()]
param(
    [string] $List = "$PSScriptRoot/../../src/LoginEtl.Privacy/Faults/ErrorId.List.cs",
    [string] $Path = "$PSScriptRoot/../errors.md"
)

$ErrorActionPreference = 'Stop'
$rows = [regex]::Matches((Get-Content $List -Raw), '<summary>(.+)</summary>\s+public static readonly ErrorId (\w+) = new\(FaultKind\.(\w+)\)') |
    ForEach-Object { "| ``$($_.Groups[2])`` | $($_.Groups[3]) | $($_.Groups[1]) |" }
$head = (Get-Content $Path -Raw) -replace '(?s)(\| --- \| --- \| --- \|\n).*', '$1'
[IO.File]::WriteAllText((Convert-Path $Path), $head + ($rows -join "`n") + "`n")
