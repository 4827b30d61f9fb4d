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
        { & $Cmdlet @given } | Should -Throw -ErrorId 'ParameterArgumentTransformationError,*' -ExpectedMessage '*negative*'
    }

    It 'is seconds, or a time' {
        foreach ($duration in 0, 0.5, '2', '00:00:01', [timespan]::FromSeconds(1)) { $record | Write-LoginRecord $database -FlushInterval $duration -WhatIf 6> $null }
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
