BeforeAll {
    . "$PSScriptRoot/Setup.ps1"
    . "$PSScriptRoot/Leaks.ps1"
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

    It 'from judging bodies beforehand' {
        $file = Join-Path $TestDrive 'judged.ndjson'
        $bodies | Set-Content $file
        Get-Everything { $bodies | Test-LoginJson -Verbose; $bodies | Test-LoginJson $database } | Assert-Clean -Saying 'repeated_field'
        Get-Everything { Test-LoginJson -Path $file -Database $database | Format-List * } | Assert-Clean -Saying 'judged\.ndjson'
        Get-Everything { Test-LoginJson -InputObject $bodies "Host=127.0.0.1;Port=1;Username=u;Password=$($canary.Password)" } | Assert-Clean -Saying 'DatabaseUnreachable'
        Get-Everything { Get-LoginSchema $database; $bodies | Get-LoginSchema } | Assert-Clean -Saying 'InputUnfit'
    }

    It 'from personal data in other fields' {
        $personal = $login.Replace('"u"', '"' + $canary.Ip + '"').Replace('"DE"', '"canary-body-4711@example.org"')
        Get-Everything { $personal | ConvertFrom-LoginJson | Protect-LoginPii $keys | Write-LoginRecord $database -Verbose } | Assert-Clean -Saying 'user_id of 1 login and locale of 1 login'
        Get-Everything { $personal | ConvertFrom-LoginJson | Protect-LoginPii $keys -OnPiiFound Quarantine } | Assert-Clean -Saying 'pii_found'
        Get-Everything { $personal | Send-LoginMessage $queue; Invoke-LoginEtl $queue $keys $database -OnPiiFound Quarantine -Verbose; Get-LoginQuarantine $database } | Assert-Clean -Saying 'pii_found'
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

    It 'from programs that print a secret and then fail, or are given one' -Skip:$IsWindows {
        foreach ($setting in "exec:sh -c 'echo $($canary.Password) | tee /dev/stderr; exit 3' $($canary.Body)", "exec:sh -c 'kill -9 `$`$' $($canary.Password)", "exec:/nowhere/$($canary.Body)/tool $($canary.Password)") {
            Get-Everything { $login | ConvertFrom-LoginJson | Protect-LoginPii $setting -Verbose -Debug } | Assert-Clean -Saying 'SecretUnreadable'
            Get-Everything { Invoke-LoginEtl $queue $keys $setting -Verbose -Debug } | Assert-Clean -Saying 'SecretUnreadable'
            Get-Everything { Invoke-LoginEtl $queue $setting $database -Verbose } | Assert-Clean -Saying 'SecretUnreadable'
            Get-Everything { Test-LoginEtl $queue $setting $setting } | Assert-Clean -Saying 'gave no secret'
            Get-Everything { Get-LoginKeyset -PrivateKeyPath $setting -Verbose -Debug } | Assert-Clean -Saying 'SecretUnreadable'
        }
        # What is no keyset and no connection: it is read, and not quoted.
        $setting = "exec:echo '$($canary.Password)'"
        Get-Everything { Get-LoginKeyset $setting -Verbose } | Assert-Clean -Saying 'KeysetInvalid'
        Get-Everything { Get-LoginQuarantine $setting -Verbose } | Assert-Clean -Saying 'InvalidDatabase|DatabaseUnreachable'
        Get-Everything { Get-LoginQuarantine "exec:'$($canary.Password)" } | Assert-Clean -Saying 'SettingInvalid'
    }

    It 'from sending' {
        Get-Everything { $bodies | Send-LoginMessage $queue -PassThru } | Assert-Clean -Saying 'MessageId'
        Get-Everything { $bodies | Send-LoginMessage nowhere } | Assert-Clean -Saying 'QueueNotFound'
        Get-Everything { Test-LoginEtl -Conformance -Confirm:$false -Verbose; Test-LoginEtl -Conformance $queue $canary.Password -Confirm:$false } | Assert-Clean -Saying 'given with -Conformance'
        Get-Everything { Get-LoginQueue $queue; Get-LoginQueue nowhere } | Assert-Clean -Saying 'QueueNotFound'
        $other = New-TestQueue
        Get-Everything { Move-LoginMessage $queue $keys $database -To $other -Where { throw "$($_.UserId) $($_.Ip.Reveal())" } -Verbose } | Assert-Clean -Saying 'FilterInvalid'
        Get-Everything { Move-LoginMessage $queue $keys $database -To $other -Where { $true } -Verbose } | Assert-Clean -Saying 'messages moved'
    }

    It 'from settling by hand, and from the quarantine' {
        Get-Everything { Receive-LoginMessage $queue | Select-Object -First 2 | Confirm-LoginMessage; 'confirmed' } | Assert-Clean -Saying 'confirmed'
        (Get-QueueCount $queue).Visible | Should -Be ($bodies.Count - 2)
        Get-Everything { Receive-LoginMessage $queue | Reset-LoginMessage; 'reset' } | Assert-Clean -Saying 'reset'
        (Get-QueueCount $queue).Visible | Should -Be ($bodies.Count - 2)
        Receive-LoginMessage $queue -WarningAction Ignore | Protect-LoginPii $keys | Write-LoginRecord $database
        Get-Everything { Get-LoginQuarantine $database } | Assert-Clean -Saying 'Reason'
        Get-Everything { Get-LoginRun $database; Get-LoginRun $database -Failed | Format-List *; Get-LoginRun $database | ForEach-Object ToString } | Assert-Clean -Saying 'Completed'
        Get-Everything { Test-LoginRun $database; $bodies | Test-LoginRun $database; Test-LoginRun $database -Link $bodies -Verbose } | Assert-Clean -Saying 'SettingInvalid'
        Get-Everything { Get-LoginRun $database | ConvertTo-LoginReport -Verbose; $bodies | ConvertTo-LoginReport; Invoke-LoginEtl $queue $keys $database -ReportPath (Join-Path $TestDrive 'leaks.html') -Verbose; Get-Content (Join-Path $TestDrive 'leaks.html') } | Assert-Clean -Saying 'InputUnfit'
        Get-Everything { Export-LoginRecord $database (Join-Path $TestDrive 'leaks.csv') -Verbose; Export-LoginRecord $database (Join-Path $TestDrive 'leaks.csv'); Get-Content (Join-Path $TestDrive 'leaks.csv') } | Assert-Clean -Saying 'FileExists'
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
            Get-Everything { $canary.Ip | Export-LoginSubject $database $own -Attribute ip -Path "$own-ip" -Reason leaks -AuditFile $audit -Confirm:$false -Verbose }
            Get-Everything { $canary.Device | Export-LoginSubject $database $own -Attribute device_id -Path "$own-ip" -Reason leaks -AuditFile $audit -Confirm:$false }
            Get-Everything { $canary.Ip | Export-LoginSubject $database $own -Attribute ip -Path "$own-what" -Reason leaks -AuditFile $audit -WhatIf }
            Get-Content "$own-ip/*" -Raw
            Get-Everything { $canary.Ip | Remove-LoginSubject $database $own -Attribute ip -Reason leaks -AuditFile $audit -WhatIf }
            Get-Everything { $canary.Device | Remove-LoginSubject $database $own -Attribute device_id -Reason leaks -AuditFile $audit -PrivateKeyPath "$keys-private/quarantine.json" -Confirm:$false }
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
