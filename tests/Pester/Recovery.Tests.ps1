BeforeAll {
    Import-Module "$PSScriptRoot/Servers/Servers.psm1" -Force
    Import-Module "$PSScriptRoot/../../LoginEtl.psd1" -Force
    Set-TestEnvironment
    $canary = @{ Ip = '203.0.113.77'; Device = 'canary-device-4711' }
    $forbidden = $canary.Values | ForEach-Object { [regex]::Escape($_) } | Join-String -Separator '|'

    function New-Keys {
        $keys = Join-Path $TestDrive "keys-$(New-Guid)"
        $null = New-LoginKeyset $keys -WarningAction Ignore
        $keys
    }

    function Get-Body([int] $Count, [string] $Device = 'device') {
        foreach ($n in 1..$Count) {
            '{{"user_id":"user-{0}","app_version":"1.2.3","device_type":"ios","ip":"10.1.2.{0}","locale":"DE","device_id":"{1}-{0}"}}' -f $n, $Device
        }
    }

    # Runs it with every stream open, and answers its output, its error and all that was said.
    function Get-Outcome([scriptblock] $Script) {
        $VerbosePreference = $DebugPreference = $InformationPreference = 'Continue'
        $global:Error.Clear()
        $all = try { & $Script *>&1 } catch { $_ }
        $errors = @($all | Where-Object { $_ -is [Management.Automation.ErrorRecord] })
        [pscustomobject]@{
            Output = @($all | Where-Object { $_ -isnot [Management.Automation.ErrorRecord] -and $_ -isnot [Management.Automation.InformationalRecord] -and $_ -isnot [Management.Automation.InformationRecord] })
            Errors = $errors
            Id     = $errors[0].FullyQualifiedErrorId
            Said   = ($all | Where-Object { $_ -is [Management.Automation.ErrorRecord] -or $_ -is [Management.Automation.InformationalRecord] -or $_ -is [Management.Automation.InformationRecord] } |
                    ForEach-Object { $_ | Out-String -Width 4000; $_ | Format-List * -Force | Out-String -Width 4000; "$($_.Exception)" }) -join "`n"
        }
    }
}

