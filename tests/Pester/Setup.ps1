# For tests that run the module against the servers, read into their BeforeAll: the session, and a keyset in $keys.
. "$PSScriptRoot/Session.ps1"
Import-Module "$PSScriptRoot/Servers/Servers.psm1" -Force
Set-TestEnvironment
$keys = Join-Path $TestDrive 'keys'
$null = New-LoginKeyset $keys -WarningAction Ignore
