BeforeAll {
    . "$PSScriptRoot/Setup.ps1"

    # What must come out nowhere, and the digests without a key that would give it away as well.
    $canary = @{ Ip = '203.0.113.77'; Device = 'canary-device-4711'; Body = 'canary-body-4711'; Password = 'canary-password-4711' }
    $key = (Get-Content (Join-Path $keys 'ip.json') | ConvertFrom-Json).key[0].keyData.value
    $digests = foreach ($value in $canary.Ip, $canary.Device) {
        $bytes = [Text.Encoding]::UTF8.GetBytes($value)
        [Convert]::ToHexString([Security.Cryptography.SHA256]::HashData($bytes))
        [Convert]::ToHexString([Security.Cryptography.MD5]::HashData($bytes))
        [Convert]::ToBase64String($bytes)
    }
    $forbidden = @($canary.Values) + $key + $digests | ForEach-Object { [regex]::Escape($_) } | Join-String -Separator '|'

    $login = '{"user_id":"u","app_version":"1.2.3","device_type":"ios","ip":"' + $canary.Ip + '","locale":"DE","device_id":"' + $canary.Device + '"}'
    $bodies = @(
        $login
        $login.Replace('1.2.3', 'a.b')
        $login.Replace('"u"', '"' + ('u' * 200) + '"')
        $login.Replace('"DE"', '5')
        $login + $canary.Body
        $canary.Body
        '{"' + $canary.Ip + '":1,"' + $canary.Ip + '":2}'
        $login.Replace($canary.Device, $canary.Device + '\u0000')
    )

    # Every form in which an operator or a log may see an object.
    function Get-Form($Object) {
        $Object | Out-String -Width 4000
        $Object | Format-List * -Force | Out-String -Width 4000
        # Deep enough for what a record carries: its invocation, and that one's bound parameters.
        $Object | ConvertTo-Json -Depth 3 -WarningAction Ignore
        $Object | ForEach-Object { try { [Management.Automation.PSSerializer]::Serialize($_, 2) } catch { "$_" } }
        $Object | ForEach-Object { "$_" }
    }

    # Errors with their inner exceptions, targets and invocation.
    function Get-ErrorForm($Record) {
        foreach ($one in $Record) {
            Get-Form $one
            "$($one.TargetObject) $($one.ErrorDetails) $($one.ScriptStackTrace)"
            for ($e = $one.Exception; $e; $e = $e.InnerException) { "$($e.ToString()) $($e.Data.Values)" }
        }
    }

    # Runs a script block with every stream open and answers all that came out, in every form.
    function Get-Everything([scriptblock] $Script) {
        $VerbosePreference = $DebugPreference = $InformationPreference = 'Continue'
        $global:Error.Clear()
        $transcript = Join-Path $TestDrive "$(New-Guid).txt"
        $null = Start-Transcript $transcript
        $all = try { & $Script *>&1 } catch { $_ }
        $all | Out-Default
        $null = Stop-Transcript
        @(
            Get-Form $all
            Get-ErrorForm @($global:Error)
            Get-Content $transcript -Raw
        ) -join "`n"
    }

    # What was said holds what it is about, so that silence does not pass, and nothing that must not come out.
    function Assert-Clean {
        param([Parameter(ValueFromPipeline)] [string] $Said, [Parameter(Mandatory)] [string] $Saying)
        process {
            $Said | Should -Match $Saying
            $Said | Should -Not -Match $forbidden
        }
    }
}

AfterAll { Exit-TestSession }

