BeforeAll {
    . "$PSScriptRoot/Session.ps1"
    Import-Module "$PSScriptRoot/Servers/Servers.psm1" -Force
    Import-Module "$PSScriptRoot/Servers/PowerShell.psm1" -Force
    Set-TestEnvironment
    $family = New-TestName 'family-'

    function New-Queue([string] $Name, [hashtable] $Attributes = @{}) {
        [void] (Invoke-Queue CreateQueue @{ QueueName = $Name; Attributes = $Attributes })
        $Name
    }

    function Get-Completion([string] $Line) { (TabExpansion2 $Line $Line.Length).CompletionMatches.CompletionText }

    $dead = New-Queue "$family-dead"
    $arn = (Invoke-Queue GetQueueAttributes @{ QueueUrl = (Invoke-Queue GetQueueUrl @{ QueueName = $dead }).QueueUrl; AttributeNames = @('QueueArn') }).Attributes.QueueArn
    $main = New-Queue "$family-main" @{ VisibilityTimeout = '7'; MessageRetentionPeriod = '3600'; RedrivePolicy = "{`"deadLetterTargetArn`":`"$arn`",`"maxReceiveCount`":12}" }
    $fifo = New-Queue "$family-other.fifo" @{ FifoQueue = 'true' }
    'a', 'b' | Send-LoginMessage $main
    'dead' | Send-LoginMessage $dead
}

AfterAll { Exit-TestSession }

Describe 'Get-LoginQueue' {
    It 'tells of a queue that is named, and of its dead-letter queue' {
        $queue = Get-LoginQueue $main
        $queue | Should -HaveCount 1
        $queue.Name, $queue.Visible, $queue.InFlight, $queue.Delayed | Should -Be $main, 2, 0, 0
        $queue.DeadLetterQueue, $queue.DeadLetters, $queue.MaxReceiveCount | Should -Be $dead, 1, 12
        $queue.VisibilityTimeout.TotalSeconds, $queue.Retention.TotalHours, $queue.IsFifo | Should -Be 7, 1, $false
        (Get-LoginQueue $queue.QueueUrl).Name | Should -Be $main
    }

    It 'finds those whose names fit, and all' {
        (Get-LoginQueue "$family-*").Name | Should -Be $dead, $main, $fifo
        (Get-LoginQueue "$family-?ain").DeadLetters | Should -Be 1
        (Get-LoginQueue "$family-*.fifo").IsFifo | Should -BeTrue
        Get-LoginQueue "$family-none*" | Should -BeNullOrEmpty
        (Get-LoginQueue).Name | Should -Contain $main
    }

    It 'says where one that is named is not, and receives nothing' {
        { Get-LoginQueue "$family-none" } | Should -Throw -ErrorId 'QueueNotFound,*'
        (Get-QueueCount $main).Visible | Should -Be 2
    }

    It 'neither sends nor repeats what is no name: <_>' -ForEach 'Host=db;Password=canary*', '{"ip":["canary"]}', 'canary $ecret?' {
        $caught = { Get-LoginQueue $_ } | Should -Throw -ErrorId 'SettingInvalid,*' -PassThru
        "$caught $($caught.TargetObject)" | Should -Not -Match 'canary'
        # Nor does completing it: the server would answer with every queue that there is.
        Get-Completion "Get-LoginQueue $(ConvertTo-Literal $_)" | Should -BeNullOrEmpty
    }

    It 'is what Receive-LoginMessage takes, one queue after the other' {
        $more = New-Queue "$family-more"
        New-LoginBody 3 | Send-LoginMessage $main
        New-LoginBody 2 | Send-LoginMessage $more
        $received = Get-LoginQueue "$family-m*" | Receive-LoginMessage -WarningAction Ignore
        @($received | Where-Object UserId).Count | Should -Be 5
        (Get-QueueCount $main).Visible | Should -Be 5
        # As AWS Tools gives it.
        @([pscustomobject]@{ QueueUrl = (Get-LoginQueue $more).QueueUrl } | Receive-LoginMessage).Count | Should -Be 2
        # What has a queue and is none.
        { ConvertFrom-LoginJson '{}' -WarningAction Ignore | Add-Member Queue $more -PassThru | Receive-LoginMessage -ErrorAction Stop } | Should -Throw '*takes queues, from Get-LoginQueue, and a login that is not protected was piped into it*'
        { 'a text' | Receive-LoginMessage -ErrorAction Stop } | Should -Throw '*takes queues, from Get-LoginQueue, and a text was piped into it*'
    }
}

