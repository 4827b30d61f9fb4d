BeforeAll {
    . "$PSScriptRoot/Setup.ps1"
    . "$PSScriptRoot/Keys.ps1"
}

AfterAll { Exit-TestSession }

Describe 'A change of a key' {
    BeforeEach {
        $database = New-TestDatabase
        Initialize-LoginDatabase $database
        $own = NewKeys
        $old = Get-LoginKeyset $own ip
        Get-Body a (1..3) | ConvertFrom-LoginJson | Protect-LoginPii $own | Write-LoginRecord $database
        function Copy-Keys { $copy = Join-Path $TestDrive ([guid]::NewGuid()); Copy-Item $own $copy -Recurse; $copy }

        # A connection string of an account of its own, with rights.
        function New-Account([string] $Rights) {
            $role = New-TestName 'role_'
            [void] (Invoke-Sql $database "CREATE ROLE $role LOGIN PASSWORD 'pw'; $($Rights.Replace('{0}', $role))")
            $dsn = [Npgsql.NpgsqlConnectionStringBuilder]::new($database)
            $dsn.Username, $dsn.Password = $role, 'pw'
            $dsn.ConnectionString
        }
    }

    It 'that another host makes primary meanwhile disables it not' {
        $new = Add-LoginKey $own ip -Database $database
        $other = Copy-Keys
        Invoke-BehindBatch $database @(
            "`$null = Set-LoginPrimaryKey '$other' ip $($new.KeyId) -Database '$database'"
            "`$null = Disable-LoginKey '$own' ip $($new.KeyId) -Database '$database'"
        )
        Get-State | Should -Be 'retired', 'primary'
        Get-Content "$TestDrive/behind1.out.err" -Raw | Should -Match 'is the primary key in the database'
        (Get-LoginKeyset $own ip | Where-Object KeyId -EQ $new.KeyId).Status | Should -Be 'Enabled'
    }

    It 'that another host makes primary while rows are counted destroys it not' {
        $new = Add-LoginKey $own ip -Database $database
        $other = Copy-Keys
        $null = Disable-LoginKey $own ip $new.KeyId
        $slow = [Npgsql.NpgsqlConnection]::new($database)
        $slow.Open()
        $command = $slow.CreateCommand()
        $command.CommandText = 'BEGIN; LOCK TABLE user_logins'
        [void] $command.ExecuteNonQuery()
        try {
            "Import-Module $(ConvertTo-Literal "$PSScriptRoot/../../LoginEtl.psd1"); `$null = Remove-LoginKey '$own' ip $($new.KeyId) -Database '$database' -Confirm:`$false" | Set-Content "$TestDrive/remove.ps1"
            $process = Start-PowerShell "$TestDrive/remove.ps1" "$TestDrive/remove.out"
            Wait-Until { (Invoke-Sql $database "SELECT count(*) AS n FROM pg_locks WHERE relation = 'user_logins'::regclass AND NOT granted").n -gt 0 } 'it counts'
            $null = Set-LoginPrimaryKey $other ip $new.KeyId -Database $database
        }
        finally { $slow.Dispose() }
        $process | Wait-Process -Timeout 60
        Get-State | Should -Be 'retired', 'primary'
        Get-Content "$TestDrive/remove.out.err" -Raw | Should -Match 'is the primary key in the database'
        (Get-LoginKeyset $own ip | Where-Object KeyId -EQ $new.KeyId).Status | Should -Be 'Disabled'
    }

    It 'that ends early leaves the database as it was' {
        $new = Add-LoginKey $own ip -Database $database
        $null = Disable-LoginKey $own ip $new.KeyId
        # Who may set states, and not count.
        $dsn = New-Account 'GRANT SELECT, INSERT, UPDATE ON login_etl_key TO {0}; GRANT SELECT ON login_etl_schema TO {0}'
        { Remove-LoginKey $own ip $new.KeyId -Database $dsn -Confirm:$false } | Should -Throw
        Get-State | Should -Be 'primary', 'retired'

        # What is changed in between is taken back.
        $lock = [IO.File]::Open((Join-Path $own '.login-etl.lock'), 'OpenOrCreate', 'ReadWrite', 'None')
        try { { Remove-LoginKey $own ip $new.KeyId -Database $database -Confirm:$false } | Should -Throw -ErrorId 'KeysetBusy,*' }
        finally { $lock.Dispose() }
        Get-State | Should -Be 'primary', 'retired'

        # A register that knows nothing stays so where rows carry the key.
        [void] (Invoke-Sql $database 'DELETE FROM login_etl_key')
        $second = Add-LoginKey $own ip
        $null = Set-LoginPrimaryKey $own ip $second.KeyId -WarningAction Ignore
        $null = Disable-LoginKey $own ip $old.KeyId
        { Remove-LoginKey $own ip $old.KeyId -Database $database -Confirm:$false } | Should -Throw -ErrorId 'KeyInUse,*'
        (Invoke-Sql $database 'SELECT count(*) AS n FROM login_etl_key').n | Should -Be 0
    }

    It 'is no removal where the database knows nothing of the keyset' {
        $new = Add-LoginKey $own ip -Database $database
        $null = Set-LoginPrimaryKey $own ip $new.KeyId -Database $database
        $null = Disable-LoginKey $own ip $old.KeyId -Database $database
        $other = New-TestDatabase
        Initialize-LoginDatabase $other
        { Remove-LoginKey $own ip $old.KeyId -Database $other -Confirm:$false } | Should -Throw -ErrorId 'KeyMayBeInUse,*'
        { Remove-LoginKey $own ip $old.KeyId -Database $database -Confirm:$false } | Should -Throw -ErrorId 'KeyInUse,*'
        (Get-LoginKeyset $own ip | Where-Object KeyId -EQ $old.KeyId).Status | Should -Be 'Disabled'
        (Remove-LoginKey $own ip $old.KeyId -Database $other -Force -Confirm:$false).Status | Should -Be 'Destroyed'
    }

    It 'by a host whose file is older tells an empty register of no key that was replaced' {
        $stale = Copy-Keys
        $new = Add-LoginKey $own ip -Database $database
        Copy-Item "$own/ip.json" "$stale/ip.json" -Force
        $null = Set-LoginPrimaryKey $own ip $new.KeyId -Database $database
        $null = Update-LoginToken $database $own
        $null = Disable-LoginKey $own ip $old.KeyId -Database $database
        foreach ($emptied in "attribute = 'ip'", 'true') {
            [void] (Invoke-Sql $database "DELETE FROM login_etl_key WHERE $emptied")
            { Update-LoginToken $database $stale } | Should -Throw -ErrorId 'KeyNotKnown,*'
            { Update-LoginToken $database $stale -WhatIf } | Should -Throw -ErrorId 'KeyNotKnown,*'
            { Add-LoginKey $stale ip -Database $database } | Should -Throw -ErrorId 'KeyNotKnown,*'
            { Enable-LoginKey $stale ip $old.KeyId -Database $database } | Should -Throw -ErrorId 'KeyNotKnown,*'
            { Disable-LoginKey $stale ip $new.KeyId -Database $database } | Should -Throw -ErrorId 'KeyNotKnown,*'
            (Invoke-Sql $database "SELECT count(*) AS n FROM login_etl_key WHERE attribute = 'ip'").n | Should -Be 0
        }

        # Rows under both: the newer one was primary.
        Get-Body b 1 | ConvertFrom-LoginJson | Protect-LoginPii $stale | Write-LoginRecord $database -NewKey
        [void] (Invoke-Sql $database 'DELETE FROM login_etl_key')
        { Update-LoginToken $database $stale } | Should -Throw -ErrorId 'KeyNotKnown,*' -ExpectedMessage '*which is newer*'

        # Whose file is not old tells all of it.
        $null = Enable-LoginKey $own ip $old.KeyId -Database $database
        Get-State | Should -Be 'retired', 'primary'
    }

    It 'by a host whose file is older tells none either where the register is emptied while it waits' {
        $stale = Copy-Keys
        $new = Add-LoginKey $own ip -Database $database
        Copy-Item "$own/ip.json" "$stale/ip.json" -Force
        $null = Set-LoginPrimaryKey $own ip $new.KeyId -Database $database
        $null = Update-LoginToken $database $own
        foreach ($change in "Enable-LoginKey '$stale' ip $($new.KeyId)", "Add-LoginKey '$stale' ip") {
            $before = Contents $stale
            Invoke-BehindBatch $database "`$null = $change -Database '$database'" -Meanwhile { [void] (Invoke-Sql $database "DELETE FROM login_etl_key WHERE attribute = 'ip'") }
            Get-Content "$TestDrive/behind0.out.err" -Raw | Should -Match 'was deleted meanwhile'
            (Invoke-Sql $database "SELECT count(*) AS n FROM login_etl_key WHERE attribute = 'ip'").n | Should -Be 0
            Contents $stale | Should -Be $before
            $null = Enable-LoginKey $own ip $old.KeyId -Database $database
            Get-State | Should -Be 'retired', 'primary'
        }
    }

    It 'says what is not looked at because of a stranger, and looks where rows are read anyway' {
        $anew = NewKeys
        [void] (New-Account 'CREATE SCHEMA {0} AUTHORIZATION {0}; GRANT TRIGGER ON user_logins TO {0}; SET ROLE {0}; CREATE FUNCTION {0}.f() RETURNS trigger LANGUAGE plpgsql AS ''BEGIN RETURN NULL; END''; CREATE TRIGGER watch AFTER DELETE ON public.user_logins FOR EACH STATEMENT EXECUTE FUNCTION {0}.f()')
        [void] (Invoke-Sql $database 'DELETE FROM login_etl_key')
        '10.1.2.1' | Find-LoginRecord $database $anew -Attribute ip -WarningVariable said -WarningAction SilentlyContinue | Should -BeNullOrEmpty
        "$said" | Should -BeLike '*3 rows of public.user_logins could not be looked under*'
        { Add-LoginKey $anew ip -Database $database } | Should -Throw -ErrorId 'ForeignObject,*'
        { Enable-LoginKey $anew ip (Get-LoginKeyset $anew ip).KeyId -Database $database } | Should -Throw -ErrorId 'ForeignObject,*'
        { Update-LoginToken $database $anew -WarningAction Ignore } | Should -Throw -ErrorId 'KeyNotKnown,*'
        $states = Test-LoginEtl (New-TestQueue) $anew $database | Where-Object Name -EQ 'Key states'
        $states.Outcome | Should -Be 'Warn'
        $states.Detail | Should -BeLike '*was not read*'
        (Invoke-Sql $database 'SELECT count(*) AS n FROM login_etl_key').n | Should -Be 0
    }

    It 'tells of no second method that nobody writes by' {
        $both = NewKeys @{ ip = 'pfx' }
        foreach ($file in Get-ChildItem $own -Filter *.json) { Copy-Item $file $both -Force }
        $pfx = Get-LoginKeyset $both ip.pfx
        $null = Enable-LoginKey $both ip.pfx $pfx.KeyId -Database $database
        $null = Add-LoginKey $both ip.pfx -Database $database
        $null = Enable-LoginKey $both ip.pfx $pfx.KeyId -Database $database
        (Invoke-Sql $database "SELECT count(*) AS n FROM login_etl_key WHERE method = 'pfx'").n | Should -Be 0
        $rows = Get-Body b 1 | ConvertFrom-LoginJson | Protect-LoginPii $both -Method @{ ip = 'pfx' }
        { $rows | Write-LoginRecord $database } | Should -Throw -ErrorId 'KeyNotKnown,*'
        $null = Set-LoginPrimaryKey $both ip.pfx $pfx.KeyId -Database $database
        $rows | Write-LoginRecord $database
        Get-RowCount $database | Should -Be 4
    }
}
