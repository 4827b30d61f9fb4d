# For every file of tests, read into its BeforeAll: the module, in a session that Exit-TestSession puts back.
Import-Module "$PSScriptRoot/Servers/Session.psm1" -Force
Enter-TestSession
Import-Module "$PSScriptRoot/Servers/PowerShell.psm1" -Force
Import-Module "$PSScriptRoot/../../LoginEtl.psd1" -Force
