BeforeAll {
    . "$PSScriptRoot/Setup.ps1"
    $database = New-TestDatabase
    Initialize-LoginDatabase $database
    $private = "$keys-private/quarantine.json"
    $audit = Join-Path $TestDrive 'audit.jsonl'
    $about = @{ Database = $database; Keyset = $keys; Reason = 'Request 12'; AuditFile = $audit; Confirm = $false; WarningAction = 'Ignore' }
    function New-Body([int] $Number, [string] $Version = '1.2.3') { "{`"user_id`":`"u-$Number`",`"app_version`":`"$Version`",`"device_type`":`"ios`",`"ip`":`"10.0.0.$Number`",`"locale`":null,`"device_id`":`"d-$Number`"}" }
    $bodies = @(1..5 | ForEach-Object { New-Body $_ }) + (New-Body 3 'x.y') + 'nonsense of u-3, 10.0.0.3 and d-3' + 'nonsense of u-33'
    $bodies | ConvertFrom-LoginJson -SourceId subjects -WarningAction Ignore | Protect-LoginPii $keys | Write-LoginRecord $database
}

AfterAll { Exit-TestSession }

Describe 'Export-LoginSubject' {
    It 'writes what there is by <Attribute>' -ForEach @(
        @{ Attribute = 'ip'; Value = '10.0.0.3' }
        @{ Attribute = 'device_id'; Value = 'd-3' }
        @{ Attribute = 'user_id'; Value = 'u-3' }
    ) {
        $folder = Join-Path $TestDrive "by-$Attribute"
        $receipt = $Value | Export-LoginSubject @about -Attribute $Attribute.ToUpperInvariant() -Path $folder -PrivateKeyPath $private
        $receipt.Rows, $receipt.Entries, $receipt.Originals, $receipt.IsComplete, $receipt.Path | Should -Be 1, 2, 0, $true, $folder
        (Get-Content "$folder/rows.json" | ConvertFrom-Json).user_id | Should -Be 'u-3'
        $entries = Get-Content "$folder/quarantine.json" | ConvertFrom-Json
        # In the order of their keys, which are digests of the lines.
        $entries.record.user_id | Should -Be 'u-3'
        ($entries | Where-Object body).body | Should -Be 'nonsense of u-3, 10.0.0.3 and d-3'
        foreach ($file in (Get-Content "$folder/manifest.json" | ConvertFrom-Json).files) { (Get-FileHash "$folder/$($file.name)").Hash | Should -Be $file.sha256 }
        $secure = @{ $(@{ ip = 'Ip'; device_id = 'DeviceId'; user_id = 'UserId' }[$Attribute]) = ConvertTo-SecureString $Value -AsPlainText -Force }
        (Export-LoginSubject @about @secure -Path "$folder-secure").Rows | Should -Be 1
        (Test-LoginAudit $database $keys -AuditFile $audit).IsIntact | Should -BeTrue
    }

    It 'takes several values of one person, and says what it did not open' {
        $about = $about.Clone()
        $about.WarningAction = 'SilentlyContinue'
        $receipt = 'u-1', 'u-2' | Export-LoginSubject @about -Attribute user_id -Path (Join-Path $TestDrive two) -WarningVariable said
        $receipt.Rows, $receipt.Sealed, $receipt.IsComplete | Should -Be 2, 2, $false
        "$said" | Should -Match '2 sealed bodies'
    }

    It 'gives rows that Unprotect-LoginPii opens' {
        $folder = Join-Path $TestDrive clear
        $null = 'u-4' | Export-LoginSubject @about -Attribute user_id -Path $folder
        (Get-Content "$folder/rows.json" | ConvertFrom-Json | Unprotect-LoginPii @about).Ip | Should -Be '10.0.0.4'
    }

    It 'ends in one clear error, and writes nothing: <Id>' -ForEach @(
        @{ Id = 'FileExists'; Script = { $null = New-Item "$TestDrive/there" -ItemType Directory; 'u-1' | Export-LoginSubject @about -Attribute user_id -Path "$TestDrive/there" } }
        @{ Id = 'InputMissing'; Script = { @() | Export-LoginSubject @about -Attribute user_id -Path "$TestDrive/none" } }
        @{ Id = 'InputMissing'; Script = { Export-LoginSubject @about -Attribute user_id -Path "$TestDrive/none" } }
        @{ Id = 'ReasonMissing'; Script = { $about.Reason = ' '; 'u-1' | Export-LoginSubject @about -Attribute user_id -Path "$TestDrive/none" } }
        @{ Id = 'KeysetInvalid'; Script = { 'u-1' | Export-LoginSubject @about -Attribute user_id -Path "$TestDrive/none" -PrivateKeyPath "$keys/ip.json" } }
    ) {
        $about = $about.Clone()
        $Script | Should -Throw -ErrorId "$Id,*"
        "$TestDrive/none" | Should -Not -Exist
    }

    It 'asks, and with -WhatIf writes neither folder nor line' {
        $lines = @(Get-Content $audit).Count
        $about.Remove('Confirm')
        'u-1' | Export-LoginSubject @about -Attribute user_id -Path "$TestDrive/what" -PrivateKeyPath $private -WhatIf | Should -BeNullOrEmpty
        { 'u-1' | Export-LoginSubject @about -Attribute user_id -Path "$TestDrive/what" } | Should -Throw
        $about.Confirm = $false
        "$TestDrive/what" | Should -Not -Exist
        @(Get-Content $audit).Count | Should -Be $lines
    }
}

