BeforeAll {
    . "$PSScriptRoot/Session.ps1"
    Import-Module "$PSScriptRoot/Servers/Servers.psm1" -Force
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

AfterAll { Exit-TestSession }

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
        $lines[0].asked | Should -Be 20
        $lines[0].reason | Should -Be 'Ticket 4711'
        Get-Content $audit -Raw | Should -Not -Match $forbidden
        Get-Content $audit -Raw | Should -Not -Match ([regex]::Escape($records[0].MaskedIp))
        $report = Test-LoginAudit $database $keys -AuditFile $audit -Token $records[0].MaskedIp
        $report.IsIntact | Should -BeTrue
        $report.Found | Should -Be 1, 2, 3, 4, 6
        (Invoke-Sql $database "SELECT count(*) AS n FROM login_etl_audit_anchor WHERE place LIKE '%$(Split-Path $audit -Leaf)'").n | Should -Be 6
    }

    It 'says nothing of what it recovers on any other stream' {
        $outcome = Get-Outcome { $records | Unprotect-LoginPii @recover -Verbose -Debug -WarningAction Continue }
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
        @{ What = 'a reason that shows nothing'; Change = { $recover.Reason = [string] [char] 0x200B }; Id = 'ReasonMissing,*' }
        @{ What = 'an empty reason'; Change = { $recover.Reason = '' }; Id = 'ParameterArgumentValidationErrorNullNotAllowed,*' }
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
Import-Module $(ConvertTo-Literal "$PSScriptRoot/../../LoginEtl.psd1")
`$tokens = Get-Content '$TestDrive/tokens.txt'
while (`$true) { `$tokens | Unprotect-LoginPii '$database' '$keys' -Attribute ip -Reason kill -AuditFile '$audit' -Confirm:`$false | ForEach-Object { 'given' } }
"@ | Set-Content $script
        $records.MaskedIp | Set-Content "$TestDrive/tokens.txt"
        $given = 0
        foreach ($round in 1..3) {
            $out = Join-Path $TestDrive "out-$round.txt"
            $process = Start-PowerShell $script $out
            try {
                $until = [datetime]::UtcNow.AddSeconds(60)
                while (@(Get-Content $out -ErrorAction Ignore).Count -lt 10) {
                    if ([datetime]::UtcNow -gt $until) { throw "It never began: $(Get-Content "$out.err" -Raw)" }
                    Start-Sleep -Milliseconds 20
                }
                Start-Sleep -Milliseconds (Get-Random -Maximum 60)
            }
            finally { $process.Kill() }
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

Describe 'Rotation' {
    BeforeAll {
        $keys = New-Keys
        $database = New-TestDatabase
        Initialize-LoginDatabase $database
        Get-Body 40 | ConvertFrom-LoginJson -SourceId rotation | Protect-LoginPii $keys | Write-LoginRecord $database
        $writing = @{ Database = $database; WarningAction = 'Ignore' }
    }

    It 'goes from adding a key to removing the old one, step by step, and rows stay findable throughout' {
        function Get-Found { @('10.1.2.7' | Find-LoginRecord $database $keys -Attribute ip).UserId | Sort-Object }
        $old = @(Get-LoginKeyset $keys | Where-Object { $_.Name -in 'ip', 'device_id' })
        $held = Get-Body 1 'held' | ConvertFrom-LoginJson -SourceId held | Protect-LoginPii $keys
        $new = 'ip', 'device_id' | ForEach-Object { Add-LoginKey $keys $_ }
        Get-Found | Should -Be 'user-7'

        # Promote: a writer that still holds tokens under the old keys is refused.
        $new | Set-LoginPrimaryKey $keys -Database $database | ForEach-Object IsPrimary | Should -Be $true, $true
        (Invoke-Sql $database "SELECT state FROM login_etl_key ORDER BY state").state | Should -Be 'primary', 'primary', 'retired', 'retired'
        { $held | Write-LoginRecord $database } | Should -Throw -ErrorId 'KeyRetired,*'
        '{"user_id":"again","app_version":"1.2.3","device_type":"ios","ip":"10.1.2.7","locale":"DE","device_id":"device-7"}' |
            ConvertFrom-LoginJson -SourceId again | Protect-LoginPii $keys | Write-LoginRecord $database
        Get-Found | Should -Be 'again', 'user-7'

        # Disabling and removing too early.
        { Remove-LoginKey $keys ip $old[0].KeyId -Database $database -Confirm:$false } | Should -Throw -ErrorId 'KeyNotDisabled,*'
        $null = Disable-LoginKey $keys ip $old[0].KeyId -Database $database
        { Remove-LoginKey $keys ip $old[0].KeyId -Database $database -Confirm:$false } | Should -Throw -ErrorId 'KeyInUse,*'
        $null = Enable-LoginKey $keys ip $old[0].KeyId -Database $database

        # Update: first what it would do, then the thing itself.
        Update-LoginToken $database $keys -WhatIf | Should -BeNullOrEmpty
        (Invoke-Sql $database "SELECT count(*) AS n FROM user_logins WHERE masked_ip LIKE '$($old[0].TokenPrefix)%'").n | Should -Be 40
        $receipt = Update-LoginToken $database $keys -Confirm:$false
        $receipt.RowsUpdated | Should -Be 40
        $receipt.TokensReplaced | Should -Be 80
        $receipt.Unreadable | Should -BeNullOrEmpty
        $receipt.ExitCode | Should -Be 0
        Get-Found | Should -Be 'again', 'user-7'

        # Disable and remove.
        $old | Disable-LoginKey $keys -Database $database | ForEach-Object Status | Should -Be 'Disabled', 'Disabled'
        $old | Remove-LoginKey $keys -Database $database -Confirm:$false | ForEach-Object Status | Should -Be 'Destroyed', 'Destroyed'
        (Invoke-Sql $database "SELECT state FROM login_etl_key ORDER BY state").state | Should -Be 'primary', 'primary', 'removed', 'removed'
        Get-Found | Should -Be 'again', 'user-7'
        { $held | Write-LoginRecord $database } | Should -Throw -ErrorId 'KeyRetired,*'
    }

    It 'tells rows it cannot read, and leaves them' {
        $other = New-Keys
        Get-Body 3 'other' | ConvertFrom-LoginJson -SourceId other | Protect-LoginPii $other | Write-LoginRecord $database -NewKey
        $receipt = Update-LoginToken $database $keys -WarningVariable said -WarningAction SilentlyContinue
        $receipt.RowsUpdated | Should -Be 0
        $receipt.Unreadable.Rows | Should -Be 3, 3
        $receipt.ExitCode | Should -Be 2
        $said | Should -HaveCount 2
        "$($said[0])" | Should -Match 'the keyset does not hold their key'
    }

    It 'refuses a unique key over masked values, by name' {
        [void] (Invoke-Sql $database 'CREATE UNIQUE INDEX one_device ON user_logins (user_id, masked_device_id)')
        { Update-LoginToken $database $keys } | Should -Throw -ErrorId 'UniqueMaskedColumn,*' -ExpectedMessage '*one_device*'
        [void] (Invoke-Sql $database 'DROP INDEX one_device')
    }
}

Describe 'Escrow' {
    It 'recovers originals with the private key and the vault, and not without' {
        $keys = Join-Path $TestDrive "escrow-$(New-Guid)"
        $null = New-LoginKeyset $keys -Method @{ ip = 'pfx'; device_id = 'escrow' } -WarningAction Ignore
        $database = New-TestDatabase
        Initialize-LoginDatabase $database
        Get-Body 5 | ConvertFrom-LoginJson -SourceId escrow | Protect-LoginPii $keys -Method @{ ip = 'pfx'; device_id = 'escrow' } | Write-LoginRecord $database
        $rows = Invoke-Sql $database 'SELECT * FROM user_logins ORDER BY user_id'
        $rows[0].masked_device_id | Should -BeLike 'mac1.*'
        $rows[0].masked_ip | Should -BeLike 'pfx1.*'
        $recover = @{ Database = $database; Keyset = $keys; Reason = 'escrow'; AuditFile = Join-Path $TestDrive "audit-$(New-Guid).jsonl"; Confirm = $false }
        $recovered = $rows | Unprotect-LoginPii @recover -PrivateKeyPath "$keys-private/escrow.json"
        $recovered.DeviceId | Should -Be 'device-1', 'device-2', 'device-3', 'device-4', 'device-5'
        $recovered.Ip | Should -Be '10.1.2.1', '10.1.2.2', '10.1.2.3', '10.1.2.4', '10.1.2.5'
        $without = Get-Outcome { $rows[0] | Unprotect-LoginPii @recover }
        $without.Output.Ip | Should -Be '10.1.2.1'
        $without.Output.DeviceId | Should -BeNullOrEmpty
        $without.Id | Should -BeLike 'TokenNotRecoverable,*'
        [void] (Invoke-Sql $database "DELETE FROM login_etl_vault WHERE token = '$($rows[0].masked_device_id)'")
        (Get-Outcome { $rows[0] | Unprotect-LoginPii @recover -PrivateKeyPath "$keys-private/escrow.json" }).Id | Should -BeLike 'TokenNotInVault,*'
        ('device-3' | Find-LoginRecord $database $keys -Attribute device_id).UserId | Should -Be 'user-3'
        ('10.1.2.3' | Find-LoginRecord $database $keys -Attribute ip).UserId | Should -Be 'user-3'
    }
}
