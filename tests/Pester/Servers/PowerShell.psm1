# Another PowerShell, the same as this one, for tests that start it. It is the program itself: a pwsh on PATH may be a
# launcher, which signals and redirection do not reach through, and may be another version.
function Get-PowerShell {
    $program = [Environment]::ProcessPath
    $program
    if ([IO.Path]::GetFileNameWithoutExtension($program) -eq 'dotnet') { Join-Path $PSHOME 'pwsh.dll' }
}

# Runs it to its end; $LASTEXITCODE says how it ended.
function Invoke-PowerShell {
    # Whatever the session prefers: the tests look at exit codes.
    $PSNativeCommandUseErrorActionPreference = $false
    $program, [string[]] $leading = Get-PowerShell
    & $program @leading -NoProfile @args
}

# Starts a script in it, which writes to the file -Output and to the same name with .err.
function Start-PowerShell([string] $Script, [string] $Output) {
    $program, [string[]] $leading = Get-PowerShell
    # Start-Process puts blanks between arguments and quotes none of them.
    $arguments = @($leading) + @('-NoProfile', '-NonInteractive', '-File', $Script) | Where-Object { $_ } | ForEach-Object { "`"$_`"" }
    $process = Start-Process $program -ArgumentList $arguments -PassThru -RedirectStandardOutput $Output -RedirectStandardError "$Output.err"
    # Held, so that it can tell its exit code.
    $null = $process.Handle
    $process
}

# A text as a script writes it: a clone may lie in a folder with an apostrophe.
function ConvertTo-Literal([string] $Text) { "'" + [Management.Automation.Language.CodeGeneration]::EscapeSingleQuotedStringContent($Text) + "'" }

Export-ModuleMember -Function Invoke-PowerShell, Start-PowerShell, ConvertTo-Literal
