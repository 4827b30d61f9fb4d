BeforeAll {
    . "$PSScriptRoot/Setup.ps1"
    . "$PSScriptRoot/Keys.ps1"
}

AfterAll { Exit-TestSession }

Describe 'A rotation' {
    BeforeEach {
        $database = New-TestDatabase
        Initialize-LoginDatabase $database
        $own = NewKeys
        $old = Get-LoginKeyset $own ip
        Get-Body a (1..3) | ConvertFrom-LoginJson | Protect-LoginPii $own | Write-LoginRecord $database
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
        # Who reads before the batch has ended and writes after it would take the other back.
        Invoke-BehindBatch $database @(
            "`$null = Set-LoginPrimaryKey '$own' ip $($new.KeyId) -Database '$database'"
            "(Update-LoginToken '$database' '$own' -WarningAction Ignore).ExitCode"
        )
        Get-State | Should -Be 'retired', 'primary'
        Get-Content "$TestDrive/behind1.out" -Raw | Should -Match '^0\s*$'
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
