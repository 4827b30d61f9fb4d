BeforeAll {
    . "$PSScriptRoot/Setup.ps1"
    . "$PSScriptRoot/Keys.ps1"

    $database = New-TestDatabase
    Initialize-LoginDatabase $database
    $queue = New-TestQueue
}

AfterAll { Exit-TestSession }

Describe 'Get-LoginRun' {
    It 'lists runs of every kind, the latest first, with what each has written' {
        1..3 | ForEach-Object { $body } | Send-LoginMessage $queue
        $receipt = Invoke-LoginEtl $queue $keys $database -DrainWindow 0.2 -WarningVariable said
        $said | Should -BeNullOrEmpty
        $body, 'no JSON' | ConvertFrom-LoginJson -WarningAction Ignore | Protect-LoginPii $keys | Write-LoginRecord $database -WarningAction Ignore
        1..2 | ForEach-Object { $body } | Send-LoginMessage $queue
        Receive-LoginMessage $queue -DrainWindow 0.2 | Protect-LoginPii $keys | Write-LoginRecord $database

        $runs = Get-LoginRun $database
        $runs.State | Should -Be 'Completed', 'Completed', 'Completed'
        $runs.Source | Should -Be $receipt.Source, 'text', $receipt.Source
        $runs.Written | Should -Be 2, 1, 3
        $runs.Quarantined | Should -Be 0, 1, 0
        $runs[2].Received, $runs[2].Ended, $runs[2].Host, $runs[2].Version | Should -Be 3, 'Drained', ([Environment]::MachineName), $receipt.Version
        $runs | ForEach-Object { $_.EndedAt - $_.StartedAt | Should -Be $_.Elapsed }
        (Get-LoginRun $database -Last 1).Id | Should -Be $runs[0].Id
        "$(Get-LoginRun $database -Last 1 | Out-String)" | Should -Match 'StartedAt +Elapsed +State +Written +Quarantined +Ended +Source'
        Get-LoginRun $database -Failed | Should -BeNullOrEmpty
        $sums = Invoke-Sql $database 'SELECT (SELECT count(*) FROM login_etl_ledger) + (SELECT count(*) FROM login_etl_file_ledger) AS ledgers, (SELECT sum(written + quarantined) FROM login_etl_run) AS runs'
        $sums.ledgers | Should -Be $sums.runs
    }

    It 'has those that could not begin, those that were stopped, and no dry run' {
        $before = @(Get-LoginRun $database).Count
        $null = Invoke-LoginEtl $queue (NewKeys) $database -DrainWindow 0.2 -ErrorAction SilentlyContinue
        $run = Get-LoginRun $database -Failed
        $run.State, $run.ErrorId, $run.Received | Should -Be 'Failed', 'KeyNotKnown', 0
        { Receive-LoginMessage 'no-such-queue' | Protect-LoginPii $keys | Write-LoginRecord $database } | Should -Throw
        1..2 | ForEach-Object { $body } | Send-LoginMessage $queue
        $null = Invoke-LoginEtl $queue $keys $database -DrainWindow 0.2 -WhatIf
        @(Get-LoginRun $database).Count | Should -BeLessOrEqual ($before + 2)
        Receive-LoginMessage $queue -DrainWindow 0.2 | Protect-LoginPii $keys | Write-LoginRecord $database -PassThru | Select-Object -First 1 | Out-Null
        (Get-LoginRun $database -Last 1).State | Should -BeIn 'Failed', 'Stopped'
    }

    It 'keeps what a killed worker wrote, and the next run tells of it once' {
        $old = (Get-LoginRun $database -Last 1).Id
        1..50 | ForEach-Object { $body } | Send-LoginMessage $queue
        $worker = Get-ChildItem "$PSScriptRoot/../../src/LoginEtl.Worker/bin/*/net10.0/login-etl.dll" | Sort-Object LastWriteTime | Select-Object -Last 1
        $flags = $worker.FullName, '--queue', $queue, '--keyset', $keys, '--database', $database, '--wait', '--flush-interval', 0.1
        $process = Start-Process dotnet -ArgumentList ($flags | ForEach-Object { "`"$_`"" }) -PassThru -RedirectStandardOutput "$TestDrive/worker.out" -RedirectStandardError "$TestDrive/worker.err"
        try {
            $until = [datetime]::UtcNow.AddSeconds(60)
            do {
                if ($process.HasExited -or [datetime]::UtcNow -gt $until) { throw "No row: $(Get-Content "$TestDrive/worker.err" -Raw)" }
                Start-Sleep -Milliseconds 50
                $run = Get-LoginRun $database -Last 1
            } until ($run.Id -ne $old -and $run.Written -gt 0)
        }
        finally { $process.Kill() }
        $process.WaitForExit()
        (Get-LoginRun $database -Last 1).State | Should -Be 'Running'
        [void] (Invoke-Sql $database "UPDATE login_etl_run SET seen_at = now() - interval '4 minutes' WHERE id = '$($run.Id)'")
        $lost = Get-LoginRun $database -Failed | Where-Object Id -EQ $run.Id
        $lost.State, $lost.Written | Should -Be 'Lost', (Invoke-Sql $database "SELECT written FROM login_etl_run WHERE id = '$($run.Id)'").written
        $null = Invoke-LoginEtl $queue $keys $database -DrainWindow 0.2 -WarningVariable said -WarningAction SilentlyContinue
        @($said) -like '*has not ended: it was killed*' | Should -HaveCount 1
        $null = Invoke-LoginEtl $queue $keys $database -DrainWindow 0.2 -WarningVariable said
        $said | Should -BeNullOrEmpty
    }
}
