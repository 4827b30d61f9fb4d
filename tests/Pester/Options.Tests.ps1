BeforeAll {
    . "$PSScriptRoot/Setup.ps1"
    Import-Module "$PSScriptRoot/Servers/PowerShell.psm1" -Force

    function New-Body([string] $User = 'u', [string] $Version = '"2.3.4"', [string] $Ip = '"10.0.0.1"', [string] $Locale = 'null') {
        '{"user_id":"' + $User + '","app_version":' + $Version + ',"ip":' + $Ip + ',"device_id":"d","locale":' + $Locale + '}'
    }
}

AfterAll { Exit-TestSession }

Describe 'Protect-LoginPii' {
    It '-DefaultLocale stands in for a null locale, and for nothing else' {
        $records = (New-Body), (New-Body -Locale '"DE"') | ConvertFrom-LoginJson | Protect-LoginPii $keys -DefaultLocale XX
        $records.Locale | Should -Be @('XX', 'DE')
    }

    It 'a null stays null without it' {
        (New-Body | ConvertFrom-LoginJson | Protect-LoginPii $keys).Locale | Should -BeNullOrEmpty
    }

    It '-AllowNullPii lets a null ip stay NULL; without it the login is rejected with one warning' {
        $login = New-Body -Ip null
        ($login | ConvertFrom-LoginJson | Protect-LoginPii $keys -AllowNullPii).MaskedIp | Should -BeNullOrEmpty
        $reject = $login | ConvertFrom-LoginJson | Protect-LoginPii $keys -WarningVariable warnings -WarningAction SilentlyContinue
        $reject.Reason | Should -Be 'null_field'
        $reject.Field | Should -Be 'ip'
        $warnings | Should -HaveCount 1
    }

    It '-OnPiiFound tells of it once, keeps it out, or does not look' {
        $logins = 'ada@example.org', 'grace@example.org', '10.0.0.1', 'u' | ForEach-Object { New-Body -User $_ } | ConvertFrom-LoginJson
        $records = $logins | Protect-LoginPii $keys -WarningVariable warnings -WarningAction SilentlyContinue
        @($records | Where-Object { $_ -is [LoginEtl.Records.LoginRecord] }) | Should -HaveCount 4
        $warnings | Should -HaveCount 1
        "$warnings" | Should -BeLike 'user_id of 3 logins as a whole is *'
        "$warnings" | Should -Not -Match 'example|10\.0'
        $kept = $logins | Protect-LoginPii $keys -OnPiiFound Quarantine -WarningAction Ignore
        $kept.Reason | Should -Be 'pii_found', 'pii_found', 'pii_found', $null
        $kept.Field | Should -Be 'user_id', 'user_id', 'user_id', $null
        $null = $logins | Protect-LoginPii $keys -OnPiiFound Ignore -WarningVariable warnings
        $warnings | Should -BeNullOrEmpty
        $database = New-TestDatabase
        Initialize-LoginDatabase $database
        $queue = New-TestQueue
        'ada@example.org', 'u' | ForEach-Object { New-Body -User $_ } | Send-LoginMessage $queue
        $receipt = Invoke-LoginEtl $queue $keys $database -DrainWindow 0.2 -WarningVariable warnings -WarningAction SilentlyContinue
        $receipt.PiiUserId, $receipt.ExitCode | Should -Be 1, 0
        $warnings | Should -HaveCount 1
        New-Body -User 'ada@example.org' | Send-LoginMessage $queue
        $env:LOGINETL_ON_PII_FOUND = 'Quarantine'
        try { (Invoke-LoginEtl $queue $keys $database -DrainWindow 0.2 -WarningAction Ignore).Quarantined | Should -Be 1 }
        finally { Remove-Item env:LOGINETL_ON_PII_FOUND }
    }
}

