BeforeAll {
    . "$PSScriptRoot/Setup.ps1"
    $database = New-TestDatabase
    Initialize-LoginDatabase $database
    $file = Join-Path $TestDrive 'logins.ndjson'
    $good = '{"user_id":"u","app_version":"1.2.3","device_type":"ios","ip":"192.0.2.1","locale":"DE","device_id":"d"}'
    @(New-LoginBody 20) + '{"foo":"bar"}' + '' + 'nonsense' + $good.Replace('1.2.3', '1.2000') + $good.Replace('"192.0.2.1"', 'null') + $good.Replace('DE', 'x' * 33) | Set-Content $file
}

AfterAll { Exit-TestSession }

Describe 'Test-LoginJson' {
    It 'says of each line whether it would be written, and why not' {
        $verdicts = Get-Content $file | Test-LoginJson
        $verdicts | Should -HaveCount 25
        @($verdicts | Where-Object IsValid) | Should -HaveCount 22
        $verdicts | Where-Object -Not IsValid | ForEach-Object ToString | Should -Be 'logins.ndjson:21: missing_field (user_id)', 'logins.ndjson:23: invalid_json', 'logins.ndjson:25: null_field (ip)'
        $verdicts[0] | Should -BeOfType LoginEtl.Contract.LoginVerdict
    }

    It 'takes lengths and versions from the table' {
        $verdicts = Get-Content $file | Test-LoginJson $database | Where-Object -Not IsValid
        $verdicts.Reason | Should -Be 'missing_field', 'invalid_json', 'version_out_of_range', 'null_field', 'too_long'
        $verdicts.Field | Should -Be 'user_id', $null, 'app_version', 'ip', 'locale'
        [void] (Invoke-Sql $database 'CREATE TABLE other (uid uuid, device_type text, masked_ip text, masked_device_id text, locale text, app_version text, create_date date)')
        $verdict = $good | Test-LoginJson $database -Table other -ColumnName @{ user_id = 'uid' }
        "$verdict" | Should -Be 'pipeline:1: invalid_uuid (user_id)'
    }

    It 'takes the database from the environment, and goes without where there is none' {
        $long = $good.Replace('DE', 'x' * 33)
        ($long | Test-LoginJson).IsValid | Should -BeTrue
        $env:LOGINETL_DATABASE = $database
        try { ($long | Test-LoginJson).Reason | Should -Be 'too_long' }
        finally { Remove-Item env:LOGINETL_DATABASE }
    }

    It 'heeds what the run is told' {
        $null_ip = $good.Replace('"192.0.2.1"', 'null')
        ($null_ip | Test-LoginJson).Reason | Should -Be 'null_field'
        ($null_ip | Test-LoginJson -AllowNullPii).IsValid | Should -BeTrue
        ($good.Replace('1.2.3', '1.16') | Test-LoginJson -AppVersionFormat Nibble).Reason | Should -Be 'version_out_of_range'
        { $good | Test-LoginJson $database -AppVersionFormat Sortable } | Should -Throw -ErrorId 'TableUnsuitable*'
        $notification = @{ Type = 'Notification'; TopicArn = 't'; MessageId = 'm'; Message = $good } | ConvertTo-Json -Compress
        ($notification | Test-LoginJson).IsValid | Should -BeTrue
        $env:LOGINETL_ENVELOPE = 'None'
        try { ($notification | Test-LoginJson).Reason | Should -Be 'missing_field' }
        finally { Remove-Item env:LOGINETL_ENVELOPE }
    }

    It 'reads files as ConvertFrom-LoginJson does, and tells of those that it cannot read' {
        $read = (ConvertFrom-LoginJson -Path $file -WarningAction Ignore).MessageId
        $read | Should -HaveCount 25
        foreach ($verdicts in (Test-LoginJson -Path (Join-Path $TestDrive '*.ndjson')), (Test-LoginJson -LiteralPath $file), (Get-Item $file | Test-LoginJson)) {
            $verdicts | ForEach-Object { "$($_.Source):$($_.Line)" } | Should -Be $read
        }
        $array = Join-Path $TestDrive 'array.json'
        $good, '{}' | ConvertFrom-Json | ConvertTo-Json | Set-Content $array -Encoding Unicode
        (Test-LoginJson -LiteralPath $array).IsValid | Should -Be $true, $false
        (Get-Content $array -Raw | Test-LoginJson).IsValid | Should -Be $true, $false
        $verdicts = Test-LoginJson -LiteralPath (Join-Path $TestDrive 'nowhere'), $file -ErrorVariable told -ErrorAction SilentlyContinue
        $verdicts | Should -HaveCount 25
        "$told" | Should -BeLike '*cannot be read*'
        '[{"a":1},{"b' | Test-LoginJson -ErrorVariable cut -ErrorAction SilentlyContinue | Should -HaveCount 2
        "$cut" | Should -BeLike '*has no end*'
    }

    It 'writes nothing, and warns of nothing' {
        $before = (Invoke-Sql $database 'SELECT count(*) AS n FROM user_logins').n
        $null = Get-Content $file | Test-LoginJson $database -WarningVariable warnings
        $warnings | Should -BeNullOrEmpty
        (Invoke-Sql $database 'SELECT count(*) AS n FROM user_logins').n | Should -Be $before
    }
}

