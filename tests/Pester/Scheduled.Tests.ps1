BeforeAll {
    . "$PSScriptRoot/Setup.ps1"
    # As docs/cmdlets.md and the help say it, with a line that cannot run in the place of theirs.
    function Invoke-Script([string] $Line, [switch] $Stop, [string] $Module = "$PSScriptRoot/../../LoginEtl.psd1") {
        $script = Join-Path $TestDrive 'scheduled.ps1'
        "$(if ($Stop) { "`$ErrorActionPreference = 'Stop'" })`nImport-Module $(ConvertTo-Literal $Module)`n$Line" | Set-Content $script
        $script:said = Invoke-PowerShell -NonInteractive -File $script 2>&1 | Out-String
        $LASTEXITCODE
    }
}

AfterAll { Exit-TestSession }

Describe 'A scheduled script in which nothing could run' {
    It 'fails, as it stands: <_>' -ForEach @(
        'exit (Invoke-LoginEtl login-queue -BatchSize 0).ExitCode'
        'exit (Invoke-LoginEtl login-queue -Receivers 65).ExitCode'
        'exit (Invoke-LoginEtl login-queue -MaxHeld many).ExitCode'
        'exit (Invoke-LoginEtl login-queue -MaxRejectRatio 2).ExitCode'
        'exit (Invoke-LoginEtl login-queue -MaxDuration soon).ExitCode'
        'exit (Invoke-LoginEtl login-queue -OnConflict Perhaps).ExitCode'
        'exit (Invoke-LoginEtl login-queue -Credential 7).ExitCode'
        'exit (Invoke-LoginEtl login-queue -ReceiptVariable "a b").ExitCode'
        'exit (Invoke-LoginEtl login-queue -ReceiptVariable $null).ExitCode'
        'exit (Invoke-LoginEtl login-queue -Foo bar).ExitCode'
        'exit (Invoke-LoginEtl login-queue keys database more).ExitCode'
        'exit (Invoke-LoginEtl $null).ExitCode'
        'exit (Invoke-LoginEtl login-queue -Keyset "").ExitCode'
        'exit (Invoke-LoginEtl login-queue -Database $null).ExitCode'
        'exit (Invoke-LoginEtl login-queue -Table $null).ExitCode'
        'exit (Invoke-LoginEtl login-queue -MaxMessages $null).ExitCode'
    ) {
        # In this PowerShell, for each start of another takes seconds; two of them as scripts below.
        $ErrorActionPreference = 'SilentlyContinue'
        & ([scriptblock]::Create(($_ -replace '^exit '))) 2> $null | Should -Be 1
    }

    It 'fails as a script does: <_>' -ForEach 'exit (Invoke-LoginEtl login-queue -BatchSize 0).ExitCode', 'exit (Invoke-LoginEtl $null).ExitCode' {
        Invoke-Script $_ | Should -Be 1
    }

    It 'fails with its first line, which docs/cmdlets.md has: <_>' -ForEach @(
        'exit (Invoke-LoginEtl -Max 3).ExitCode'
        'exit (Invoke-LoginEtl login-queue -Database).ExitCode'
        'exit (Invoke-LoginElt login-queue).ExitCode'
    ) {
        Invoke-Script $_ -Stop | Should -Be 1
    }

    It 'fails where there is no module' {
        Invoke-Script 'exit (Invoke-LoginEtl login-queue).ExitCode' -Stop -Module (Join-Path $TestDrive 'nowhere.psd1') | Should -Be 1
    }

    It 'fails as the example of the module does: run.ps1 <_>' -ForEach '-Foo', '-Max 3' {
        $arguments = -split $_
        Invoke-PowerShell -NonInteractive -File "$PSScriptRoot/../../examples/run.ps1" @arguments 2>&1 | Out-Null
        $LASTEXITCODE | Should -Be 1
    }

    It 'has a receipt and one error that name the parameter, and not what it was given' {
        $receipt = Invoke-LoginEtl login-queue -Receivers 's3cret=x' -ErrorVariable told -ErrorAction SilentlyContinue
        $receipt.Outcome | Should -Be 'Failed'
        $receipt.Error | Should -BeLike '-Receivers*whole number*'
        $told[0].FullyQualifiedErrorId | Should -BeLike 'SettingInvalid,*'
        "$($receipt | ConvertTo-Json)$told" | Should -Not -Match 's3cret'
        (Invoke-LoginEtl $null -ErrorAction SilentlyContinue -ErrorVariable told).Error | Should -BeLike '-Queue was given nothing*'
        $told[0].FullyQualifiedErrorId | Should -BeLike 'SettingMissing,*'
        (Invoke-LoginEtl q -Passwort s3cret -ErrorAction SilentlyContinue -ErrorVariable told).Error | Should -BeLike '*no parameter -Passwort*'
        "$told" | Should -Not -Match 's3cret'
    }

    It 'is told where another cmdlet runs while parameters are bound: <What>' -ForEach @(
        @{ What = 'a default of the next command'; Line = { param($Receipt) Invoke-LoginEtl q -OnConflict Perhaps | Get-Report } }
        @{ What = 'a default of its own'; Line = { $PSDefaultParameterValues = @{ 'Invoke-LoginEtl:Keyset' = { Get-Rejects; 'keys' } }; Invoke-LoginEtl q -OnTooLong Perhaps -BatchSize 0 } }
    ) {
        function Get-Rejects { try { Get-LoginKeyset (Join-Path $TestDrive nowhere) } catch { $null = $_ } }
        function Get-Report { param([Parameter(ValueFromPipeline)] $Receipt, $Rejects = (Get-Rejects)) process { $Receipt } }
        $receipt = & $Line -ErrorAction SilentlyContinue 2> $null
        $receipt.Error | Should -BeLike '-On*was given what it does not take*'
    }

    It 'keeps no fault of another cmdlet''s parameters back' {
        $null = Invoke-LoginEtl -Foo -ErrorAction SilentlyContinue
        { Receive-LoginMessage q -Receivers many } | Should -Throw
        { Receive-LoginMessage q -Receivers many | Invoke-LoginEtl } | Should -Throw
        { Receive-LoginMessage q -MaxDuration soon | Protect-LoginPii | Invoke-LoginEtl } | Should -Throw
        { Receive-LoginMessage $null } | Should -Throw -ErrorId 'SettingMissing,*'
    }
}

Describe 'Invoke-LoginEtl as a dry run' {
    BeforeEach {
        $queue = New-TestQueue
        $database = New-TestDatabase
        Initialize-LoginDatabase $database
        @(New-LoginBody 20) + '{}' | Send-LoginMessage $queue
    }

    AfterEach {
        (Invoke-Sql $database 'SELECT (SELECT count(*) FROM user_logins) + (SELECT count(*) FROM login_etl_quarantine) + (SELECT count(*) FROM login_etl_ledger) + (SELECT count(*) FROM login_etl_key) AS n').n | Should -Be 0
        (Get-QueueCount $queue).Visible | Should -Be 21
    }

    It 'writes and deletes nothing and says what it would: <_>' -ForEach '-WhatIf', '$WhatIfPreference' {
        $WhatIfPreference = $_ -eq '$WhatIfPreference'
        $how = $_ -eq '-WhatIf' ? @{ WhatIf = $true } : @{}
        $receipt = Invoke-LoginEtl $queue $keys $database @how -InformationVariable said -WarningAction SilentlyContinue
        $WhatIfPreference = $false
        "$said" | Should -BeLike '*of 21 logins, 20 would be written*1 would go to quarantine. Nothing was written or deleted.*'
        $receipt.Written | Should -Be 0
        $receipt.Returned | Should -Be 21
        $receipt.Balanced | Should -BeTrue
    }

    It 'ends at its limit and where no more may be held, also with -Wait' {
        $null = Invoke-LoginEtl $queue $keys $database -WhatIf -WhatIfLimit 5 -Wait -InformationVariable said -WarningAction SilentlyContinue
        "$said" | Should -BeLike '*of 5 logins*'
        $null = Invoke-LoginEtl $queue $keys $database -WhatIf -MaxHeld 7 -InformationVariable said -WarningAction SilentlyContinue
        "$said" | Should -BeLike '*of 7 logins*'
    }
}

Describe '$WhatIfPreference' {
    It 'is heeded by every cmdlet that changes something' {
        $reading = 'Get', 'Find', 'Test', 'Receive', 'ConvertFrom', 'ConvertTo', 'Protect'
        $changing = Get-Command -Module LoginEtl | Where-Object Verb -NotIn $reading
        $changing | Should -HaveCount 21
        $changing | Where-Object { -not $_.Parameters.ContainsKey('WhatIf') } | Should -BeNullOrEmpty
    }

    It 'keeps every one of them from changing anything' {
        $queue = New-TestQueue
        $database = New-TestDatabase
        Initialize-LoginDatabase $database
        @(New-LoginBody 3) + '{}', '{}' | Send-LoginMessage $queue
        $private = Join-Path $TestDrive 'keys-private/quarantine.json'
        $null = Invoke-LoginEtl $queue $keys $database -WarningAction SilentlyContinue
        New-LoginBody 3 | Send-LoginMessage $queue
        $added = Add-LoginKey $keys ip -WarningAction SilentlyContinue
        Copy-Item $keys "$keys-backup" -Recurse
        Disable-LoginKey "$keys-backup" ip $added.KeyId
        $none = New-TestDatabase
        $recover = @{ Database = $database; Keyset = $keys; Reason = 'test'; AuditFile = Join-Path $TestDrive 'audit.jsonl' }
        $rows = Invoke-Sql $database 'SELECT masked_ip AS "MaskedIp", masked_device_id AS "MaskedDeviceId" FROM user_logins'
        $acts = [ordered] @{
            'Add-LoginKey'             = { Add-LoginKey $keys ip }
            'Set-LoginPrimaryKey'      = { Set-LoginPrimaryKey $keys ip $added.KeyId }
            'Disable-LoginKey'         = { Disable-LoginKey $keys ip $added.KeyId }
            'Enable-LoginKey'          = { Enable-LoginKey "$keys-backup" ip $added.KeyId }
            'Remove-LoginKey'          = { Remove-LoginKey "$keys-backup" ip $added.KeyId -Database $database }
            'Import-LoginKey'          = { Import-LoginKey $keys -From "$keys-backup" }
            'New-LoginKeyset'          = { New-LoginKeyset "$keys-new" }
            'Initialize-LoginDatabase' = { Initialize-LoginDatabase $none }
            'Send-LoginMessage'        = { New-LoginBody | Send-LoginMessage $queue }
            'Confirm-LoginMessage'     = { Receive-LoginMessage $queue | Confirm-LoginMessage }
            'Reset-LoginMessage'       = { Receive-LoginMessage $queue | Reset-LoginMessage }
            'Write-LoginRecord'        = { Receive-LoginMessage $queue | Protect-LoginPii $keys | Write-LoginRecord $database }
            'Invoke-LoginEtl'          = { Invoke-LoginEtl $queue $keys $database }
            'Move-LoginMessage'        = { Move-LoginMessage $queue $keys $database -To (New-TestQueue) }
            'Test-LoginEtl'            = { Test-LoginEtl -Conformance }
            'Unprotect-LoginPii'       = { $rows | Unprotect-LoginPii @recover }
            'Update-LoginToken'        = { Update-LoginToken $database $keys }
            'Restore-LoginQuarantine'  = { Get-LoginQuarantine $database | Restore-LoginQuarantine $database $keys -PrivateKeyPath $private }
            'Export-LoginRecord'       = { Export-LoginRecord $database (Join-Path $TestDrive 'export.csv') }
            'Export-LoginSubject'      = { 'user-1' | Export-LoginSubject $database $keys -Attribute user_id -Path (Join-Path $TestDrive 'subject') -Reason test -AuditFile $recover.AuditFile -PrivateKeyPath $private }
            'Remove-LoginSubject'      = { 'user-1' | Remove-LoginSubject $database $keys -Attribute user_id -Reason test -AuditFile $recover.AuditFile -PrivateKeyPath $private }
            'Remove-LoginQuarantine'   = { Get-LoginQuarantine $database | Remove-LoginQuarantine $database -Reason test }
        }
        @($acts.Keys | Sort-Object) | Should -Be @((Get-Command -Module LoginEtl | Where-Object { $_.Parameters.ContainsKey('WhatIf') }).Name | Sort-Object)
        function Get-State {
            $files = Get-ChildItem $TestDrive -Recurse -File | Get-FileHash | ForEach-Object { "$($_.Path) $($_.Hash)" }
            $tables = foreach ($table in 'user_logins', 'login_etl_ledger', 'login_etl_quarantine', 'login_etl_vault', 'login_etl_key', 'login_etl_audit_anchor') {
                (Invoke-Sql $database "SELECT coalesce(string_agg(t::text, ' ' ORDER BY t::text), '') AS all FROM $table t").all
            }
            $new = (Invoke-Sql $none "SELECT count(*) AS n FROM pg_tables WHERE schemaname = 'public'").n
            @($files) + $tables + $new + (Get-QueueCount $queue).Visible -join "`n"
        }
        $before = Get-State
        foreach ($name in $acts.Keys) {
            $WhatIfPreference = $true
            try { $null = & $acts[$name] *>&1 } finally { $WhatIfPreference = $false }
            Get-State | Should -Be $before -Because "$name was asked what it would do"
        }
    }
}

Describe 'The filter that docs/cmdlets.md shows' {
    It 'changes logins and rejects alike, also under Stop' {
        $ErrorActionPreference = 'Stop'
        $queue = New-TestQueue
        $database = New-TestDatabase
        Initialize-LoginDatabase $database
        @(New-LoginBody 2) + '{}' + @(New-LoginBody 2) | Send-LoginMessage $queue
        Receive-LoginMessage $queue -WarningAction SilentlyContinue | Where-Object Locale -NE 'XX' | ForEach-Object { $_.DeviceType = 'tv'; $_ } | Protect-LoginPii $keys |
            ForEach-Object { $_.Locale = 'FR'; $_.CreateDate = [DateOnly] '2026-01-02'; $_ } | Write-LoginRecord $database -ReceiptVariable receipt
        $receipt.Quarantined | Should -Be 1
        (Invoke-Sql $database "SELECT count(*) AS n FROM user_logins WHERE device_type = 'tv' AND locale = 'FR' AND create_date = '2026-01-02'").n | Should -Be $receipt.Written
        $receipt.Written | Should -BeGreaterOrEqual 2
    }
}
