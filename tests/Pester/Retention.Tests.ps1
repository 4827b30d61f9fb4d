BeforeAll {
    . "$PSScriptRoot/Setup.ps1"
    $all = @{ Rows = '400d'; Quarantine = '30d'; Vault = '90d' }

    function Get-Kept([string] $Database) { Test-LoginEtl (New-TestQueue) $keys $Database | Where-Object Name -EQ 'Data retention' }
}

AfterAll { Exit-TestSession }

Describe 'Initialize-LoginDatabase -Retention' {
    BeforeAll {
        $database = New-TestDatabase
        Initialize-LoginDatabase $database
    }

    It 'changes nothing with -WhatIf, and shows the SQL with it and with -AsSql' {
        (Get-Kept $database).Detail | Should -Be 'none: nothing is deleted for its age'
        [void] (Invoke-Sql $database "INSERT INTO user_logins (create_date) VALUES ('2001-01-01')")
        $asked = Invoke-PowerShell -Command "Import-Module $(ConvertTo-Literal (Convert-Path "$PSScriptRoot/../../LoginEtl.psd1")); Initialize-LoginDatabase $(ConvertTo-Literal $database) -Retention @{ Rows = '400d' } -WhatIf"
        $asked -join "`n" | Should -Match 'CREATE FUNCTION "public"\."login_etl_retain"'
        $asked -join ' ' -replace '\s+', ' ' | Should -Match 'older than the retention \(rows 400 days\) are by now, and go with the next runs: rows 1\.'
        Initialize-LoginDatabase $database -Retention $all -AsSql -WarningAction Ignore | Should -BeLike 'BEGIN;*CREATE FUNCTION "public"."login_etl_retain"*COMMIT;'
        (Get-Kept $database).Detail | Should -Be 'none: nothing is deleted for its age'
        Invoke-Sql $database "SELECT 1 FROM pg_class WHERE relname = 'login_etl_vault_created'" | Should -BeNullOrEmpty
    }

    It 'makes it, shown by Test-LoginEtl, changes it and ends it' {
        $made = Initialize-LoginDatabase $database -Retention $all -WarningAction Ignore
        $made | ForEach-Object { "$_" } | Should -Be 'Created index login_etl_vault_created', 'Created index login_etl_quarantine_held', 'Created function public.login_etl_retain'
        Initialize-LoginDatabase $database -Retention $all -Verbose 4>&1 | Should -BeLike '*Nothing is missing*'
        Initialize-LoginDatabase $database -Verbose 4>&1 | Should -BeLike '*Nothing is missing*'
        $kept = Get-Kept $database
        "$($kept.Outcome)", $kept.Detail | Should -Be 'Warn', 'rows 400 days, quarantine 30 days, vault 90 days; but there are rows that are older by more than 2 days: no run has deleted them'
        New-LoginBody | ConvertFrom-LoginJson | Protect-LoginPii $keys | Write-LoginRecord $database
        (Invoke-Sql $database 'SELECT login_etl_retain() AS gone').gone | Should -BeIn 0, 1
        (Invoke-Sql $database 'SELECT count(*) AS rows FROM user_logins').rows | Should -Be 1
        "$((Get-Kept $database).Outcome)" | Should -Be 'Pass'

        "$(Initialize-LoginDatabase $database -Retention 'vault=1,rows=2d')" | Should -Be 'Replaced function public.login_etl_retain'
        (Get-Kept $database).Detail | Should -Be 'rows 2 days, vault 1 day'
        "$(Initialize-LoginDatabase $database -Retention @{ Rows = [timespan]::FromDays(7); Vault = 90 })" | Should -Be 'Replaced function public.login_etl_retain'
        (Get-Kept $database).Detail | Should -Be 'rows 7 days, vault 90 days'
        "$(Initialize-LoginDatabase $database -Retention @{})" | Should -Be 'Dropped function public.login_etl_retain'
        Initialize-LoginDatabase $database -Retention @{} -Verbose 4>&1 | Should -BeLike '*Nothing is missing*'
        (Get-Kept $database).Detail | Should -Be 'none: nothing is deleted for its age'
    }

    It 'says what it takes, and nothing of what it was given: <Name>' -ForEach @(
        @{ Name = 'no days'; Given = @{ Vault = 'canary-4711' }; Said = '*Vault*whole days from 1 to 36500*' }
        @{ Name = 'hours'; Given = @{ Rows = '12h' }; Said = '*Rows*whole days from 1 to 36500*' }
        @{ Name = 'zero'; Given = @{ Quarantine = 0 }; Said = '*Quarantine*whole days from 1 to 36500*' }
        @{ Name = 'nothing'; Given = @{ Rows = $null }; Said = '*Rows*whole days from 1 to 36500*' }
        @{ Name = 'another thing'; Given = @{ 'canary-4711' = '30d' }; Said = '*none of Rows, Quarantine and Vault*' }
    ) {
        $fault = { Initialize-LoginDatabase $database -Retention $Given } | Should -Throw -ErrorId 'SettingInvalid,*' -PassThru
        "$fault" | Should -BeLike $Said
        "$fault $($fault.ErrorDetails)" | Should -Not -Match '4711'
    }

    It 'takes an empty text for no table, so that an empty variable ends nothing' {
        [void] (Initialize-LoginDatabase $database -Retention $all -WarningAction Ignore)
        foreach ($empty in '', ' ') {
            "$({ Initialize-LoginDatabase $database -Retention $empty } | Should -Throw -PassThru)" | Should -BeLike "*It takes a table, such as @{ Rows = '400d' }*"
            "$({ Initialize-LoginDatabase $database -ColumnName $empty } | Should -Throw -PassThru)" | Should -BeLike "*It takes a table, such as @{ masked_ip = 'hashed_ip' }*"
            "$({ New-LoginKeyset (Join-Path $TestDrive 'k') -PrivateKeyPath (Join-Path $TestDrive 'p.json') -Method $empty } | Should -Throw -PassThru)" | Should -BeLike "*It takes a table, such as @{ ip = 'pfx' }*"
        }

        { Initialize-LoginDatabase $database -Retention $null } | Should -Throw
        (Get-Kept $database).Detail | Should -BeLike 'rows 400 days*'
        Initialize-LoginDatabase $database -Retention @{} | Should -Not -BeNullOrEmpty
    }
}