Describe 'Get-LoginSchema' {
    It 'has the lengths and versions of the table' {
        $schema = Get-LoginSchema $database | ConvertFrom-Json
        $schema.properties.user_id.maxLength, $schema.properties.device_type.maxLength, $schema.properties.locale.maxLength | Should -Be 128, 32, 32
        $schema.properties.app_version.pattern | Should -Match '2147'
        $schema.required | Should -Be 'user_id', 'app_version', 'ip', 'device_id'
        $schema.properties.ip.type | Should -Be 'string'
        (Get-LoginSchema $database -AllowNullPii | ConvertFrom-Json).properties.ip.type | Should -Be 'string', 'null'
        (Get-LoginSchema | ConvertFrom-Json).properties.user_id.maxLength | Should -BeNullOrEmpty
    }

    It 'is one text, the same each time, and another for other rules' {
        $texts = @(Get-LoginSchema $database)
        $texts | Should -HaveCount 1
        $texts | Should -Be (Get-LoginSchema $database)
        ($texts | ConvertFrom-Json).'$id' | Should -Not -Be (Get-LoginSchema | ConvertFrom-Json).'$id'
    }

    It 'is read by Test-Json, which agrees on the known bodies' {
        $schema = Get-LoginSchema $database -AppVersionFormat Digits
        $bodies = @(Get-Content "$PSScriptRoot/../../sandbox/samples/login-messages.ndjson") + @(Get-Content $file | Where-Object { $_ -and $_ -ne 'nonsense' }) +
            $good.Replace('1.2.3', '214748364.7'), $good.Replace('1.2.3', '214748364.8'), $good.Replace('1.2.3', '1.2\n'), $good.Replace('DE', '😀' * 32), $good.Replace('DE', '😀' * 33)
        $valid = $bodies | ForEach-Object { Test-Json -Json $_ -Schema $schema -ErrorAction Ignore }
        $valid | Should -Be ($bodies | Test-LoginJson $database -AppVersionFormat Digits).IsValid
        @($valid | Where-Object { -not $_ }).Count | Should -BeGreaterThan 4
    }

    It 'fails where the table cannot be asked' {
        { Get-LoginSchema $database -Table nowhere } | Should -Throw -ErrorId 'TableNotFound*'
        { Get-LoginSchema 'Host=127.0.0.1;Port=1;Username=u;Database=d' } | Should -Throw -ErrorId 'DatabaseUnreachable*'
    }
}
