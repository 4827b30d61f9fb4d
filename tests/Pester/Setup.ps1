# For tests that run the module against the servers, read into their BeforeAll: the session, and a keyset in $keys.
. "$PSScriptRoot/Session.ps1"
Import-Module "$PSScriptRoot/Servers/Servers.psm1" -Force
Set-TestEnvironment
$keys = Join-Path $TestDrive 'keys'
$null = New-LoginKeyset $keys -WarningAction Ignore

function Wait-Until([scriptblock] $Condition, [string] $What) {
    $until = [datetime]::UtcNow.AddSeconds(60)
    while (-not (& $Condition)) {
        if ([datetime]::UtcNow -gt $until) { throw "Not within a minute: $What" }
        Start-Sleep -Milliseconds 50
    }
}
