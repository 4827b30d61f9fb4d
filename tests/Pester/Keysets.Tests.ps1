BeforeAll {
    . "$PSScriptRoot/Session.ps1"
    . "$PSScriptRoot/Keys.ps1"
    $WarningPreference = 'Ignore'
}

AfterAll { Exit-TestSession }

Describe 'Methods' {
    It 'are chosen per attribute' {
        $keys = NewKeys @{ ip = 'pfx'; device_id = 'mac' }
        $record = $body | ConvertFrom-LoginJson | Protect-LoginPii $keys -Method @{ ip = 'pfx'; device_id = 'mac' }
        $record.MaskedIp | Should -Match '^pfx1\.[0-9a-f]{8}\.\d+\.\d+\.\d+\.\d+$'
        $record.MaskedDeviceId | Should -Match '^mac1\.[\w-]{50}$'
    }

    It 'that do not go with their attribute are one error before the first message: <text>' -ForEach @(
        @{ method = @{ device_id = 'pfx' }; text = 'pfx of a device' }
        @{ method = @{ ip = 'sha256' }; text = 'an unknown method' }
        @{ method = @{ user_id = 'mac' }; text = 'an unknown attribute' }
        @{ method = @{ ip = $null }; text = 'no method' }
    ) {
        $keys = NewKeys
        ErrorIdOf { $body | ConvertFrom-LoginJson | Protect-LoginPii $keys -Method $method } | Should -Be 'MethodInvalid'
        ErrorIdOf { Invoke-LoginEtl q $keys 'Host=127.0.0.1;Port=1' -Method $method -ErrorAction Stop } | Should -Be 'MethodInvalid'
        ErrorIdOf { New-LoginKeyset (Join-Path $TestDrive 'never') -Method $method } | Should -Be 'MethodInvalid'
        Join-Path $TestDrive 'never' | Should -Not -Exist
    }

    It 'come from the environment where they are not given' {
        $keys = NewKeys @{ ip = 'mac' }
        $env:LOGINETL_METHOD = 'ip=mac'
        try {
            ($body | ConvertFrom-LoginJson | Protect-LoginPii $keys).MaskedIp | Should -BeLike 'mac1.*'
            $null = New-LoginKeyset $keys -MissingOnly -Method @{}
            ($body | ConvertFrom-LoginJson | Protect-LoginPii $keys -Method @{}).MaskedIp | Should -BeLike 'siv1.*'
        }
        finally { Remove-Item env:LOGINETL_METHOD }
    }

    It 'of escrow leave no key behind that opens' {
        $folder = Join-Path $TestDrive 'escrow'
        $made = New-LoginKeyset $folder -Method @{ ip = 'escrow'; device_id = 'escrow' } -WarningVariable warnings
        (Get-ChildItem $folder -Name | Sort-Object) -join ' ' | Should -Be 'audit.json device_id.mac.json escrow.json ip.mac.json line_id.json quarantine.json'
        (Get-ChildItem "$folder-private" -Name | Sort-Object) -join ' ' | Should -Be 'escrow.json quarantine.json'
        @($made | Where-Object IsPrivate).Count | Should -Be 2
    }
}

Describe 'New-LoginKeyset' {
    It 'leaves what is there with -MissingOnly' {
        $keys = NewKeys
        $before = Token $keys
        (New-LoginKeyset $keys -MissingOnly -Method @{ ip = 'pfx' }).Name | Should -Be 'ip.pfx'
        Token $keys | Should -Be $before
        Token $keys @{ ip = 'pfx' } | Should -BeLike 'pfx1.*'
    }

    It 'changes nothing without -Force and nothing with -WhatIf' {
        $keys = NewKeys
        $before = Contents $keys
        ErrorIdOf { New-LoginKeyset $keys } | Should -Be 'KeysetExists'
        New-LoginKeyset $keys -Force -WhatIf
        Contents $keys | Should -Be $before
        $null = New-LoginKeyset $keys -Force -Confirm:$false
        Contents $keys | Should -Not -Be $before
    }
}

