BeforeAll {
    . "$PSScriptRoot/Setup.ps1"
    $database = New-TestDatabase
    Initialize-LoginDatabase $database
}

AfterAll { Exit-TestSession }

Describe '-Attribute' {
    BeforeAll {
        $record = New-LoginBody | ConvertFrom-LoginJson -SourceId attribute | Protect-LoginPii $keys
        $record | Write-LoginRecord $database
        $recover = @{ Database = $database; Keyset = $keys; Reason = 'Ticket 4711'; AuditFile = (Join-Path $TestDrive 'audit.jsonl'); Confirm = $false }
    }

    It 'of Unprotect-LoginPii is the same attribute in capitals' {
        ($record.MaskedIp | Unprotect-LoginPii @recover -Attribute IP).Ip | Should -Be '10.1.0.1'
        ($record.MaskedDeviceId | Unprotect-LoginPii @recover -Attribute DEVICE_ID).DeviceId | Should -Be 'device-1'
        $recovered = $record | Unprotect-LoginPii @recover -Attribute Ip
        $recovered.Ip, $recovered.DeviceId | Should -Be '10.1.0.1', $null
        ($record | Unprotect-LoginPii @recover -Attribute Device_Id).DeviceId | Should -Be 'device-1'
    }

    It 'of Find-LoginRecord is the same attribute in capitals' {
        ('10.1.0.1' | Find-LoginRecord $database $keys -Attribute IP).UserId | Should -Be 'user-1'
        ('device-1' | Find-LoginRecord $database $keys -Attribute DEVICE_ID).UserId | Should -Be 'user-1'
    }
}

