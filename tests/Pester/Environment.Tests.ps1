BeforeAll {
    . "$PSScriptRoot/Session.ps1"
    Import-Module "$PSScriptRoot/Servers/Servers.psm1" -Force
    Set-TestEnvironment
    $keys = Join-Path $TestDrive 'keys'
    $null = New-LoginKeyset $keys -WarningAction Ignore
    $global:PSDefaultParameterValues.Remove('Receive-LoginMessage:DrainWindow')

    function Get-RowCount([string] $Database, [string] $Where = 'true', [string] $Table = 'user_logins') { (Invoke-Sql $Database "SELECT count(*) AS n FROM $Table WHERE $Where").n }

    function Send-Login([string] $Queue, [int] $Count) {
        1..$Count | ForEach-Object { "{`"user_id`":`"$_`",`"app_version`":`"1.2.3`",`"device_type`":`"ios`",`"ip`":`"203.0.113.$_`",`"locale`":null,`"device_id`":`"d`"}" } |
            Send-LoginMessage $Queue
    }
}

AfterAll { Exit-TestSession }

Describe 'Variables of settings' {
    BeforeEach {
        $queue = New-TestQueue
        $database = New-TestDatabase
        $env:LOGINETL_DRAIN_WINDOW = '0.2'
    }

    AfterEach { Get-ChildItem env: | Where-Object Name -Match '^LOGINETL_(?!TEST_)' | Remove-Item }

    It 'name the table to whoever makes, checks, writes, finds and recovers' {
        [void] (Invoke-Sql $database 'CREATE SCHEMA apart')
        $env:LOGINETL_TABLE = 'apart.logins'
        Initialize-LoginDatabase $database
        Send-Login $queue 3
        (Test-LoginEtl $queue $keys $database | Where-Object Name -EQ 'Table').Detail | Should -Be 'apart.logins'
        (Invoke-LoginEtl $queue $keys $database).Written | Should -Be 3
        '{"user_id":"x","app_version":"1.2.3","device_type":"ios","ip":"203.0.113.1","locale":"DE","device_id":"d"}' |
            ConvertFrom-LoginJson | Protect-LoginPii $keys | Write-LoginRecord $database
        Get-RowCount $database -Table apart.logins | Should -Be 4
        $found = '203.0.113.1' | Find-LoginRecord $database $keys -Attribute ip
        $found | Should -HaveCount 2
        ($found | Unprotect-LoginPii $database $keys -Reason test -AuditFile (Join-Path $TestDrive 'table.jsonl') -Confirm:$false -WarningAction Ignore).Ip | Should -Be '203.0.113.1', '203.0.113.1'
        (Update-LoginToken $database $keys).Table | Should -Be 'apart.logins'
        { Invoke-LoginEtl $queue $keys $database -Table other -ErrorAction Stop } | Should -Throw -ErrorId 'TableNotFound,*'
    }

    It 'are those that the worker takes, in the same words' {
        Initialize-LoginDatabase $database
        Send-Login $queue 5
        $env:LOGINETL_MAX_MESSAGES = '2'
        $env:LOGINETL_RECEIVERS = '1'
        $env:LOGINETL_MAX_HELD = '2'
        $env:LOGINETL_MAX_HELD_BYTES = '512MB'
        $env:LOGINETL_FLUSH_INTERVAL = '0.1'
        $env:LOGINETL_DEFAULT_LOCALE = 'XX'
        $env:LOGINETL_WAIT = 'false'
        $env:LOGINETL_ON_TOO_LONG = 'truncate'
        $env:LOGINETL_MAX_REJECT_RATIO = '0.5'
        $receipt = Invoke-LoginEtl $queue $keys $database
        $receipt.Error | Should -BeNullOrEmpty
        $receipt.Received, "$($receipt.Ended)" | Should -Be 2, 'MaxMessages'
        Get-RowCount $database "locale = 'XX'" | Should -Be 2
        @(Receive-LoginMessage $queue -MaxMessages 1).Count | Should -Be 1
        $env:LOGINETL_MAX_MESSAGES = '0'
        (Receive-LoginMessage $queue | Protect-LoginPii $keys | Write-LoginRecord $database -ReceiptVariable all) | Should -BeNullOrEmpty
        $all.Received | Should -Be 3
        Get-RowCount $database "locale = 'XX'" | Should -Be 5
    }

    It 'that do not read are named, and not repeated: <Name>' -ForEach @(
        @{ Name = 'RECEIVERS'; Text = '65'; Says = 'It takes a number from 1 to 64.' }
        @{ Name = 'RECEIVERS'; Text = 'canary'; Says = 'It takes a whole number.' }
        @{ Name = 'WAIT'; Text = 'canary'; Says = 'It takes true or false.' }
        @{ Name = 'MAX_DURATION'; Text = 'canary'; Says = 'It takes a number of seconds*' }
        @{ Name = 'PROTOCOL'; Text = 'canary'; Says = 'It takes one of Auto, Json, Query, Sdk.' }
    ) {
        Set-Item "env:LOGINETL_$Name" $Text
        $receipt = Invoke-LoginEtl $queue $keys $database -ErrorVariable failed -ErrorAction SilentlyContinue
        $receipt.ExitCode, $receipt.ErrorId | Should -Be 1, 'SettingInvalid'
        "$failed" | Should -BeLike "LOGINETL_$Name is not valid. $Says*"
        { Receive-LoginMessage $queue } | Should -Throw -ErrorId 'SettingInvalid,*'
        "$failed$($receipt | ConvertTo-Json)$($Error[0] | Format-List * -Force | Out-String)" | Should -Not -Match 'canary'
    }

    It 'that there are not are warned of' {
        Initialize-LoginDatabase $database
        $env:LOGINETL_TABEL = 'canary'
        $null = Invoke-LoginEtl $queue $keys $database -WarningVariable said -WarningAction SilentlyContinue
        "$said" | Should -Be 'LOGINETL_TABEL is set, and no setting of that name is known.'
        $check = Test-LoginEtl $queue $keys $database | Where-Object Name -EQ 'Environment'
        "$($check.Outcome)", $check.Detail | Should -Be 'Warn', "$said"
    }

    It 'stand in the help of each parameter that they are of' {
        $parameters = (Get-Help Invoke-LoginEtl -Full).parameters.parameter
        ($parameters | Where-Object Name -EQ Table).description.Text | Should -BeLike '* LOGINETL_TABLE when not given.'
        ($parameters | Where-Object Name -EQ WhatIfLimit).description.Text | Should -Not -BeLike '*LOGINETL_*'
        ((Get-Help Update-LoginToken -Full).parameters.parameter | Where-Object Name -EQ BatchSize).description.Text | Should -Not -BeLike '*LOGINETL_*'
    }
}
