BeforeAll {
    . "$PSScriptRoot/Session.ps1"
    Import-Module "$PSScriptRoot/Servers/Servers.psm1" -Force
    Set-TestEnvironment
    $keys = Join-Path $TestDrive 'keys'
    $null = New-LoginKeyset $keys -WarningAction Ignore
    $token = ('{"user_id":"u","app_version":"1.2.3","device_type":"ios","ip":"192.0.2.7","locale":"DE","device_id":"d"}' |
            ConvertFrom-LoginJson -SourceId witness | Protect-LoginPii $keys).MaskedIp

    function Invoke-Recovery([string] $AuditFile, [int] $Times = 1) {
        foreach ($i in 1..$Times) {
            ($token | Unprotect-LoginPii $database $keys -Attribute ip -Reason test -AuditFile (Join-Path $folder $AuditFile) -Confirm:$false).Ip | Should -Be '192.0.2.7'
        }
    }

    # What it emits, the ids of its errors, and its warnings.
    function Get-Audit([hashtable] $Parameters = @{}) {
        $reports = Test-LoginAudit $database $keys @Parameters -ErrorVariable errors -ErrorAction SilentlyContinue -WarningVariable warnings -WarningAction SilentlyContinue
        [pscustomobject]@{ Reports = @($reports); States = "$($reports.State)"; Ids = @($errors | ForEach-Object { $_.FullyQualifiedErrorId.Split(',')[0] }); Warnings = "$warnings" }
    }
}

AfterAll { Exit-TestSession }