Describe 'Recovery' {
    BeforeAll {
        $keys = New-Keys
        $database = New-TestDatabase
        Initialize-LoginDatabase $database
        $login = '{"user_id":"u","app_version":"1.2.3","device_type":"ios","ip":"' + $canary.Ip + '","locale":"DE","device_id":"' + $canary.Device + '"}'
        $records = @($login) + @(Get-Body 9) | ConvertFrom-LoginJson -SourceId recovery | Protect-LoginPii $keys
        $records | Write-LoginRecord $database
        $rows = Invoke-Sql $database 'SELECT * FROM user_logins ORDER BY user_id'
    }

    BeforeEach {
        $audit = Join-Path $TestDrive "audit-$(New-Guid).jsonl"
        $recover = @{ Database = $database; Keyset = $keys; Reason = 'Ticket 4711'; AuditFile = $audit; Confirm = $false }
    }

    It 'gives records, rows and tokens their plaintext back, with one audit line a group before it' {
        $fromRecords = $records | Unprotect-LoginPii @recover
        $fromRecords | Should -HaveCount 10
        $fromRecords[0].Ip | Should -Be $canary.Ip
        $fromRecords[0].DeviceId | Should -Be $canary.Device
        $fromRecords[0].UserId | Should -Be 'u'
        ($rows | Unprotect-LoginPii @recover).DeviceId | Sort-Object | Should -Be ($fromRecords.DeviceId | Sort-Object)
        $rows | Select-Object masked_ip | Unprotect-LoginPii @recover | Select-Object -First 1 -ExpandProperty DeviceId | Should -BeNullOrEmpty
        ($records[0].MaskedIp | Unprotect-LoginPii @recover -Attribute ip).Ip | Should -Be $canary.Ip
        $records[0].MaskedDeviceId, $records[1].MaskedDeviceId | Unprotect-LoginPii @recover -Attribute device_id | ForEach-Object DeviceId | Should -Be $canary.Device, 'device-1'
        ($records | Unprotect-LoginPii @recover -Attribute ip)[0].DeviceId | Should -BeNullOrEmpty

        $lines = Get-Content $audit | ConvertFrom-Json
        $lines | Should -HaveCount 6
        $lines[0].opened | Should -Be 20
        $lines[0].reason | Should -Be 'Ticket 4711'
        Get-Content $audit -Raw | Should -Not -Match $forbidden
        Get-Content $audit -Raw | Should -Not -Match ([regex]::Escape($records[0].MaskedIp))
        $report = Test-LoginAudit $database $keys -AuditFile $audit -Token $records[0].MaskedIp
        $report.IsIntact | Should -BeTrue
        $report.Found | Should -Be 1, 2, 3, 4, 6
        (Invoke-Sql $database "SELECT count(*) AS n FROM login_etl_audit_anchor WHERE place LIKE '%$(Split-Path $audit -Leaf)'").n | Should -Be 6
    }

    It 'says nothing of what it recovers on any other stream' {
        $outcome = Get-Outcome { $records | Unprotect-LoginPii @recover -Verbose -Debug }
        $outcome.Output.Ip | Should -Contain $canary.Ip
        $outcome.Said | Should -Not -Match $forbidden
    }

    It 'with -WhatIf opens nothing and writes no line' {
        $records | Unprotect-LoginPii @recover -WhatIf | Should -BeNullOrEmpty
        $audit | Should -Not -Exist
    }

    It 'asks before it recovers, so that nothing is recovered where nobody can answer' {
        $recover.Remove('Confirm')
        $outcome = Get-Outcome { $records | Unprotect-LoginPii @recover }
        $outcome.Output | Should -BeNullOrEmpty
        $outcome.Errors | Should -Not -BeNullOrEmpty
        $audit | Should -Not -Exist
    }

    It 'ends in one clear error without plaintext: <What>' -ForEach @(
        @{ What = 'a blank reason'; Change = { $recover.Reason = '  ' }; Id = 'ReasonMissing,*' }
        @{ What = 'an empty reason'; Change = { $recover.Reason = '' }; Id = 'ParameterArgumentValidationErrorEmptyStringNotAllowed,*' }
        @{ What = 'no reason'; Change = { $recover.Remove('Reason') }; Id = 'MissingMandatoryParameter,*' }
        @{ What = 'an audit file that cannot be written'; Change = { $recover.AuditFile = '/nowhere/audit.jsonl' }; Id = 'AuditFileUnwritable,*' }
        @{ What = 'no audit file'; Change = { $recover.Remove('AuditFile') }; Id = 'SettingMissing,*' }
        @{ What = 'a database that is not there'; Change = { $recover.Database = 'Host=127.0.0.1;Port=1;Username=u;Database=d' }; Id = 'DatabaseUnreachable,*' }
        @{ What = 'a database without an anchor'; Change = { $recover.Database = New-TestDatabase; Initialize-LoginDatabase $recover.Database; [void] (Invoke-Sql $recover.Database 'DROP TABLE login_etl_audit_anchor') }; Id = 'AuditAnchorNotFound,*' }
        @{ What = 'a key folder without an audit key'; Change = { $recover.Keyset = Join-Path $TestDrive "no-audit-$(New-Guid)"; Copy-Item $keys $recover.Keyset -Recurse; Remove-Item (Join-Path $recover.Keyset 'audit.json') }; Id = 'KeysetNotFound,*' }
        @{ What = 'a group-readable key file'; Change = { $recover.Keyset = Join-Path $TestDrive "open-$(New-Guid)"; Copy-Item $keys $recover.Keyset -Recurse; chmod 640 (Join-Path $recover.Keyset 'ip.json') }; Id = 'KeysetPermissions,*' }
        @{ What = 'a changed audit file'; Change = { $null = $records[0] | Unprotect-LoginPii @recover; (Get-Content $audit -Raw).Replace('4711', '4712') | Set-Content $audit -NoNewline }; Id = 'AuditBroken,*' }
        @{ What = 'a cut audit file'; Change = { $null = $records[0] | Unprotect-LoginPii @recover; Clear-Content $audit }; Id = 'AuditFileCut,*' }
    ) {
        . $Change
        $outcome = Get-Outcome { $records[0] | Unprotect-LoginPii @recover }
        $outcome.Output | Should -BeNullOrEmpty
        $outcome.Errors | Should -HaveCount 1
        $outcome.Id | Should -BeLike $Id
        $outcome.Said | Should -Not -Match $forbidden
        "$($outcome.Errors[0])" | Should -Not -BeNullOrEmpty
    }

    It 'refuses a token by its place and prefix, and recovers the others: <What>' -ForEach @(
        @{ What = 'cut short'; Token = { $records[0].MaskedIp.Substring(0, 40) }; Id = 'TokenMalformed,*' }
        @{ What = 'tampered with'; Token = { $t = $records[0].MaskedIp; $t.Substring(0, 30) + ($t[30] -eq 'A' ? 'B' : 'A') + $t.Substring(31) }; Id = 'TokenNotAuthentic,*' }
        @{ What = 'of the other attribute'; Token = { $records[0].MaskedDeviceId }; Id = 'TokenUnknownKey,*' }
        @{ What = 'of another keyset'; Token = { ($login | ConvertFrom-LoginJson | Protect-LoginPii (New-Keys)).MaskedIp }; Id = 'TokenUnknownKey,*' }
        @{ What = 'plaintext'; Token = { $canary.Ip }; Id = 'TokenMalformed,*' }
    ) {
        $bad = & $Token
        $outcome = Get-Outcome { $bad, $records[1].MaskedIp | Unprotect-LoginPii @recover -Attribute ip }
        $outcome.Output | Should -HaveCount 1
        $outcome.Output[0].Ip | Should -Be '10.1.2.1'
        $outcome.Errors | Should -HaveCount 1
        $outcome.Id | Should -BeLike $Id
        "$($outcome.Errors[0])" | Should -Match 'Input 1'
        $outcome.Said | Should -Not -Match $forbidden
        Get-Content $audit -Raw | Should -Not -Match $forbidden
    }

    It 'refuses what is neither row nor token' {
        (Get-Outcome { [pscustomobject]@{ x = 1 } | Unprotect-LoginPii @recover }).Id | Should -BeLike 'NothingMasked,*'
        (Get-Outcome { $records[0].MaskedIp | Unprotect-LoginPii @recover }).Id | Should -BeLike 'AttributeMissing,*'
        $audit | Should -Not -Exist
    }

    It 'keeps a whole file whenever it is killed, and never gives plaintext without a line' {
        $script = Join-Path $TestDrive 'recover.ps1'
        @"
Import-Module '$PSScriptRoot/../../LoginEtl.psd1'
`$tokens = Get-Content '$TestDrive/tokens.txt'
while (`$true) { `$tokens | Unprotect-LoginPii '$database' '$keys' -Attribute ip -Reason kill -AuditFile '$audit' -Confirm:`$false | ForEach-Object { 'given' } }
"@ | Set-Content $script
        $records.MaskedIp | Set-Content "$TestDrive/tokens.txt"
        $given = 0
        foreach ($round in 1..3) {
            $out = Join-Path $TestDrive "out-$round.txt"
            $process = Start-Process pwsh -ArgumentList '-NoProfile', '-NonInteractive', '-File', $script -RedirectStandardOutput $out -RedirectStandardError "$out.err" -PassThru
            $until = [datetime]::UtcNow.AddSeconds(60)
            while (-not (Test-Path $audit) -or (Get-Content $audit).Count -lt 3 * $round) {
                if ([datetime]::UtcNow -gt $until) { throw "It never began: $(Get-Content "$out.err" -Raw)" }
                Start-Sleep -Milliseconds 20
            }
            Start-Sleep -Milliseconds (Get-Random -Maximum 60)
            $process.Kill()
            $process.WaitForExit()
            $given += @(Get-Content $out | Where-Object { $_ -eq 'given' }).Count
        }
        $null = $records[0] | Unprotect-LoginPii @recover -WarningAction Ignore
        $report = Test-LoginAudit $database $keys -AuditFile $audit
        $report.IsIntact | Should -BeTrue
        $report.Lines | Should -Be $report.Anchored
        $given | Should -BeGreaterThan 0
        ($report.Lines - 1) * 10 | Should -BeGreaterOrEqual $given
    }

    It 'names the first broken line of an audit file' {
        1..4 | ForEach-Object { $null = $records[0] | Unprotect-LoginPii @recover }
        $lines = Get-Content $audit
        @($lines[0], $lines[1], $lines[2].Replace('4711', '4712'), $lines[3]) | Set-Content $audit
        $outcome = Get-Outcome { Test-LoginAudit $database $keys -AuditFile $audit }
        $outcome.Id | Should -BeLike 'AuditBroken,*'
        $outcome.Output[0].BrokenLine | Should -Be 3
        $lines[0..1] | Set-Content $audit
        (Get-Outcome { Test-LoginAudit $database $keys -AuditFile $audit }).Output[0].BrokenLine | Should -Be 3
        $alone = Test-LoginAudit -Keyset $keys -AuditFile $audit -WarningVariable said -WarningAction SilentlyContinue
        $alone.IsIntact | Should -BeTrue
        $said | Should -Match 'No database'
        (Get-Outcome { Test-LoginAudit $database $keys -AuditFile (Join-Path $TestDrive nowhere) }).Id | Should -BeLike 'AuditFileNotFound,*'
    }

    It 'finds the rows of a value, in any of its forms, without saying it' {
        $found = "::ffff:$($canary.Ip)" | Find-LoginRecord $database $keys -Attribute ip
        $found.UserId | Should -Be 'u'
        $found.AppVersion | Should -Be '1002003'
        (Find-LoginRecord $database $keys -DeviceId (ConvertTo-SecureString $canary.Device -AsPlainText -Force)).MaskedDeviceId | Should -Be $records[0].MaskedDeviceId
        (Find-LoginRecord $database $keys -Ip (ConvertTo-SecureString '10.1.2.3' -AsPlainText -Force)).UserId | Should -Be 'user-3'
        '10.99.99.99' | Find-LoginRecord $database $keys -Attribute ip | Should -BeNullOrEmpty
        $outcome = Get-Outcome { $canary.Ip | Find-LoginRecord $database $keys -Attribute ip -Verbose -Debug; $canary.Ip | Find-LoginRecord $database (Join-Path $TestDrive nokeys) -Attribute ip }
        $outcome.Id | Should -BeLike 'KeysetNotFound,*'
        $outcome.Said | Should -Not -Match $forbidden
        $canary.Ip | Find-LoginRecord $database $keys -Attribute ip | Unprotect-LoginPii @recover | ForEach-Object Ip | Should -Be $canary.Ip
    }
}
