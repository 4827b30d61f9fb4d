BeforeAll {
    . "$PSScriptRoot/Setup.ps1"
    . "$PSScriptRoot/Leaks.ps1"
}

AfterAll { Exit-TestSession }

Describe 'Nothing leaks into a log' {
    BeforeEach {
        $queue = New-TestQueue
        $database = New-TestDatabase
        Initialize-LoginDatabase $database
        $bodies | Send-LoginMessage $queue
    }

    It 'into the log of a server that logs every statement' {
        if (-not $env:LOGINETL_TEST_DATABASE_LOG) { Set-ItResult -Skipped -Because 'the log of an existing server is not at hand' }
        [void] (Invoke-Sql $database "ALTER TABLE user_logins ADD CONSTRAINT no_one CHECK (user_id <> 'u')")
        Receive-LoginMessage $queue -WarningAction Ignore | Protect-LoginPii $keys | Write-LoginRecord $database
        $name = [Npgsql.NpgsqlConnectionStringBuilder]::new($database).Database
        # Of a file that grows while it is read -Raw gives several texts. Others write there, too, of what they put in by hand.
        $log = ((Get-Content $env:LOGINETL_TEST_DATABASE_LOG -Raw) -join '' -split '(?m)^(?=\d{4}-)' | Where-Object { $_ -match "^\S+ \S+ \S+ \[\d+\] $name " }) -join ''
        $log | Should -Match 'login_etl_quarantine'
        $log | Should -Not -Match $forbidden
    }

    It 'into module and script block logs' {
        # Where the engine writes them off Windows: syslog's socket, which is ours only where nobody else has it.
        $socket = '/dev/log'
        if ($IsWindows) { Set-ItResult -Skipped -Because 'PowerShell writes to the event log on Windows' }
        # Never removed: it may be the system's.
        if (Test-Path $socket) { Set-ItResult -Skipped -Because "$socket is there already: a log service of the system, which cannot be read here, or what a killed run of this test left" }
        $settings, $script, $source, $log, $process = 'logging.json', 'logged.ps1', 'logged.ndjson', 'syslog.txt', 'pid.txt' | ForEach-Object { Join-Path $TestDrive $_ }
        @{
            LogLevel           = 'Verbose'
            LogChannels        = 'Operational,Analytic'
            LogKeywords        = 'Runspace,Pipeline,Protocol,Transport,Host,Cmdlets,Serializer,Session,ManagedPlugin'
            PowerShellPolicies = @{
                ScriptBlockLogging = @{ EnableScriptBlockLogging = $true; EnableScriptBlockInvocationLogging = $true }
                ModuleLogging      = @{ EnableModuleLogging = $true; ModuleNames = @('*') }
            }
        } | ConvertTo-Json -Depth 4 | Set-Content $settings
        $bodies | Set-Content $source
        @"
`$PID | Set-Content '$process'
Import-Module $(ConvertTo-Literal "$PSScriptRoot/../../LoginEtl.psd1")
Get-Content '$source' | Send-LoginMessage
Receive-LoginMessage -DrainWindow 0.2 | Protect-LoginPii | Write-LoginRecord -PassThru
Get-Content '$source' | ConvertFrom-LoginJson | Sort-Object Ip | Protect-LoginPii | Write-LoginRecord
Receive-LoginMessage -DrainWindow 0.2 | Protect-LoginPii | Write-LoginRecord -Table nowhere
Get-LoginQuarantine | Restore-LoginQuarantine
Test-LoginEtl
Invoke-LoginEtl -DrainWindow 0.2
"@ | Set-Content $script
        try { $listener = [Net.Sockets.Socket]::new('Unix', 'Dgram', 'Unspecified'); $listener.Bind([Net.Sockets.UnixDomainSocketEndPoint]::new($socket)) }
        catch {
            if ($_.Exception.InnerException -isnot [Net.Sockets.SocketException]) { throw }
            Set-ItResult -Skipped -Because "the log's socket cannot be made here ($($_.Exception.InnerException.Message))"
        }
        $env:LOGINETL_QUEUE, $env:LOGINETL_KEYSET, $env:LOGINETL_DATABASE = $queue, $keys, $database
        try {
            $reader = Start-ThreadJob {
                $buffer = [byte[]]::new(1MB)
                while (($n = ($using:listener).Receive($buffer)) -gt 0) { [IO.File]::AppendAllText($using:log, [Text.Encoding]::UTF8.GetString($buffer, 0, $n) + "`0") }
            }
            Invoke-PowerShell -NonInteractive -SettingsFile $settings -File $script *> $null
            Start-Sleep 1
        }
        finally {
            Remove-Item env:LOGINETL_QUEUE, env:LOGINETL_KEYSET, env:LOGINETL_DATABASE
            $listener.Dispose()
            Remove-Item $socket -ErrorAction Ignore
            $reader | Remove-Job -Force
        }
        # Other PowerShells of the tests write there as well, of what they are made to say.
        $said = ((Get-Content $log -Raw) -split "`0" | Where-Object { $_.Contains("powershell[$(Get-Content $process)]") }) -join "`n"
        $said | Should -Match 'ParameterBinding\(ConvertFrom-LoginJson\): name="InputObject"; value="\[redacted\]"'
        $said | Should -Match 'ParameterBinding\(Write-LoginRecord\): name="InputObject"'
        $said | Should -Match 'ScriptBlock_Compile_Detail'
        $said | Should -Not -Match $forbidden
        $said | Should -Not -Match ([regex]::Escape([Npgsql.NpgsqlConnectionStringBuilder]::new($database).Password))
    }

    It 'into the bound parameters that every warning carries' {
        $warning = '{}' | ConvertFrom-LoginJson 3>&1 | Where-Object { $_ -is [Management.Automation.WarningRecord] }
        $bound = $warning.InvocationInfo.BoundParameters['InputObject']
        $bound | Should -Not -BeNullOrEmpty
        "$bound" | Should -Be '[redacted]'
    }
}
