BeforeAll {
    . "$PSScriptRoot/Setup.ps1"
    . "$PSScriptRoot/Keys.ps1"

    # Logins whose users are named after their sender and number.
    function Get-Body([string] $Sender, [int[]] $Numbers) {
        foreach ($n in $Numbers) {
            '{{"user_id":"{0}-{1}","app_version":"1.2.3","device_type":"ios","ip":"10.1.2.{2}","locale":"DE","device_id":"device-{2}"}}' -f $Sender, $n, ($n % 200)
        }
    }

    function Get-RowCount([string] $Database, [string] $Where = 'true') { (Invoke-Sql $Database "SELECT count(*) AS n FROM user_logins WHERE $Where").n }

    function Wait-Until([scriptblock] $Condition, [string] $What) {
        $until = [datetime]::UtcNow.AddSeconds(60)
        while (-not (& $Condition)) {
            if ([datetime]::UtcNow -gt $until) { throw "Not within a minute: $What" }
            Start-Sleep -Milliseconds 50
        }
    }

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

Describe 'A rotation' {
    BeforeEach {
        $database = New-TestDatabase
        Initialize-LoginDatabase $database
        $own = NewKeys
        $old = Get-LoginKeyset $own ip
        Get-Body a (1..3) | ConvertFrom-LoginJson | Protect-LoginPii $own | Write-LoginRecord $database
        function Get-State { (Invoke-Sql $database "SELECT state FROM login_etl_key WHERE attribute = 'ip' ORDER BY prefix = '$($old.TokenPrefix)' DESC").state }
    }

    It 'needs no word about new keys where the database is told of them' {
        $new = Add-LoginKey $own ip -Database $database
        Get-State | Should -Be 'primary', 'retired'
        # Only in the file: the database goes on with its own.
        $null = Set-LoginPrimaryKey $own ip $new.KeyId -WarningVariable said -WarningAction SilentlyContinue
        "$said" | Should -Match '-Database'
        Get-Body b 1 | ConvertFrom-LoginJson | Protect-LoginPii $own | Write-LoginRecord $database
        Get-RowCount $database "masked_ip LIKE '$($old.TokenPrefix)%'" | Should -Be 4
        $null = Set-LoginPrimaryKey $own ip $new.KeyId -Database $database -WarningVariable said
        $said | Should -BeNullOrEmpty
        Get-State | Should -Be 'retired', 'primary'
        Get-Body c 1 | ConvertFrom-LoginJson | Protect-LoginPii $own | Write-LoginRecord $database
        (Update-LoginToken $database $own).RowsUpdated | Should -Be 4
        Get-RowCount $database "masked_ip LIKE '$($new.TokenPrefix)%'" | Should -Be 5
        (Invoke-Sql $database 'SELECT count(*) AS n FROM login_etl_key WHERE check_value IS NULL').n | Should -Be 0
    }

    It 'takes no key away that writers make tokens with, whatever the file says' {
        $new = Add-LoginKey $own ip
        $stale = Join-Path $TestDrive ([guid]::NewGuid())
        Copy-Item $own $stale -Recurse
        $null = Set-LoginPrimaryKey $own ip $new.KeyId -Database $database
        { Disable-LoginKey $stale ip $new.KeyId -Database $database } | Should -Throw -ErrorId 'KeyIsPrimary,*'
        $null = Disable-LoginKey $stale ip $new.KeyId
        { Remove-LoginKey $stale ip $new.KeyId -Database $database -Confirm:$false } | Should -Throw -ErrorId 'KeyIsPrimary,*'
        $null = Enable-LoginKey $stale ip $new.KeyId -Database $database
        Get-State | Should -Be 'retired', 'primary'
        $null = Disable-LoginKey $own ip $old.KeyId -Database $database
        Get-State | Should -Be 'disabled', 'primary'
    }

    It 'is refused before anything is changed where the database knows other bytes under an id' {
        [void] (Invoke-Sql $database "UPDATE login_etl_key SET check_value = '01234567'")
        $before = Contents $own
        { Add-LoginKey $own ip -Database $database } | Should -Throw -ErrorId 'KeyMismatch,*'
        { Set-LoginPrimaryKey $own ip $old.KeyId -Database $database } | Should -Throw -ErrorId 'KeyMismatch,*'
        { Update-LoginToken $database $own } | Should -Throw -ErrorId 'KeyMismatch,*'
        Contents $own | Should -Be $before
        Get-State | Should -Be 'primary'
    }

    It 'leaves no key with other bytes unnoticed, one that only opens neither' {
        $new = Add-LoginKey $own ip -Database $database
        $null = Set-LoginPrimaryKey $own ip $new.KeyId -Database $database
        # As if this host had other bytes under the id of the old one.
        [void] (Invoke-Sql $database "UPDATE login_etl_key SET check_value = repeat('0', 32) WHERE prefix = '$($old.TokenPrefix)'")
        $row = Invoke-Sql $database 'SELECT masked_ip FROM user_logins LIMIT 1'
        { '10.1.2.1' | Find-LoginRecord $database $own -Attribute ip } | Should -Throw -ErrorId 'KeyMismatch,*'
        { $row | Unprotect-LoginPii $database $own -Reason x -AuditFile "$TestDrive/m.jsonl" -Confirm:$false -WarningAction SilentlyContinue } | Should -Throw -ErrorId 'KeyMismatch,*'
        $states = Test-LoginEtl (New-TestQueue) $own $database | Where-Object Name -EQ 'Key states'
        $states.Outcome | Should -Be 'Fail'
        $states.Detail | Should -Match ([regex]::Escape($old.TokenPrefix))

        # What somebody registers beside it hides it from nobody.
        [void] (Invoke-Sql $database "INSERT INTO login_etl_key (attribute, method, prefix) VALUES ('ip', 'siv', 'siv1.AZZZZZ')")
        $states = Test-LoginEtl (New-TestQueue) $own $database | Where-Object Name -EQ 'Key states'
        $states.Outcome | Should -Be 'Fail'
        [void] (Invoke-Sql $database "UPDATE login_etl_key SET check_value = NULL WHERE prefix = '$($old.TokenPrefix)'")
        $states = Test-LoginEtl (New-TestQueue) $own $database | Where-Object Name -EQ 'Key states'
        $states.Detail | Should -BeLike '*more than one primary key*without a whole check value*'
        $null = '10.1.2.1' | Find-LoginRecord $database $own -Attribute ip -WarningVariable said -WarningAction SilentlyContinue
        "$said" | Should -BeLike "*The database knows $($old.TokenPrefix) of ip without a whole check value*"
        $null = $row | Unprotect-LoginPii $database $own -Reason x -AuditFile "$TestDrive/m.jsonl" -Confirm:$false -WarningVariable said -WarningAction SilentlyContinue
        "$said" | Should -BeLike "*The database knows $($old.TokenPrefix) of ip without a whole check value*"
        'no JSON' | ConvertFrom-LoginJson -WarningAction Ignore | Protect-LoginPii $own | Write-LoginRecord $database -WarningAction Ignore
        $null = Get-LoginQuarantine $database | Restore-LoginQuarantine $database $own -PrivateKeyPath "$own-private/quarantine.json" -WarningVariable said -WarningAction SilentlyContinue
        "$said" | Should -BeLike "*The database knows $($old.TokenPrefix) of ip without a whole check value*"

        # Who may read the table and not the register finds rows all the same.
        $reader = New-TestName 'reader_'
        [void] (Invoke-Sql $database "CREATE ROLE $reader LOGIN PASSWORD 'pw'; GRANT SELECT ON user_logins TO $reader")
        $dsn = [Npgsql.NpgsqlConnectionStringBuilder]::new($database)
        $dsn.Username, $dsn.Password = $reader, 'pw'
        ('10.1.2.1' | Find-LoginRecord $dsn.ConnectionString $own -Attribute ip).Count | Should -Be 1
    }

    It 'is taken back by nobody whose file is older' {
        $new = Add-LoginKey $own ip -Database $database
        $stale = Join-Path $TestDrive ([guid]::NewGuid())
        Copy-Item $own $stale -Recurse
        $null = Set-LoginPrimaryKey $own ip $new.KeyId -Database $database
        # Enabled there, and primary in that file.
        $null = Enable-LoginKey $stale ip $old.KeyId -Database $database -WarningVariable said
        $said | Should -BeNullOrEmpty
        Get-State | Should -Be 'retired', 'primary'
        $null = Disable-LoginKey $own ip $old.KeyId -Database $database
        $receipt = Update-LoginToken $database $stale -WarningVariable said -WarningAction SilentlyContinue
        $receipt.RowsUpdated, $receipt.ExitCode | Should -Be 0, 2
        "$said" | Should -BeLike '*their key is disabled*'
        Get-State | Should -Be 'disabled', 'primary'
        $null = Set-LoginPrimaryKey $stale ip $new.KeyId -Database $database
        Get-State | Should -Be 'disabled', 'primary'
        $null = Enable-LoginKey $stale ip $old.KeyId -Database $database
        Get-State | Should -Be 'retired', 'primary'
        (Update-LoginToken $database $stale).RowsUpdated | Should -Be 3
    }

    It 'ends as it was last told where another host changes keys meanwhile' {
        $new = Add-LoginKey $own ip -Database $database
        # A batch under way keeps both waiting: who reads before and writes after it would take the other back.
        $slow = [Npgsql.NpgsqlConnection]::new($database)
        $slow.Open()
        $command = $slow.CreateCommand()
        $command.CommandText = "BEGIN; SELECT pg_advisory_xact_lock_shared((1282369355::bigint << 32) + 'login_etl_key'::regclass::oid::bigint)"
        [void] $command.ExecuteNonQuery()
        try {
            # Each is at the start line before it is let go: the lock is waited for a bounded time.
            $begin = "Import-Module $(ConvertTo-Literal "$PSScriptRoot/../../LoginEtl.psd1"); Set-Content '{0}.ready' ''; while (-not (Test-Path '{0}.go')) {{ Start-Sleep -Milliseconds 20 }};"
            ($begin -f "$TestDrive/set") + "`$null = Set-LoginPrimaryKey '$own' ip $($new.KeyId) -Database '$database'" | Set-Content "$TestDrive/set.ps1"
            ($begin -f "$TestDrive/update") + "(Update-LoginToken '$database' '$own' -WarningAction Ignore).ExitCode" | Set-Content "$TestDrive/update.ps1"
            $processes = 'set', 'update' | ForEach-Object { Start-PowerShell "$TestDrive/$_.ps1" "$TestDrive/$_.out" }
            Wait-Until { (Test-Path "$TestDrive/set.ready") -and (Test-Path "$TestDrive/update.ready") } 'both are there'
            $waiting = 0
            foreach ($one in 'set', 'update') {
                Set-Content "$TestDrive/$one.go" ''
                $waiting++
                Wait-Until { (Invoke-Sql $database "SELECT count(*) AS n FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())").n -ge $waiting } "$one waits"
            }
        }
        finally { $slow.Dispose() }
        $processes | Wait-Process -Timeout 60
        Get-State | Should -Be 'retired', 'primary'
        Get-Content "$TestDrive/update.out" -Raw | Should -Match '^0\s*$'
        Get-RowCount $database "masked_ip LIKE '$($new.TokenPrefix)%'" | Should -Be 3
    }

    It 'leaves the file as it was where the database refuses, and says so' {
        $new = Add-LoginKey $own ip -Database $database
        $null = Disable-LoginKey $own ip $new.KeyId -Database $database
        $before = Contents $own
        $role = New-TestName 'weak_'
        [void] (Invoke-Sql $database "CREATE ROLE $role LOGIN PASSWORD 'pw'; GRANT SELECT ON login_etl_key, login_etl_schema, user_logins TO $role")
        $dsn = [Npgsql.NpgsqlConnectionStringBuilder]::new($database)
        $dsn.Username, $dsn.Password = $role, 'pw'
        foreach ($change in { Add-LoginKey $own ip -Database $dsn.ConnectionString }, { Set-LoginPrimaryKey $own ip $old.KeyId -Database $dsn.ConnectionString },
            { Enable-LoginKey $own ip $new.KeyId -Database $dsn.ConnectionString }, { Remove-LoginKey $own ip $new.KeyId -Database $dsn.ConnectionString -Force -Confirm:$false }) {
            $change | Should -Throw -ErrorId 'TableAccessDenied,*'
        }
        Contents $own | Should -Be $before
    }

    It 'keeps a key for others that is refused to be removed' {
        $new = Add-LoginKey $own ip -Database $database
        $null = Set-LoginPrimaryKey $own ip $new.KeyId -Database $database
        $null = Disable-LoginKey $own ip $old.KeyId
        { Remove-LoginKey $own ip $old.KeyId -Database $database -Confirm:$false } | Should -Throw -ErrorId 'KeyInUse,*'
        Get-State | Should -Be 'retired', 'primary'
        # Its file has the key disabled that was primary in the database: retired, and not more.
        $stale = NewKeys
        foreach ($file in Get-ChildItem $own -Filter *.json) { Copy-Item $file $stale -Force }
        $third = Add-LoginKey $stale ip -Database $database
        $null = Set-LoginPrimaryKey $stale ip $third.KeyId
        $null = Disable-LoginKey $stale ip $new.KeyId
        $null = Set-LoginPrimaryKey $stale ip $third.KeyId -Database $database
        (Invoke-Sql $database "SELECT state FROM login_etl_key WHERE prefix = '$($new.TokenPrefix)'").state | Should -Be 'retired'
    }

    It 'makes no key known of a method that others mask by, nor a first one of another keyset' {
        $other = NewKeys @{ ip = 'pfx' }
        foreach ($file in Get-ChildItem $own -Filter *.json) { Copy-Item $file $other -Force }
        $null = Update-LoginToken $database $other -WarningAction SilentlyContinue
        (Invoke-Sql $database "SELECT count(*) AS n FROM login_etl_key WHERE method = 'pfx'").n | Should -Be 0
        { Get-Body b 1 | ConvertFrom-LoginJson | Protect-LoginPii $other -Method @{ ip = 'pfx' } | Write-LoginRecord $database } | Should -Throw -ErrorId 'KeyNotKnown,*'

        [void] (Invoke-Sql $database 'DELETE FROM login_etl_key')
        { Update-LoginToken $database (NewKeys) -WhatIf } | Should -Throw -ErrorId 'KeyNotKnown,*'
        { Update-LoginToken $database (NewKeys) } | Should -Throw -ErrorId 'KeyNotKnown,*'
        $stranger = NewKeys
        { Add-LoginKey $stranger ip -Database $database } | Should -Throw -ErrorId 'KeyNotKnown,*'
        { Enable-LoginKey $stranger ip (Get-LoginKeyset $stranger ip).KeyId -Database $database } | Should -Throw -ErrorId 'KeyNotKnown,*'
        (Invoke-Sql $database 'SELECT count(*) AS n FROM login_etl_key').n | Should -Be 0
        $null = Update-LoginToken $database $own
        (Invoke-Sql $database "SELECT count(*) AS n FROM login_etl_key WHERE state = 'primary'").n | Should -Be 2
    }

    It 'is missed by nobody where the database is from before it' {
        $new = Add-LoginKey $own ip
        $states = Test-LoginEtl (New-TestQueue) $own $database | Where-Object Name -EQ 'Key states'
        $states.Outcome | Should -Be 'Warn'
        $states.Detail | Should -BeLike "$($new.TokenPrefix) of ip, newer than the primary key, has never been told to this database*"
        $null = Set-LoginPrimaryKey $own ip $new.KeyId -Database $database
        (Test-LoginEtl (New-TestQueue) $own $database | Where-Object Name -EQ 'Key states').Outcome | Should -Be 'Pass'
    }

    It 'takes no row to a key that the database was never told, and -WhatIf says what the run says' {
        $stale = Join-Path $TestDrive ([guid]::NewGuid())
        Copy-Item $own $stale -Recurse
        $new = Add-LoginKey $own ip
        $null = Set-LoginPrimaryKey $own ip $new.KeyId -WarningAction SilentlyContinue
        { Update-LoginToken $database $own } | Should -Throw -ErrorId 'KeyNotKnown,*'
        Get-State | Should -Be 'primary'
        $null = Set-LoginPrimaryKey $own ip $new.KeyId -Database $database
        { Update-LoginToken $database $stale -WhatIf } | Should -Throw -ErrorId 'KeyRetired,*'
        { Update-LoginToken $database $stale } | Should -Throw -ErrorId 'KeyRetired,*'
        (Update-LoginToken $database $own).RowsUpdated | Should -Be 3
    }

    It 'tells a database that knows no key yet of the whole keyset' {
        [void] (Invoke-Sql $database 'DELETE FROM login_etl_key; DELETE FROM user_logins')
        $null = Add-LoginKey $own ip -Database $database
        Get-State | Should -Be 'primary', 'retired'
        Get-Body d 1 | ConvertFrom-LoginJson | Protect-LoginPii $own | Write-LoginRecord $database
        Get-RowCount $database | Should -Be 1
    }
}