Describe 'The witness of recovery' {
    BeforeEach {
        $database = New-TestDatabase
        Initialize-LoginDatabase $database
        $folder = (New-Item -ItemType Directory (Join-Path $TestDrive "audit-$(New-Guid)")).FullName
    }

    It 'lists every audit file, and tells of the one that another was put in the place of' {
        (Get-Audit).Warnings | Should -Match 'knows no audit file'
        Invoke-Recovery official.jsonl 3
        Invoke-Recovery other.jsonl
        $all = Get-Audit
        $all.States | Should -Be 'Intact Intact'
        $all.Ids | Should -BeNullOrEmpty
        $all.Warnings | Should -BeNullOrEmpty
        $all.Reports[0].Lines | Should -Be 3
        $all.Reports[0].Place | Should -Be "$([Environment]::MachineName):$(Join-Path $folder official.jsonl)"
        $all.Reports[0].LastAnchoredBy | Should -Be (Invoke-Sql $database 'SELECT session_user::text AS u').u
        ([datetimeoffset]::UtcNow - $all.Reports[0].LastAnchoredAt).Duration().TotalMinutes | Should -BeLessThan 5

        Remove-Item (Join-Path $folder official.jsonl)
        Move-Item (Join-Path $folder other.jsonl) (Join-Path $folder official.jsonl)
        $one = Get-Audit @{ AuditFile = Join-Path $folder official.jsonl }
        $one.States | Should -Be 'Replaced'
        $one.Ids | Should -Be 'AuditFileReplaced'
        $all = Get-Audit
        $all.States | Should -Be 'Replaced Missing'
        $all.Ids | Should -Be 'AuditFileReplaced', 'AuditFileMissing'
        $all.Reports.IsIntact | Should -Be $false, $false
    }

    It 'reads well at 80 columns, and drops nothing' {
        Invoke-Recovery official.jsonl 2
        Invoke-Recovery gone.jsonl
        Remove-Item (Join-Path $folder gone.jsonl)
        $reports = (Get-Audit).Reports
        $text = $reports | Format-Table | Out-String -Width 80
        $lines = $text.Trim().Split("`n").TrimEnd()
        $lines[0] | Should -Match '^State +FileId +Lines +LastAnchored +Place$'
        $lines | ForEach-Object { $_.Length | Should -BeLessOrEqual 80 }
        $text | Should -Not -Match '…|\.\.\.'
        # Wrapped anywhere, so without the blanks.
        $column = ($lines | Select-Object -Skip 2 | ForEach-Object { if ($_.Length -gt 47) { $_.Substring(47) } }) -join '' -replace '\s'
        foreach ($report in $reports) { $column | Should -BeLike "*$([WildcardPattern]::Escape(($report.Place + $report.Why) -replace '\s'))*" }
        $text | Should -Match "Intact +$("$($reports[0].FileId)".Split('-')[0]) +2 +\d{4}-\d\d-\d\d \d\d:\d\dZ"
        $text | Should -Match $reports[0].LastAnchoredBy
    }

    It 'finds archived files by their ids, and takes files from the pipeline' {
        Invoke-Recovery 2025.jsonl 2
        $archive = (New-Item -ItemType Directory (Join-Path $folder archive)).FullName
        Move-Item (Join-Path $folder 2025.jsonl) (Join-Path $archive old)
        Invoke-Recovery 2026.jsonl
        (Get-Audit).Ids | Should -Be 'AuditFileMissing'
        $all = Get-Audit @{ Archive = $archive }
        $all.States | Should -Be 'Archived Intact'
        $all.Ids | Should -BeNullOrEmpty
        (Get-ChildItem $folder -File | Test-LoginAudit $database $keys).State | Should -Be 'Intact'
        { Test-LoginAudit $database $keys -Archive (Join-Path $folder nowhere) } | Should -Throw -ErrorId 'AuditArchiveNotFound,*'
    }

    It 'looks at the file that LOGINETL_AUDIT names, whose anchors may be gone' {
        $env:LOGINETL_AUDIT = Join-Path $folder official.jsonl
        try {
            Invoke-Recovery official.jsonl 2
            (Get-Audit).States | Should -Be 'Intact'
            [void] (Invoke-Sql $database 'TRUNCATE login_etl_audit_anchor')
            $all = Get-Audit
            $all.Ids | Should -Be 'AuditAnchorsLost'
            $all.Reports[0].Why | Should -Match 'none of its 2 lines'
            $alone = Test-LoginAudit -Keyset $keys -WarningVariable said -WarningAction SilentlyContinue
            $alone.IsIntact | Should -BeTrue
            $said | Should -Match 'No database'
        }
        finally { Remove-Item Env:LOGINETL_AUDIT }
    }

    It 'tells of an anchor that was added by hand, and of what is new beside it, as the page says' {
        Invoke-Recovery official.jsonl 2
        [void] (Invoke-Sql $database "INSERT INTO login_etl_audit_anchor (file_id, line, mac, place, number, link) SELECT gen_random_uuid(), 1, decode(repeat('00', 32), 'hex'), 'x:/y', max(number) + 1, decode(repeat('00', 36), 'hex') FROM login_etl_audit_anchor")
        $null = $token | Unprotect-LoginPii $database $keys -Attribute ip -Reason test -AuditFile (Join-Path $folder official.jsonl) -Confirm:$false -WarningVariable said -WarningAction SilentlyContinue
        "$said" | Should -Match 'newest anchor does not hold: anchor 3 '
        Invoke-Recovery official.jsonl 2
        $all = Get-Audit
        $all.States | Should -Be 'AnchorsLost Intact Elsewhere'
        $marks = "'$($all.Reports[0].Mark)'", "'$($all.Reports[2].Mark)'"
        $dsn = $database
        $command = [regex]::Match((Get-Content "$PSScriptRoot/../../docs/security.md" -Raw), '(?m)^Test-LoginAudit \$dsn keys/ -ErrorAction.*$').Value.Replace('keys/', '$keys').Replace("'MARK2'", $marks[1]).Replace("'MARK'", $marks[0])
        $command | Should -Match $all.Reports[0].Mark
        Invoke-Expression $command | Should -BeNullOrEmpty
        [void] (Invoke-Sql $database "UPDATE login_etl_audit_anchor SET anchored_by = 'somebody else' WHERE number = 4")
        (Invoke-Expression $command).AnchorNumber | Should -Be 5
    }

    It 'fails a script as the page has it' {
        Invoke-Recovery official.jsonl
        Invoke-Recovery gone.jsonl
        $page = [regex]::Match((Get-Content "$PSScriptRoot/../../docs/security.md" -Raw), '(?s)```powershell\n(\$ErrorActionPreference.+?Test-LoginAudit.+?)```').Groups[1].Value
        $script = Join-Path $folder check.ps1
        Set-Content $script ("`$dsn = $(ConvertTo-Literal $database)`n" + $page.Replace('keys/', (ConvertTo-Literal $keys)).Replace('/srv/audit', (ConvertTo-Literal $folder)).Replace(
                'Import-Module LoginEtl', "Import-Module $(ConvertTo-Literal (Convert-Path "$PSScriptRoot/../../LoginEtl.psd1"))"))
        $null = Invoke-PowerShell -File $script
        $LASTEXITCODE | Should -Be 0
        Remove-Item (Join-Path $folder gone.jsonl)
        "$(Invoke-PowerShell -File $script 2>&1)" | Should -Match 'gone\.jsonl'
        $LASTEXITCODE | Should -Be 1
    }

    It 'warns a superuser once that it proves nothing against them' {
        $null = 1..600 | ForEach-Object { $token } | Unprotect-LoginPii $database $keys -Attribute ip -Reason test -AuditFile (Join-Path $folder official.jsonl) -Confirm:$false -WarningVariable said -WarningAction SilentlyContinue
        $said | Should -HaveCount 1
        "$said" | Should -Match 'is a superuser'
        (Get-Audit).Reports[0].Targets[0].Table | Should -Be 'public.user_logins'
    }

    It 'names anchors of other schemas' {
        [void] (Invoke-Sql $database 'CREATE SCHEMA apart')
        Initialize-LoginDatabase $database -Table apart.logins
        (Get-Audit).Warnings | Should -BeLike '*witnessed elsewhere in this database, too: apart.login_etl_audit_anchor. *'
    }

    It 'warns of roles that may change the anchors' {
        [void] (Invoke-Sql $database 'GRANT DELETE ON login_etl_audit_anchor TO PUBLIC')
        (Get-Audit).Warnings | Should -Match 'PUBLIC may change the anchors'
    }

    It 'leaves other files as they are: <What>' -ForEach @(
        @{ What = 'passwords'; Content = "alice:x:1000:1000::/home/alice:/bin/sh`n" }
        @{ What = 'JSON in one line'; Content = '{"compilerOptions":{"strict":true}}' }
        @{ What = 'a link'; Content = '{"compilerOptions":{"strict":true}}'; Link = $true }
    ) {
        $file = Join-Path $folder file
        Set-Content $file $Content -NoNewline
        $named = if ($Link) { (New-Item -ItemType SymbolicLink (Join-Path $folder link) -Target $file).FullName } else { $file }
        { $token | Unprotect-LoginPii $database $keys -Attribute ip -Reason test -AuditFile $named -Confirm:$false } | Should -Throw -ErrorId 'AuditFileNotOurs,*'
        Get-Content $file -Raw | Should -BeExactly $Content
        (Invoke-Sql $database 'SELECT count(*) AS n FROM login_etl_audit_anchor').n | Should -Be 0
    }
}
