# For tests of leaks, read into their BeforeAll after Setup.ps1: bodies with canaries, and all forms in which something may come out.

# What must come out nowhere, and the digests without a key that would give it away as well.
$canary = @{ Ip = '203.0.113.77'; Device = 'canary-device-4711'; Body = 'canary-body-4711'; Password = 'canary-password-4711' }
$key = (Get-Content (Join-Path $keys 'ip.json') | ConvertFrom-Json).key[0].keyData.value
$digests = foreach ($value in $canary.Ip, $canary.Device) {
    $bytes = [Text.Encoding]::UTF8.GetBytes($value)
    [Convert]::ToHexString([Security.Cryptography.SHA256]::HashData($bytes))
    [Convert]::ToHexString([Security.Cryptography.MD5]::HashData($bytes))
    [Convert]::ToBase64String($bytes)
}
$forbidden = @($canary.Values) + $key + $digests | ForEach-Object { [regex]::Escape($_) } | Join-String -Separator '|'

$login = '{"user_id":"u","app_version":"1.2.3","device_type":"ios","ip":"' + $canary.Ip + '","locale":"DE","device_id":"' + $canary.Device + '"}'
$bodies = @(
    $login
    $login.Replace('1.2.3', 'a.b')
    $login.Replace('"u"', '"' + ('u' * 200) + '"')
    $login.Replace('"DE"', '5')
    $login + $canary.Body
    $canary.Body
    '{"' + $canary.Ip + '":1,"' + $canary.Ip + '":2}'
    $login.Replace($canary.Device, $canary.Device + '\u0000')
)

# Every form in which an operator or a log may see an object.
function Get-Form($Object) {
    $Object | Out-String -Width 4000
    $Object | Format-List * -Force | Out-String -Width 4000
    # Deep enough for what a record carries: its invocation, and that one's bound parameters.
    $Object | ConvertTo-Json -Depth 3 -WarningAction Ignore
    $Object | ForEach-Object { try { [Management.Automation.PSSerializer]::Serialize($_, 2) } catch { "$_" } }
    $Object | ForEach-Object { "$_" }
}

# Errors with their inner exceptions, targets and invocation.
function Get-ErrorForm($Record) {
    foreach ($one in $Record) {
        Get-Form $one
        "$($one.TargetObject) $($one.ErrorDetails) $($one.ScriptStackTrace)"
        for ($e = $one.Exception; $e; $e = $e.InnerException) { "$($e.ToString()) $($e.Data.Values)" }
    }
}

# Runs a script block with every stream open and answers all that came out, in every form.
function Get-Everything([scriptblock] $Script) {
    $VerbosePreference = $DebugPreference = $InformationPreference = 'Continue'
    $global:Error.Clear()
    $transcript = Join-Path $TestDrive "$(New-Guid).txt"
    $null = Start-Transcript $transcript
    $all = try { & $Script *>&1 } catch { $_ }
    $all | Out-Default
    $null = Stop-Transcript
    @(
        Get-Form $all
        Get-ErrorForm @($global:Error)
        Get-Content $transcript -Raw
    ) -join "`n"
}

# What was said holds what it is about, so that silence does not pass, and nothing that must not come out.
function Assert-Clean {
    param([Parameter(ValueFromPipeline)] [string] $Said, [Parameter(Mandatory)] [string] $Saying)
    process {
        $Said | Should -Match $Saying
        $Said | Should -Not -Match $forbidden
    }
}
