BeforeAll {
    . "$PSScriptRoot/Setup.ps1"

    function Get-RowCount([string] $Database) {
        (Invoke-Sql $Database 'SELECT count(*) AS n FROM user_logins').n
    }
}

AfterAll { Exit-TestSession }

Describe 'Every shape of pipeline settles every message once, and its receipt says where it went' {
    BeforeEach {
        $queue = New-TestQueue
        $database = New-TestDatabase
        Initialize-LoginDatabase $database
        New-LoginBody 60 | Send-LoginMessage $queue
    }

    AfterEach {
        # What was not written is visible again, all of it, and nothing is left in flight.
        $count = Get-QueueCount $queue
        $count.InFlight | Should -Be 0
        $count.Visible | Should -Be (60 - $gone)
        Get-RowCount $database | Should -Be $rows
    }

    It 'sorted' {
        Receive-LoginMessage $queue | Protect-LoginPii $keys | Sort-Object UserId |
            Write-LoginRecord $database -ReceiptVariable receipt
        $receipt.Written | Should -Be 60
        $gone = $rows = 60
    }

    It 'written with a keyed hash in the place of the user id' {
        $hmac = [Security.Cryptography.HMACSHA256]::new([byte[]](1..32))
        'no login' | Send-LoginMessage $queue
        Receive-LoginMessage $queue | Protect-LoginPii $keys | ForEach-Object {
            if ($_.UserId) { $_.UserId = [Convert]::ToHexString($hmac.ComputeHash([Text.Encoding]::UTF8.GetBytes($_.UserId))) }
            $_
        } | Write-LoginRecord $database -ReceiptVariable receipt
        $receipt.Written | Should -Be 60
        $receipt.Quarantined | Should -Be 1
        $written = Invoke-Sql $database 'SELECT user_id FROM user_logins'
        $expected = 1..60 | ForEach-Object { [Convert]::ToHexString($hmac.ComputeHash([Text.Encoding]::UTF8.GetBytes("user-$_"))) }
        $written.user_id | Sort-Object | Should -Be ($expected | Sort-Object)
        $gone = $rows = 60
    }

    It 'kept in a variable by Tee-Object and written' {
        Receive-LoginMessage $queue | Protect-LoginPii $keys | Tee-Object -Variable kept |
            Write-LoginRecord $database -ReceiptVariable receipt
        $kept | Should -HaveCount 60
        $receipt.Written | Should -Be 60
        $gone = $rows = 60
    }

    It 'exported to CSV only' {
        Receive-LoginMessage $queue | Protect-LoginPii $keys | Export-Csv (Join-Path $TestDrive 'out.csv')
        Import-Csv (Join-Path $TestDrive 'out.csv') | Should -HaveCount 60
        $gone = $rows = 0
    }

    It 'exported to CSV and confirmed by hand' {
        Receive-LoginMessage $queue | Protect-LoginPii $keys | ForEach-Object {
            $_ | Export-Csv (Join-Path $TestDrive 'confirmed.csv') -Append
            $_
        } | Confirm-LoginMessage
        Import-Csv (Join-Path $TestDrive 'confirmed.csv') | Should -HaveCount 60
        $gone = 60
        $rows = 0
    }

    It 'some confirmed, some reset, the others written' {
        Receive-LoginMessage $queue | ForEach-Object {
            if ($_.UserId -eq 'user-1') { $_ | Confirm-LoginMessage }
            elseif ($_.UserId -eq 'user-2') { $_ | Reset-LoginMessage }
            else { $_ }
        } | Select-Object -First 200 | Protect-LoginPii $keys |
            Write-LoginRecord $database -ReceiptVariable receipt
        $receipt.Confirmed | Should -Be 1
        $receipt.Returned | Should -BeGreaterOrEqual 1
        $receipt.Written | Should -Be 58
        $receipt.Balanced | Should -BeTrue
        $gone = 59
        $rows = 58
    }

    It 'kept in a variable, and written too late' {
        $kept = Receive-LoginMessage $queue | Protect-LoginPii $keys
        $kept | Should -HaveCount 60
        (Get-QueueCount $queue).Visible | Should -Be 60
        $kept | Write-LoginRecord $database -ErrorVariable refused -ErrorAction SilentlyContinue -ReceiptVariable receipt
        $refused | Should -HaveCount 1
        $receipt.NotHeld | Should -Be 60
        $receipt.ExitCode | Should -Be 1
        $refused[0].FullyQualifiedErrorId | Should -BeLike 'DeliveryNotHeld,*'
        $receipt.Written | Should -Be 0
        $gone = $rows = 0
    }

    It 'the first ones taken before the writer' {
        Receive-LoginMessage $queue | Protect-LoginPii $keys | Select-Object -First 3 |
            Write-LoginRecord $database -ReceiptVariable receipt
        $receipt.Written | Should -Be 3
        $receipt.Returned | Should -Be ($receipt.Received - 3)
        $receipt.Balanced | Should -BeTrue
        $gone = $rows = 3
    }

    It 'given to two writers, of which the second finds every message settled' {
        $second = New-TestDatabase
        Initialize-LoginDatabase $second
        Receive-LoginMessage $queue | Protect-LoginPii $keys | Tee-Object -Variable kept |
            Write-LoginRecord $database -PassThru -ReceiptVariable receipt |
            Write-LoginRecord $second -ErrorVariable refused -ErrorAction SilentlyContinue -ReceiptVariable late
        $receipt.Written | Should -Be 60
        $refused | Should -HaveCount 1
        $late.NotHeld | Should -Be 60
        $late.Received | Should -Be 0
        $late.Written | Should -Be 0
        $late.Balanced | Should -BeTrue
        Get-RowCount $second | Should -Be 0
        $gone = $rows = 60
    }

    It 'received in a function' {
        function Get-Login { Receive-LoginMessage $queue | Where-Object UserId -NE 'user-1' }
        Get-Login | Protect-LoginPii $keys | Write-LoginRecord $database -ReceiptVariable receipt
        $receipt.Written | Should -Be 59
        $receipt.Returned | Should -Be 1
        $receipt.Balanced | Should -BeTrue
        $gone = $rows = 59
    }

    It 'received from two queues by one writer' {
        $other = New-TestQueue
        New-LoginBody 7 | Send-LoginMessage $other
        & { Receive-LoginMessage $queue; Receive-LoginMessage $other } | Protect-LoginPii $keys |
            Write-LoginRecord $database -ReceiptVariable receipt
        $receipt.Received | Should -Be 67
        $receipt.Written | Should -Be 67
        (Get-QueueCount $other).Visible | Should -Be 0
        $gone = 60
        $rows = 67
    }

    It 'split between two writers' {
        $odd = { Write-LoginRecord $database -ReceiptVariable oddReceipt }.GetSteppablePipeline()
        $even = { Write-LoginRecord $database -ReceiptVariable evenReceipt }.GetSteppablePipeline()
        Receive-LoginMessage $queue | Protect-LoginPii $keys | ForEach-Object -Begin {
            $odd.Begin($true)
            $even.Begin($true)
        } -Process {
            if ([int] $_.UserId.Split('-')[1] % 2) { $odd.Process($_) } else { $even.Process($_) }
        } -End {
            $odd.End()
            $even.End()
        }
        $gone = $rows = 60
    }

    It 'written one pipeline a message' {
        Receive-LoginMessage $queue -MaxMessages 5 | ForEach-Object {
            $_ | Protect-LoginPii $keys | Write-LoginRecord $database -ReceiptVariable receipt
            $receipt.Written | Should -Be 1
            $receipt.Balanced | Should -BeTrue
        }
        $gone = $rows = 5
    }

    It 'through ForEach-Object -Parallel' {
        Receive-LoginMessage $queue | Protect-LoginPii $keys | ForEach-Object -Parallel { $_ } |
            Write-LoginRecord $database -ReceiptVariable receipt
        $receipt.Written | Should -Be 60
        $gone = $rows = 60
    }

    It 'written inside ForEach-Object -Parallel' {
        $module = Resolve-Path "$PSScriptRoot/../../LoginEtl.psd1"
        Receive-LoginMessage $queue | Protect-LoginPii $keys | ForEach-Object -Parallel {
            Import-Module $using:module
            $_ | Write-LoginRecord $using:database
        } -ThrottleLimit 4
        $gone = $rows = 60
    }

    It 'cut short behind the writer' {
        Receive-LoginMessage $queue | Protect-LoginPii $keys | Write-LoginRecord $database -PassThru -BatchSize 10 |
            Select-Object -First 3 | Should -HaveCount 3
        $gone = $rows = Get-RowCount $database
        $rows | Should -BeGreaterOrEqual 3
    }

    It 'broken behind the writer' {
        { Receive-LoginMessage $queue | Protect-LoginPii $keys | Write-LoginRecord $database -PassThru -BatchSize 10 |
                ForEach-Object { throw 'no' } } | Should -Throw 'no'
        $gone = $rows = Get-RowCount $database
    }

    It 'broken before the writer' {
        { Receive-LoginMessage $queue | ForEach-Object { if ($_.UserId -eq 'user-30') { throw 'no' }; $_ } |
                Protect-LoginPii $keys | Write-LoginRecord $database -FlushInterval 60 } | Should -Throw 'no'
        $gone = $rows = 0
    }

    It 'a table that vanishes under a waiting run ends its poll at once, and everything goes back' {
        $thrown = $null
        $clock = [Diagnostics.Stopwatch]::StartNew()
        try {
            Receive-LoginMessage $queue -Wait | Protect-LoginPii $keys |
                ForEach-Object -Begin { [void] (Invoke-Sql $database 'ALTER TABLE user_logins RENAME TO gone') } -Process { $_ } |
                Write-LoginRecord $database -ReceiptVariable receipt
        }
        catch { $thrown = $_ }
        $clock.Elapsed.TotalSeconds | Should -BeLessThan 15
        [void] (Invoke-Sql $database 'ALTER TABLE IF EXISTS gone RENAME TO user_logins')
        $thrown.FullyQualifiedErrorId | Should -BeLike 'TableNotFound,*'
        $gone = $rows = 0
    }

    It 'with -WhatIf, which writes and deletes nothing and says what it would' {
        Receive-LoginMessage $queue | Protect-LoginPii $keys |
            Write-LoginRecord $database -WhatIf -ReceiptVariable receipt -InformationVariable said
        "$said" | Should -BeLike '*60 would be written*'
        $receipt.Returned | Should -Be 60
        $receipt.Balanced | Should -BeTrue
        $gone = $rows = 0
    }
}

