BeforeAll {
    . "$PSScriptRoot/Setup.ps1"

    # The progress records of a script in a PowerShell of its own, as JSON.
    function Get-Progress([string] $Body, [string] $Activity, [string[]] $Switch) {
        $script = Join-Path $TestDrive 'progress.ps1'
        @"
`$ps = [powershell]::Create().AddScript({
    Import-Module $(ConvertTo-Literal "$PSScriptRoot/../../LoginEtl.psd1")
    $Body
})
try { [void] `$ps.Invoke() } catch { }
,@(`$ps.Streams.Progress | Where-Object Activity -Like '$Activity' | Select-Object StatusDescription, RecordType, PercentComplete, SecondsRemaining) | ConvertTo-Json
"@ | Set-Content $script
        Invoke-PowerShell @Switch -File $script | ConvertFrom-Json
    }
}

AfterAll { Exit-TestSession }

Describe 'The progress of a run' {
    BeforeEach {
        $queue = New-TestQueue
        $database = New-TestDatabase
        Initialize-LoginDatabase $database
        New-LoginBody 300 | Send-LoginMessage $queue
        $run = "Receive-LoginMessage $queue -DrainWindow 0.2 -MaxHeld 50 | ForEach-Object { Start-Sleep -Milliseconds 5; `$_ } | Protect-LoginPii '$keys' | Write-LoginRecord '$database' -BatchSize 20"
    }

    It 'tells what was received and written, how fast, what waits and how long it takes, and is completed' {
        $clock = [Diagnostics.Stopwatch]::StartNew()
        $records = Get-Progress $run user_logins
        $records.Count | Should -BeGreaterThan 3
        $records.Count | Should -BeLessThan (5 * $clock.Elapsed.TotalSeconds + 2)
        $records[0].StatusDescription | Should -Match '^\d+ received, \d+ written, \d+ a second'
        $withBacklog = @($records | Where-Object StatusDescription -Match 'about \d+ waiting$')
        $withBacklog | Should -Not -BeNullOrEmpty
        $withBacklog[0].SecondsRemaining | Should -BeGreaterOrEqual 0
        $withBacklog[0].PercentComplete | Should -BeIn (0..100)
        $records[-1].RecordType | Should -Be 1
    }

    It 'is silent where nobody looks' {
        Get-Progress $run user_logins -Switch '-NonInteractive' | Should -BeNullOrEmpty
    }
}

Describe 'The progress of a rotation' {
    BeforeEach {
        $database = New-TestDatabase
        Initialize-LoginDatabase $database
        $old = Join-Path $TestDrive "$(New-Guid)"
        $null = New-LoginKeyset $old -WarningAction Ignore
        New-LoginBody 300 | ConvertFrom-LoginJson | Protect-LoginPii $old | Write-LoginRecord $database
        $null = Add-LoginKey $old ip | Set-LoginPrimaryKey $old -Database $database
        $rotation = "Update-LoginToken '$database' '$old' -BatchSize 20"
    }

    It 'is shown and completed' {
        $records = Get-Progress $rotation '*user_logins: tokens'
        $records[0].StatusDescription | Should -Match '^pass 1, \d+ rows updated, \d+ a second'
        $records[-1].RecordType | Should -Be 1
    }

    It 'is completed when the rotation fails' {
        [void] (Invoke-Sql $database @'
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.user_id = 'user-300' THEN RAISE EXCEPTION 'no'; END IF; RETURN NEW; END $$;
CREATE TRIGGER refuse BEFORE UPDATE ON user_logins FOR EACH ROW EXECUTE FUNCTION refuse();
'@)
        $records = Get-Progress $rotation '*user_logins: tokens'
        $records[0].RecordType | Should -Be 0
        $records[-1].RecordType | Should -Be 1
    }

    It 'is silent where nobody looks' {
        Get-Progress $rotation '*user_logins: tokens' -Switch '-NonInteractive' | Should -BeNullOrEmpty
        (Invoke-Sql $database 'SELECT count(DISTINCT left(masked_ip, 10)) AS n FROM user_logins').n | Should -Be 1
    }
}
