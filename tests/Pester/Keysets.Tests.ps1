BeforeAll {
    Import-Module "$PSScriptRoot/../../LoginEtl.psd1" -Force
    $WarningPreference = 'Ignore'
    $body = '{"user_id":"u","app_version":"1.2.3","ip":"10.9.8.7","device_id":"canary-device"}'

    function NewKeys([hashtable] $Method = @{}) {
        $folder = Join-Path $TestDrive ([guid]::NewGuid())
        $null = New-LoginKeyset $folder -Method $Method
        $folder
    }

    function Token([string] $Keyset, [hashtable] $Method = @{}) {
        ($body | ConvertFrom-LoginJson | Protect-LoginPii $Keyset -Method $Method).MaskedIp
    }

    function ErrorIdOf([scriptblock] $Script) {
        try { $null = & $Script } catch { ($_.FullyQualifiedErrorId -split ',')[0]; return }
        'none'
    }

    function Contents([string] $Folder) {
        (Get-ChildItem $Folder -File -Filter *.json | Get-FileHash).Hash -join ' '
    }
}

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
        $all | ForEach-Object { $_.IsPrimary | Should -BeTrue; $_.CheckValue | Should -Match '^[0-9a-f]{8}$' }
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
        $script = "Import-Module '$PSScriptRoot/../../LoginEtl.psd1'; Remove-LoginKey '$keys' ip $id -Force"
        $null = pwsh -NoProfile -NonInteractive -Command $script 2>&1
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
        $keys = NewKeys
        $new = Add-LoginKey $keys quarantine -PrivateKeyPath "$keys-private/quarantine.json"
        $null = $new | Set-LoginPrimaryKey $keys
        (Get-Content "$keys-private/quarantine.json" -Raw | ConvertFrom-Json).key.keyId | Should -Contain $new.KeyId
        { 'no json' | ConvertFrom-LoginJson | Protect-LoginPii $keys } | Should -Not -Throw
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

Describe 'Key files' {
    It 'that others may read are refused' {
        if ($IsWindows) { Set-ItResult -Skipped -Because 'Windows has access lists, and no modes' }
        $keys = NewKeys
        chmod 640 "$keys/ip.json"
        ErrorIdOf { Token $keys } | Should -Be 'KeysetPermissions'
        ErrorIdOf { Get-LoginKeyset $keys } | Should -Be 'KeysetPermissions'
        ErrorIdOf { Add-LoginKey $keys ip } | Should -Be 'KeysetPermissions'
    }

    It 'stay their owner''s alone when they are changed' {
        if ($IsWindows) { Set-ItResult -Skipped -Because 'Windows has access lists, and no modes' }
        $keys = NewKeys
        $null = Add-LoginKey $keys ip
        (Get-Item "$keys/ip.json").UnixMode | Should -Be '-rw-------'
        Get-ChildItem $keys -Force -Filter *.tmp | Should -BeNullOrEmpty
    }
}

Describe 'Keysets that AWS KMS encrypts' {
    It 'reach the service from inside the module, and leave nothing behind when it is not there' {
        $names = 'AWS_ENDPOINT_URL_KMS', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'
        $before = $names | ForEach-Object { [Environment]::GetEnvironmentVariable($_) }
        $env:AWS_ENDPOINT_URL_KMS, $env:AWS_ACCESS_KEY_ID, $env:AWS_SECRET_ACCESS_KEY = 'http://127.0.0.1:1', 'test', 'test'
        try {
            $folder = Join-Path $TestDrive 'kms'
            ErrorIdOf { New-LoginKeyset $folder -KmsKey alias/login-etl -Region eu-central-1 } | Should -Be 'KeyServiceUnreachable'
            Get-ChildItem $folder, "$folder-private" -File -Force -ErrorAction Ignore | Should -BeNullOrEmpty
            ErrorIdOf { Token "awskms:$(NewKeys)?key=alias/login-etl" } | Should -Be 'KeysetInvalid'
            ErrorIdOf { Token "awskms:$(NewKeys)?colour=red" } | Should -Be 'KeySourceUnknown'
        }
        finally {
            0..2 | ForEach-Object { [Environment]::SetEnvironmentVariable($names[$_], $before[$_]) }
        }
    }
}

