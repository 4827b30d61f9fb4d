# Runs files of tests, one after the other in this session, and says of each how it went: its name, what failed, what was
# skipped and why, then one line of counts. Exit code 0 when all passed or were skipped, 1 otherwise.
param(
    # Pester's manifest.
    [Parameter(Mandatory)] [string] $Pester,
    [Parameter(Mandatory, ValueFromRemainingArguments)] [string[]] $Path
)

Import-Module $Pester
$PSStyle.OutputRendering = 'PlainText'
$failed = $false
foreach ($file in $Path) {
    $configuration = New-PesterConfiguration
    $configuration.Run.Path = $file
    $configuration.Run.PassThru = $true
    $configuration.Output.Verbosity = 'None'
    $result = Invoke-Pester -Configuration $configuration 6> $null

    "== $(Split-Path -Leaf $file)"
    foreach ($test in @($result.Failed) + @($result.FailedBlocks)) {
        "[-] $($test.ExpandedPath ?? $test.Path)"
        $test.ErrorRecord | ForEach-Object { "    $_`n    $($_.ScriptStackTrace -split "`n" | Select-Object -First 1)" }
    }
    $result.FailedContainers.ErrorRecord | Where-Object { $_ } | ForEach-Object { "    $_" }
    # Set-ItResult gives a reason. Without one nobody would know why a test is skipped.
    $unsaid = -not $IsWindows -and ($result.Skipped | Where-Object { -not $_.ErrorRecord })
    foreach ($test in $result.Skipped) {
        "[!] $($test.ExpandedPath): $($test.ErrorRecord ? $test.ErrorRecord : $IsWindows ? 'is skipped, because it needs signals or programs that Windows has not' : 'is skipped without a reason, which is a failure')"
    }
    if ($result.TotalCount -eq 0) { "$file has no test." }
    $passed = $result.Result -eq 'Passed' -and $result.TotalCount -gt 0 -and -not $unsaid
    $failed = $failed -or -not $passed
    "$($passed ? 'ok' : 'not ok'): $($result.PassedCount) passed, $($result.FailedCount) failed, $($result.SkippedCount) skipped"
}
exit [int] $failed
