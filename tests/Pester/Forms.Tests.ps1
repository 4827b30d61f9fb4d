BeforeAll {
    . "$PSScriptRoot/Session.ps1"
    Import-Module "$PSScriptRoot/Servers/Servers.psm1" -Force
    Set-TestEnvironment

    # One object at least of every type that a cmdlet emits.
    function Get-Sample {
        $keys = Join-Path $TestDrive 'keys'
        New-LoginKeyset $keys -WarningAction Ignore
        $queue = New-TestQueue
        $database = New-TestDatabase
        Initialize-LoginDatabase $database
        $good = '{"user_id":"u","app_version":"1.2.3","device_type":"ios","ip":"203.0.113.77","locale":"DE","device_id":"canary-device"}'
        $bodies = $good, $good.Replace('"203.0.113.77"', 'null'), 'canary-body'
        $bodies | Send-LoginMessage $queue -PassThru
        $logins = $bodies | ConvertFrom-LoginJson -WarningAction Ignore
        $logins
        $logins | Protect-LoginPii $keys
        Invoke-LoginEtl $queue $keys $database -DrainWindow 0.2 -WarningAction Ignore
        Get-LoginQuarantine $database
        Get-LoginQuarantine $database | Unprotect-LoginPii $database $keys -PrivateKeyPath (Join-Path $TestDrive 'keys-private/quarantine.json') -Reason forms -AuditFile (Join-Path $TestDrive 'audit.jsonl') -Confirm:$false
        Get-LoginQuarantine $database | Restore-LoginQuarantine $database $keys -PrivateKeyPath (Join-Path $TestDrive 'keys-private/quarantine.json') -AllowNullPii
        Get-LoginQuarantine $database | Remove-LoginQuarantine $database -Reason forms -Confirm:$false
        Get-LoginQuarantine $database -All
        $bodies | Test-LoginJson
        Get-LoginRun $database
        Test-LoginRun $database
        Export-LoginRecord $database (Join-Path $TestDrive 'logins.csv')
        '203.0.113.77' | Export-LoginSubject $database $keys -Attribute ip -Path (Join-Path $TestDrive 'subject') -Reason forms -AuditFile (Join-Path $TestDrive 'audit.jsonl') -Confirm:$false -WarningAction Ignore
        '203.0.113.99' | Remove-LoginSubject $database $keys -Attribute ip -Reason forms -AuditFile (Join-Path $TestDrive 'audit.jsonl') -PrivateKeyPath (Join-Path $TestDrive 'keys-private/quarantine.json') -Confirm:$false
        Test-LoginEtl $queue $keys $database
        Test-LoginEtl -Conformance -Confirm:$false
        Get-LoginQueue $queue
        $dead = New-TestQueue
        $bodies | Send-LoginMessage $dead
        Move-LoginMessage $dead $keys $database -To $queue -DrainWindow 0.2
        Get-LoginKeyset $keys
        Update-LoginToken $database $keys
        '203.0.113.77' | Find-LoginRecord $database $keys -Attribute ip
        $logins | Protect-LoginPii $keys | Where-Object UserId | Unprotect-LoginPii $database $keys -Reason forms -AuditFile (Join-Path $TestDrive 'audit.jsonl') -Confirm:$false
        Test-LoginAudit $database $keys -AuditFile (Join-Path $TestDrive 'audit.jsonl')
    }

    $samples = Get-Sample
    # What is recovered on purpose is there to be seen.
    $masked = $samples | Where-Object { $_.GetType().Name -ne 'RecoveredLogin' }
}

AfterAll { Exit-TestSession }

