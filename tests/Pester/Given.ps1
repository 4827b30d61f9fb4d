# For tests that give every cmdlet something, read into their BeforeAll: what each needs besides, in a database with one of each.
. "$PSScriptRoot/Setup.ps1"
$database = New-TestDatabase
Initialize-LoginDatabase $database

$login = '{"user_id":"u","app_version":"1.2.3","ip":"192.0.2.1","device_id":"d"}' | ConvertFrom-LoginJson -SourceId echoes
$record = $login | Protect-LoginPii $keys
'{"foo":1}' | ConvertFrom-LoginJson -SourceId echoes -WarningAction Ignore | Protect-LoginPii $keys | Write-LoginRecord $database
$entry = Get-LoginQuarantine $database
$key = Get-LoginKeyset $keys ip

# What each cmdlet needs, or would find in the environment. The queue is not there: runs end soon.
$needed = @{
    Queue = "nowhere-$(New-Guid)"; Keyset = $keys; Database = $database; AuditFile = Join-Path $TestDrive 'audit.jsonl'; Reason = 'echoes'
    Attribute = 'ip'; Name = 'ip'; KeyId = $key.KeyId; Path = Join-Path $TestDrive 'nothing'; LiteralPath = Join-Path $TestDrive 'nothing'
    From = $keys; PrivateKeyPath = "$keys-private/quarantine.json"
    Ip = ConvertTo-SecureString '192.0.2.1' -AsPlainText; DeviceId = ConvertTo-SecureString 'd' -AsPlainText; UserId = ConvertTo-SecureString 'u' -AsPlainText
}
$inputs = @{
    'Protect-LoginPii' = $login; 'Write-LoginRecord' = $record; 'Confirm-LoginMessage' = $login; 'Reset-LoginMessage' = $login
    'Restore-LoginQuarantine' = $entry; 'Remove-LoginQuarantine' = $entry; 'Unprotect-LoginPii' = $record
    'ConvertFrom-LoginJson' = '{}'; 'Test-LoginJson' = '{}'; 'Send-LoginMessage' = '{}'; 'Find-LoginRecord' = '192.0.2.1'; 'Export-LoginSubject' = '192.0.2.1'; 'Remove-LoginSubject' = '192.0.2.1'; 'ConvertTo-LoginReport' = Get-LoginRun $database -Last 1
}

# What a cmdlet is given beside one parameter, in a set that has it; nothing is destroyed that the next one needs.
function Get-Given([string] $Cmdlet, [string] $Beside) {
    $command = Get-Command $Cmdlet
    $set = $command.ParameterSets | Where-Object { -not $Beside -or $_.Parameters.Name -contains $Beside } | Select-Object -First 1
    $given = @{}
    foreach ($parameter in $set.Parameters | Where-Object Name -NE $Beside) {
        if ($parameter.Name -eq 'InputObject') { $given.InputObject = $inputs[$Cmdlet] }
        elseif ($parameter.IsMandatory -and -not $needed.ContainsKey($parameter.Name)) { throw "What does -$($parameter.Name) take?" }
        elseif ($parameter.IsMandatory -or $parameter.Name -in 'Queue', 'Keyset', 'Database', 'AuditFile', 'KeyId', 'Name') { $given[$parameter.Name] = $needed[$parameter.Name] }
    }
    if ($command.Parameters.ContainsKey('Confirm')) { $given.Confirm = $false }
    if ($Cmdlet -in 'Remove-LoginQuarantine', 'Remove-LoginSubject', 'Restore-LoginQuarantine') { $given.WhatIf = $true }
    # Read for IAM tokens alone, where there is no queue.
    if ($Beside -in 'Region', 'ProfileName' -and $command.Parameters.ContainsKey('IamAuthentication')) { $given.IamAuthentication = $true }
    $given
}
