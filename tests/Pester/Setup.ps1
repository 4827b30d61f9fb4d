# For tests that run the module against the servers, read into their BeforeAll: the module, and a keyset in $keys.
Import-Module "$PSScriptRoot/Servers/Servers.psm1" -Force
Import-Module "$PSScriptRoot/../../LoginEtl.psd1" -Force
Set-TestEnvironment
$keys = Join-Path $TestDrive 'keys'
$null = New-LoginKeyset $keys -WarningAction Ignore
