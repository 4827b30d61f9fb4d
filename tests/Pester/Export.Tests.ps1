BeforeAll {
    . "$PSScriptRoot/Setup.ps1"

    $database = New-TestDatabase
    Initialize-LoginDatabase $database
    1..5 | ForEach-Object { "{`"user_id`":`"u-$_`",`"app_version`":`"2.10.$_`",`"device_type`":`"ios`",`"ip`":`"10.0.0.$_`",`"locale`":null,`"device_id`":`"d-$_`"}" } |
        ConvertFrom-LoginJson -SourceId export | Protect-LoginPii $keys | Write-LoginRecord $database
    Push-Location $TestDrive
}

AfterAll {
    Pop-Location
    Exit-TestSession
}

Describe 'Export-LoginRecord' {
    It 'writes <_>' -ForEach 'a.csv', 'a.csv.gz', 'a.parquet' {
        $receipt = Export-LoginRecord $database $_
        $receipt.Rows, $receipt.Table, $receipt.Path | Should -Be 5, 'public.user_logins', (Join-Path $TestDrive $_)
        $receipt.Bytes | Should -Be (Get-Item $_).Length
    }

    It 'gives rows that Import-Csv reads, with tokens in them' {
        $rows = Export-LoginRecord $database rows.csv | Import-Csv
        $rows.user_id | Sort-Object | Should -Be (1..5 | ForEach-Object { "u-$_" })
        $rows.app_version | Sort-Object | Should -Be (1..5 | ForEach-Object { "2.10.$_" })
        $rows.masked_ip + $rows.masked_device_id | Should -Match '^siv1\.'
        Get-Content rows.csv -Raw | Should -Not -Match '10\.0\.0\.|d-\d'
    }

    It 'takes days as Get-Date has them, and relative paths' {
        (Export-LoginRecord $database days.csv -FirstDay ([datetime]::UtcNow) -LastDay ([datetime]::UtcNow)).Rows | Should -Be 5
        (Export-LoginRecord $database days.csv -Force -LastDay ([datetime]::UtcNow.AddDays(-1))).Rows | Should -Be 0
        (Export-LoginRecord $database days.csv -Force -FirstDay '2001-01-01').Rows | Should -Be 5
    }

    It 'writes nothing with -WhatIf, and replaces nothing unless told' {
        Export-LoginRecord $database what.csv -WhatIf | Should -BeNullOrEmpty
        'what.csv' | Should -Not -Exist
        'mine' | Set-Content mine.csv
        { Export-LoginRecord $database mine.csv } | Should -Throw -ErrorId 'FileExists*'
        Get-Content mine.csv | Should -Be 'mine'
        (Export-LoginRecord $database mine.csv -Force).Rows | Should -Be 5
        { Export-LoginRecord $database mine.xlsx } | Should -Throw -ErrorId 'PathInvalid*'
        Get-ChildItem *.partial | Should -BeNullOrEmpty
    }
}
