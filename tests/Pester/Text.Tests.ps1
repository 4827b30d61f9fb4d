BeforeAll {
    . "$PSScriptRoot/Setup.ps1"
    $file = Join-Path $TestDrive 'logins.ndjson'
    @(New-LoginBody 20) + '{"foo":"bar"}' + @(New-LoginBody 2) | Set-Content $file
}

AfterAll { Exit-TestSession }

Describe 'ConvertFrom-LoginJson' {
    It 'emits a login a line and one warning for a reject, naming file and line' {
        $out = Get-Content $file | ConvertFrom-LoginJson -WarningVariable warnings -WarningAction SilentlyContinue
        @($out | Where-Object { $_ -is [LoginEtl.Records.LoginMessage] }) | Should -HaveCount 22
        $warnings | Should -HaveCount 1
        "$warnings" | Should -BeLike '*logins.ndjson:21*missing_field (user_id)*'
    }

    It 'reads a file directly as it reads its lines' {
        $lines = Get-Content $file | ConvertFrom-LoginJson -WarningAction Ignore | Protect-LoginPii $keys
        $direct = ConvertFrom-LoginJson -Path $file -WarningAction Ignore | Protect-LoginPii $keys
        $direct.MessageId | Should -Be $lines.MessageId
        $direct.MessageId | Select-Object -Unique | Should -HaveCount 23
    }

    It 'exports logins to CSV without plaintext, whichever line comes first' {
        $csv = Join-Path $TestDrive 'out.csv'
        '{"foo":"bar"}', (New-LoginBody 30) | ForEach-Object { $_ } | ConvertFrom-LoginJson -WarningAction Ignore |
            Protect-LoginPii $keys | Export-Csv $csv
        $rows = Import-Csv $csv
        @($rows | Where-Object UserId) | Should -HaveCount 30
        @($rows | Where-Object Reason).Field | Should -Be 'user_id'
        $rows[5].MaskedIp | Should -BeLike 'siv1.*'
        Get-Content $csv -Raw | Should -Not -Match '10\.1\.0\.|device-\d'
    }

    It 'exports the known messages as 99 logins' {
        if (-not (Get-KnownMessagePath)) { Set-ItResult -Skipped -Because 'the known messages do not lie beside this clone (../shared/data)' }
        $csv = Join-Path $TestDrive 'known.csv'
        $known = Get-KnownMessagePath
        Get-Content $known | ConvertFrom-LoginJson -WarningAction Ignore | Protect-LoginPii $keys | Export-Csv $csv
        @(Import-Csv $csv | Where-Object UserId) | Should -HaveCount 99
        $text = Get-Content $csv -Raw
        foreach ($login in Get-Content $known | ConvertFrom-Json | Where-Object ip) {
            $text.Contains($login.ip) | Should -BeFalse
            $text.Contains($login.device_id) | Should -BeFalse
        }
    }

    It 'loads a file once, however often it is loaded' {
        $database = New-TestDatabase
        Initialize-LoginDatabase $database
        Get-Content $file | ConvertFrom-LoginJson -WarningAction Ignore | Protect-LoginPii $keys |
            Write-LoginRecord $database -ReceiptVariable first
        ConvertFrom-LoginJson -Path $file -WarningAction Ignore | Protect-LoginPii $keys |
            Write-LoginRecord $database -ReceiptVariable second
        $first.Written | Should -Be 22
        $first.Quarantined | Should -Be 1
        $second.Written | Should -Be 0
        $second.Duplicate | Should -Be 22
        $second.Quarantined | Should -Be 1
        $second.Balanced | Should -BeTrue
        (Invoke-Sql $database 'SELECT count(*) AS n FROM user_logins').n | Should -Be 22
        (Invoke-Sql $database 'SELECT count(*) AS n FROM login_etl_quarantine').n | Should -Be 1
    }

    It 'reads files that Get-ChildItem and Get-Item give, and folders are told of' {
        $folder = New-Item -ItemType Directory (Join-Path $TestDrive 'files')
        @(New-LoginBody 3) | Set-Content (Join-Path $folder 'a.ndjson')
        @(New-LoginBody 2) | Set-Content -Encoding utf8BOM (Join-Path $folder 'b.ndjson')
        $null = New-Item -ItemType Directory (Join-Path $folder 'c')
        $out = Get-ChildItem $folder | ConvertFrom-LoginJson -ErrorVariable folders -ErrorAction SilentlyContinue
        $out | Should -HaveCount 5
        $out.MessageId | Should -Be 'a.ndjson:1', 'a.ndjson:2', 'a.ndjson:3', 'b.ndjson:1', 'b.ndjson:2'
        $folders | Should -HaveCount 1
        "$folders" | Should -BeLike '*is a folder*'
        Get-Item (Join-Path $folder 'a.ndjson') | ConvertFrom-LoginJson | Should -HaveCount 3
        ConvertFrom-LoginJson -InputObject (Get-ChildItem $folder -File) | Should -HaveCount 5
    }

    It 'reads what Windows PowerShell and people make of a file as the same logins' {
        $folder = New-Item -ItemType Directory (Join-Path $TestDrive 'made')
        $bodies = @(New-LoginBody 5)
        $known = $bodies | ConvertFrom-LoginJson -SourceId s | Protect-LoginPii $keys
        $wide = Join-Path $folder 'wide.ndjson'
        $bodies | Set-Content -Encoding unicode $wide
        $array = Join-Path $folder 'array.json'
        "[$($bodies -join ',')]" | Set-Content $array
        foreach ($path in $wide, $array) {
            (ConvertFrom-LoginJson -Path $path -SourceId s | Protect-LoginPii $keys).MessageId | Should -Be $known.MessageId
            (Get-Content -Raw $path | ConvertFrom-LoginJson -SourceId s | Protect-LoginPii $keys).MessageId | Should -Be $known.MessageId
        }

        $pretty = Join-Path $folder 'pretty.json'
        $bodies | ConvertFrom-Json | ConvertTo-Json | Set-Content $pretty
        foreach ($logins in (ConvertFrom-LoginJson -Path $pretty), (Get-Content $pretty | ConvertFrom-LoginJson), (Get-Content -Raw $pretty | ConvertFrom-LoginJson)) {
            @($logins | Where-Object { $_ -is [LoginEtl.Records.LoginMessage] }) | Should -HaveCount 5
        }
    }

    It 'tells once of a file that was cut off' {
        $cut = Join-Path $TestDrive 'cut.json'
        "[$(@(New-LoginBody 3) -join ",`n")," | Set-Content $cut
        $out = ConvertFrom-LoginJson -Path $cut, $file -WarningAction Ignore -ErrorVariable told -ErrorAction SilentlyContinue
        $told | Should -HaveCount 1
        $told[0].FullyQualifiedErrorId | Should -BeLike 'FileDamaged*'
        $out | Should -HaveCount 26
        $lines = Get-Content $cut | ConvertFrom-LoginJson -ErrorVariable told -ErrorAction SilentlyContinue
        $told | Should -HaveCount 1
        $lines | Should -HaveCount 3
    }

    It 'takes logins out of envelopes, and not with None' {
        $body = @{ Type = 'Notification'; TopicArn = 't'; MessageId = 'm'; Message = @(New-LoginBody 1)[0] } | ConvertTo-Json
        $body | ConvertFrom-LoginJson | Should -BeOfType LoginEtl.Records.LoginMessage
        $body | ConvertFrom-LoginJson -Envelope None -WarningAction Ignore | Should -BeOfType LoginEtl.Records.RejectedLogin
    }

    It 'says what it cannot read' {
        ConvertFrom-LoginJson -Path (Join-Path $TestDrive 'none.ndjson') -ErrorVariable missing -ErrorAction SilentlyContinue
        $missing | Should -Not -BeNullOrEmpty
        42 | ConvertFrom-LoginJson -ErrorVariable number -ErrorAction SilentlyContinue
        "$number" | Should -BeLike '*takes lines of JSON*'
    }
}
