# A scheduled run: pwsh -NoProfile -NonInteractive -File run.ps1
# Settings come from the environment: LOGINETL_QUEUE, LOGINETL_KEYSET, LOGINETL_DATABASE and those of AWS.
# Exit code: 0 all well, 1 failed, 2 finished with rejects, 75 failed by what may pass: run it again. SIGTERM stops it well: the receipt's outcome is Stopped.
# Where pwsh is the dotnet tool, it is a launcher that keeps signals to itself: have its pwsh.dll started, as docs/cmdlets.md says.

# Without it a module that is missing, or a parameter that is ambiguous, is told, and the exit code is 0.
$ErrorActionPreference = 'Stop'
Import-Module (Join-Path $PSScriptRoot '../LoginEtl.psd1')

# A run that failed has a receipt to show, too.
$receipt = Invoke-LoginEtl @args -ErrorAction Continue
"$receipt"
exit $receipt.ExitCode
