# Runs one file of tests and says how it went: what failed, what was skipped and why, then one line of counts.
# Exit code 0 when all passed or were skipped, 1 otherwise.
param(
    [Parameter(Mandatory)] [string] $Path,
    # Pester's manifest.
    [Parameter(Mandatory)] [string] $Pester
)

Import-Module $Pester
$PSStyle.OutputRendering = 'PlainText'
$configuration = New-PesterConfiguration
$configuration.Run.Path = $Path
$configuration.Run.PassThru = $true
$configuration.Output.Verbosity = 'None'
$result = Invoke-Pester -Configuration $configuration 6> $null

foreach ($test in @($result.Failed) + @($result.FailedBlocks)) {
    "[-] $($test.ExpandedPath ?? $test.Path)"
    $test.ErrorRecord | ForEach-Object { "    $_`n    $($_.ScriptStackTrace -split "`n" | Select-Object -First 1)" }
}
$result.FailedContainers.ErrorRecord | Where-Object { $_ } | ForEach-Object { "    $_" }
foreach ($test in $result.Skipped) {
    "[!] $($test.ExpandedPath): $($test.ErrorRecord)"
}
if ($result.TotalCount -eq 0) { "$Path has no test."; exit 1 }
"$($result.PassedCount) passed, $($result.FailedCount) failed, $($result.SkippedCount) skipped"
exit [int] ($result.Result -ne 'Passed')