Describe 'A dry run of more messages than may be held' {
    It 'ends where the cap is full, returns them all and says what it would have written' {
        $queue = New-TestQueue
        $database = New-TestDatabase
        Initialize-LoginDatabase $database
        New-LoginBody 40 | Send-LoginMessage $queue
        Receive-LoginMessage $queue -MaxHeld 10 | Protect-LoginPii $keys |
            Write-LoginRecord $database -WhatIf -ReceiptVariable receipt -InformationVariable said
        "$said" | Should -BeLike '*10 would be written*'
        $receipt.Balanced | Should -BeTrue
        (Invoke-Sql $database 'SELECT count(*) AS n FROM user_logins').n | Should -Be 0
        (Get-QueueCount $queue).Visible | Should -Be 40
    }
}

Describe 'A dry run of more messages than its limit' {
    It 'ends at -WhatIfLimit, which can be raised, and returns them all' {
        $queue = New-TestQueue
        $database = New-TestDatabase
        Initialize-LoginDatabase $database
        New-LoginBody 40 | Send-LoginMessage $queue
        Receive-LoginMessage $queue | Protect-LoginPii $keys |
            Write-LoginRecord $database -WhatIf -WhatIfLimit 25 -ReceiptVariable receipt -InformationVariable said
        "$said" | Should -BeLike '*25 would be written*'
        $receipt.Balanced | Should -BeTrue
        (Get-QueueCount $queue).Visible | Should -Be 40
        (Get-Command Write-LoginRecord).Parameters.WhatIfLimit.ParameterType | Should -Be ([long])
    }
}

Describe 'The cap on held messages' {
    It 'ends a pipeline in which nothing settles with an error that names what settles, and returns everything' {
        $queue = New-TestQueue
        New-LoginBody 30 | Send-LoginMessage $queue
        $thrown = $null
        # The stall is noticed after 30 s without any settlement.
        try { Receive-LoginMessage $queue -MaxHeld 10 | Out-Null } catch { $thrown = $_ }
        $thrown.FullyQualifiedErrorId | Should -BeLike 'HeldMessagesCapReached,*'
        $thrown.ErrorDetails.RecommendedAction | Should -BeLike '*Confirm-LoginMessage*Reset-LoginMessage*'
        (Get-QueueCount $queue).Visible | Should -Be 30
    }
}

Describe 'Objects that are copies' {
    It 'are refused with the reason' {
        $record = New-LoginBody | ConvertFrom-LoginJson | Protect-LoginPii $keys
        $copy = [Management.Automation.PSSerializer]::Deserialize([Management.Automation.PSSerializer]::Serialize($record))
        { $copy | Confirm-LoginMessage -ErrorAction Stop } | Should -Throw '*job*copy*'
    }
}