Describe 'Every type that is emitted' {
    It 'has a sample here' {
        $declared = (Get-Command -Module LoginEtl).OutputType.Type | Where-Object { $_ -and $_.Namespace -like 'LoginEtl*' } | Select-Object -Unique
        $declared.Count | Should -BeGreaterThan 8
        foreach ($type in $declared) {
            @($samples | Where-Object { $_ -is $type }).Count | Should -BeGreaterThan 0 -Because "$type is emitted"
        }
    }

    It 'has a JSON form that can be read, and shows nothing in it' {
        foreach ($sample in $samples) {
            $json = $sample | ConvertTo-Json -Depth 4
            $json | ConvertFrom-Json | Should -Not -BeNullOrEmpty
            if ($sample -in $masked) { $json | Should -Not -Match '203\.0\.113\.77|canary' }
        }
    }

    It 'has a CLIXML form with the same values, and shows nothing in it' {
        foreach ($sample in $samples) {
            $xml = [Management.Automation.PSSerializer]::Serialize($sample)
            if ($sample -in $masked) { $xml | Should -Not -Match '203\.0\.113\.77|canary' }
            $copy = [Management.Automation.PSSerializer]::Deserialize($xml)
            $copy.PSTypeNames[0] | Should -Be "Deserialized.$($sample.GetType().FullName)"
            foreach ($property in $sample.PSObject.Properties) {
                "$($copy.($property.Name))" | Should -Be "$($property.Value)" -Because "$($sample.GetType().Name).$($property.Name) was that"
            }
        }
    }

    It 'reads well at <_> columns' -ForEach 80, 120 {
        $rendering = $PSStyle.OutputRendering
        $PSStyle.OutputRendering = 'PlainText'
        try {
            foreach ($group in $samples | Group-Object { $_.GetType().Name }) {
                $lines = $group.Group | Out-String -Width $_ -Stream
                ($lines.Length | Measure-Object -Maximum).Maximum | Should -BeLessOrEqual $_ -Because "$($group.Name) is to fit"
                $rule = [array]::FindIndex([string[]] $lines, [Predicate[string]] { $args[0] -match '^-+( +-+)*$' })
                if ($rule -lt 0) { continue }
                @($lines[0..($rule - 1)] | Where-Object { $_ }).Count | Should -BeLessOrEqual 2 -Because "$($group.Name) has a header"
                $whole = $group.Group | Out-String -Width 500 -Stream | Where-Object { $_ -match '^-+( +-+)*$' } | Select-Object -First 1
                @(-split $lines[$rule]).Count | Should -Be @(-split $whole).Count -Because "no column of $($group.Name) may vanish"
            }
            # What somebody asked for by the audited way is there to be read.
            $recovered = $samples | Where-Object { $_.GetType().Name -eq 'RecoveredLogin' } | Out-String -Width $_
            $recovered | Should -Match 'canary-device'
            $recovered | Should -Match '203\.0\.113\.77'
            # And a check with what to do.
            $check = [LoginEtl.Checks.Check]::new('A name', 'Fail', 'What was found.', 'What to do.')
            $check | Out-String -Width $_ | Should -Match 'Fail +A name +What was found\.\s+What to do\.'
            # A receipt says how the run ended and why, each once.
            $receipt = $samples | Where-Object { $_.GetType().Name -eq 'Receipt' } | Select-Object -First 1
            $receipt | Out-String -Width $_ | Should -Match '(?m)^Outcome +: Completed, Drained\r?$'
            $receipt = [LoginEtl.Run.Receipt]::Failed('pipeline', [DateTimeOffset]::UtcNow, [LoginEtl.Faults.LoginEtlException]::new([LoginEtl.Faults.ErrorId]::QueueNotFound, 'It broke.', 'Mend it.'))
            $receipt | Out-String -Width $_ | Should -Match '(?m)^Outcome +: Failed\r?$'
        }
        finally { $PSStyle.OutputRendering = $rendering }
    }

    It 'has a text that shows nothing' {
        $samples | ForEach-Object { "$_" } | Should -Not -Match '203\.0\.113\.77|canary'
        $masked | Format-List * -Force | Out-String | Should -Not -Match '203\.0\.113\.77|canary'
    }

    It 'shows nothing that a terminal would act on' {
        $rendering = $PSStyle.OutputRendering
        $PSStyle.OutputRendering = 'Ansi'
        try {
            $keys = Join-Path $TestDrive 'keys'
            $database = New-TestDatabase
            Initialize-LoginDatabase $database
            # As a sender, and as one who may write to the quarantine, could have it.
            $odd = "u`e[2J`a" + [char] 0x202e
            $json = @{ user_id = $odd; app_version = '1.2.3'; device_type = $odd; ip = "203.0.113.9$odd"; locale = $odd; device_id = $odd } | ConvertTo-Json
            $login = $json | ConvertFrom-LoginJson
            $record = $login | Protect-LoginPii $keys
            $record | Write-LoginRecord $database
            $stored = "203.0.113.9$odd" | Find-LoginRecord $database $keys -Attribute ip
            $recovered = $stored | Unprotect-LoginPii $database $keys -Reason forms -AuditFile (Join-Path $TestDrive 'odd.jsonl') -Confirm:$false -WarningAction Ignore
            $recovered.DeviceId | Should -Be $odd
            'no JSON' | ConvertFrom-LoginJson -WarningAction Ignore | Protect-LoginPii $keys -WarningAction Ignore | Write-LoginRecord $database -WarningAction Ignore
            [void] (Invoke-Sql $database "UPDATE login_etl_quarantine SET reason = U&'r\001b[2J', field = U&'f\001b[2J', source = U&'s\001b[2J'")
            $entries = Get-LoginQuarantine $database -All
            foreach ($shown in $login, $record, $stored, $recovered, $entries) {
                $shown | Should -Not -BeNullOrEmpty
                $text = $shown | Out-String -Width 400
                $text | Should -Not -Match "`e\[2J|`a|$([char] 0x202e)" -Because "$($shown[0].GetType().Name) is shown"
                $text | Should -BeLike "*$([char] 0xfffd)*"
            }
            # A prefix that a row has, and no key.
            [void] (Invoke-Sql $database "INSERT INTO user_logins (user_id, masked_ip) VALUES ('x', U&'siv1.A\001b[2Jxyz')")
            $null = '203.0.113.9' | Find-LoginRecord $database $keys -Attribute ip -WarningVariable said -WarningAction SilentlyContinue
            "$said" | Should -BeLike "*1 under siv1.A$([char] 0xfffd)*"
        }
        finally { $PSStyle.OutputRendering = $rendering }
    }
}