Describe 'Completion' {
    It 'of -Queue asks the service, as far as the line says which' {
        Get-Completion "Receive-LoginMessage $family-" | Should -Be $dead, $main, "$family-more", $fifo
        Get-Completion "Invoke-LoginEtl -EndpointUrl $env:LOGINETL_TEST_SQS -Queue $family-m" | Should -Be $main, "$family-more"
        $time = Measure-Command { Get-Completion 'Get-LoginQueue -EndpointUrl http://127.0.0.1:9 -Queue x' | Should -BeNullOrEmpty }
        $time.TotalSeconds | Should -BeLessThan 10
    }

    It 'of -Region, -ProfileName, -Method and -ColumnName' {
        Get-Completion 'Get-LoginQueue -Region eu-central-' | Should -Be 'eu-central-1', 'eu-central-2'
        $env:AWS_SHARED_CREDENTIALS_FILE = Join-Path $TestDrive 'credentials'
        Set-Content $env:AWS_SHARED_CREDENTIALS_FILE "[etl-one]`naws_access_key_id = a`naws_secret_access_key = b`n[etl two's]`naws_access_key_id = a`naws_secret_access_key = b"
        try { Get-Completion 'Get-LoginQueue -ProfileName etl' | Should -Be "'etl two''s'", 'etl-one' }
        finally { Remove-Item env:AWS_SHARED_CREDENTIALS_FILE }
        Get-Completion 'Protect-LoginPii -Method dev' | Should -Be "'device_id=siv'", "'device_id=mac'", "'device_id=escrow'"
        Get-Completion 'Find-LoginRecord -ColumnName masked' | Should -Be "'masked_ip='", "'masked_device_id='"
    }

    It 'of -Table and -ConflictKey asks the database that the line or the environment names' {
        $database = New-TestDatabase
        Initialize-LoginDatabase $database
        [void] (Invoke-Sql $database 'CREATE SCHEMA apart; CREATE TABLE apart."Odd name" (a int PRIMARY KEY); CREATE UNIQUE INDEX one_a_user ON user_logins (user_id)')
        $dsn = ConvertTo-Literal $database
        Get-Completion "Find-LoginRecord $dsn -Table u" | Should -Be 'user_logins'
        $env:LOGINETL_DATABASE = $database
        try {
            Get-Completion 'Get-LoginQuarantine -Table apart' | Should -Be "'apart.`"Odd name`"'"
            Get-Completion 'Write-LoginRecord -ConflictKey o' | Should -Be 'one_a_user'
            $env:LOGINETL_DATABASE = 'Host=127.0.0.1;Port=9;Username=u;Password=p'
            Get-Completion 'Write-LoginRecord -ConflictKey o' | Should -BeNullOrEmpty
        }
        finally { Remove-Item env:LOGINETL_DATABASE }
    }
}

Describe 'Settings as texts' {
    It 'are taken for tables' {
        $keys = Join-Path $TestDrive 'keys'
        New-LoginKeyset $keys -Method 'ip=pfx,device_id=mac' -WarningAction Ignore
        (Get-LoginKeyset $keys).Name | Should -Contain 'ip.pfx'
        $record = New-LoginBody | ConvertFrom-LoginJson | Protect-LoginPii $keys -Method 'ip=pfx, device_id=mac'
        "$($record.MaskedIp) $($record.MaskedDeviceId)" | Should -Match '^pfx1\.\S+ mac1\.'
        { Protect-LoginPii $keys -Method pfx } | Should -Throw "*or a text such as 'ip=pfx,device_id=mac'*"
        { Protect-LoginPii $keys -Method 'ip=pfx,ip=mac' } | Should -Throw '*each name once*'
    }

    It 'hold a database as SecureString, or name it in a vault, with no warning of a password' {
        $database = New-TestDatabase
        $secure = ConvertTo-SecureString $database -AsPlainText -Force
        Initialize-LoginDatabase $secure -WarningVariable said
        $said | Should -BeNullOrEmpty
        $stub = Join-Path $TestDrive 'Microsoft.PowerShell.SecretManagement'
        $null = New-Item -ItemType Directory $stub
        Set-Content "$stub/Microsoft.PowerShell.SecretManagement.psm1" 'function Get-Secret { param([string] $Name, [string] $Vault) if ($Name -eq "dsn") { $env:PESTER_SECRET } }'
        $env:PESTER_SECRET = $database
        Import-Module $stub -Force
        try {
            @(Get-LoginQuarantine secret:Etl/dsn -WarningVariable said).Count | Should -Be 0
            $said | Should -BeNullOrEmpty
            { Get-LoginQuarantine secret:Etl/none } | Should -Throw -ErrorId 'SecretUnreadable,*'
            { Get-LoginQuarantine secret:Etl } | Should -Throw -ErrorId 'SettingInvalid,*'
        }
        finally {
            Remove-Module Microsoft.PowerShell.SecretManagement
            Remove-Item env:PESTER_SECRET
        }
    }
}

Describe 'Receive-LoginMessage -Hold' {
    BeforeAll {
        $keys = Join-Path $TestDrive 'held-keys'
        New-LoginKeyset $keys -WarningAction Ignore
        $database = New-TestDatabase
        Initialize-LoginDatabase $database
    }

    It 'keeps what a filter of the same pipeline drops' {
        $queue = New-TestQueue
        New-LoginBody 3 | Send-LoginMessage $queue
        '{}' | Send-LoginMessage $queue
        Receive-LoginMessage $queue -Hold -WarningAction Ignore -OutVariable all | Where-Object UserId | Protect-LoginPii $keys | Write-LoginRecord $database -ReceiptVariable first
        $first.Received, $first.Written, $first.Returned, $first.ExitCode | Should -Be 3, 3, 0, 0
        (Get-QueueCount $queue).InFlight | Should -Be 1
        $all | Where-Object Reason | Protect-LoginPii $keys | Write-LoginRecord $database -ReceiptVariable second
        $second.Quarantined, $second.NotHeld, $second.ExitCode | Should -Be 1, 0, 2
        (Get-QueueCount $queue).InFlight | Should -Be 0
    }

    It 'keeps what it gave for pipelines that come later, and settles it with them' {
        $queue = New-TestQueue -VisibilityTimeout 2
        New-LoginBody 6 | Send-LoginMessage $queue
        $logins = Receive-LoginMessage $queue -Hold -WarningAction Ignore
        $logins | Should -HaveCount 6
        Start-Sleep 4
        (Get-QueueCount $queue).InFlight | Should -Be 6
        $logins | Select-Object -First 3 | Protect-LoginPii $keys | Write-LoginRecord $database -ReceiptVariable receipt
        $receipt.Written, $receipt.NotHeld, $receipt.ExitCode | Should -Be 3, 0, 0
        $logins | Select-Object -Skip 3 -First 1 | Confirm-LoginMessage
        $logins | Select-Object -Last 2 | Reset-LoginMessage
        $counts = Get-QueueCount $queue
        $counts.Visible, $counts.InFlight | Should -Be 2, 0
    }

    It 'gives back what it gave to nobody' {
        $queue = New-TestQueue
        New-LoginBody 20 | Send-LoginMessage $queue
        $logins = Receive-LoginMessage $queue -Hold -WarningAction Ignore | Select-Object -First 2
        $counts = Get-QueueCount $queue
        $counts.Visible, $counts.InFlight | Should -Be 18, 2
        $logins | Reset-LoginMessage
        (Get-QueueCount $queue).Visible | Should -Be 20
    }
}

Describe 'Initialize-LoginDatabase -AsSql' {
    It 'gives a script that makes it all, and changes nothing itself' {
        $database = New-TestDatabase
        $script = Initialize-LoginDatabase $database -AsSql
        $script | Should -HaveCount 1
        (Invoke-Sql $database "SELECT to_regclass('user_logins') IS NULL AS n").n | Should -BeTrue
        $psql = Get-Command psql, /usr/lib/postgresql/*/bin/psql -ErrorAction Ignore | Select-Object -First 1
        if ($psql) {
            $file = Join-Path $TestDrive 'make.sql'
            Set-Content $file $script
            $settings = [Npgsql.NpgsqlConnectionStringBuilder]::new($database)
            $env:PGPASSWORD = $settings.Password
            $said = & $psql -X -q -v ON_ERROR_STOP=1 -h $settings.Host -p $settings.Port -U $settings.Username -d $settings.Database -f $file 2>&1
            $LASTEXITCODE | Should -Be 0 -Because "$said"
            Remove-Item env:PGPASSWORD
        }
        else { [void] (Invoke-Sql $database $script) }
        Initialize-LoginDatabase $database -AsSql | Should -BeNullOrEmpty
        Initialize-LoginDatabase $database -Verbose 4>&1 | Should -BeLike '*Nothing is missing*'
    }
}
