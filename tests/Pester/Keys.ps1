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
