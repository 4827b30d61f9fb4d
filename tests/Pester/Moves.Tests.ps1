BeforeAll {
    . "$PSScriptRoot/Setup.ps1"
    Import-Module "$PSScriptRoot/Servers/PowerShell.psm1" -Force

    # A queue and its dead-letter queue.
    function New-Pair {
        $dead = New-TestQueue 2
        $arn = (Invoke-Queue GetQueueAttributes @{ QueueUrl = (Invoke-Queue GetQueueUrl @{ QueueName = $dead }).QueueUrl; AttributeNames = @('QueueArn') }).Attributes.QueueArn
        $main = New-TestQueue
        $null = Invoke-Queue SetQueueAttributes @{ QueueUrl = (Invoke-Queue GetQueueUrl @{ QueueName = $main }).QueueUrl; Attributes = @{ RedrivePolicy = "{`"deadLetterTargetArn`":`"$arn`",`"maxReceiveCount`":12}" } }
        $dead, $main
    }

    function Get-RowCount { (Invoke-Sql $database 'SELECT count(*) AS n FROM user_logins').n }
}

AfterAll { Exit-TestSession }

Describe 'Get-LoginQueue -DeadLetter' {
    It 'gives the dead-letter queues of those that fit, and what is piped on is moved' {
        $dead, $main = New-Pair
        $alone = New-TestQueue
        New-LoginBody 3 | Send-LoginMessage $dead
        $found = Get-LoginQueue $main -DeadLetter
        $found.Name, $found.Visible | Should -Be $dead, 3
        Get-LoginQueue $alone -DeadLetter | Should -BeNullOrEmpty
        (Get-LoginQueue $main).DeadLetterQueueUrl | Should -Be $found.QueueUrl
        $database = New-TestDatabase
        Initialize-LoginDatabase $database
        $moved = $found | Move-LoginMessage -To $main -Keyset $keys -Database $database
        $moved.Moved, $moved.From, $moved.To | Should -Be 3, $dead, $main
    }
}

