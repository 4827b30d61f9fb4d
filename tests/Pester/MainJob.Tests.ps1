BeforeAll {
    . "$PSScriptRoot/Setup.ps1"
}

AfterAll { Exit-TestSession }

Describe 'Receive | Protect | Write' {
    BeforeEach {
        $queue = New-TestQueue
        $database = New-TestDatabase
        Initialize-LoginDatabase $database
    }

    It 'writes every login once, empties the queue and balances its books' {
        New-LoginBody 50 | Send-LoginMessage $queue
        Receive-LoginMessage $queue | Protect-LoginPii $keys | Write-LoginRecord $database -ReceiptVariable receipt | Should -BeNullOrEmpty

        $receipt.Written | Should -Be 50
        $receipt.Balanced | Should -BeTrue
        $receipt.ExitCode | Should -Be 0
        (Invoke-Sql $database 'SELECT count(DISTINCT user_id) AS n FROM user_logins').n | Should -Be 50
        $left = Get-QueueCount $queue
        ($left.Visible + $left.InFlight + $left.Delayed) | Should -Be 0
    }

    It 'leaves of the known messages what the contract expects' {
        if (-not (Get-KnownMessagePath)) { Set-ItResult -Skipped -Because 'the known messages do not lie beside this clone (../shared/data)' }
        Get-Content (Get-KnownMessagePath) | Send-LoginMessage $queue
        Receive-LoginMessage $queue -WarningAction Ignore | Protect-LoginPii $keys | Write-LoginRecord $database -ReceiptVariable receipt

        $receipt.Written | Should -Be 99
        $receipt.Quarantined | Should -Be 1
        $receipt.ExitCode | Should -Be 2
        $rows = Invoke-Sql $database 'SELECT * FROM user_logins'
        $rows | Should -HaveCount 99
        $rows.masked_ip + $rows.masked_device_id | ForEach-Object { $_ | Should -MatchExactly '^siv1\.[A-Za-z0-9_-]{50}$' }
        @($rows | Where-Object { $null -eq $_.locale }) | Should -HaveCount 29
        @($rows.app_version | Select-Object -Unique) | Should -HaveCount 94
        $reject = Invoke-Sql $database 'SELECT * FROM login_etl_quarantine'
        $reject | Should -HaveCount 1
        $reject.reason | Should -Be 'missing_field'
        $reject.field | Should -Be 'user_id'
        (Get-QueueCount $queue).Visible | Should -Be 0
    }

    It 'dates a row by the day its message was sent' {
        New-LoginBody | Send-LoginMessage $queue
        Receive-LoginMessage $queue | Protect-LoginPii $keys | Write-LoginRecord $database
        (Invoke-Sql $database 'SELECT create_date::text AS day FROM user_logins').day | Should -Be ([datetime]::UtcNow.ToString('yyyy-MM-dd'))
    }

    It 'uses an existing table as it is' {
        $database = New-TestDatabase
        $columns = "SELECT column_name, data_type, character_maximum_length, is_nullable FROM information_schema.columns
            WHERE table_name = 'user_logins' ORDER BY ordinal_position"
        [void] (Invoke-Sql $database 'CREATE TABLE user_logins (user_id varchar(128), device_type varchar(32), masked_ip varchar(256),
            masked_device_id varchar(256), locale varchar(32), app_version integer, create_date date)')
        $before = Invoke-Sql $database $columns | ConvertTo-Json
        Initialize-LoginDatabase $database
        New-LoginBody 3 | Send-LoginMessage $queue
        Receive-LoginMessage $queue | Protect-LoginPii $keys | Write-LoginRecord $database
        (Invoke-Sql $database 'SELECT count(*) AS n FROM user_logins').n | Should -Be 3
        Invoke-Sql $database $columns | ConvertTo-Json | Should -Be $before
    }

    It 'writes what the pipeline changed on the way' {
        New-LoginBody 2 | Send-LoginMessage $queue
        Receive-LoginMessage $queue | ForEach-Object { $_.Locale = 'XX'; $_ } | Protect-LoginPii $keys |
            ForEach-Object { $_.DeviceType = 'tv'; $_ } | Write-LoginRecord $database
        $rows = Invoke-Sql $database 'SELECT DISTINCT locale, device_type FROM user_logins'
        $rows.locale | Should -Be 'XX'
        $rows.device_type | Should -Be 'tv'
    }

    It 'emits with -PassThru what was written, after its message was deleted' {
        New-LoginBody 5 | Send-LoginMessage $queue
        $left = @()
        $written = Receive-LoginMessage $queue | Protect-LoginPii $keys | Write-LoginRecord $database -PassThru -BatchSize 5 -FlushInterval 60 |
            ForEach-Object { $count = Get-QueueCount $queue; $left += $count.Visible + $count.InFlight; $_ }
        $written | Should -HaveCount 5
        $left | Should -Be @(0, 0, 0, 0, 0)
        $written[0] | Should -BeOfType ([LoginEtl.Records.LoginRecord])
    }

    It 'returns what a filter dropped, and says so' {
        New-LoginBody 10 | Send-LoginMessage $queue
        Receive-LoginMessage $queue | Where-Object UserId -ne 'user-3' | Protect-LoginPii $keys |
            Write-LoginRecord $database -ReceiptVariable receipt
        $receipt.Written | Should -Be 9
        $receipt.Returned | Should -Be 1
        $receipt.Balanced | Should -BeTrue
        (Get-QueueCount $queue).Visible | Should -Be 1
    }

    It 'gives the receipt to the Information stream too' {
        New-LoginBody 2 | Send-LoginMessage $queue
        Receive-LoginMessage $queue | Protect-LoginPii $keys | Write-LoginRecord $database -InformationVariable information
        $information.MessageData | Should -BeOfType ([LoginEtl.Run.Receipt])
        "$information" | Should -BeLike '*2 written*balanced*'
    }

    It 'ends with an empty receipt on an empty queue' {
        Receive-LoginMessage $queue | Protect-LoginPii $keys | Write-LoginRecord $database -ReceiptVariable receipt
        $receipt.Received | Should -Be 0
        $receipt.ExitCode | Should -Be 0
    }

    It 'takes no plaintext' {
        New-LoginBody | ConvertFrom-LoginJson | Write-LoginRecord $database -ErrorAction SilentlyContinue -ErrorVariable refused
        $refused | Should -Not -BeNullOrEmpty
        (Invoke-Sql $database 'SELECT count(*) AS n FROM user_logins').n | Should -Be 0
    }
}