Describe 'Get-LoginKeyset' {
    It 'shows ids, states, prefixes and check values' {
        $keys = NewKeys @{ ip = 'pfx'; device_id = 'escrow' }
        $all = Get-LoginKeyset $keys
        $all.Name | Should -Be @('ip', 'device_id.mac', 'ip.pfx', 'line_id', 'quarantine', 'escrow', 'audit')
        $all.Method | Should -Be @('siv', 'mac', 'pfx', 'line', 'public', 'public', 'audit')
        $all | ForEach-Object { $_.IsPrimary | Should -BeTrue; $_.CheckValue | Should -Match '^[0-9a-f]{32}$' }
        Token $keys @{ device_id = 'escrow' } | Should -BeLike "$((Get-LoginKeyset $keys ip).TokenPrefix)*"
        Token $keys @{ ip = 'pfx'; device_id = 'mac' } | Should -BeLike "$((Get-LoginKeyset $keys ip.pfx).TokenPrefix)*"
    }

    It 'shows no byte of a key in any form' {
        $keys = NewKeys @{ ip = 'pfx'; device_id = 'escrow' }
        $all = Get-LoginKeyset $keys
        $forms = ($all | Format-List * -Force | Out-String -Width 500) + ($all | ConvertTo-Json -Depth 5) + [Management.Automation.PSSerializer]::Serialize($all, 5)
        foreach ($file in Get-ChildItem $keys -Filter *.json) {
            $value = (Get-Content $file -Raw | ConvertFrom-Json).key[0].keyData.value
            $hex = [Convert]::ToHexString([Convert]::FromBase64String($value))
            for ($i = 0; $i -lt $hex.Length - 12; $i += 12) { $forms | Should -Not -Match $hex.Substring($i, 12) }
            $forms | Should -Not -Match ([regex]::Escape($value.Substring(4, 12)))
        }
    }

    It 'gives equal keys equal check values and others not' {
        $keys = NewKeys
        Copy-Item $keys "$keys-copy" -Recurse
        if (-not $IsWindows) { chmod -R go= "$keys-copy" }
        (Get-LoginKeyset "$keys-copy").CheckValue | Should -Be (Get-LoginKeyset $keys).CheckValue
        @((Get-LoginKeyset $keys).CheckValue + (Get-LoginKeyset (NewKeys)).CheckValue | Select-Object -Unique).Count | Should -Be 10
    }

    It 'shows the check value of a private half, which is that of its public one' {
        $keys = NewKeys @{ ip = 'escrow' }
        foreach ($name in 'quarantine', 'escrow') {
            $half = Get-LoginKeyset -PrivateKeyPath "$keys-private/$name.json"
            $half.Name, $half.Method, $half.TokenPrefix | Should -Be @($name, 'private', $null)
            $half.CheckValue | Should -Match '^[0-9a-f]{32}$'
            $half.CheckValue, $half.KeyId | Should -Be @((Get-LoginKeyset $keys $name).CheckValue, (Get-LoginKeyset $keys $name).KeyId)
            $value = (Get-Content "$keys-private/$name.json" -Raw | ConvertFrom-Json).key[0].keyData.value
            "$($half | Format-List * -Force | Out-String -Width 500)" | Should -Not -Match ([regex]::Escape($value.Substring($value.Length - 12)))
        }
        ErrorIdOf { Get-LoginKeyset -PrivateKeyPath "$keys/quarantine.json" } | Should -Be 'KeysetInvalid'
        ErrorIdOf { Get-LoginKeyset -PrivateKeyPath "$keys/nothing.json" } | Should -Be 'KeysetNotFound'
    }

    It 'has one error for a name that is none and a keyset that is missing' {
        $keys = NewKeys
        ErrorIdOf { Get-LoginKeyset $keys user_id } | Should -Be 'KeysetNameInvalid'
        ErrorIdOf { Get-LoginKeyset $keys ip.pfx } | Should -Be 'KeysetNotFound'
        ErrorIdOf { Get-LoginKeyset (Join-Path $TestDrive 'nowhere') } | Should -Be 'KeysetNotFound'
    }
}

