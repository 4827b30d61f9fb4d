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

Describe 'Secrets that a program prints' -Skip:$IsWindows {
    BeforeAll {
        $folder = NewKeys
        $all = Join-Path $TestDrive 'all.json'
        '{' + ((Get-ChildItem $folder -Filter *.json | ForEach-Object { "`"$($_.BaseName)`":$(Get-Content $_ -Raw)" }) -join ',') + '}' | Set-Content $all
        $private = "$folder-private/quarantine.json"
    }

    It 'are keys, the database and a private key' {
        $queue = New-TestQueue
        $database = New-TestDatabase
        Set-Content (Join-Path $TestDrive 'dsn') $database
        $keyset, $dsn, $half = "exec:cat '$all'", "exec:cat '$(Join-Path $TestDrive 'dsn')'", "exec:cat $private"
        Initialize-LoginDatabase $dsn
        New-LoginBody 3 | Send-LoginMessage $queue
        'no login' | Send-LoginMessage $queue
        $receipt = Invoke-LoginEtl $queue $keyset $dsn -DrainWindow 0.2 -WarningVariable said
        $receipt.Written, $receipt.Quarantined, @($said -notmatch 'is rejected').Count | Should -Be 3, 1, 0
        Test-LoginEtl $queue $keyset $dsn | Where-Object Outcome -EQ 'Fail' | Should -BeNullOrEmpty
        $bodies = Get-LoginQuarantine $dsn | Unprotect-LoginPii $dsn $keyset -Reason tried -AuditFile (Join-Path $TestDrive 'exec.jsonl') -PrivateKeyPath $half -Confirm:$false
        $bodies.Body.Reveal() | Should -Be 'no login'
        (Get-LoginQuarantine $dsn | Restore-LoginQuarantine $dsn $keyset -PrivateKeyPath $half).Outcome | Should -Be 'Refused'
        (Get-LoginKeyset -PrivateKeyPath $half).CheckValue | Should -Be (Get-LoginKeyset $folder quarantine).CheckValue
        (Get-LoginKeyset $keyset).Source | Should -BeLike 'exec:cat*'
        $env:LOGINETL_DATABASE, $env:LOGINETL_KEYSET = $dsn, $keyset
        try { @(Get-LoginQuarantine).Count, (Get-LoginKeyset -Name ip).CheckValue | Should -Be 1, (Get-LoginKeyset $folder ip).CheckValue }
        finally { $env:LOGINETL_DATABASE, $env:LOGINETL_KEYSET = $null, $null }
    }

    It 'follow the primary key of the database in a pipeline, off its thread' {
        $queue = New-TestQueue
        $database = New-TestDatabase
        Initialize-LoginDatabase $database
        $own = NewKeys
        $print = "exec:sh -c 'echo >> $TestDrive/runs; sep={; for f in $own/*.json; do printf %s ""`$sep"" \""; basename ""`$f"" .json | tr -d ""\\n""; printf %s \"":; cat ""`$f""; sep=,; done; echo }'"
        New-LoginBody 2 | Send-LoginMessage $queue
        (Invoke-LoginEtl $queue $print $database -DrainWindow 0.2).Written | Should -Be 2
        $before = @(Get-Content "$TestDrive/runs").Count
        $changed = $false
        New-LoginBody 2 | Send-LoginMessage $queue
        # What was masked under the old key goes back, and comes once more.
        Receive-LoginMessage $queue -DrainWindow 3 | Protect-LoginPii $print | ForEach-Object {
            if (-not $changed) {
                $changed = $true
                $old = Get-LoginKeyset $own ip
                $new = Add-LoginKey $own ip -Database $database
                $null = Set-LoginPrimaryKey $own ip $new.KeyId -Database $database
                $null = Disable-LoginKey $own ip $old.KeyId -Database $database
            }

            $_
        } | Write-LoginRecord $database
        (Invoke-Sql $database 'SELECT count(DISTINCT substr(masked_ip, 1, 11)) AS n FROM user_logins').n | Should -Be 2
        @(Get-Content "$TestDrive/runs").Count | Should -BeGreaterThan ($before + 1)
    }

    It 'end in one error that quotes nothing: <why>' -ForEach @(
        @{ script = 'echo canary; echo canary >&2; exit 4'; why = 'ended with exit code 4' }, @{ script = 'exit 0'; why = 'printed nothing' }
    ) {
        $setting = "exec:sh -c '$script'"
        foreach ($asked in { Token $setting }, { Get-LoginQuarantine $setting }, { Get-LoginKeyset -PrivateKeyPath $setting }) {
            $Error.Clear()
            ErrorIdOf $asked | Should -Be 'SecretUnreadable'
            "$($Error[0])" | Should -Be "The program 'sh' gave no secret: it $why."
            "$Error $($Error.Exception) $($Error.TargetObject)" | Should -Not -Match 'canary'
        }
    }

    It 'cannot be changed, and are written to by nobody' {
        ErrorIdOf { Add-LoginKey "exec:cat $all" ip } | Should -Be 'KeysetReadOnly'
        ErrorIdOf { Add-LoginKey $folder quarantine -PrivateKeyPath "exec:cat $private" } | Should -Be 'PathInvalid'
    }

    It 'are not asked for by whoever completes a line' {
        $ran = Join-Path $TestDrive 'ran'
        $line = "Disable-LoginKey 'exec:touch $ran' ip -KeyId "
        $null = TabExpansion2 $line $line.Length
        $line = "Get-LoginQuarantine 'exec:touch $ran' -Table "
        $null = TabExpansion2 $line $line.Length
        Test-Path $ran | Should -BeFalse
    }

    It 'are waited for no longer than until somebody stops' {
        $shell = [powershell]::Create()
        try {
            $null = $shell.AddScript("Import-Module '$PSScriptRoot/../../LoginEtl.psd1'; Get-LoginKeyset `"exec:sh -c 'touch $TestDrive/waits; sleep 300'`"")
            $running = $shell.BeginInvoke()
            $deadline = (Get-Date).AddSeconds(60)
            while (-not (Test-Path "$TestDrive/waits") -and (Get-Date) -lt $deadline) { Start-Sleep -Milliseconds 50 }
            Test-Path "$TestDrive/waits" | Should -BeTrue
            $clock = [Diagnostics.Stopwatch]::StartNew()
            $shell.Stop()
            $clock.Elapsed.TotalSeconds | Should -BeLessThan 10
            $running.IsCompleted | Should -BeTrue
        }
        finally { $shell.Dispose() }
    }
}
