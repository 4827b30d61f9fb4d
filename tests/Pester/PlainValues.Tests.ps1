BeforeAll {
    . "$PSScriptRoot/Setup.ps1"
    . "$PSScriptRoot/Keys.ps1"
}

AfterAll { Exit-TestSession }

Describe 'Update-LoginToken -Plaintext' {
    BeforeEach {
        $database = New-TestDatabase
        Initialize-LoginDatabase $database
        $digest = 'ef2d127de37b942baad06145e54b0c619a1f22327b2ebbcfbec78f5564afe39d'
        # AES in Base64, as scripts of this kind write it.
        $aes = [Security.Cryptography.Aes]::Create()
        $secret = [Convert]::ToBase64String($aes.EncryptEcb([Text.Encoding]::UTF8.GetBytes('203.0.113.77'), 'PKCS7'))
        [void] (Invoke-Sql $database "INSERT INTO user_logins (user_id, masked_ip, masked_device_id) VALUES ('aes', '$secret', 'canary-1'), ('plain', '203.0.113.77', 'canary-2'), ('digest', '$digest', NULL)")
        $open = {
            if ($_.Attribute -eq 'device_id' -or $_.Value -match '^[\d.]+$') { $_.Value }
            elseif ($_.Value.Length -lt 64) { [Text.Encoding]::UTF8.GetString($aes.DecryptEcb([Convert]::FromBase64String($_.Value), 'PKCS7')) }
        }
    }

    It 'brings what can be read to tokens that are found and can be recovered, and leaves the rest' {
        $receipt = Update-LoginToken $database $keys -Plaintext $open -WarningVariable said -WarningAction Ignore
        $receipt.RowsUpdated, $receipt.TokensReplaced, $receipt.ExitCode | Should -Be 2, 4, 2
        "$said" | Should -BeLike '*Left as they are: 1 of ip under no prefix: they are no tokens, and what they say was not told*'
        ('203.0.113.77' | Find-LoginRecord $database $keys -Attribute ip).UserId | Sort-Object | Should -Be 'aes', 'plain'
        ('canary-1' | Find-LoginRecord $database $keys -Attribute device_id).UserId | Should -Be 'aes'
        (Invoke-Sql $database "SELECT masked_ip FROM user_logins WHERE user_id = 'digest'").masked_ip | Should -Be $digest
        (Update-LoginToken $database $keys -Plaintext $open -WarningAction Ignore).RowsUpdated | Should -Be 0
    }

    It 'says what it would do, and does nothing, with -WhatIf' {
        $asked = 0
        $null = Update-LoginToken $database $keys -Plaintext { $script:asked++ } -WhatIf
        $asked | Should -Be 0
        (Invoke-Sql $database "SELECT count(*) AS n FROM user_logins WHERE masked_device_id LIKE 'canary%'").n | Should -Be 2
    }

    It 'masks as -Method says' {
        $own = Join-Path $TestDrive 'own'
        $null = New-LoginKeyset $own -Method @{ ip = 'pfx'; device_id = 'mac' } -WarningAction Ignore
        $null = Update-LoginToken $database $own -Plaintext $open -Method @{ ip = 'pfx'; device_id = 'mac' } -WarningAction Ignore
        (Invoke-Sql $database "SELECT masked_ip FROM user_logins WHERE user_id = 'plain'").masked_ip | Should -Match '^pfx1\.'
        (Invoke-Sql $database "SELECT masked_device_id FROM user_logins WHERE user_id = 'plain'").masked_device_id | Should -Match '^mac1\.'
        { Update-LoginToken $database $own -Plaintext $open -Method @{ ip = 'escrow' } } | Should -Throw -ErrorId 'MethodInvalid,*'
    }

    It 'ends where the script block <What>, and shows nothing of a value' -ForEach @(
        @{ What = 'throws'; Script = { throw "bad $($_.Value)" } }
        @{ What = 'fails'; Script = { Get-Item "/none/$($_.Value)" } }
        @{ What = 'leaves with break'; Script = { break } }
        @{ What = 'leaves with continue'; Script = { continue } }
        @{ What = 'leaves with exit'; Script = { exit 3 } }
        @{ What = 'makes something else'; Script = { Get-Date } }
        @{ What = 'makes half a character'; Script = { [string] [char] 0xD800 } }
    ) {
        $Error.Clear()
        $said = try { Update-LoginToken $database $keys -Plaintext $Script -Verbose -Debug *>&1 } catch { $_; $_.Exception.ToString(); $_.TargetObject }
        "$said" | Should -Match 'script block of -Plaintext fails'
        "$said $($Error | ForEach-Object { $_ | Format-List * -Force | Out-String })" | Should -Not -Match '203\.0\.113\.77|canary'
        (Invoke-Sql $database "SELECT count(*) AS n FROM user_logins WHERE masked_device_id LIKE 'canary%'").n | Should -Be 2
    }

    It 'takes a script block and nothing else' {
        { Update-LoginToken $database $keys -Plaintext 'Remove-Item x' } | Should -Throw -ExpectedMessage '*takes a script block*'
    }
}
