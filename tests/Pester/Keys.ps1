# For tests of keys, read into their BeforeAll: one login, and what is asked of keys again and again.
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

# Logins whose users are named after their sender and number.
function Get-Body([string] $Sender, [int[]] $Numbers) {
    foreach ($n in $Numbers) {
        '{{"user_id":"{0}-{1}","app_version":"1.2.3","device_type":"ios","ip":"10.1.2.{2}","locale":"DE","device_id":"device-{2}"}}' -f $Sender, $n, ($n % 200)
    }
}

function Get-RowCount([string] $Database, [string] $Where = 'true') { (Invoke-Sql $Database "SELECT count(*) AS n FROM user_logins WHERE $Where").n }

# States of the keys of ip in the test's $database: first that of its $old, then the others.
function Get-State { (Invoke-Sql $database "SELECT state FROM login_etl_key WHERE attribute = 'ip' ORDER BY prefix = '$($old.TokenPrefix)' DESC").state }

# Scripts that change keys, begun one after the other behind a batch under way, which then ends. What each printed is in
# behind0.out, behind1.out, …, and its errors in behind0.out.err, …. Something may be done while they wait.
function Invoke-BehindBatch([string] $Database, [string[]] $Scripts, [scriptblock] $Meanwhile = {}) {
    $slow = [Npgsql.NpgsqlConnection]::new($Database)
    $slow.Open()
    $command = $slow.CreateCommand()
    $command.CommandText = "BEGIN; SELECT pg_advisory_xact_lock_shared((1282369355::bigint << 32) + 'login_etl_key'::regclass::oid::bigint)"
    [void] $command.ExecuteNonQuery()
    try {
        # Each is at the start line before it is let go: the lock is waited for a bounded time.
        $names = @(0..($Scripts.Count - 1) | ForEach-Object { "$TestDrive/behind$_" })
        Remove-Item "$TestDrive/behind*"
        $processes = foreach ($i in 0..($Scripts.Count - 1)) {
            $name = $names[$i]
            "Import-Module $(ConvertTo-Literal "$PSScriptRoot/../../LoginEtl.psd1"); Set-Content '$name.ready' ''; while (-not (Test-Path '$name.go')) { Start-Sleep -Milliseconds 20 }; $($Scripts[$i])" | Set-Content "$name.ps1"
            Start-PowerShell "$name.ps1" "$name.out"
        }
        Wait-Until { -not ($names | Where-Object { -not (Test-Path "$_.ready") }) } 'all are there'
        foreach ($i in 0..($Scripts.Count - 1)) {
            Set-Content "$($names[$i]).go" ''
            Wait-Until { (Invoke-Sql $Database "SELECT count(*) AS n FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())").n -gt $i } "number $i waits"
        }
    }
    finally {
        try { & $Meanwhile }
        finally { $slow.Dispose() }
    }
    $processes | Wait-Process -Timeout 60
}