Describe '-ColumnName' {
    BeforeAll {
        $other = New-TestDatabase
        $renamed = @{ ColumnName = @{ user_id = 'login'; masked_ip = 'Hashed IP'; masked_device_id = 'device"; DROP TABLE user_logins; --'; app_version = 'Version'; create_date = 'logged_at' } }
        $recover = @{ Database = $other; Keyset = $keys; Reason = 'Ticket 4711'; AuditFile = (Join-Path $TestDrive 'columns.jsonl'); Confirm = $false }
        $long = '{"user_id":"' + 'u' * 129 + '","app_version":"1.2.3","ip":"10.1.0.9","device_id":"d"}'
    }

    It 'is what a table is made, tested, filled, searched and restored by, and what its rows are recovered by' {
        Initialize-LoginDatabase $other @renamed
        Initialize-LoginDatabase $other @renamed -Verbose 4>&1 | Should -BeLike '*Nothing is missing*'
        $queue = New-TestQueue
        @(Test-LoginEtl $queue $keys $other @renamed | Where-Object Outcome -EQ 'Fail') | ForEach-Object { "$_" } | Should -BeNullOrEmpty

        New-LoginBody | ConvertFrom-LoginJson -SourceId columns | Protect-LoginPii $keys | Write-LoginRecord $other @renamed
        '{"user_id":"user-2","app_version":"1.2.3","ip":"10.1.0.2","device_id":"device-2"}', $long | Send-LoginMessage $queue
        $receipt = Invoke-LoginEtl $queue $keys $other @renamed -DrainWindow 0.2 -WarningAction Ignore
        $receipt.Written, $receipt.Quarantined | Should -Be 1, 1

        $found = '10.1.0.1' | Find-LoginRecord $other $keys -Attribute ip @renamed
        $found.UserId | Should -Be 'user-1'
        ($found | Unprotect-LoginPii @recover @renamed).DeviceId | Should -Be 'device-1'
        # As a driver gives them; what of our names is beside is another column.
        $recovered = Invoke-Sql $other 'SELECT *, 7 AS "UserId", ''none'' AS masked_ip FROM user_logins ORDER BY login' | Unprotect-LoginPii @recover @renamed
        $recovered.UserId | Should -Be 'user-1', 'user-2'
        $recovered.Ip | Should -Be '10.1.0.1', '10.1.0.2'
        $recovered.DeviceId | Should -Be 'device-1', 'device-2'

        $entry = Get-LoginQuarantine $other @renamed
        $entry.Reason, $entry.Field | Should -Be 'too_long', 'user_id'
        ($entry | Restore-LoginQuarantine $other $keys @renamed -OnTooLong Truncate).Outcome | Should -Be 'Restored'
        (Invoke-Sql $other 'SELECT count(*) AS n FROM user_logins WHERE "Hashed IP" LIKE ''siv1.%'' AND logged_at IS NOT NULL').n | Should -Be 3

        Initialize-LoginDatabase $other @renamed -AppVersionColumn Text -AlterFrom Packed
        (Invoke-Sql $other 'SELECT "Version" AS version FROM user_logins ORDER BY 1').version | Should -Be '1.2.1', '1.2.3', '1.2.3'
    }

    It 'is what keys are counted and rotated by, also from the environment' {
        $env:LOGINETL_COLUMN_NAME = 'masked_ip=hashed_ip,user_id=login'
        # A key is removed, which those of the other tests go on with.
        $own = Join-Path $TestDrive 'rotated-keys'
        $null = New-LoginKeyset $own
        try {
            $rotated = New-TestDatabase
            Initialize-LoginDatabase $rotated
            New-LoginBody | ConvertFrom-LoginJson -SourceId rotated | Protect-LoginPii $own | Write-LoginRecord $rotated
            $old = Get-LoginKeyset $own | Where-Object Name -EQ 'ip'
            Add-LoginKey $own ip | Set-LoginPrimaryKey $own -Database $rotated | ForEach-Object IsPrimary | Should -BeTrue
            $null = $old | Disable-LoginKey $own -Database $rotated
            { $old | Remove-LoginKey $own -Database $rotated -Confirm:$false } | Should -Throw -ErrorId 'KeyInUse,*'
            $null = $old | Enable-LoginKey $own -Database $rotated
            (Update-LoginToken $rotated $own -Confirm:$false).TokensReplaced | Should -Be 1
            $null = $old | Disable-LoginKey $own -Database $rotated
            { $old | Remove-LoginKey $own -Database $rotated -ColumnName @{ } -Confirm:$false } | Should -Throw -ErrorId 'TableUnsuitable,*' -ExpectedMessage '*masked_ip*'
            ($old | Remove-LoginKey $own -Database $rotated -Confirm:$false).Status | Should -Be 'Destroyed'
        }
        finally { $env:LOGINETL_COLUMN_NAME = $null }
    }

    It 'that cannot be is refused by every cmdlet, and what it says is not shown' {
        $bad = @{ ColumnName = @{ masked_ip = 'Host=h;Password=canary-secret' } }
        $steps = @{
            'Initialize-LoginDatabase' = { Initialize-LoginDatabase $other @bad }
            'Write-LoginRecord'        = { New-LoginBody | ConvertFrom-LoginJson -SourceId bad | Protect-LoginPii $keys | Write-LoginRecord $other @bad }
            'Find-LoginRecord'         = { '10.1.0.1' | Find-LoginRecord $other $keys -Attribute ip @bad }
            'Unprotect-LoginPii'       = { [pscustomobject] @{ masked_ip = 'x' } | Unprotect-LoginPii @recover @bad }
            'Get-LoginQuarantine'      = { Get-LoginQuarantine $other @bad }
            'Restore-LoginQuarantine'  = { Get-LoginQuarantine $other -All | Restore-LoginQuarantine $other $keys @bad }
            'Remove-LoginQuarantine'   = { Get-LoginQuarantine $other -All | Remove-LoginQuarantine $other -Reason r -Confirm:$false @bad }
            'Update-LoginToken'        = { Update-LoginToken $other $keys @bad }
            'Set-LoginPrimaryKey'      = { Get-LoginKeyset $keys | Where-Object { $_.Name -eq 'ip' -and $_.IsPrimary } | Set-LoginPrimaryKey $keys -Database $other @bad }
        }
        foreach ($step in $steps.GetEnumerator()) {
            $fault = $step.Value | Should -Throw -ErrorId 'ColumnNameInvalid,*' -PassThru -Because $step.Key
            "$fault $($fault.ErrorDetails.RecommendedAction)" | Should -Not -Match 'canary-secret'
        }
        $check = Test-LoginEtl queue $keys $other @bad | Where-Object Name -EQ 'Database'
        $check.Outcome | Should -Be 'Fail'
        (Invoke-LoginEtl queue $keys $other @bad -ErrorAction SilentlyContinue).Error | Should -Match 'masked_ip looks like a connection string'
    }

    It 'may be an ordered dictionary, with our names in capitals' {
        Initialize-LoginDatabase $other -Table in_order -ColumnName ([ordered] @{ LOCALE = 'device_type'; Device_Type = 'locale' })
        (Invoke-Sql $other "SELECT attname FROM pg_attribute WHERE attrelid = 'in_order'::regclass AND attnum IN (2, 5) ORDER BY attnum").attname | Should -Be 'locale', 'device_type'
    }
}

