BeforeAll {
    . "$PSScriptRoot/Session.ps1"
    Import-Module "$PSScriptRoot/Servers/Servers.psm1" -Force
    Set-TestEnvironment

    function Get-Made { @(Get-LoginQueue login-etl-conformance-*) }
}

AfterAll { Exit-TestSession }

Describe 'Test-LoginEtl -Conformance' {
    It 'gives a report that can be pasted and read as JSON, and leaves no queue' {
        $report = Test-LoginEtl -Conformance -Confirm:$false -InformationVariable told -InformationAction SilentlyContinue
        $report | Should -BeOfType LoginEtl.Checks.ConformanceReport
        "$told" | Should -Match 'begin with login-etl-conformance-[0-9a-f]{8} are made now'
        $report.Held | Should -BeGreaterThan 40
        $report.QueuesLeft | Should -BeNullOrEmpty
        Get-Made | Should -HaveCount 0
        $read = $report | ConvertTo-Json -WarningVariable cut | ConvertFrom-Json
        $cut | Should -BeNullOrEmpty
        $read.Assertions | Should -HaveCount $report.Assertions.Count
        $read.Assertions[0].Status | Should -Be 'Held'
        $read.Assertions[0].Promise | Should -BeLike 'Bounded: *'
        "$($report | ConvertTo-Json)$report" | Should -Not -Match '127\.0\.0\.1|000000000000|localhost|://'
        "$report" | Should -Match '(?m)^Held      Redelivery has the same id: the same$'
    }

    It 'says with -WhatIf what it would make, and makes nothing' {
        $transcript = Join-Path $TestDrive 'whatif.txt'
        $null = Start-Transcript $transcript
        Test-LoginEtl -Conformance -WhatIf | Should -BeNullOrEmpty
        $null = Stop-Transcript
        Get-Content $transcript -Raw | Should -Match 'What if: Make queues whose names begin with login-etl-conformance-'
        Get-Made | Should -HaveCount 0
    }

    It 'refuses what belongs to a job: -<_>' -ForEach 'Queue', 'Keyset', 'Database', 'Table' {
        $given = @{ $_ = 'x' }
        { Test-LoginEtl -Conformance -Confirm:$false @given } | Should -Throw -ErrorId 'SettingInvalid,*'
        Get-Made | Should -HaveCount 0
    }

    It 'deletes its queues when it is stopped' {
        $shell = [powershell]::Create()
        try {
            [void] $shell.AddScript("Import-Module '$PSScriptRoot/../../LoginEtl.psd1'; Test-LoginEtl -Conformance -Confirm:`$false")
            $running = $shell.BeginInvoke()
            $limit = [datetime]::Now.AddSeconds(30)
            while ((Get-Made).Count -lt 9 -and [datetime]::Now -lt $limit) { Start-Sleep -Milliseconds 100 }
            (Get-Made).Count | Should -Be 9
            $shell.Stop()
            $running.IsCompleted | Should -BeTrue
            Get-Made | Should -HaveCount 0
        }
        finally { $shell.Dispose() }
    }

    It 'deletes its queues at SIGTERM, and says why it ended' -Skip:$IsWindows {
        $script = Join-Path $TestDrive 'term.ps1'
        "Import-Module '$PSScriptRoot/../../LoginEtl.psd1'; try { Test-LoginEtl -Conformance -Confirm:`$false } catch { `$_.FullyQualifiedErrorId }" | Set-Content $script
        $process = Start-PowerShell $script "$script.out"
        try {
            $limit = [datetime]::Now.AddSeconds(30)
            while ((Get-Made).Count -lt 9 -and [datetime]::Now -lt $limit) { Start-Sleep -Milliseconds 100 }
            (Get-Made).Count | Should -Be 9
            /bin/kill -TERM $process.Id
            $process.WaitForExit(20000) | Should -BeTrue
            Get-Content "$script.out" -Raw | Should -BeLike '*StoppedBySignal,*'
            Get-Made | Should -HaveCount 0
        }
        finally { if (-not $process.HasExited) { $process.Kill() } }
    }
}