Describe 'Write-LoginRecord' {
    BeforeEach {
        $database = New-TestDatabase
    }

    It '-AppVersionFormat <Format> writes 2.3.4 as <Expected>' -ForEach @(
        @{ Format = 'Auto'; Column = 'integer'; Expected = 2003004 }
        @{ Format = 'Packed'; Column = 'integer'; Expected = 2003004 }
        @{ Format = 'Decimal'; Column = 'integer'; Expected = 20304 }
        @{ Format = 'Nibble'; Column = 'integer'; Expected = 564 }
        @{ Format = 'Digits'; Column = 'integer'; Expected = 234 }
        @{ Format = 'Text'; Column = 'text'; Expected = '2.3.4' }
        @{ Format = 'Sortable'; Column = 'text'; Expected = '00002.00003.00004' }
        @{ Format = 'Auto'; Column = 'text'; Expected = '2.3.4' }
    ) {
        [void] (Invoke-Sql $database "CREATE TABLE user_logins (user_id varchar(128), device_type varchar(32), masked_ip varchar(256),
            masked_device_id varchar(256), locale varchar(32), app_version $Column, create_date date)")
        Initialize-LoginDatabase $database
        New-Body | ConvertFrom-LoginJson | Protect-LoginPii $keys | Write-LoginRecord $database -AppVersionFormat $Format
        (Invoke-Sql $database 'SELECT app_version FROM user_logins').app_version | Should -Be $Expected
    }

    It 'fills three version columns' {
        Initialize-LoginDatabase $database -AppVersionColumn Three
        New-Body -Version '"2.3"' | ConvertFrom-LoginJson | Protect-LoginPii $keys | Write-LoginRecord $database
        $row = Invoke-Sql $database 'SELECT app_version_major AS a, app_version_minor AS b, app_version_patch AS c FROM user_logins'
        $row.a, $row.b, $row.c | Should -Be @(2, 3, 0)
    }

    It '-OnTooLong Quarantine keeps the row out, Truncate cuts the value' {
        Initialize-LoginDatabase $database
        $long = New-Body -User ('u' * 200) | ConvertFrom-LoginJson | Protect-LoginPii $keys
        $long | Write-LoginRecord $database -ReceiptVariable quarantined
        $quarantined.Quarantined | Should -Be 1
        New-Body -User ('v' * 200) | ConvertFrom-LoginJson | Protect-LoginPii $keys | Write-LoginRecord $database -OnTooLong Truncate -ReceiptVariable truncated
        $truncated.Written | Should -Be 1
        (Invoke-Sql $database 'SELECT length(user_id) AS n FROM user_logins').n | Should -Be 128
    }

    It '-OnConflict <Action> on the table''s own key gives <Outcome>' -ForEach @(
        @{ Action = 'Quarantine'; Outcome = 'Quarantined' }
        @{ Action = 'Skip'; Outcome = 'Skipped' }
        @{ Action = 'Update'; Outcome = 'Updated' }
    ) {
        Initialize-LoginDatabase $database
        [void] (Invoke-Sql $database 'ALTER TABLE user_logins ADD UNIQUE (user_id)')
        New-Body -Locale '"AA"' | ConvertFrom-LoginJson | Protect-LoginPii $keys | Write-LoginRecord $database
        New-Body -Locale '"BB"' | ConvertFrom-LoginJson | Protect-LoginPii $keys | Write-LoginRecord $database -OnConflict $Action -ReceiptVariable receipt
        $receipt.$Outcome | Should -Be 1
        $receipt.Balanced | Should -BeTrue
        (Invoke-Sql $database 'SELECT locale FROM user_logins').locale | Should -Be ($Action -eq 'Update' ? 'BB' : 'AA')
    }

    It '-OnConflict Fail stops the run' {
        Initialize-LoginDatabase $database
        [void] (Invoke-Sql $database 'ALTER TABLE user_logins ADD UNIQUE (user_id)')
        New-Body | ConvertFrom-LoginJson | Protect-LoginPii $keys | Write-LoginRecord $database
        { New-Body -Locale '"BB"' | ConvertFrom-LoginJson | Protect-LoginPii $keys | Write-LoginRecord $database -OnConflict Fail } |
            Should -Throw -ErrorId 'UniqueKeyConflict,*'
    }

    It '-MaxRejectRatio stops before it quarantines, and everything goes back' {
        Initialize-LoginDatabase $database
        $queue = New-TestQueue
        @(1..30 | ForEach-Object { New-Body -User "u$_" }) + @(1..30 | ForEach-Object { '{}' }) | Send-LoginMessage $queue
        { Receive-LoginMessage $queue -WarningAction Ignore | Protect-LoginPii $keys | Write-LoginRecord $database -MaxRejectRatio 0.1 } |
            Should -Throw -ErrorId 'TooManyRejects,*'
        (Invoke-Sql $database 'SELECT count(*) AS n FROM login_etl_quarantine').n | Should -Be 0
        (Get-QueueCount $queue).Visible | Should -Be 60
    }

    It '-Confirm:$false asks nobody' {
        Initialize-LoginDatabase $database
        New-Body | ConvertFrom-LoginJson | Protect-LoginPii $keys | Write-LoginRecord $database -Confirm:$false
        (Invoke-Sql $database 'SELECT count(*) AS n FROM user_logins').n | Should -Be 1
    }

    It 'writes by time while the pipeline goes on: -FlushInterval of <interval> s' -ForEach @(
        @{ interval = 0.2; limit = 5; there = 1 }, @{ interval = 60; limit = 1; there = 0 }
    ) {
        Initialize-LoginDatabase $database
        & {
            New-Body
            # The pipeline goes on for as long as this has not ended.
            $ends = [datetime]::Now.AddSeconds($limit)
            while (-not ($script:found = (Invoke-Sql $database 'SELECT count(*) AS n FROM user_logins').n) -and [datetime]::Now -lt $ends) { Start-Sleep -Milliseconds 50 }
        } | ConvertFrom-LoginJson | Protect-LoginPii $keys | Write-LoginRecord $database -FlushInterval $interval
        $script:found | Should -Be $there
        (Invoke-Sql $database 'SELECT count(*) AS n FROM user_logins').n | Should -Be 1
    }
}

