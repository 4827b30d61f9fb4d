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
        $entries.body | Should -Be 'nonsense of u-3, 10.0.0.3 and d-3'
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