Describe 'Receive without a writer' {
    BeforeEach {
        $queue = New-TestQueue
        New-LoginBody 100 | Send-LoginMessage $queue
    }

    It 'shows five with Select-Object -First 5, and all are visible again within seconds' {
        Receive-LoginMessage $queue | Select-Object -First 5 | Should -HaveCount 5
        (Get-QueueCount $queue).Visible | Should -Be 100
    }

    It 'deletes nothing, emits nothing twice and ends' {
        $logins = Receive-LoginMessage $queue | Protect-LoginPii $keys
        $logins.MessageId | Select-Object -Unique | Should -HaveCount 100
        (Get-QueueCount $queue).Visible | Should -Be 100
    }

    It 'stops at -MaxMessages' {
        Receive-LoginMessage $queue -MaxMessages 7 | Should -HaveCount 7
        (Get-QueueCount $queue).Visible | Should -Be 100
    }

    It 'returns everything when a script block downstream throws' {
        { Receive-LoginMessage $queue | ForEach-Object { throw 'no' } } | Should -Throw 'no'
        (Get-QueueCount $queue).Visible | Should -Be 100
    }

    It 'does not settle what its pipeline has already returned' {
        $database = New-TestDatabase
        Initialize-LoginDatabase $database
        $late = Receive-LoginMessage $queue | Protect-LoginPii $keys
        $late | Write-LoginRecord $database -ErrorVariable refused -ErrorAction SilentlyContinue -ReceiptVariable receipt
        $refused | Should -HaveCount 1
        $receipt.NotHeld | Should -Be 100
        $receipt.ExitCode | Should -Be 1
        $refused[0].FullyQualifiedErrorId | Should -BeLike 'DeliveryNotHeld,*'
        (Get-QueueCount $queue).Visible | Should -Be 100
    }
}

Describe 'The scheduled form' {
    BeforeAll {
        function Invoke-Scheduled([hashtable] $Settings) {
            $old = @{}
            foreach ($name in $Settings.Keys) { Set-Item "env:$name" $Settings[$name] }
            try {
                Invoke-PowerShell -NonInteractive -File "$PSScriptRoot/../../examples/run.ps1" -DrainWindow 0.2 2>&1 | Out-Null
                $LASTEXITCODE
            }
            finally {
                foreach ($name in $Settings.Keys) { Remove-Item "env:$name" }
            }
        }
    }

    It 'ends with 0, 2 and 1 as it should' {
        $queue = New-TestQueue
        $database = New-TestDatabase
        Initialize-LoginDatabase $database
        $settings = @{ LOGINETL_QUEUE = $queue; LOGINETL_KEYSET = $keys; LOGINETL_DATABASE = $database }
        New-LoginBody | Send-LoginMessage $queue
        Invoke-Scheduled $settings | Should -Be 0
        '{}' | Send-LoginMessage $queue
        Invoke-Scheduled $settings | Should -Be 2
        $settings.LOGINETL_QUEUE = 'nowhere'
        Invoke-Scheduled $settings | Should -Be 1
    }
}

Describe 'Invoke-LoginEtl' {
    BeforeEach {
        $queue = New-TestQueue
        $database = New-TestDatabase
        Initialize-LoginDatabase $database
    }

    It 'does the whole job and emits the receipt' {
        New-LoginBody 60 | Send-LoginMessage $queue
        $receipt = Invoke-LoginEtl $queue $keys $database -DrainWindow 0.2
        $receipt.Written | Should -Be 60
        $receipt.ExitCode | Should -Be 0
        (Get-QueueCount $queue).Visible | Should -Be 0
    }

    It 'warns of a reject once and ends with 2' {
        '{"foo":"bar"}' | Send-LoginMessage $queue
        $receipt = Invoke-LoginEtl $queue $keys $database -DrainWindow 0.2 -WarningVariable warnings -WarningAction SilentlyContinue
        $warnings | Should -HaveCount 1
        $receipt.ExitCode | Should -Be 2
    }

    It 'emits a failed receipt with exit code 1 when it cannot begin' {
        $receipt = Invoke-LoginEtl $queue $keys $database -Table nowhere -ErrorVariable failed -ErrorAction SilentlyContinue
        $receipt.ExitCode | Should -Be 1
        $receipt.Outcome | Should -Be 'Failed'
        $failed[0].FullyQualifiedErrorId | Should -BeLike 'TableNotFound,*'
    }
}