Describe 'Receive-LoginMessage' {
    It 'ends after -MaxDuration' {
        $queue = New-TestQueue
        $clock = [Diagnostics.Stopwatch]::StartNew()
        Receive-LoginMessage $queue -Wait -MaxDuration 1s | Should -BeNullOrEmpty
        $clock.Elapsed.TotalSeconds | Should -BeLessThan 6
    }

    It 'waits for what others hold, for -DrainTimeout at most' {
        $queue = New-TestQueue -VisibilityTimeout 60
        New-Body | Send-LoginMessage $queue
        # Another consumer, that never settles.
        $url = (Invoke-Queue GetQueueUrl @{ QueueName = $queue }).QueueUrl
        (Invoke-Queue ReceiveMessage @{ QueueUrl = $url }).Messages | Should -HaveCount 1
        $clock = [Diagnostics.Stopwatch]::StartNew()
        Receive-LoginMessage $queue -DrainTimeout 2 | Should -BeNullOrEmpty
        $clock.Elapsed.TotalSeconds | Should -BeGreaterThan 1.9
        $clock.Elapsed.TotalSeconds | Should -BeLessThan 8
    }

    It '-OnBadInGroup HoldGroup sends a bad message and what follows it in its group back, and says so' {
        $name = "$(New-TestQueue).fifo"
        [void] (Invoke-Queue CreateQueue @{ QueueName = $name; Attributes = @{ FifoQueue = 'true' } })
        (New-Body -User u1), '{}', (New-Body -User u3) | Send-LoginMessage $name -MessageGroupId 'secret-group'
        New-Body -User u4 | Send-LoginMessage $name -MessageGroupId other
        $database = New-TestDatabase
        Initialize-LoginDatabase $database
        $said = Receive-LoginMessage $name -WarningAction SilentlyContinue | Protect-LoginPii $keys -WarningAction SilentlyContinue |
            Write-LoginRecord $database -OnBadInGroup HoldGroup -ReceiptVariable receipt 3>&1
        "$said" | Should -Match 'The group of message \S+ is held: missing_field'
        "$said" | Should -Not -Match 'secret-group'
        $receipt.Written, $receipt.Quarantined, $receipt.HeldGroups, $receipt.ExitCode | Should -Be 2, 0, 1, 2
        "$receipt" | Should -Match '1 held groups'
        (Get-QueueCount $name).Visible | Should -Be 2

        Receive-LoginMessage $name -WarningAction SilentlyContinue | Protect-LoginPii $keys -WarningAction SilentlyContinue |
            Write-LoginRecord $database -ReceiptVariable receipt
        $receipt.Written, $receipt.Quarantined | Should -Be 1, 1
        (Get-QueueCount $name).Visible | Should -Be 0
    }

    It 'drains a dead-letter queue like any other' {
        $dead = New-TestQueue
        $source = New-TestQueue -VisibilityTimeout 1
        $deadArn, $url = (Invoke-Queue GetQueueAttributes @{ QueueUrl = (Invoke-Queue GetQueueUrl @{ QueueName = $dead }).QueueUrl; AttributeNames = @('QueueArn') }).Attributes.QueueArn,
            (Invoke-Queue GetQueueUrl @{ QueueName = $source }).QueueUrl
        [void] (Invoke-Queue SetQueueAttributes @{ QueueUrl = $url; Attributes = @{ RedrivePolicy = "{`"deadLetterTargetArn`":`"$deadArn`",`"maxReceiveCount`":1}" } })
        1..5 | ForEach-Object { New-Body -User "u$_" } | Send-LoginMessage $source
        # Looked at and returned once each: the next receive moves them.
        Receive-LoginMessage $source | Should -HaveCount 5
        Receive-LoginMessage $source | Should -BeNullOrEmpty
        $database = New-TestDatabase
        Initialize-LoginDatabase $database
        Receive-LoginMessage $dead | Protect-LoginPii $keys | Write-LoginRecord $database -ReceiptVariable receipt
        $receipt.Written | Should -Be 5
        (Get-QueueCount $dead).Visible | Should -Be 0
    }

    It 'drains a FIFO queue like any other' {
        $name = "$(New-TestQueue).fifo"
        [void] (Invoke-Queue CreateQueue @{ QueueName = $name; Attributes = @{ FifoQueue = 'true' } })
        1..5 | ForEach-Object { New-Body -User "u$_" } | Send-LoginMessage $name -MessageGroupId g
        $database = New-TestDatabase
        Initialize-LoginDatabase $database
        Receive-LoginMessage $name | Protect-LoginPii $keys | Write-LoginRecord $database -ReceiptVariable receipt
        $receipt.Written | Should -Be 5
        (Get-QueueCount $name).Visible | Should -Be 0
    }
}