Describe 'A rotation' {
    It 'goes from adding over promoting and disabling to removing' {
        $keys = NewKeys
        $old = Get-LoginKeyset $keys ip
        $first = Token $keys
        $new = Add-LoginKey $keys ip
        $new.Status, $new.IsPrimary | Should -Be @('Enabled', $false)
        Token $keys | Should -Be $first

        (Set-LoginPrimaryKey $keys ip $new.KeyId).IsPrimary | Should -BeTrue
        Token $keys | Should -BeLike "$($new.TokenPrefix)*"
        (Disable-LoginKey $keys ip $old.KeyId).Status | Should -Be 'Disabled'
        (Enable-LoginKey $keys ip $old.KeyId).Status | Should -Be 'Enabled'
        $null = Disable-LoginKey $keys ip $old.KeyId
        $removed = Remove-LoginKey $keys ip $old.KeyId -Force -Confirm:$false
        $removed.Status, $removed.CheckValue | Should -Be @('Destroyed', $null)
        (Get-Content "$keys/ip.json" -Raw | ConvertFrom-Json).key[0].PSObject.Properties.Name | Should -Not -Contain 'keyData'
        Token $keys | Should -BeLike "$($new.TokenPrefix)*"
    }

    It 'takes keys from the pipeline' {
        $keys = NewKeys
        $added = Add-LoginKey $keys device_id
        ($added | Set-LoginPrimaryKey $keys).IsPrimary | Should -BeTrue
        Get-LoginKeyset $keys device_id | Where-Object -Not IsPrimary | Disable-LoginKey $keys | ForEach-Object Status | Should -Be 'Disabled'
    }

    It 'takes keys from the pipeline to their own folder, and to no other' {
        $keys, $other = (NewKeys), (NewKeys)
        $added = Add-LoginKey $keys ip
        (Get-LoginKeyset $keys ip | Where-Object KeyId -EQ $added.KeyId | Disable-LoginKey -WarningAction Ignore).Status | Should -Be 'Disabled'
        Copy-Item (Join-Path $keys ip.json) $other
        $before = Get-Content (Join-Path $other ip.json) -Raw
        { Get-LoginKeyset $keys ip | Where-Object KeyId -EQ $added.KeyId | Enable-LoginKey $other } | Should -Throw -ErrorId 'KeyOfAnotherKeyset,*'
        $env:LOGINETL_KEYSET = $other
        try { { Get-LoginKeyset $keys ip | Where-Object KeyId -EQ $added.KeyId | Enable-LoginKey } | Should -Throw -ErrorId 'KeyOfAnotherKeyset,*' }
        finally { Remove-Item env:LOGINETL_KEYSET }
        Get-Content (Join-Path $other ip.json) -Raw | Should -Be $before
        (Get-LoginKeyset $keys ip | Where-Object KeyId -EQ $added.KeyId | Enable-LoginKey $keys).Status | Should -Be 'Enabled'
    }

    It 'changes nothing with -WhatIf: <_>' -ForEach 'Add-LoginKey', 'Set-LoginPrimaryKey', 'Disable-LoginKey', 'Enable-LoginKey', 'Remove-LoginKey' {
        $keys = NewKeys
        $id = @{}
        if ($_ -ne 'Add-LoginKey') { $id.KeyId = (Add-LoginKey $keys ip).KeyId }
        if ($_ -in 'Enable-LoginKey', 'Remove-LoginKey') { $null = Disable-LoginKey $keys ip $id.KeyId }
        $before = Contents $keys
        & $_ $keys ip @id -WhatIf | Should -BeNullOrEmpty
        Contents $keys | Should -Be $before
        (Get-Command $_).Parameters.Keys | Should -Contain 'Confirm'
    }

    It 'asks before it destroys, and not with -Confirm:$false' {
        $keys = NewKeys
        $id = (Add-LoginKey $keys ip).KeyId
        $null = Disable-LoginKey $keys ip $id -Confirm:$false
        # Where nobody can be asked, asking fails.
        $script = "Import-Module $(ConvertTo-Literal "$PSScriptRoot/../../LoginEtl.psd1"); Remove-LoginKey '$keys' ip $id -Force"
        $null = Invoke-PowerShell -NonInteractive -Command $script 2>&1
        (Get-LoginKeyset $keys ip | Where-Object KeyId -EQ $id).Status | Should -Be 'Disabled'
        (Remove-LoginKey $keys ip $id -Force -Confirm:$false).Status | Should -Be 'Destroyed'
    }

    It 'ends wrong steps in one error that changes nothing: <id>' -ForEach @(
        @{ id = 'KeyIsPrimary'; step = { Disable-LoginKey $keys ip $primary } }
        @{ id = 'KeyNotFound'; step = { Set-LoginPrimaryKey $keys ip 5 } }
        @{ id = 'KeyNotEnabled'; step = { Set-LoginPrimaryKey $keys ip $disabled } }
        @{ id = 'KeyNotDisabled'; step = { Remove-LoginKey $keys ip $primary -Force -Confirm:$false } }
        @{ id = 'KeyMayBeInUse'; step = { Remove-LoginKey $keys ip $disabled -Confirm:$false } }
        @{ id = 'KeysetNotRotated'; step = { Add-LoginKey $keys line_id } }
        @{ id = 'PrivateKeyNeeded'; step = { Add-LoginKey $keys quarantine } }
        @{ id = 'KeysetReadOnly'; step = { Add-LoginKey env:PESTER_NONE ip } }
        @{ id = 'KeysetNotFound'; step = { Add-LoginKey $keys ip.pfx } }
        @{ id = 'KeysetNameInvalid'; step = { Add-LoginKey $keys '../ip' } }
    ) {
        $keys = NewKeys
        $primary = (Get-LoginKeyset $keys ip).KeyId
        $disabled = (Add-LoginKey $keys ip).KeyId
        $null = Disable-LoginKey $keys ip $disabled
        $before = Contents $keys
        ErrorIdOf $step | Should -Be $id
        Contents $keys | Should -Be $before
    }

    It 'of the quarantine writes both halves, and what was sealed before still opens' {
        Import-Module "$PSScriptRoot/Servers/Servers.psm1" -Force
        Set-TestEnvironment
        $keys = NewKeys
        $private = "$keys-private/quarantine.json"
        $database = New-TestDatabase
        Initialize-LoginDatabase $database
        $null = $body.Replace('"10.9.8.7"', 'null') | ConvertFrom-LoginJson | Protect-LoginPii $keys | Write-LoginRecord $database
        $new = Add-LoginKey $keys quarantine -PrivateKeyPath $private
        $null = $new | Set-LoginPrimaryKey $keys
        (Get-Content $private -Raw | ConvertFrom-Json).key.keyId | Should -Contain $new.KeyId
        $null = $body.Replace('"u"', '"v"').Replace('"10.9.8.7"', 'null') | ConvertFrom-LoginJson | Protect-LoginPii $keys | Write-LoginRecord $database

        $restored = Get-LoginQuarantine $database | Restore-LoginQuarantine $database $keys -PrivateKeyPath $private -AllowNullPii
        $restored.Outcome | Should -Be @('Restored', 'Restored')
        (Invoke-Sql $database 'SELECT user_id FROM user_logins ORDER BY user_id').user_id | Should -Be @('u', 'v')
    }

    It 'completes names and ids' {
        $keys = NewKeys
        $id = (Get-LoginKeyset $keys ip).KeyId
        $line = "Disable-LoginKey $keys dev"
        (TabExpansion2 $line $line.Length).CompletionMatches.CompletionText | Should -Be @('device_id', 'device_id.mac')
        $line = "Disable-LoginKey -Keyset $keys -Name ip -KeyId "
        (TabExpansion2 $line $line.Length).CompletionMatches[0].CompletionText | Should -Be "$id"
    }
}
