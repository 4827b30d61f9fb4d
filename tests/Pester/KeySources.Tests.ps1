BeforeAll {
    . "$PSScriptRoot/Session.ps1"
    Import-Module "$PSScriptRoot/Servers/Servers.psm1" -Force
    . "$PSScriptRoot/Keys.ps1"
    Set-TestEnvironment
    $WarningPreference = 'Ignore'
}

AfterAll { Exit-TestSession }

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
    Write-Warning "a canary: $env:PESTER_SECRET"
    if ($Vault -eq 'Silent') { Write-Error "a canary: $env:PESTER_SECRET" -ErrorAction Continue; return }
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
            (Get-LoginKeyset "secret:Etl/$_" -WarningVariable said 3>&1).CheckValue | Should -Be (Get-LoginKeyset $secretKeys).CheckValue
            $said | Should -BeNullOrEmpty
        }

        It 'end in one error that quotes nothing: <name>' -ForEach @(
            @{ name = 'Etl/none'; id = 'SecretUnreadable' }, @{ name = 'Etl/table'; id = 'SecretUnreadable' }
            @{ name = 'Other/text'; id = 'SecretUnreadable' }, @{ name = 'Silent/text'; id = 'SecretUnreadable' }
            @{ name = 'Etl/broken'; id = 'KeysetInvalid' }
        ) {
            ErrorIdOf { Token "secret:$name" } | Should -Be $id
            "$Error $($Error.Exception)" | Should -Not -Match 'canary|not json|keyData'
            & { try { Token "secret:$name" } catch { "caught" } } *>&1 | Out-String | Should -Not -Match 'canary|keyData'
        }

        It 'cannot be changed' {
            ErrorIdOf { Add-LoginKey secret:Etl/text ip } | Should -Be 'KeysetReadOnly'
        }
    }
}
