BeforeAll {
    . "$PSScriptRoot/Session.ps1"
    . "$PSScriptRoot/Keys.ps1"
    $WarningPreference = 'Ignore'
}

AfterAll { Exit-TestSession }

Describe 'Import-LoginKey' {
    BeforeEach {
        $keys = NewKeys
        $old = Add-LoginKey $keys ip
        $other = Add-LoginKey $keys device_id
        Copy-Item $keys "$keys-backup" -Recurse
        foreach ($name in 'ip', 'device_id') {
            $keyset = Get-Content "$keys/$name.json" -Raw | ConvertFrom-Json
            $keyset.key = @($keyset.key[0])
            $keyset | ConvertTo-Json -Depth 9 | Set-Content "$keys/$name.json"
        }
        $new = Add-LoginKey $keys ip
    }

    It 'emits what came in, and brings nothing a second time' {
        $imported = Import-LoginKey $keys -From "$keys-backup"
        "$imported" | Should -Be "$old $other"
        $imported.IsPrimary | Should -Not -Contain $true
        (Get-LoginKeyset $keys ip).KeyId | Should -Contain $new.KeyId
        Import-LoginKey -Path $keys -From "$keys-backup" | Should -BeNullOrEmpty
    }

    It 'takes the keysets that are named, and LOGINETL_KEYSET' {
        $env:LOGINETL_KEYSET = $keys
        try { "$(Import-LoginKey -From "$keys-backup" -Name device_id, line_id)" | Should -Be "$other" }
        finally { Remove-Item env:LOGINETL_KEYSET }
        (Get-LoginKeyset $keys ip).KeyId | Should -Not -Contain $old.KeyId
    }

    It 'says of a keyset that comes in whole what its check value is' {
        Remove-Item "$keys/audit.json"
        $audit = Get-LoginKeyset "$keys-backup" audit
        $null = Import-LoginKey $keys -From "$keys-backup" -WarningVariable warnings -WarningAction SilentlyContinue
        "$warnings" | Should -BeLike "*had no keyset audit: * $($audit.KeyId) (check value $($audit.CheckValue)) *"
        @($warnings -match 'had no keyset').Count | Should -Be 1
    }

    It 'says of an audit key that comes beside another what its check value is' {
        $other = Add-LoginKey "$keys-backup" audit
        $null = Import-LoginKey $keys -From "$keys-backup" -WarningVariable warnings -WarningAction SilentlyContinue
        "$warnings" | Should -BeLike "*audit $($other.KeyId) (check value $($other.CheckValue)) comes in beside those of *: from now on it vouches for lines and anchors, too.*"
    }

    It 'says of a key that comes beside another what its check value is' {
        $other = Add-LoginKey "$keys-backup" device_id
        $null = Import-LoginKey $keys -From "$keys-backup" -Name device_id -WarningVariable warnings -WarningAction SilentlyContinue
        "$warnings" | Should -BeLike "*device_id $($other.KeyId) *(check value $($other.CheckValue)) comes in beside those of *is masked with where the database says so*"
    }

    It 'says with -WhatIf which keys would come, and changes nothing' {
        $before = Contents $keys
        Import-LoginKey $keys -From "$keys-backup" -WhatIf | Should -BeNullOrEmpty
        Contents $keys | Should -Be $before
    }

    It 'leaves what was removed, says so, and brings it when told to' {
        $null = Import-LoginKey $keys -From "$keys-backup" -Name ip
        $null = Disable-LoginKey $keys ip $old.KeyId
        $null = Remove-LoginKey $keys ip $old.KeyId -Force -Confirm:$false
        Import-LoginKey $keys -From "$keys-backup" -Name ip -WarningVariable warnings -WarningAction SilentlyContinue | Should -BeNullOrEmpty
        "$warnings" | Should -BeLike "*$old*-IncludeDestroyed*"
        (Import-LoginKey $keys -From "$keys-backup" -Name ip -IncludeDestroyed).KeyId | Should -Be $old.KeyId
    }
}

Describe 'Key files' {
    It 'that others may read are refused' {
        if ($IsWindows) { Set-ItResult -Skipped -Because 'Windows has access lists, and no modes' }
        $keys = NewKeys
        chmod 640 "$keys/ip.json"
        ErrorIdOf { Token $keys } | Should -Be 'KeysetPermissions'
        ErrorIdOf { Get-LoginKeyset $keys } | Should -Be 'KeysetPermissions'
        ErrorIdOf { Add-LoginKey $keys ip } | Should -Be 'KeysetPermissions'
    }

    It 'are refused in a folder that others may write to, and so is a pipe, with what to do about it' {
        if ($IsWindows) { Set-ItResult -Skipped -Because 'Windows has access lists, and no modes' }
        $keys = NewKeys
        chmod 777 $keys
        foreach ($step in { Token $keys }, { Add-LoginKey $keys ip }, { New-LoginKeyset "$keys/inside" }) {
            ErrorIdOf $step | Should -Be 'KeysetPermissions'
            $Error[0].ErrorDetails.RecommendedAction | Should -BeLike "*chmod go-w '$keys'*"
        }
        chmod 700 $keys
        Remove-Item "$keys/ip.json"
        mkfifo "$keys/ip.json"
        ErrorIdOf { Token $keys } | Should -Be 'KeysetUnreadable'
    }

    It 'stay their owner''s alone when they are changed' {
        if ($IsWindows) { Set-ItResult -Skipped -Because 'Windows has access lists, and no modes' }
        $keys = NewKeys
        $null = Add-LoginKey $keys ip
        (Get-Item "$keys/ip.json").UnixMode | Should -Be '-rw-------'
        Get-ChildItem $keys -Force -Filter *.tmp | Should -BeNullOrEmpty
    }
}
