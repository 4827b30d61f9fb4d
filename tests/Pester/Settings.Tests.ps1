BeforeAll {
    . "$PSScriptRoot/Session.ps1"
    Import-Module "$PSScriptRoot/Servers/Servers.psm1" -Force
    Set-TestEnvironment
    $global:PSDefaultParameterValues.Remove('Receive-LoginMessage:DrainWindow')
    $keys = Join-Path $TestDrive 'keys'
    New-LoginKeyset $keys -WarningAction Ignore

    # The database's password is in a file of its own, as PostgreSQL's clients have it.
    $database = New-TestDatabase
    $parts = [Npgsql.NpgsqlConnectionStringBuilder]::new($database)
    $env:PGPASSFILE = Join-Path $TestDrive 'pgpass'
    Set-Content $env:PGPASSFILE "*:*:*:*:$($parts.Password)"
    if (-not $IsWindows) { chmod 600 $env:PGPASSFILE }
    $parts.Password = $null

    function New-SettingsFile([hashtable] $Settings) {
        $path = Join-Path $TestDrive "$([guid]::NewGuid()).json"
        $Settings | ConvertTo-Json | Set-Content $path
        $path
    }
}

AfterAll {
    Remove-Item env:PGPASSFILE
    Exit-TestSession
}

Describe 'A file of settings' {
    It 'says all that a run needs, to every cmdlet of it' {
        $queue = New-TestQueue
        $file = New-SettingsFile @{ queue = $queue; keyset = $keys; database = $parts.ConnectionString; table = 'apart.logins'; drainWindow = 0.2; method = @{ ip = 'siv' } }
        [void] (Invoke-Sql $database 'CREATE SCHEMA apart')
        Initialize-LoginDatabase -Settings $file
        New-LoginBody 3 | Send-LoginMessage -Settings $file
        (Test-LoginEtl -Settings $file | Where-Object Outcome -EQ Fail) | Should -BeNullOrEmpty
        Receive-LoginMessage -Settings $file | Protect-LoginPii -Settings $file | Write-LoginRecord -Settings $file -ReceiptVariable receipt
        $receipt.Written, $receipt.ExitCode | Should -Be 3, 0
        New-LoginBody 2 | Send-LoginMessage -Settings $file
        (Invoke-LoginEtl -Settings $file).Written | Should -Be 2
        (Invoke-Sql $database 'SELECT count(*) AS n FROM apart.logins').n | Should -Be 5
    }

    It 'yields to parameters and variables, and is named by LOGINETL_SETTINGS, too' {
        $env:LOGINETL_SETTINGS = New-SettingsFile @{ keyset = $keys; method = 'ip=mac'; allowNullPii = $true }
        try {
            { New-LoginBody | ConvertFrom-LoginJson | Protect-LoginPii } | Should -Throw -ErrorId 'KeysetNotFound,*'
            "$((New-LoginBody | ConvertFrom-LoginJson | Protect-LoginPii -Method @{ ip = 'siv' }).MaskedIp)" | Should -BeLike 'siv1.*'
            $env:LOGINETL_METHOD = 'ip=siv'
            "$((New-LoginBody | ConvertFrom-LoginJson | Protect-LoginPii).MaskedIp)" | Should -BeLike 'siv1.*'
        }
        finally { Remove-Item env:LOGINETL_SETTINGS, env:LOGINETL_METHOD -ErrorAction Ignore }
    }

    It 'that cannot be used ends a run with a receipt that says why, and a cmdlet with an error' {
        $file = New-SettingsFile @{ batchSize = 'many' }
        $receipt = Invoke-LoginEtl q $keys $database -Settings $file -ErrorAction SilentlyContinue
        $receipt.ErrorId, $receipt.ExitCode | Should -Be 'SettingInvalid', 1
        $receipt.Error | Should -BeLike "batchSize of $file is not valid. It takes a whole number.*"
        { Get-LoginQuarantine -Settings (New-SettingsFile @{ tabel = 'x' }) } | Should -Throw -ErrorId 'SettingsFileInvalid,*'
        { Get-LoginQuarantine -Settings (Join-Path $TestDrive none.json) } | Should -Throw -ErrorId 'SettingsFileNotFound,*'
    }
}