Describe 'Escrow' {
    BeforeAll {
        Import-Module "$PSScriptRoot/Servers/Servers.psm1" -Force
        Set-TestEnvironment
        $method = @{ ip = 'escrow'; device_id = 'escrow' }
        $keys = NewKeys $method
    }

    It 'keeps the originals of a run, and those of what is restored later' {
        $queue = New-TestQueue
        $database = New-TestDatabase
        Initialize-LoginDatabase $database
        New-LoginBody 5 | Send-LoginMessage $queue
        $body.Replace('"10.9.8.7"', 'null') | Send-LoginMessage $queue
        $receipt = Invoke-LoginEtl $queue $keys $database -Method $method -DrainWindow 0.2
        $receipt.Written, $receipt.Quarantined, $receipt.Balanced | Should -Be @(5, 1, $true)
        $tokens = (Invoke-Sql $database "SELECT masked_ip AS t FROM user_logins UNION SELECT masked_device_id FROM user_logins").t | Sort-Object
        (Invoke-Sql $database 'SELECT token FROM login_etl_vault').token | Sort-Object | Should -Be $tokens

        $restored = Get-LoginQuarantine $database |
            Restore-LoginQuarantine $database $keys -PrivateKeyPath "$keys-private/quarantine.json" -AllowNullPii -Method $method
        $restored.Outcome | Should -Be 'Restored'
        (Invoke-Sql $database "SELECT count(*) AS n FROM login_etl_vault v JOIN user_logins u ON u.masked_device_id = v.token WHERE u.masked_ip IS NULL").n | Should -Be 1
    }

    It 'is looked at before a run' {
        $database = New-TestDatabase
        Initialize-LoginDatabase $database
        $null = Invoke-Sql $database 'DROP TABLE login_etl_vault'
        $checks = Test-LoginEtl (New-TestQueue) $keys $database -Method $method
        ($checks | Where-Object Name -EQ 'Keysets').Outcome | Should -Be 'Pass'
        ($checks | Where-Object Name -EQ 'Vault').Outcome | Should -Be 'Fail'
        ErrorIdOf { Invoke-LoginEtl (New-TestQueue) $keys $database -Method $method -DrainWindow 0.2 -ErrorAction Stop } | Should -Be 'LedgerNotFound'
    }
}

Describe 'Secrets of a vault' {
    BeforeAll {
        $stub = Join-Path $TestDrive 'modules/Microsoft.PowerShell.SecretManagement'
        $null = New-Item -ItemType Directory $stub
        Set-Content "$stub/Microsoft.PowerShell.SecretManagement.psm1" @'
function Get-Secret {
    param([string] $Name, [string] $Vault)
    if ($Vault -ne 'Etl') { throw "no vault, and a canary: $env:PESTER_SECRET" }
    switch ($Name) {
        'text' { $env:PESTER_SECRET }
        'secure' { ConvertTo-SecureString $env:PESTER_SECRET -AsPlainText -Force }
        'bytes' { Write-Output -NoEnumerate ([Text.Encoding]::UTF8.GetBytes($env:PESTER_SECRET)) }
        'table' { @{ a = 1 } }
        'broken' { 'not json' }
    }
}
'@
        $secretKeys = NewKeys
        $env:PESTER_SECRET = '{' + ((Get-ChildItem $secretKeys -Filter *.json | ForEach-Object { "`"$($_.BaseName)`":$(Get-Content $_ -Raw)" }) -join ',') + '}'
    }

    AfterAll {
        Remove-Item env:PESTER_SECRET
        Remove-Module Microsoft.PowerShell.SecretManagement -ErrorAction Ignore
    }

    It 'need the module, and say so without it' {
        if (Get-Module -ListAvailable Microsoft.PowerShell.SecretManagement) { Set-ItResult -Skipped -Because 'the module is installed here' }
        ErrorIdOf { Token secret:Etl/text } | Should -Be 'SecretManagementMissing'
    }

    Context 'with the module' {
        BeforeAll { Import-Module $stub -Force }

        It 'hold keysets as <_>' -ForEach 'text', 'secure', 'bytes' {
            Token "secret:Etl/$_" | Should -Be (Token $secretKeys)
            (Get-LoginKeyset "secret:Etl/$_").CheckValue | Should -Be (Get-LoginKeyset $secretKeys).CheckValue
        }

        It 'end in one error that quotes nothing: <name>' -ForEach @(
            @{ name = 'Etl/none'; id = 'SecretUnreadable' }, @{ name = 'Etl/table'; id = 'SecretUnreadable' }
            @{ name = 'Other/text'; id = 'SecretUnreadable' }, @{ name = 'Etl/broken'; id = 'KeysetInvalid' }
        ) {
            ErrorIdOf { Token "secret:$name" } | Should -Be $id
            "$($Error[0]) $($Error[0].Exception)" | Should -Not -Match 'canary|not json|keyData'
        }

        It 'cannot be changed' {
            ErrorIdOf { Add-LoginKey secret:Etl/text ip } | Should -Be 'KeysetReadOnly'
        }
    }
}