Describe 'A duration' {
    BeforeAll {
        $record = New-LoginBody | ConvertFrom-LoginJson -SourceId durations | Protect-LoginPii $keys
    }

    It 'below zero is refused where it is given: <Cmdlet> -<Parameter> <Value>' -ForEach @(
        @{ Cmdlet = 'Write-LoginRecord'; Parameter = 'FlushInterval'; Value = -1 }
        @{ Cmdlet = 'Write-LoginRecord'; Parameter = 'FlushInterval'; Value = '-0.5' }
        @{ Cmdlet = 'Write-LoginRecord'; Parameter = 'FlushInterval'; Value = '-00:00:01' }
        @{ Cmdlet = 'Write-LoginRecord'; Parameter = 'FlushInterval'; Value = [timespan]::FromSeconds(-1) }
        @{ Cmdlet = 'Invoke-LoginEtl'; Parameter = 'MaxDuration'; Value = -1 }
        @{ Cmdlet = 'Receive-LoginMessage'; Parameter = 'DrainTimeout'; Value = -1 }
    ) {
        $given = @{ $Parameter = $Value; ErrorAction = 'Stop' }
        if ($Cmdlet -eq 'Write-LoginRecord') { $given.InputObject = $record }
        { & $Cmdlet @given } | Should -Throw -ErrorId ($Cmdlet -eq 'Invoke-LoginEtl' ? 'SettingInvalid,*' : 'ParameterArgumentTransformationError,*') -ExpectedMessage '*negative*'
    }

    It 'is seconds, or a time' {
        foreach ($duration in 0, 0.5, '2', '00:00:01', [timespan]::FromSeconds(1)) { $record | Write-LoginRecord $database -FlushInterval $duration -WhatIf 6> $null }
    }
}

Describe 'What no parameter takes' {
    It 'is told as <Told>' -ForEach @(
        @{ Command = { Get-LoginKeyset $keys -Foo x }; Told = 'Get-LoginKeyset has no parameter -Foo.' }
        @{ Command = { Get-LoginKeyset $keys -Foo:x }; Told = 'Get-LoginKeyset has no parameter -Foo.' }
        @{ Command = { 'x' | Find-LoginRecord $database $keys -Attribute ip -Foo }; Told = 'Find-LoginRecord has no parameter -Foo.' }
        @{ Command = { 'x' | Find-LoginRecord $database $keys y -Attribute ip }; Told = 'Find-LoginRecord was given more than it takes by position, which is -Database, -Keyset.' }
        @{ Command = { Invoke-LoginEtl q $keys $database y -ErrorAction Stop }; Told = 'Invoke-LoginEtl was given more than it takes by position, which is -Queue, -Keyset, -Database.' }
    ) {
        $Command | Should -Throw -ErrorId 'ParameterUnknown,*' -ExpectedMessage "*$Told*"
    }
}

Describe '-WhatIf and -Confirm of Write-LoginRecord' {
    It 'name the table and what would be done' {
        $transcript = Join-Path $TestDrive 'whatif.txt'
        $null = Start-Transcript $transcript
        New-LoginBody | ConvertFrom-LoginJson -SourceId whatif | Protect-LoginPii $keys | Write-LoginRecord $database -Table public.user_logins -WhatIf
        $null = Stop-Transcript
        $said = Get-Content $transcript -Raw
        $said | Should -BeLike '*What if: Write logins to the table public.user_logins and delete their messages from the queue.*'
        $said | Should -BeLike '*What if: of 1 logins, 1 would be written*Nothing was written or deleted.*'
    }
}