Describe 'Remove-LoginSubject' {
    BeforeAll {
        $audit = $about.AuditFile = Join-Path $TestDrive 'removals.jsonl'
        function Get-Removal { Get-Content $audit -ErrorAction Ignore | ConvertFrom-Json | Where-Object removal | ForEach-Object removal }
    }

    It 'counts with -WhatIf, which touches nothing and opens nothing' {
        $plan = 'u-3' | Remove-LoginSubject @about -Attribute user_id -PrivateKeyPath $private -WhatIf
        $plan.IsDryRun, $plan.Rows, $plan.Entries, $plan.Sealed, $plan.AuditLine | Should -Be $true, 1, 1, 2, $null
        $audit | Should -Not -Exist
    }

    It 'refuses while a body is sealed, and where nobody can answer' {
        { 'u-3' | Remove-LoginSubject @about -Attribute user_id } | Should -Throw -ErrorId 'SubjectNotSearched,*'
        $about = $about.Clone()
        $about.Remove('Confirm')
        { 'u-3' | Remove-LoginSubject @about -Attribute user_id -PrivateKeyPath $private } | Should -Throw
        Get-Removal | Should -BeNullOrEmpty
    }

    It 'killed between the line and the commit, it was begun and no more' -Skip:$IsWindows {
        $script = Join-Path $TestDrive 'remove.ps1'
        Set-Content $script "Import-Module $(ConvertTo-Literal "$PSScriptRoot/../../LoginEtl.psd1"); 'u-2' | Remove-LoginSubject '$database' $(ConvertTo-Literal $keys) -Attribute user_id -Reason kill -AuditFile $(ConvertTo-Literal $audit) -PrivateKeyPath $(ConvertTo-Literal $private) -Confirm:`$false; 'removed'"
        function New-Lock([string] $Sql) {
            $connection = [Npgsql.NpgsqlConnection]::new($database)
            $connection.Open()
            $null = $connection.BeginTransaction()
            $command = $connection.CreateCommand()
            $command.CommandText = $Sql
            $null = $command.ExecuteNonQuery()
            $connection
        }
        function Wait-Until([scriptblock] $Holds) {
            $until = [datetime]::UtcNow.AddSeconds(90)
            while (-not (& $Holds)) { if ([datetime]::UtcNow -gt $until) { throw "It never came: $(Get-Content "$TestDrive/removed.err" -Raw)" }; Start-Sleep -Milliseconds 20 }
        }
        # First it waits for the row; once that is free, its line's anchor waits, and the COMMIT with it.
        $row = New-Lock "SELECT FROM user_logins WHERE user_id = 'u-2' FOR UPDATE"
        $process = Start-PowerShell $script (Join-Path $TestDrive 'removed')
        try {
            Wait-Until { (Invoke-Sql $database "SELECT count(*) AS n FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'").n -gt 0 }
            $anchor = New-Lock 'LOCK TABLE login_etl_audit_anchor IN EXCLUSIVE MODE'
            $row.Dispose()
            Wait-Until { Get-Removal }
        }
        finally { $process.Kill(); $process.WaitForExit(); $row.Dispose(); if ($anchor) { $anchor.Dispose() } }
        Get-Content (Join-Path $TestDrive 'removed') | Should -Not -Contain 'removed'
        (Get-Removal).state | Should -Be 'begun'
        (Invoke-Sql $database "SELECT count(*) AS n FROM user_logins WHERE user_id = 'u-2'").n | Should -Be 1
        $receipt = 'u-2' | Remove-LoginSubject @about -Attribute user_id -PrivateKeyPath $private
        $receipt.Rows | Should -Be 1
        (Get-Removal).state | Should -Be 'begun', 'begun', 'done'
        (Test-LoginAudit $database $keys -AuditFile $audit).IsIntact | Should -BeTrue
    }

    It 'erases rows and entries, and its receipt stands in the audit' {
        $receipt = 'u-3' | Remove-LoginSubject @about -Attribute user_id -PrivateKeyPath $private
        $receipt.Rows, $receipt.Entries, $receipt.Originals, $receipt.IsDryRun, $receipt.Table | Should -Be 1, 2, 0, $false, 'public.user_logins'
        $line = (Get-Content $audit)[$receipt.AuditLine - 1] | ConvertFrom-Json
        $line.mac, $line.file, $line.removal.state, $line.removal.rows | Should -Be $receipt.AuditMac, "$($receipt.AuditFileId)", 'done', 1
        (Test-LoginAudit $database $keys -AuditFile $audit -Token 'u-3').Found | Should -Contain $receipt.AuditLine
        $again = 'u-3' | Export-LoginSubject @about -Attribute user_id -Path (Join-Path $TestDrive 'after') -PrivateKeyPath $private
        $again.Rows, $again.Entries, $again.IsComplete | Should -Be 0, 0, $true
        '10.0.0.3' | Find-LoginRecord $database $keys -Attribute ip | Should -BeNullOrEmpty
        # The same lines once more.
        $bodies | ConvertFrom-LoginJson -SourceId subjects -WarningAction Ignore | Protect-LoginPii $keys | Write-LoginRecord $database -WarningAction Ignore
        '10.0.0.3' | Find-LoginRecord $database $keys -Attribute ip | Should -BeNullOrEmpty
        (Invoke-Sql $database 'SELECT count(*) AS n FROM user_logins').n | Should -Be 3
    }
}
