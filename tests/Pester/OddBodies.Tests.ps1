BeforeDiscovery {
    $login = { param($Change) $b = [ordered]@{ user_id = 'u'; app_version = '1.2.3'; device_type = 'ios'; ip = '10.9.8.7'; locale = 'DE'; device_id = 'canary-device' }
        & $Change $b; $b | ConvertTo-Json -Compress }
    $bodies = @(
        @{ Name = 'not JSON'; Reason = 'invalid_json'; Body = 'canary-device' }
        @{ Name = 'null'; Reason = 'not_an_object'; Body = 'null' }
        @{ Name = 'an array'; Reason = 'not_an_object'; Body = '[]' }
        @{ Name = 'a number'; Reason = 'not_an_object'; Body = '42' }
        @{ Name = 'white space'; Reason = 'empty_body'; Body = '   ' }
        @{ Name = 'a number for a user'; Reason = 'wrong_type'; Field = 'user_id'; Body = & $login { $args[0].user_id = 5 } }
        @{ Name = 'a boolean for an ip'; Reason = 'wrong_type'; Field = 'ip'; Body = & $login { $args[0].ip = $true } }
        @{ Name = 'an object for a locale'; Reason = 'wrong_type'; Field = 'locale'; Body = & $login { $args[0].locale = @{ a = 1 } } }
        @{ Name = 'no device'; Reason = 'missing_field'; Field = 'device_id'; Body = & $login { $args[0].Remove('device_id') } }
        @{ Name = 'a null ip'; Reason = 'null_field'; Field = 'ip'; Body = & $login { $args[0].ip = $null } }
        @{ Name = 'an empty user'; Reason = 'empty_field'; Field = 'user_id'; Body = & $login { $args[0].user_id = '' } }
        @{ Name = 'a repeated key'; Reason = 'repeated_field'; Field = 'ip'; Body = '{"ip":"10.9.8.7","ip":"10.9.8.7"}' }
        @{ Name = 'a repeated key nobody knows'; Reason = 'repeated_field'; Body = '{"10.9.8.7":1,"10.9.8.7":2}' }
        @{ Name = 'a million brackets'; Reason = 'nested_too_deep'; Body = '[' * 1000000 }
        @{ Name = 'a NUL'; Reason = 'nul_character'; Field = 'device_id'; Body = & $login { $args[0].device_id = "canary-device`0" } }
        @{ Name = 'half a surrogate pair'; Reason = 'lone_surrogate'; Field = 'locale'; Body = '{"user_id":"u","app_version":"1","ip":"10.9.8.7","device_id":"canary-device","locale":"\ud83d"}' }
        @{ Name = 'trailing data'; Reason = 'trailing_data'; Body = (& $login { }) + '{}' }
        @{ Name = 'version a.b'; Reason = 'invalid_version'; Field = 'app_version'; Body = & $login { $args[0].app_version = 'a.b' } }
        @{ Name = 'version 1.2.3.4'; Reason = 'invalid_version'; Field = 'app_version'; Body = & $login { $args[0].app_version = '1.2.3.4' } }
        @{ Name = 'version 99999.1'; Reason = 'version_out_of_range'; Field = 'app_version'; Body = & $login { $args[0].app_version = '99999.1' } }
        @{ Name = 'an ip of 200 characters'; Reason = 'too_long'; Field = 'ip'; Body = & $login { $args[0].ip = 'x' * 200 } }
        @{ Name = 'a user of 129 characters'; Reason = 'too_long'; Field = 'user_id'; Body = & $login { $args[0].user_id = 'u' * 129 } }
    )
    $good = @(
        @{ Name = 'an escaped emoji'; Body = '{"user_id":"\ud83d\ude00","app_version":"1","ip":"10.9.8.7","device_id":"canary-device"}' }
        @{ Name = 'an unknown field'; Body = & $login { $args[0].extra = @{ deep = @(1, 2) } } }
        @{ Name = 'an ip of another kind'; Body = & $login { $args[0].ip = 'unknown' } }
    )
}

BeforeAll {
    . "$PSScriptRoot/Setup.ps1"
    $database = New-TestDatabase
    Initialize-LoginDatabase $database

    # Everything a run prints, and its receipt.
    function Invoke-Job([string[]] $Body) {
        $queue = New-TestQueue
        $Body | Send-LoginMessage $queue
        $VerbosePreference = $DebugPreference = $InformationPreference = 'Continue'
        $printed = Receive-LoginMessage $queue | Protect-LoginPii $keys | Write-LoginRecord $database -ReceiptVariable receipt *>&1 |
            Out-String
        $printed | Should -Not -Match '10\.9\.8\.7|canary-device'
        (Get-QueueCount $queue).Visible | Should -Be 0
        $receipt
    }
}

AfterAll { Exit-TestSession }

Describe 'An odd body ends in quarantine with its true reason, and the others of its batch are written' {
    BeforeEach { [void] (Invoke-Sql $database 'TRUNCATE user_logins, login_etl_quarantine') }

    It '<Name> is <Reason>' -ForEach $bodies {
        $receipt = Invoke-Job $Body, (New-LoginBody)
        $receipt.Written | Should -Be 1
        $receipt.Quarantined | Should -Be 1
        $receipt.Balanced | Should -BeTrue
        $entry = Invoke-Sql $database 'SELECT * FROM login_etl_quarantine'
        $entry.reason | Should -Be $Reason
        $entry.field | Should -Be $Field
    }

    It '<Name> is a row' -ForEach $good {
        (Invoke-Job $Body).Written | Should -Be 1
    }

    It 'five spellings of one IPv6 address give one token' {
        $spellings = '2001:db8::1', '2001:DB8:0:0:0:0:0:1', '2001:0db8::0001', '2001:db8:0::0:1', '2001:db8::0.0.0.1'
        $bodies = $spellings | ForEach-Object { '{"user_id":"u","app_version":"1","device_id":"d","ip":"' + $_ + '"}' }
        (Invoke-Job $bodies).Written | Should -Be 5
        (Invoke-Sql $database 'SELECT count(DISTINCT masked_ip) AS n FROM user_logins').n | Should -Be 1
    }
}
