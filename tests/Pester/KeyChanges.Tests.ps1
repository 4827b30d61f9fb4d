BeforeAll {
    . "$PSScriptRoot/Setup.ps1"
    . "$PSScriptRoot/Keys.ps1"

    # A connection string of a new login that is in the role alone.
    function New-Member([string] $Database, [string] $Role) {
        $name = New-TestName 'member_'
        [void] (Invoke-Sql $Database "CREATE ROLE $name LOGIN PASSWORD 'pw' IN ROLE $Role")
        $settings = [Npgsql.NpgsqlConnectionStringBuilder]::new($Database)
        $settings.Username = $name
        $settings.Password = 'pw'
        $settings.ConnectionString
    }

    function New-Host { $folder = Join-Path $TestDrive ([guid]::NewGuid()); Copy-Item $keys $folder -Recurse; $folder }
}

AfterAll { Exit-TestSession }

Describe 'A key that is made primary from a third place' {
    It 'stops neither a worker nor a pipeline of the role login_etl_writer: both go on with it, and every row is there once' {
        $database = New-TestDatabase
        Initialize-LoginDatabase $database -Role
        $old = Get-LoginKeyset $keys ip
        $writer = New-Member $database login_etl_writer
        $new = Add-LoginKey $keys ip
        $ofWorker, $ofPipeline, $third = 1..3 | ForEach-Object { New-Host }
        $queues = @{ worker = New-TestQueue; pipeline = New-TestQueue }
        foreach ($sender in $queues.Keys) { Get-Body $sender (1..300) | Send-LoginMessage $queues[$sender] }

        $script = Join-Path $TestDrive 'pipeline.ps1'
        @"
Import-Module $(ConvertTo-Literal "$PSScriptRoot/../../LoginEtl.psd1")
Receive-LoginMessage $($queues.pipeline) -Wait -MaxMessages 600 -MaxDuration 90 | Protect-LoginPii '$ofPipeline' | Write-LoginRecord '$writer' -BatchSize 50 -FlushInterval 0.2 -ReceiptVariable receipt -WarningAction Ignore
`$receipt | ConvertTo-Json
exit `$receipt.ExitCode
"@ | Set-Content $script
        $worker = Get-ChildItem "$PSScriptRoot/../../src/LoginEtl.Worker/bin/*/net10.0/login-etl.dll" | Sort-Object LastWriteTime | Select-Object -Last 1
        $flags = $worker.FullName, '--queue', $queues.worker, '--keyset', $ofWorker, '--database', $writer, '--wait', '--max-messages', 600, '--max-duration', 90, '--batch-size', 50, '--flush-interval', 0.2
        $processes = @(
            Start-Process dotnet -ArgumentList ($flags | ForEach-Object { "`"$_`"" }) -PassThru -RedirectStandardOutput "$TestDrive/worker.out" -RedirectStandardError "$TestDrive/worker.out.err"
            Start-PowerShell $script "$TestDrive/pipeline.out"
        )
        try {
            $processes.ForEach{ $null = $_.Handle }
            Wait-Until { (Get-RowCount $database) -eq 600 -or $processes.HasExited -contains $true } 'the first rows'
            Set-LoginPrimaryKey $third ip $new.KeyId -Database $database
            $then = Get-RowCount $database "masked_ip LIKE '$($old.TokenPrefix)%'"
            foreach ($sender in $queues.Keys) { Get-Body $sender (301..600) | Send-LoginMessage $queues[$sender] }
            $processes | Wait-Process -Timeout 100 -ErrorAction Ignore
        }
        finally { $processes | Where-Object { -not $_.HasExited } | ForEach-Object Kill }

        $said = 'worker', 'pipeline' | ForEach-Object { Get-Content "$TestDrive/$_.out.err" -Raw }
        $processes.ExitCode | Should -Be 0, 0 -Because "$said"
        $receipts = @((Get-Content "$TestDrive/worker.out" | Select-Object -Last 1), (Get-Content "$TestDrive/pipeline.out" -Raw)) | ConvertFrom-Json
        foreach ($receipt in $receipts) { $receipt.received, $receipt.written | Should -Be 600, 600 }
        Get-RowCount $database | Should -Be 1200
        (Invoke-Sql $database 'SELECT count(DISTINCT user_id) AS n FROM user_logins').n | Should -Be 1200
        Get-RowCount $database "masked_ip LIKE '$($old.TokenPrefix)%'" | Should -Be $then
        Get-RowCount $database "masked_ip LIKE '$($new.TokenPrefix)%'" | Should -Be (1200 - $then)

        # On a host whose own file still says otherwise.
        $receipt = Update-LoginToken $database $ofWorker -WarningAction Ignore
        $receipt.RowsUpdated, $receipt.ExitCode | Should -Be $then, 0
        Get-RowCount $database "masked_ip LIKE '$($new.TokenPrefix)%'" | Should -Be 1200
        @('10.1.2.7' | Find-LoginRecord $database $ofPipeline -Attribute ip).Count | Should -Be 6
    }
}

Describe 'Two primary keys in the database' {
    It 'are told of by whoever uses them, and stop a rotation' {
        $database = New-TestDatabase
        Initialize-LoginDatabase $database
        $own = New-Host
        $queue = New-TestQueue
        Get-Body first (1..2) | Send-LoginMessage $queue
        (Invoke-LoginEtl $queue $own $database -DrainWindow 0.2 -WarningVariable said).Written | Should -Be 2
        $said | Should -BeNullOrEmpty

        $other = Add-LoginKey $own ip
        [void] (Invoke-Sql $database "INSERT INTO login_etl_key (attribute, prefix, method) VALUES ('ip', '$($other.TokenPrefix)', 'siv')")
        $told = "*more than one primary key of ip: *$($other.TokenPrefix)*"
        Get-Body second (1..2) | Send-LoginMessage $queue
        (Invoke-LoginEtl $queue $own $database -DrainWindow 0.2 -WarningVariable said -WarningAction SilentlyContinue).Written | Should -Be 2
        @($said) -like $told | Should -HaveCount 1
        'no JSON' | ConvertFrom-LoginJson -WarningAction Ignore | Protect-LoginPii $own | Write-LoginRecord $database -WarningAction Ignore
        $rows = Get-Body third (1..2) | ConvertFrom-LoginJson | Protect-LoginPii $own
        $rows | Write-LoginRecord $database -WarningVariable said -WarningAction SilentlyContinue
        @($said) -like $told | Should -HaveCount 1
        $null = Get-LoginQuarantine $database | Restore-LoginQuarantine $database $own -PrivateKeyPath "$keys-private/quarantine.json" -WarningVariable said -WarningAction SilentlyContinue
        @($said) -like $told | Should -HaveCount 1
        $check = Test-LoginEtl $queue $own $database | Where-Object Name -EQ 'Key states'
        $check.Outcome | Should -Be 'Warn'
        $check.Detail | Should -BeLike $told
        { Update-LoginToken $database $own } | Should -Throw -ErrorId 'PrimaryKeyAmbiguous,*'
        Set-LoginPrimaryKey $own ip $other.KeyId -Database $database
        (Update-LoginToken $database $own -WarningVariable said).ExitCode | Should -Be 0
        $said | Should -BeNullOrEmpty
        Get-RowCount $database "masked_ip LIKE '$($other.TokenPrefix)%'" | Should -Be 6
    }

    It 'are settled by Set-LoginPrimaryKey, one that nobody holds too' {
        $database = New-TestDatabase
        Initialize-LoginDatabase $database
        $own = NewKeys
        Get-Body a (1..2) | ConvertFrom-LoginJson | Protect-LoginPii $own | Write-LoginRecord $database
        [void] (Invoke-Sql $database "INSERT INTO login_etl_key (attribute, prefix, method) VALUES ('ip', 'siv1.AZZZZZ', 'siv'), ('ip', 'mac1.AZZZZZ', 'mac'), ('device_id', 'siv1.AZZZZZ', 'siv')")
        $null = Set-LoginPrimaryKey $own ip (Get-LoginKeyset $own ip | Where-Object IsPrimary).KeyId -Database $database -WarningVariable said -WarningAction SilentlyContinue
        "$said" | Should -BeLike '*had siv1.AZZZZZ of ip as primary, too*'
        (Invoke-Sql $database "SELECT attribute || ' ' || prefix AS k FROM login_etl_key WHERE state = 'retired'").k | Should -Be 'ip siv1.AZZZZZ'
        $rows = Get-Body b (1..2) | ConvertFrom-LoginJson | Protect-LoginPii $own
        $rows | Write-LoginRecord $database -WarningVariable said -WarningAction SilentlyContinue
        "$said" | Should -BeLike '*more than one primary key of device_id*'
    }
}

Describe 'A rotation of a table on which others have put something' {
    It 'names those who have put something on the table' {
        $database = New-TestDatabase
        Initialize-LoginDatabase $database
        $own = New-Host
        $role = "stranger_$([guid]::NewGuid().ToString('n'))"
        [void] (Invoke-Sql $database @"
            CREATE ROLE $role; CREATE SCHEMA $role AUTHORIZATION $role; GRANT TRIGGER ON user_logins TO $role; SET ROLE $role;
            CREATE FUNCTION $role.f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
            CREATE TRIGGER watch AFTER UPDATE ON public.user_logins FOR EACH STATEMENT EXECUTE FUNCTION $role.f()
"@)
        try {
            $null = Update-LoginToken $database $own -WarningVariable said -WarningAction SilentlyContinue
            "$said" | Should -BeLike "*the function f of the trigger watch belongs to $role*"
        }
        finally { [void] (Invoke-Sql $database "DROP TABLE user_logins; DROP OWNED BY $role; DROP ROLE $role") }
    }
}

Describe 'A keyset that a database has not seen' {
    BeforeAll {
        $database = New-TestDatabase
        Initialize-LoginDatabase $database
        $queue = New-TestQueue
        Get-Body first (1..5) | Send-LoginMessage $queue
        $null = Invoke-LoginEtl $queue $keys $database -DrainWindow 0.2
        # The mount is not there, and somebody does as the error says.
        $anew = NewKeys
    }

    It 'stops each kind of run, and what was received is in the queue again' {
        Get-Body second (1..5) | Send-LoginMessage $queue
        { Receive-LoginMessage $queue | Protect-LoginPii $anew | Write-LoginRecord $database } | Should -Throw -ErrorId 'KeyNotKnown,*'
        $receipt = Invoke-LoginEtl $queue $anew $database -DrainWindow 0.2 -ErrorVariable failed -ErrorAction SilentlyContinue
        $receipt.ExitCode, $receipt.Received | Should -Be 1, 0
        $failed.FullyQualifiedErrorId | Should -BeLike 'KeyNotKnown,*'
        $receipt.Error | Should -Match ([regex]::Escape((Get-LoginKeyset $anew ip).TokenPrefix))
        { Get-Body third 1 | ConvertFrom-LoginJson | Protect-LoginPii $anew | Write-LoginRecord $database -WhatIf } | Should -Throw -ErrorId 'KeyNotKnown,*'
        { Update-LoginToken $database $anew } | Should -Throw -ErrorId 'KeyNotKnown,*'
        Get-RowCount $database | Should -Be 5
        $count = Get-QueueCount $queue
        $count.Visible, $count.InFlight | Should -Be 5, 0
    }

    It 'is told by Test-LoginEtl' {
        $checks = Test-LoginEtl $queue $anew $database
        $states = $checks | Where-Object Name -EQ 'Key states'
        $states.Outcome | Should -Be 'Fail'
        $states.Remedy | Should -Match 'NewKey'
        $rows = $checks | Where-Object Name -EQ 'Rows under other keys'
        $rows.Outcome | Should -Be 'Warn'
        $rows.Detail | Should -Match "5 of 5 values of ip looked at are under $([regex]::Escape((Get-LoginKeyset $keys ip | Where-Object IsPrimary).TokenPrefix))"
    }

    It 'finds and recovers nothing without a word' {
        $found = '10.1.2.1' | Find-LoginRecord $database $anew -Attribute ip -WarningVariable said -WarningAction SilentlyContinue
        $found | Should -BeNullOrEmpty
        "$said" | Should -BeLike "5 rows of public.user_logins could not be looked under*5 under $((Get-LoginKeyset $keys ip | Where-Object IsPrimary).TokenPrefix)*"
        $null = '10.1.2.1' | Find-LoginRecord $database $keys -Attribute ip -WarningVariable said
        $said | Should -BeNullOrEmpty

        Invoke-Sql $database 'SELECT masked_ip, masked_device_id FROM user_logins' |
            Unprotect-LoginPii $database $anew -Reason x -AuditFile "$TestDrive/audit.jsonl" -Confirm:$false -WarningVariable said -WarningAction SilentlyContinue -ErrorAction SilentlyContinue
        "$said" | Should -BeLike '*superuser* 10 values were not recovered*5 under siv1.* of *, 5 under siv1.*'
    }

    It 'is taken when that is said, and then known' {
        (Invoke-LoginEtl $queue $anew $database -NewKey -DrainWindow 0.2).Written | Should -Be 5
        Get-Body fourth (1..2) | ConvertFrom-LoginJson | Protect-LoginPii $anew | Write-LoginRecord $database
        Get-RowCount $database | Should -Be 12
    }
}

