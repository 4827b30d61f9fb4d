BeforeAll {
    . "$PSScriptRoot/Setup.ps1"
    $private = Join-Path $TestDrive 'keys-private/quarantine.json'
}

AfterAll { Exit-TestSession }

Describe 'Get- and Restore-LoginQuarantine' {
    BeforeEach {
        $queue = New-TestQueue
        $database = New-TestDatabase
        Initialize-LoginDatabase $database
        @(
            '{"user_id":"null-ip","app_version":"1.2.3","ip":null,"device_id":"canary-device"}'
            '{"user_id":"' + ('u' * 200) + '","app_version":"1.2.3","ip":"10.9.8.7","device_id":"canary-device"}'
            'not JSON, canary-device'
        ) | Send-LoginMessage $queue
        Receive-LoginMessage $queue -WarningAction Ignore | Protect-LoginPii $keys -WarningAction Ignore | Write-LoginRecord $database -WarningAction Ignore
    }

    It 'shows what was rejected and why, and nothing of what it holds' {
        $entries = Get-LoginQuarantine $database
        $entries.Reason | Sort-Object | Should -Be @('invalid_json', 'null_field', 'too_long')
        ($entries | Where-Object Reason -EQ 'null_field').Field | Should -Be 'ip'
        ($entries | Format-List * -Force | Out-String) + ($entries | ConvertTo-Json -Depth 4) | Should -Not -Match 'canary|siv1|10\.9\.8\.7'
        Get-LoginQuarantine $database -Reason too_long | Should -HaveCount 1
        Get-LoginQuarantine $database -Max 2 | Should -HaveCount 2
        $entries.Queue | Select-Object -Unique | Should -Be $queue
        Get-LoginQuarantine $database -Queue "arn:aws:sqs:us-east-1:000000000000:$queue" | Should -HaveCount 3
        Get-LoginQuarantine $database -Queue another | Should -BeNullOrEmpty
    }

    It 'restores what can be written now, once, and leaves the rest' {
        $restore = @{ Database = $database; Keyset = $keys; PrivateKeyPath = $private; AllowNullPii = $true; OnTooLong = 'Truncate' }
        $results = Get-LoginQuarantine $database | Restore-LoginQuarantine @restore
        ($results | Group-Object Outcome -AsHashTable -AsString).Restored | Should -HaveCount 2
        $refused = $results | Where-Object Outcome -EQ 'Refused'
        $refused.Reason | Should -Be 'invalid_json'
        (Invoke-Sql $database 'SELECT count(*) AS n FROM user_logins').n | Should -Be 2
        Get-LoginQuarantine $database | Should -HaveCount 1
        Get-LoginQuarantine $database -All | Should -HaveCount 3

        $again = Get-LoginQuarantine $database -IncludeRestored | Where-Object RestoredAt | Restore-LoginQuarantine @restore
        $again.Outcome | Select-Object -Unique | Should -Be 'AlreadyRestored'
        (Invoke-Sql $database 'SELECT count(*) AS n FROM user_logins').n | Should -Be 2
    }

    It 'calls a reason by one name in objects, warnings, tables, JSON and -Reason' {
        $reject = '{"user_id":"u"}' | ConvertFrom-LoginJson -WarningVariable warned -WarningAction SilentlyContinue
        $masked = $reject | Protect-LoginPii $keys
        $null = $masked | Write-LoginRecord $database -WarningAction Ignore
        $entry = Get-LoginQuarantine $database -Reason missing_field
        $restored = $entry | Restore-LoginQuarantine $database $keys -PrivateKeyPath $private
        foreach ($object in $reject, $masked, $entry, $restored) {
            $object.Reason | Should -BeExactly 'missing_field'
            ($object | ConvertTo-Json -Depth 1 -WarningAction Ignore | ConvertFrom-Json).Reason | Should -BeExactly 'missing_field'
            $object | Format-Table | Out-String | Should -MatchExactly 'missing_field'
        }
        "$warned" | Should -MatchExactly 'missing_field'
        { Get-LoginQuarantine $database -Reason MissingField -ErrorAction Stop } | Should -Throw '*none of the reasons*'
    }

    It 'completes the reasons' {
        $line = 'Get-LoginQuarantine -Reason invalid_'
        (TabExpansion2 $line $line.Length).CompletionMatches.CompletionText | Should -Be 'invalid_utf8', 'invalid_json', 'invalid_version', 'invalid_uuid'
    }

    It 'opens sealed bodies with the private key only' {
        Get-LoginQuarantine $database -Reason null_field |
            Restore-LoginQuarantine $database $keys -AllowNullPii -ErrorVariable failed -ErrorAction SilentlyContinue
        $failed[0].FullyQualifiedErrorId | Should -BeLike 'QuarantineKeyNeeded,*'
        (Invoke-Sql $database 'SELECT count(*) AS n FROM user_logins').n | Should -Be 0
    }

    It 'with -WhatIf restores nothing' {
        Get-LoginQuarantine $database | Restore-LoginQuarantine $database $keys -PrivateKeyPath $private -AllowNullPii -WhatIf
        (Invoke-Sql $database 'SELECT count(*) AS n FROM user_logins').n | Should -Be 0
    }

    It 'asks and tells about entries in plain text' {
        [void] (Invoke-Sql $database "UPDATE login_etl_quarantine SET message_id = message_id || U&'\001b[2J\000Aforged line', field = U&'f\001b[2J'")
        $said = Invoke-PowerShell -NonInteractive -Command @"
            `$PSStyle.OutputRendering = 'Ansi'
            Import-Module $(ConvertTo-Literal (Convert-Path "$PSScriptRoot/../../LoginEtl.psd1"))
            Get-LoginQuarantine $(ConvertTo-Literal $database) | Restore-LoginQuarantine $(ConvertTo-Literal $database) $(ConvertTo-Literal $keys) -PrivateKeyPath $(ConvertTo-Literal $private) -AllowNullPii -WhatIf
            Get-LoginQuarantine $(ConvertTo-Literal $database) | Remove-LoginQuarantine $(ConvertTo-Literal $database) -Reason test -WhatIf
"@
        @($said -match '^What if: .*QuarantineEntry \d+: .*forged line').Count | Should -BeGreaterThan 3
        $said | Should -Not -Match "`e\[2J|^forged"
    }

    It 'gives sealed bodies back, hidden until they are revealed, after a line of the audit' {
        $recover = @{ Database = $database; Keyset = $keys; Reason = 'Ticket 8'; AuditFile = Join-Path $TestDrive "audit-$(New-Guid).jsonl"; Confirm = $false; PrivateKeyPath = $private }
        Get-LoginQuarantine $database | Unprotect-LoginPii @recover -WhatIf | Should -BeNullOrEmpty
        $recover.AuditFile | Should -Not -Exist
        $bodies = Get-LoginQuarantine $database | Unprotect-LoginPii @recover -ErrorVariable failed -ErrorAction SilentlyContinue | Sort-Object Reason
        $bodies.Reason | Should -Be 'invalid_json', 'null_field'
        $bodies[0].Body.Reveal() | Should -Be 'not JSON, canary-device'
        $bodies[0].MessageId | Should -Be (Get-LoginQuarantine $database -Reason invalid_json).MessageId
        ($bodies | Out-String) + ($bodies | Format-List * -Force | Out-String) + ($bodies | ConvertTo-Json -Depth 4) | Should -Not -Match 'canary'
        $bodies | Out-String -Width 80 | Should -Match '\[redacted\]'
        # What the database, or the table's shape, refused is a masked record.
        $failed.FullyQualifiedErrorId | Should -BeLike 'EntryNotSealed,*'
        (Get-Content $recover.AuditFile | ConvertFrom-Json).messages | Sort-Object | Should -Be ($bodies.MessageId | Sort-Object)
        (Test-LoginAudit $database $keys -AuditFile $recover.AuditFile).IsIntact | Should -BeTrue
    }

    It 'says nothing of a body that a script block of -Body fails with: <What>' -ForEach @(
        @{ What = 'a conversion'; Script = { [int] $_.Body.Reveal() }; Type = 'FormatException' }
        @{ What = 'a cmdlet'; Script = { ConvertFrom-Json '{"ip":198.51.100.7}' }; Type = 'JsonReaderException'; IsTranscribed = $true }
        @{ What = 'its own exception'; Script = { throw $_.Body.Reveal() }; Type = 'RuntimeException' }
        @{ What = 'an error'; Script = { Write-Error $_.Body.Reveal(); 'x' }; Type = 'WriteErrorException'; IsTranscribed = $true }
        @{ What = 'a break'; Script = { break }; Type = 'by break' }
        @{ What = 'a number'; Script = { 5 }; Type = 'not one text' }
        @{ What = 'two texts'; Script = { $_.Body.Reveal(); $_.Body.Reveal() }; Type = 'not one text' }
        @{ What = 'nothing'; Script = { }; Type = 'not one text' }
    ) {
        $recover = @{ Database = $database; Keyset = $keys; Reason = 'Ticket 8'; AuditFile = Join-Path $TestDrive "audit-$(New-Guid).jsonl"; Confirm = $false; PrivateKeyPath = $private }
        $bodies = Get-LoginQuarantine $database | Unprotect-LoginPii @recover -ErrorAction Ignore
        $bodies | Should -HaveCount 2
        Write-Error 'an error of before' -ErrorAction SilentlyContinue
        $before, $failed = $global:Error.Count, $null
        $transcript = Join-Path $TestDrive "transcript-$(New-Guid).txt"
        $null = Start-Transcript $transcript
        $said = $bodies | Restore-LoginQuarantine $database $keys -Body $Script -ErrorVariable failed -Verbose -Debug *>&1 | Out-String
        $null = Stop-Transcript
        # PowerShell itself puts what ends a command into transcripts.
        if (-not $IsTranscribed) { $said += Get-Content $transcript -Raw }
        $failed | Should -HaveCount 2
        $failed.FullyQualifiedErrorId | Should -BeLike 'BodyInvalid,*'
        "$($failed[0])" | Should -BeLike "*$Type*"
        $global:Error.Count | Should -Be ($before + 2)
        "$($global:Error[2])" | Should -Be 'an error of before'
        foreach ($one in $failed + $global:Error[0..1]) {
            $one.TargetObject | Should -BeOfType [long]
            for ($e = $one.Exception; $e; $e = $e.InnerException) { "$e $($e.Data.Values)" | Should -Not -Match 'canary|not JSON|198' }
        }
        $said | Should -Not -Match 'canary|not JSON|198\.51'
        Get-LoginQuarantine $database | Should -HaveCount 3
    }

    It 'writes mended bodies as the rows of their own messages, and never one as the rows of several' {
        $recover = @{ Database = $database; Keyset = $keys; Reason = 'Ticket 8'; AuditFile = Join-Path $TestDrive "audit-$(New-Guid).jsonl"; Confirm = $false; PrivateKeyPath = $private }
        $good = '{"user_id":"mended","app_version":"1.2.3","ip":"10.9.8.7","device_id":"canary-device"}'
        { Get-LoginQuarantine $database | Restore-LoginQuarantine $database $keys -Body $good } | Should -Throw -ErrorId 'BodyForSeveral,*'
        $null = Get-LoginQuarantine $database | Restore-LoginQuarantine $database $keys -Body { $good } -WhatIf
        (Invoke-Sql $database 'SELECT count(*) AS n FROM user_logins').n | Should -Be 0

        # Two have a sealed body; the one without JSON is not mended.
        $results = Get-LoginQuarantine $database | Unprotect-LoginPii @recover -ErrorAction Ignore |
            Restore-LoginQuarantine $database $keys -Body { $_.Body.Reveal() -replace '"ip":null', '"ip":"10.9.8.7"' } | Sort-Object Outcome
        $results.Outcome | Should -Be 'Restored', 'Refused'
        $results[1].Reason | Should -Be 'invalid_json'
        (Invoke-Sql $database 'SELECT user_id FROM user_logins').user_id | Should -Be 'null-ip'

        # The body as it is, by its property's name; then one text for one entry; then once more.
        (Get-LoginQuarantine $database -Reason invalid_json | Unprotect-LoginPii @recover | Restore-LoginQuarantine $database $keys).Outcome | Should -Be 'Refused'
        $entry = Get-LoginQuarantine $database -Reason invalid_json
        ($entry | Restore-LoginQuarantine $database $keys -Body $good).Outcome | Should -Be 'Restored'
        ($entry | Restore-LoginQuarantine $database $keys -Body $good).Outcome | Should -Be 'AlreadyRestored'
        (Invoke-Sql $database "SELECT user_id FROM user_logins ORDER BY user_id").user_id | Should -Be 'mended', 'null-ip'
        Get-LoginQuarantine $database | Should -HaveCount 1
    }

    It 'takes logins out of envelopes that a run had left on, unless told not to' {
        $login = '{"user_id":"inside","app_version":"1.2.3","ip":"10.9.8.7","device_id":"d"}'
        @{ Type = 'Notification'; MessageId = "$(New-Guid)"; TopicArn = 'arn:aws:sns:eu-west-1:123456789012:t'; Message = $login } | ConvertTo-Json -Compress | Send-LoginMessage $queue
        Receive-LoginMessage $queue -Envelope None -WarningAction Ignore | Protect-LoginPii $keys -WarningAction Ignore | Write-LoginRecord $database -WarningAction Ignore
        $restore = @{ Database = $database; Keyset = $keys; PrivateKeyPath = $private }
        $entry = Get-LoginQuarantine $database -Reason missing_field
        ($entry | Restore-LoginQuarantine @restore -Envelope None).Outcome | Should -Be 'Refused'
        ($entry | Restore-LoginQuarantine @restore -Envelope Auto).Outcome | Should -Be 'Restored'
        (Invoke-Sql $database 'SELECT user_id FROM user_logins').user_id | Should -Be 'inside'
    }

    It 'dismisses what is nobody''s login, for a reason, after a question' {
        $recover = @{ Database = $database; Keyset = $keys; Reason = 'Ticket 8'; AuditFile = Join-Path $TestDrive "audit-$(New-Guid).jsonl"; Confirm = $false; PrivateKeyPath = $private }
        Get-LoginQuarantine $database | Remove-LoginQuarantine $database -Reason 'Heartbeats' -WhatIf | Should -BeNullOrEmpty
        { Get-LoginQuarantine $database | Remove-LoginQuarantine $database -Reason 'Heartbeats' -ErrorAction Stop } | Should -Throw -Because 'nobody can be asked here'
        { Get-LoginQuarantine $database | Remove-LoginQuarantine $database -Reason ' ' -Confirm:$false } | Should -Throw -ErrorId 'ReasonMissing,*'
        Get-LoginQuarantine $database | Should -HaveCount 3

        $all = Get-LoginQuarantine $database
        (Get-LoginQuarantine $database -Reason invalid_json | Remove-LoginQuarantine $database -Reason 'Heartbeats' -Confirm:$false).Outcome | Should -Be 'Dismissed'
        ($all | Remove-LoginQuarantine $database -Reason 'Others' -Confirm:$false).Outcome | Sort-Object | Should -Be 'Dismissed', 'Dismissed', 'AlreadyDismissed'
        Get-LoginQuarantine $database | Should -BeNullOrEmpty
        $entries = Get-LoginQuarantine $database -All
        $entries.DismissalReason | Sort-Object | Should -Be 'Heartbeats', 'Others', 'Others'
        $entries | ForEach-Object { $_.DismissedAt | Should -Not -BeNullOrEmpty; $_.DismissedBy | Should -Not -BeNullOrEmpty }
        $entries | Out-String -Width 80 | Should -Match 'dismissed'

        ($entries | Restore-LoginQuarantine $database $keys -Body { '{}' }).Outcome | Select-Object -Unique | Should -Be 'Dismissed'
        ($entries | Restore-LoginQuarantine $database $keys).Outcome | Select-Object -Unique | Should -Be 'Dismissed'
        $null = $entries | Unprotect-LoginPii @recover -ErrorVariable failed -ErrorAction SilentlyContinue
        $failed.FullyQualifiedErrorId | Select-Object -Unique | Should -BeLike 'EntryDismissed,*'
        (Invoke-Sql $database 'SELECT count(*) AS n FROM user_logins').n | Should -Be 0
    }
}

Describe 'A table that refuses rows' {
    BeforeAll {
        function New-Body([string] $User) { '{"user_id":"' + $User + '","app_version":"1.2.3","ip":"10.9.8.7","device_id":"d"}' }
    }

    BeforeEach {
        $queue = New-TestQueue
        $database = New-TestDatabase
        Initialize-LoginDatabase $database
        [void] (Invoke-Sql $database "ALTER TABLE user_logins ADD CONSTRAINT not_bad CHECK (user_id <> 'bad')")
    }

    It 'is told by a warning a row, in a pipeline and in one call' {
        $rejected = 'Message * is rejected: refused_by_database, SQLSTATE 23514.'
        'bad', 'good' | ForEach-Object { New-Body -User $_ } | Send-LoginMessage $queue
        Receive-LoginMessage $queue | Protect-LoginPii $keys | Write-LoginRecord $database -WarningVariable warnings -WarningAction SilentlyContinue
        @($warnings) | Should -HaveCount 1
        "$warnings" | Should -BeLike $rejected

        'bad', 'good' | ForEach-Object { New-Body -User $_ } | Send-LoginMessage $queue
        $receipt = Invoke-LoginEtl $queue $keys $database -WarningVariable warnings -WarningAction SilentlyContinue
        $receipt.ExitCode | Should -Be 2
        @($warnings) | Should -HaveCount 1
        "$warnings" | Should -BeLike $rejected
    }

    It 'ends a pipeline that writes its rows one by one, and what is left stays in the queue' {
        1..25 | ForEach-Object { New-Body -User bad } | Send-LoginMessage $queue
        { Receive-LoginMessage $queue -MaxHeldBytes 512MB | Protect-LoginPii $keys | Write-LoginRecord $database -BatchSize 1 -WarningAction SilentlyContinue } |
            Should -Throw -ErrorId 'EveryRowRefused,*'
        Get-LoginQuarantine $database | Should -HaveCount 9
        (Get-QueueCount $queue).Visible | Should -Be 16
    }
}
