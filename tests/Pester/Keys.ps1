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