Describe 'Nothing leaks' {
    BeforeEach {
        $queue = New-TestQueue
        $database = New-TestDatabase
        Initialize-LoginDatabase $database
        $bodies | Send-LoginMessage $queue
    }

    It 'from a run with every kind of reject' {
        $said = Get-Everything { Receive-LoginMessage $queue | Protect-LoginPii $keys | Write-LoginRecord $database -PassThru -ReceiptVariable global:receipt; $receipt }
        Remove-Variable receipt -Scope Global
        $said | Should -Match 'quarantined'
        $said | Should -Not -Match $forbidden
    }

    It 'into the log of a server that logs every statement' {
        if (-not $env:LOGINETL_TEST_DATABASE_LOG) { Set-ItResult -Skipped -Because 'the log of an existing server is not at hand' }
        [void] (Invoke-Sql $database "ALTER TABLE user_logins ADD CONSTRAINT no_one CHECK (user_id <> 'u')")
        Receive-LoginMessage $queue -WarningAction Ignore | Protect-LoginPii $keys | Write-LoginRecord $database
        # Of a file that grows while it is read -Raw gives several texts.
        $log = (Get-Content $env:LOGINETL_TEST_DATABASE_LOG -Raw) -join ''
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

    It 'into the database' {
        Receive-LoginMessage $queue -WarningAction Ignore | Protect-LoginPii $keys | Write-LoginRecord $database
        foreach ($table in 'user_logins', 'login_etl_ledger', 'login_etl_quarantine') {
            $rows = Invoke-Sql $database "SELECT t::text AS row, encode(convert_to(t::text, 'UTF8'), 'escape') AS escaped FROM $table t"
            $rows | Should -Not -BeNullOrEmpty
            "$($rows.row) $($rows.escaped)" | Should -Not -Match $forbidden
        }
        # The sealed bodies as bytes.
        Invoke-Sql $database 'SELECT sealed_body FROM login_etl_quarantine WHERE sealed_body IS NOT NULL' |
            ForEach-Object { [Text.Encoding]::Latin1.GetString($_.sealed_body) | Should -Not -Match $forbidden }
    }

    It 'from objects that are not written' {
        Get-Everything { Receive-LoginMessage $queue } | Assert-Clean -Saying 'UserId'
        Get-Everything { Receive-LoginMessage $queue | Protect-LoginPii $keys } | Assert-Clean -Saying 'siv1\.'
        Get-Everything { Receive-LoginMessage $queue | Group-Object Ip } | Assert-Clean -Saying 'redacted'
        Get-Everything { $bodies | ConvertFrom-LoginJson } | Assert-Clean -Saying 'UserId'
    }

    It 'from a database that refuses rows, and one that fails' {
        [void] (Invoke-Sql $database "ALTER TABLE user_logins ADD CONSTRAINT no_ios CHECK (device_type <> 'ios')")
        Get-Everything { Receive-LoginMessage $queue | Protect-LoginPii $keys | Write-LoginRecord $database -Verbose } | Assert-Clean -Saying 'quarantined'
        (Invoke-Sql $database "SELECT count(*) AS n FROM login_etl_quarantine WHERE constraint_name = 'no_ios'").n | Should -BeGreaterThan 0
        $bodies | Send-LoginMessage $queue
        Get-Everything {
            Receive-LoginMessage $queue | Protect-LoginPii $keys |
                ForEach-Object -Begin { [void] (Invoke-Sql $database 'DROP TABLE user_logins') } -Process { $_ } |
                Write-LoginRecord $database
        } | Assert-Clean -Saying 'TableNotFound'
    }

    It 'from passwords and keys in the wrong place' {
        $said = Get-Everything {
            Write-LoginRecord "Host=127.0.0.1;Port=1;Username=u;Password=$($canary.Password)" -InputObject ($login | ConvertFrom-LoginJson | Protect-LoginPii $keys)
        }
        $said | Assert-Clean -Saying 'DatabaseUnreachable'
        foreach ($dsn in "postgresql://u:$($canary.Password)@127.0.0.1:1/d", $canary.Password, "postgresql://u:$($canary.Password)@[bad", "Host=x;Nonsense=$($canary.Password)") {
            Get-Everything { Initialize-LoginDatabase $dsn } | Assert-Clean -Saying 'InvalidDatabase|DatabaseUnreachable'
            Get-Everything { Invoke-LoginEtl $queue $keys $dsn } | Assert-Clean -Saying 'InvalidDatabase|DatabaseUnreachable'
            Get-Everything { Test-LoginEtl $queue $keys $dsn } | Assert-Clean -Saying 'Fail'
        }
        $env:PESTER_LEAK = "{`"ip`": `"$key`"}"
        Get-Everything { $login | ConvertFrom-LoginJson | Protect-LoginPii env:PESTER_LEAK } | Assert-Clean -Saying 'KeysetInvalid'
        Remove-Item env:PESTER_LEAK
        $broken = Join-Path $TestDrive 'broken'
        Copy-Item $keys $broken -Recurse
        (Get-Content (Join-Path $broken 'ip.json') -Raw).Replace('AesSivKey', 'HmacKey') | Set-Content (Join-Path $broken 'ip.json')
        Get-Everything { $login | ConvertFrom-LoginJson | Protect-LoginPii $broken } | Assert-Clean -Saying 'KeysetInvalid'
    }

    It 'from sending' {
        Get-Everything { $bodies | Send-LoginMessage $queue -PassThru } | Assert-Clean -Saying 'MessageId'
        Get-Everything { $bodies | Send-LoginMessage nowhere } | Assert-Clean -Saying 'QueueNotFound'
    }

    It 'from settling by hand, and from the quarantine' {
        Get-Everything { Receive-LoginMessage $queue | Select-Object -First 2 | Confirm-LoginMessage; 'confirmed' } | Assert-Clean -Saying 'confirmed'
        (Get-QueueCount $queue).Visible | Should -Be ($bodies.Count - 2)
        Get-Everything { Receive-LoginMessage $queue | Reset-LoginMessage; 'reset' } | Assert-Clean -Saying 'reset'
        (Get-QueueCount $queue).Visible | Should -Be ($bodies.Count - 2)
        Receive-LoginMessage $queue -WarningAction Ignore | Protect-LoginPii $keys | Write-LoginRecord $database
        Get-Everything { Get-LoginQuarantine $database } | Assert-Clean -Saying 'Reason'
        $recover = @{ Database = $database; Keyset = $keys; Reason = 'leaks'; AuditFile = Join-Path $TestDrive "bodies-$(New-Guid).jsonl"; Confirm = $false }
        # Hidden until it is revealed, also where there is no key, and in the audit file.
        Get-Everything { Get-LoginQuarantine $database | Unprotect-LoginPii @recover -PrivateKeyPath "$keys-private/quarantine.json" -Verbose } | Assert-Clean -Saying 'redacted'
        Get-Everything { Get-LoginQuarantine $database | Unprotect-LoginPii @recover } | Assert-Clean -Saying 'QuarantineKeyNeeded'
        Get-Content $recover.AuditFile -Raw | Assert-Clean -Saying 'messages'
        # Mended, from a script block and as a text: written, refused, and of a wrong kind.
        $mend = { $_.Body.Reveal() + 'x' }
        Get-Everything { Get-LoginQuarantine $database | Unprotect-LoginPii @recover -PrivateKeyPath "$keys-private/quarantine.json" | Restore-LoginQuarantine $database $keys -Body $mend -Verbose } | Assert-Clean -Saying 'Refused'
        Get-Everything { Get-LoginQuarantine $database | Restore-LoginQuarantine $database $keys -Body $login } | Assert-Clean -Saying 'BodyForSeveral'
        Get-Everything { Get-LoginQuarantine $database | Restore-LoginQuarantine $database $keys -Body $login, $login } | Assert-Clean -Saying 'BodyInvalid'
        Get-Everything { Get-LoginQuarantine $database -Max 1 | Restore-LoginQuarantine $database $keys -Body $login } | Assert-Clean -Saying 'Restored'
        Get-Everything { Get-LoginQuarantine $database | Restore-LoginQuarantine $database $keys } | Assert-Clean -Saying 'Outcome'
        Get-Everything { Get-LoginQuarantine $database | Restore-LoginQuarantine $database $keys -PrivateKeyPath "$keys-private/quarantine.json" -AllowNullPii } | Assert-Clean -Saying 'Outcome'
    }

    It 'from dismissing what is nobody''s login' {
        Receive-LoginMessage $queue -WarningAction Ignore | Protect-LoginPii $keys | Write-LoginRecord $database
        Get-Everything { Get-LoginQuarantine $database | Remove-LoginQuarantine $database -Reason leaks -WhatIf } | Assert-Clean -Saying 'Dismiss'
        Get-Everything { Get-LoginQuarantine $database | Remove-LoginQuarantine $database -Reason leaks -Confirm:$false -Verbose } | Assert-Clean -Saying 'Dismissed'
        Get-Everything { Get-LoginQuarantine $database -All; Get-LoginQuarantine $database -All | Restore-LoginQuarantine $database $keys -Body { $login } } | Assert-Clean -Saying 'Dismissed'
        (Invoke-Sql $database 'SELECT count(*) AS n FROM login_etl_quarantine WHERE sealed_body IS NOT NULL OR record IS NOT NULL').n | Should -Be 0
    }

    It 'from making keysets' {
        $said = Get-Everything { New-LoginKeyset (Join-Path $TestDrive 'more') }
        $secrets = Get-ChildItem (Join-Path $TestDrive 'more'), (Join-Path $TestDrive 'more-private') | ForEach-Object { (Get-Content $_ | ConvertFrom-Json).key.keyData.value }
        foreach ($secret in $secrets) { $said.Contains($secret) | Should -BeFalse }
    }

    It 'from keys, rotation, recovery and its audit' {
        $own = Join-Path $TestDrive "own-$(New-Guid)"
        $null = New-LoginKeyset $own -WarningAction Ignore
        $audit = "$own.jsonl"
        $login | ConvertFrom-LoginJson | Protect-LoginPii $own | Write-LoginRecord $database
        $row = Invoke-Sql $database 'SELECT * FROM user_logins'
        $secrets = Get-ChildItem $own, "$own-private" | ForEach-Object { (Get-Content $_ | ConvertFrom-Json).key.keyData.value }
        $said = @(
            Get-Everything { Add-LoginKey $own ip }
            $added = (Get-LoginKeyset $own | Where-Object { $_.Name -eq 'ip' -and -not $_.IsPrimary }).KeyId
            $old = (Get-LoginKeyset $own | Where-Object { $_.Name -eq 'ip' -and $_.IsPrimary }).KeyId
            Get-Everything { Get-LoginKeyset $own }
            Get-Everything { Get-LoginKeyset -PrivateKeyPath "$own-private/quarantine.json" }
            Get-Everything { Set-LoginPrimaryKey $own ip $added -Database $database }
            Get-Everything { Update-LoginToken $database $own }
            Get-Everything { Disable-LoginKey $own ip $old -Database $database }
            Get-Everything { Enable-LoginKey $own ip $old -Database $database }
            Disable-LoginKey $own ip $old | Out-Null
            Get-Everything { Remove-LoginKey $own ip $old -Database $database -Confirm:$false }
            Get-Everything { $canary.Ip | Find-LoginRecord $database $own -Attribute ip }
            Get-Everything { $canary.Device, 'nobody' | Find-LoginRecord $database $own -Attribute device_id }
            # Refused, each of them: another's keys, a cut token, an audit file that cannot be written.
            Get-Everything { $row | Unprotect-LoginPii $database $keys -Reason leaks -AuditFile "$keys.jsonl" -Confirm:$false }
            Get-Everything { $row.masked_device_id.Substring(0, 30) | Unprotect-LoginPii $database $own -Attribute device_id -Reason leaks -AuditFile $audit -Confirm:$false }
            Get-Everything { $row | Unprotect-LoginPii $database $own -Reason leaks -AuditFile /nowhere/a.jsonl -Confirm:$false }
            Get-Everything { $null = $row | Unprotect-LoginPii $database $own -Reason leaks -AuditFile $audit -Confirm:$false -Verbose }
            Get-Everything { Test-LoginAudit $database $own -AuditFile $audit -Token $row.masked_device_id }
            # The first is refused: another key of lines.
            Get-Everything { Import-LoginKey $own -From $keys }
            Get-Everything { Import-LoginKey $own -From $keys -Name ip -Verbose }
            Get-Content $audit -Raw
            Invoke-Sql $database 'SELECT k::text AS t FROM login_etl_key k UNION ALL SELECT a::text FROM login_etl_audit_anchor a' | ForEach-Object t
        ) -join "`n"
        $said | Should -Match 'login_etl|siv1'
        $said | Should -Not -Match $forbidden
        foreach ($secret in $secrets) { $said.Contains($secret) | Should -BeFalse }
    }

    It 'from the vault of sealed originals, and with every method' {
        $own = Join-Path $TestDrive "methods-$(New-Guid)"
        $methods = @{ ip = 'escrow'; device_id = 'escrow' }
        $said = @(
            Get-Everything { New-LoginKeyset $own -Method $methods }
            Get-Everything { $bodies | ConvertFrom-LoginJson | Protect-LoginPii $own -Method $methods | Write-LoginRecord $database }
            Invoke-Sql $database "SELECT v::text AS t, encode(v.sealed, 'escape') AS e FROM login_etl_vault v" | ForEach-Object { "$($_.t) $($_.e)" }
        ) -join "`n"
        (Invoke-Sql $database 'SELECT count(*) AS n FROM login_etl_vault').n | Should -BeGreaterThan 0
        $said | Should -Not -Match $forbidden
        $prefixes = @{ ip = 'pfx'; device_id = 'mac' }
        $null = New-LoginKeyset "$own-2" -Method $prefixes -WarningAction Ignore
        Get-Everything { $bodies | ConvertFrom-LoginJson | Protect-LoginPii "$own-2" -Method $prefixes } | Assert-Clean -Saying 'pfx1\.[\s\S]*mac1\.'
    }

    It 'and every cmdlet is in this suite' {
        $tokens = $errors = $null
        $suite = [Management.Automation.Language.Parser]::ParseFile("$PSScriptRoot/Leaks.Tests.ps1", [ref] $tokens, [ref] $errors)
        $watched = $suite.FindAll({ $args[0] -is [Management.Automation.Language.CommandAst] -and $args[0].GetCommandName() -eq 'Get-Everything' }, $true)
        $used = $watched | ForEach-Object { $_.FindAll({ $args[0] -is [Management.Automation.Language.CommandAst] }, $true) } | ForEach-Object GetCommandName
        (Get-Command -Module LoginEtl).Name | Where-Object { $_ -notin $used } | Should -BeNullOrEmpty
    }

    It 'and this suite would notice' {
        Get-Everything { ($login | ConvertFrom-LoginJson).Ip.Reveal() } | Should -Match $forbidden
    }
}