Describe 'Test-LoginEtl' {
    It 'passes where a run would, and receives nothing' {
        $queue = New-TestQueue
        New-Body | Send-LoginMessage $queue
        $database = New-TestDatabase
        Initialize-LoginDatabase $database
        $checks = Test-LoginEtl $queue $keys $database
        @($checks | Where-Object Outcome -EQ 'Fail') | ForEach-Object { "$_" } | Should -BeNullOrEmpty
        $checks.Count | Should -BeGreaterThan 8
        # This queue has no dead-letter queue.
        @($checks | Where-Object Outcome -EQ 'Warn' | Where-Object Remedy) | Should -Not -BeNullOrEmpty
        (Get-QueueCount $queue).Visible | Should -Be 1
    }

    It 'names what would fail, and what to do' {
        $failed = Test-LoginEtl nowhere (Join-Path $TestDrive 'nokeys') 'Host=127.0.0.1;Port=1;Username=u;Database=d' | Where-Object Outcome -EQ 'Fail'
        $failed.Count | Should -BeGreaterOrEqual 3
        $failed | ForEach-Object { $_.Remedy | Should -Not -BeNullOrEmpty }
    }
}

Describe 'Initialize-LoginDatabase' {
    It 'is idempotent, and with -WhatIf only prints the SQL' {
        $database = New-TestDatabase
        Initialize-LoginDatabase $database -WhatIf
        $asked = Invoke-PowerShell -Command "Import-Module $(ConvertTo-Literal (Convert-Path "$PSScriptRoot/../../LoginEtl.psd1")); Initialize-LoginDatabase $(ConvertTo-Literal $database) -WhatIf -WarningAction Ignore"
        $asked -join "`n" | Should -Match '(?m)^ +"user_id" varchar\(128\),\r?$'
        Invoke-Sql $database "SELECT 1 FROM pg_tables WHERE tablename LIKE 'login_etl%' OR tablename = 'user_logins'" | Should -BeNullOrEmpty
        Initialize-LoginDatabase $database
        Initialize-LoginDatabase $database -Verbose 4>&1 | Should -BeLike '*Nothing is missing*'
    }

    It '-AppVersionColumn Text turns the integers that are there into text' {
        $database = New-TestDatabase
        Initialize-LoginDatabase $database
        New-Body | ConvertFrom-LoginJson | Protect-LoginPii $keys | Write-LoginRecord $database
        Initialize-LoginDatabase $database -AppVersionColumn Text -AlterFrom Packed
        (Invoke-Sql $database 'SELECT app_version FROM user_logins').app_version | Should -Be '2.3.4'
    }

    It 'says once who could have their way with pruning, the first time too' {
        $database = New-TestDatabase
        $name = [Npgsql.NpgsqlConnectionStringBuilder]::new($database).Database
        $owner = "owner_$name"
        [void] (Invoke-Sql $database "CREATE ROLE $owner; ALTER DATABASE $name OWNER TO $owner")
        try {
            foreach ($time in 'first', 'second') {
                Initialize-LoginDatabase $database -WarningVariable warnings -WarningAction SilentlyContinue
                @($warnings -like "*the ledger or its schema belongs to $owner*").Count | Should -Be 1 -Because "$time time: $warnings"
            }
        }
        finally { [void] (Invoke-Sql $database "ALTER DATABASE $name OWNER TO CURRENT_USER; DROP ROLE $owner") }
    }
}