Describe 'Move-LoginMessage' {
    BeforeEach {
        $dead, $main = New-Pair
        $database = New-TestDatabase
        Initialize-LoginDatabase $database
    }

    It 'sends dead letters back, and says what became of all' {
        $bodies = New-LoginBody 5
        $bodies | Send-LoginMessage $dead
        $moved = Move-LoginMessage -To $main -Keyset $keys -Database $database -Verbose 4> (Join-Path $TestDrive 'verbose')
        $moved | Should -BeOfType LoginEtl.Moving.MoveReceipt
        $moved.Received, $moved.Moved, $moved.AlreadyWritten, $moved.Left, $moved.Undeleted | Should -Be 5, 5, 0, 0, 0
        $moved.Outcome, "$($moved.Ended)", $moved.Error | Should -Be 'Completed', 'Drained', $null
        "$moved" | Should -Be "$dead to $main`: Completed, received 5, moved 5, already written 0, already quarantined 0, left 0, lapsed 0, undeleted 0"
        Get-Content (Join-Path $TestDrive 'verbose') | Should -Contain '5 messages moved, 0 were written already, 0 quarantined.'
        (Invoke-LoginEtl $main $keys $database -DrainWindow 0.2).Written | Should -Be 5
    }

    It 'takes what -Where chooses, and no text for it' {
        New-LoginBody 4 | Send-LoginMessage $dead
        $moved = Move-LoginMessage $dead $keys $database -To $main -Where { $_.UserId -in 'user-1', 'user-3' }
        $moved.Moved, $moved.Left | Should -Be 2, 2
        (Get-QueueCount $dead).Visible | Should -Be 2
        { Move-LoginMessage $dead $keys $database -To $main -Where '$true' } | Should -Throw -ExpectedMessage '*takes a script block*'
        $failed = Move-LoginMessage $dead $keys $database -To $main -Where { throw $_.UserId } -ErrorVariable fault -ErrorAction SilentlyContinue
        $failed.Moved, $failed.Left | Should -Be 0, 2
        $fault.FullyQualifiedErrorId | Should -BeLike 'FilterInvalid,*'
        "$fault" | Should -Match 'in its line \d+ \(RuntimeException\)'
        "$fault" | Should -Not -Match 'user-'
        (Get-QueueCount $dead).Visible | Should -Be 2
    }

    It 'says under -WhatIf what it would do, and does nothing' {
        New-LoginBody 2 | Send-LoginMessage $main
        $null = Invoke-LoginEtl $main $keys $database -DrainWindow 0.2
        New-LoginBody 3 | Send-LoginMessage $dead
        $said = Move-LoginMessage $dead $keys $database -To $main -WhatIf 6>&1
        "$said" | Should -Match 'What if: 3 messages would be moved; 0 were written already and 0 quarantined, and would be deleted\.'
        (Get-QueueCount $dead).Visible, (Get-QueueCount $main).Visible | Should -Be 3, 0
    }

    It 'refuses what cannot be: <Id>, <Text>' -ForEach @(
        @{ Id = 'MoveImpossible'; Text = '*is where the messages are, and where they are to go*'; Script = { Move-LoginMessage $main $keys $database -To $main } }
        @{ Id = 'MoveImpossible'; Text = '*has no dead-letter queue*'; Script = { Move-LoginMessage -To $dead -Keyset $keys -Database $database } }
        @{ Id = 'MoveImpossible'; Text = '*one is a FIFO queue*'; Script = {
                $fifo = "$(New-TestName 'fifo').fifo"
                $null = Invoke-Queue CreateQueue @{ QueueName = $fifo; Attributes = @{ FifoQueue = 'true' } }
                Move-LoginMessage $dead $keys $database -To $fifo
            } }
        @{ Id = 'QueueNotFound'; Text = '*nowhere*'; Script = { Move-LoginMessage nowhere $keys $database -To $main } }
        @{ Id = 'LedgerNotFound'; Text = '*'; Script = { $bare = New-TestDatabase; $null = Invoke-Sql $bare 'CREATE TABLE user_logins (user_id varchar(128), device_type varchar(32), masked_ip varchar(256), masked_device_id varchar(256), locale varchar(32), app_version integer, create_date date)'; Move-LoginMessage $dead $keys $bare -To $main } }
    ) {
        New-LoginBody | Send-LoginMessage $dead
        $Script | Should -Throw -ErrorId "$Id,*" -ExpectedMessage $Text
        (Get-QueueCount $dead).Visible | Should -Be 1
    }

    It 'killed between sending and deleting, and run again, makes one row of each' {
        New-LoginBody 60 | Send-LoginMessage $dead
        $move = Join-Path $TestDrive 'move.ps1'
        Set-Content $move "Import-Module $(ConvertTo-Literal "$PSScriptRoot/../../LoginEtl.psd1"); Move-LoginMessage $dead $(ConvertTo-Literal $keys) '$database' -To $main -MaxMessagesPerSecond 20"
        foreach ($sent in 1, 25) {
            $process = Start-PowerShell $move (Join-Path $TestDrive "killed-$sent")
            Wait-Until { (Get-QueueCount $main).Visible -ge $sent } "$sent messages moved"
            $process.Kill($true)
            $process.WaitForExit()
        }

        # What the killed ones held comes again.
        Start-Sleep 2.5
        $moved = Move-LoginMessage $dead $keys $database -To $main
        $moved.Outcome, $moved.Undeleted | Should -Be 'Completed', 0
        (Get-QueueCount $main).Visible | Should -BeGreaterOrEqual 60
        $receipt = Invoke-LoginEtl $main $keys $database -DrainWindow 0.2
        $receipt.Written, $receipt.Quarantined | Should -Be 60, 0
        Get-RowCount | Should -Be 60
    }
}
