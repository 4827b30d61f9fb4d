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

    It 'says what it cannot read' {
        ConvertFrom-LoginJson -Path (Join-Path $TestDrive 'none.ndjson') -ErrorVariable missing -ErrorAction SilentlyContinue
        $missing | Should -Not -BeNullOrEmpty
        42 | ConvertFrom-LoginJson -ErrorVariable number -ErrorAction SilentlyContinue
        "$number" | Should -BeLike '*not text*'
    }
}
