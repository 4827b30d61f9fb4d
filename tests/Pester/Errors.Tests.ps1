BeforeAll {
    . "$PSScriptRoot/Setup.ps1"
    $database = New-TestDatabase
    Initialize-LoginDatabase $database
    $queue = New-TestQueue
    New-LoginBody 10 | Send-LoginMessage $queue

    # The database's settings with one of them changed.
    function Edit-Database([scriptblock] $Change) {
        $settings = [Npgsql.NpgsqlConnectionStringBuilder]::new($database)
        & $Change $settings
        $settings.ConnectionString
    }

    function Invoke-Job([string] $Database = $database, [string] $Queue = $queue, [string] $Keyset = $keys, [string] $Table = 'user_logins') {
        Receive-LoginMessage $Queue | Protect-LoginPii $Keyset | Write-LoginRecord $Database -Table $Table
    }
}

AfterAll { Exit-TestSession }

Describe 'A mistake gives one clear error with what to do, and deletes nothing' {
    It '<Name>' -ForEach @(
        @{ Name = 'a wrong password'; Id = 'DatabaseAccessDenied'
            Job = { Invoke-Job -Database (Edit-Database { $args[0].Password = 'canary-secret' }) } }
        @{ Name = 'an unreachable database'; Id = 'DatabaseUnreachable'
            Job = { Invoke-Job -Database (Edit-Database { $args[0].Port = 1 }) } }
        @{ Name = 'a missing database'; Id = 'DatabaseNotFound'
            Job = { Invoke-Job -Database (Edit-Database { $args[0].Database = 'nowhere' }) } }
        @{ Name = 'an IAM token for a database whose region is not known'; Id = 'SettingMissing'
            Job = {
                Remove-Item env:AWS_REGION
                try { Receive-LoginMessage $queue -Region us-east-1 | Protect-LoginPii $keys | Write-LoginRecord $database -IamAuthentication }
                finally { $env:AWS_REGION = 'us-east-1' }
            }
        }
        @{ Name = 'an IAM token that the database does not take'; Id = 'DatabaseAccessDenied'
            Job = { Receive-LoginMessage $queue | Protect-LoginPii $keys | Write-LoginRecord $database -IamAuthentication -Region eu-central-1 } }
        @{ Name = 'an IAM token of a profile that is not there'; Id = 'CredentialsNotFound'
            Job = { Receive-LoginMessage $queue | Protect-LoginPii $keys | Write-LoginRecord $database -IamAuthentication -ProfileName nobody } }
        @{ Name = 'an IAM token over a connection that is not encrypted'; Id = 'InvalidDatabase'
            Job = { Initialize-LoginDatabase 'Host=db.example;Username=u;SSL Mode=Disable' -IamAuthentication } }
        @{ Name = 'a missing table'; Id = 'TableNotFound'; Job = { Invoke-Job -Table 'nowhere' } }
        @{ Name = 'an unreadable connection string'; Id = 'InvalidDatabase'; Job = { Invoke-Job -Database 'canary-secret' } }
        @{ Name = 'a missing queue'; Id = 'QueueNotFound'; Job = { Invoke-Job -Queue 'nowhere' } }
        @{ Name = 'an unreachable queue'; Id = 'QueueUnreachable'
            Job = { Receive-LoginMessage $queue -EndpointUrl 'http://127.0.0.1:1' | Protect-LoginPii $keys | Write-LoginRecord $database } }
        @{ Name = 'a missing key folder'; Id = 'KeysetNotFound'; Job = { Invoke-Job -Keyset (Join-Path $TestDrive 'nowhere') } }
        @{ Name = 'an unknown key source'; Id = 'KeySourceUnknown'; Job = { Invoke-Job -Keyset 'vault:thing' } }
    ) {
        $thrown = $null
        try { & $Job } catch { $thrown = $_ }
        $thrown | Should -Not -BeNullOrEmpty
        $thrown.FullyQualifiedErrorId | Should -BeLike "$Id,*"
        $thrown.ErrorDetails.RecommendedAction | Should -Not -BeNullOrEmpty
        "$thrown $($thrown | Format-List * -Force | Out-String) $($thrown.Exception)" | Should -Not -Match 'canary-secret'
        (Get-QueueCount $queue).Visible | Should -Be 10
    }

    It 'a key file that others can read' {
        if ($IsWindows) { Set-ItResult -Skipped -Because 'Windows has access lists, and no modes' }
        $open = Join-Path $TestDrive 'open'
        $null = New-LoginKeyset $open -WarningAction Ignore
        chmod 644 (Join-Path $open 'ip.json')
        $thrown = $null
        try { Invoke-Job -Keyset $open } catch { $thrown = $_ }
        $thrown.FullyQualifiedErrorId | Should -BeLike 'KeysetPermissions,*'
        $thrown.ErrorDetails.RecommendedAction | Should -BeLike '*chmod 600*'
        (Get-QueueCount $queue).Visible | Should -Be 10
    }

    It 'a missing setting names the parameter and the variable' {
        { Receive-LoginMessage } | Should -Throw '*-Queue*LOGINETL_QUEUE*'
        { New-LoginBody | ConvertFrom-LoginJson | Protect-LoginPii } | Should -Throw '*-Keyset*LOGINETL_KEYSET*'
        { Initialize-LoginDatabase } | Should -Throw '*-Database*LOGINETL_DATABASE*'
    }

    It 'ends a script with exit code 1' {
        $script = Join-Path $TestDrive 'job.ps1'
        "Import-Module $(ConvertTo-Literal "$PSScriptRoot/../../LoginEtl.psd1"); Receive-LoginMessage nowhere" | Set-Content $script
        $null = Invoke-PowerShell -NonInteractive -Command "`$ErrorActionPreference = 'Stop'; & '$script'" 2>&1
        $LASTEXITCODE | Should -Be 1
    }
}

Describe 'A password in a connection string' {
    It 'is warned of where it leaves this machine, and only where it was typed' {
        $dsn = 'Host=192.0.2.1;Username=u;Password=canary-secret;Timeout=1'
        try { Initialize-LoginDatabase $dsn -WarningVariable warnings -WarningAction SilentlyContinue } catch { $null = $_ }
        "$warnings" | Should -BeLike '*shell''s history*LOGINETL_DATABASE*'
        "$warnings" | Should -Not -Match 'canary-secret'
        $env:LOGINETL_DATABASE = $dsn
        try { Initialize-LoginDatabase -WarningVariable quiet -WarningAction SilentlyContinue } catch { $null = $_ }
        finally { Remove-Item env:LOGINETL_DATABASE }
        $quiet | Should -BeNullOrEmpty
        Initialize-LoginDatabase $database -WarningVariable local
        $local | Should -BeNullOrEmpty
    }
}
