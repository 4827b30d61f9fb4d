BeforeAll {
    . "$PSScriptRoot/Setup.ps1"
    . "$PSScriptRoot/Keys.ps1"

    $database = New-TestDatabase
    Initialize-LoginDatabase $database
    $queue = New-TestQueue
    1..3 | ForEach-Object { $body } | Send-LoginMessage $queue
    $first = Invoke-LoginEtl $queue $keys $database -DrainWindow 0.2
    $body, 'no JSON' | ConvertFrom-LoginJson -WarningAction Ignore | Protect-LoginPii $keys | Write-LoginRecord $database -WarningAction Ignore -InformationVariable said
    $second = $said.MessageData
    1..2 | ForEach-Object { $body } | Send-LoginMessage $queue
    $null = Receive-LoginMessage $queue -DrainWindow 0.2 | Protect-LoginPii $keys | Write-LoginRecord $database
}

AfterAll { Exit-TestSession }

Describe 'Test-LoginRun' {
    It 'proves the books of runs of every kind, and the receipts that they gave' {
        $proof = $first, $second | Test-LoginRun $database -WarningVariable said
        $proof.IsProved, $proof.Runs, $proof.Entries, $proof.Quarantined, $proof.Findings.Count | Should -Be $true, 3, 7, 1, 0
        $first.Link | Should -Match '^2:[0-9a-f]{64}$'
        $second.Link | Should -Match '^4:'
        $proof.Link | Should -Match '^6:'
        $said | Should -BeNullOrEmpty
        "$proof" | Should -Be 'public.user_logins: 3 runs, 7 ledger entries and 1 in quarantine fit'
        ($proof | Out-String) | Should -Match 'IsProved *: .*True'
        ($proof | Out-String) | Should -Not -Match 'Findings|Forgotten'
    }

    It 'takes receipts from JSON and by text, and tells of those without a link' {
        $proof = $first.ToJson() | ConvertFrom-Json | Test-LoginRun $database
        $proof.IsProved | Should -BeTrue
        (Test-LoginRun $database -Link $first.Link, $second.Link).IsProved | Should -BeTrue
        $null = [pscustomobject]@{ Link = $null }, $first | Test-LoginRun $database -WarningVariable said -WarningAction SilentlyContinue
        "$said" | Should -BeLike '1 of the receipts have no link*'
        { Test-LoginRun $database -Link '42' } | Should -Throw -ErrorId 'SettingInvalid,*'
    }

    It 'names a receipt that is not there' {
        $other = $first.Link -replace '.$', ($first.Link[-1] -eq '0' ? '1' : '0')
        $proof = Test-LoginRun $database -Link $other -ErrorVariable fault -ErrorAction SilentlyContinue
        $proof.IsProved | Should -BeFalse
        $proof.Findings.Fault | Should -Be 'ReceiptMissing'
        $fault.FullyQualifiedErrorId | Should -Be 'ReceiptsBroken,LoginEtl.PowerShell.Cmdlets.TestLoginRunCmdlet'
    }

    It 'names the first run that does not fit' {
        $runs = Get-LoginRun $database | Sort-Object StartedAt
        $prefix = "$($runs[1].Id)".Substring(0, 24)
        [void] (Invoke-Sql $database "DELETE FROM login_etl_file_ledger WHERE key = (SELECT key FROM login_etl_file_ledger WHERE batch::text LIKE '$prefix%' LIMIT 1)")
        [void] (Invoke-Sql $database "UPDATE login_etl_run SET written = written + 1 WHERE id = '$($runs[2].Id)'")
        $proof = Test-LoginRun $database -ErrorVariable fault -ErrorAction SilentlyContinue
        $proof.Findings[0].Fault, $proof.Findings[0].Run, $proof.Findings[0].Counted, $proof.Findings[0].Found | Should -Be 'EntriesMissing', $runs[1].Id, 2, 1
        $proof.Findings[1].Fault, $proof.Findings[1].Run | Should -Be 'RunChanged', $runs[2].Id
        "$fault" | Should -BeLike "*$($runs[1].Id)*settled 2 messages, and the ledgers have 1 of them*first of 3 findings*"
        ($proof | Out-String) | Should -Match 'Findings *: run '
    }
}