Describe 'Test-LoginEtl' {
    BeforeAll {
        $queue = New-TestQueue
    }

    It 'does not say that the keys are good which it could not open' {
        $checks = Test-LoginEtl $queue (Join-Path $TestDrive 'nokeys') $database
        ($checks | Where-Object Name -EQ 'Keysets').Outcome | Should -Be 'Fail'
        $states = $checks | Where-Object Name -EQ 'Key states'
        $states.Outcome | Should -Be 'Warn'
        $states.Remedy | Should -Not -BeNullOrEmpty
    }

    It 'finds no fault with the database where -Method is wrong' {
        $checks = Test-LoginEtl $queue $keys $database -Method @{ ip = 'sha256' }
        $failed = @($checks | Where-Object Outcome -EQ 'Fail')
        $failed.Name | Should -Be 'Methods'
        ($checks | Where-Object Name -EQ 'Key states').Outcome | Should -Be 'Warn'
        ($checks | Where-Object Name -EQ 'Table').Outcome | Should -Be 'Pass'
    }

    It 'says once that no database was named' {
        @(Test-LoginEtl $queue $keys | Where-Object Outcome -EQ 'Fail').Name | Should -Be 'Database'
    }

    It 'warns once of a password in -Database' {
        $null = Test-LoginEtl $queue $keys 'Host=192.0.2.1;Username=u;Password=canary-secret;Timeout=1' -WarningVariable warnings -WarningAction SilentlyContinue
        @($warnings | Where-Object { "$_" -like '*password in -Database*' }) | Should -HaveCount 1
    }

    It 'takes no parameter that only a run reads' {
        (Get-Command Test-LoginEtl).Parameters.Keys | Should -Not -Contain 'MaxRejectRatio'
        (Get-Command Test-LoginEtl).Parameters.Keys | Should -Not -Contain 'OnBadInGroup'
    }
}

Describe 'How long a rotation took' {
    It 'is told with its days' {
        $receipt = [LoginEtl.Rotation.RotationReceipt] @{ Table = 't'; RowsUpdated = 1; TokensReplaced = 1; Passes = 1; Unreadable = [LoginEtl.Rotation.UnreadableTokens[]] @(); Elapsed = [timespan]::new(2, 3, 4, 5, 600) }
        $receipt | Format-Table | Out-String -Width 200 | Should -BeLike '*51:04:05.6*'
    }
}

Describe 'A time' {
    It '<Text> is taken as it is written' -ForEach @(
        # PowerShell reads some of these as numbers: 90s as a short, 1d as a decimal.
        @{ Text = '90s'; Seconds = 90 }
        @{ Text = '1d'; Seconds = 86400 }
        @{ Text = '5m'; Seconds = 300 }
        @{ Text = '500ms'; Seconds = 0.5 }
        @{ Text = '1.5h'; Seconds = 5400 }
        @{ Text = '7'; Seconds = 7 }
        @{ Text = '0x10'; Seconds = 16 }
        @{ Text = '([short] 7)'; Seconds = 7 }
        @{ Text = '([decimal] 7)'; Seconds = 7 }
        @{ Text = "'00:01:30'"; Seconds = 90 }
        @{ Text = '([timespan]::FromHours(1))'; Seconds = 3600 }
    ) {
        $type = [LoginEtl.PowerShell.Cmdlets.InvokeLoginEtlCmdlet].Assembly.GetType('LoginEtl.PowerShell.Hosting.DurationAttribute')
        $taken = & ([scriptblock]::Create("param(`$Type) function Test-Time { param([$type('Time')] `$Time) `$Time }; Test-Time -Time $Text")) $type
        $taken | Should -BeOfType timespan
        $taken.TotalSeconds | Should -Be $Seconds
    }
}
