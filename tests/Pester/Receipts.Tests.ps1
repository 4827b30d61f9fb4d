BeforeAll {
    . "$PSScriptRoot/Setup.ps1"
}

AfterAll { Exit-TestSession }

Describe 'The receipt of a pipeline' {
    BeforeEach {
        $queue = New-TestQueue
        $database = New-TestDatabase
        Initialize-LoginDatabase $database
        $receipt = $null
    }

    It 'is a failed one after a fault of <Where>, and never that of the run before' -ForEach @(
        @{ Where = 'Receive-LoginMessage'; Run = { Receive-LoginMessage nowhere | Protect-LoginPii $keys | Write-LoginRecord $database -ReceiptVariable receipt } }
        @{ Where = 'Protect-LoginPii'; Run = { Receive-LoginMessage $queue | Protect-LoginPii (Join-Path $TestDrive nokeys) | Write-LoginRecord $database -ReceiptVariable receipt } }
        @{ Where = 'Write-LoginRecord'; Run = { Receive-LoginMessage $queue | Protect-LoginPii $keys | Write-LoginRecord $database -Table nowhere -ReceiptVariable receipt } }
        @{ Where = 'a script block'; Run = { Receive-LoginMessage $queue | ForEach-Object { throw 'no' } | Protect-LoginPii $keys | Write-LoginRecord $database -ReceiptVariable receipt } }
    ) {
        New-LoginBody 2 | Send-LoginMessage $queue
        Receive-LoginMessage $queue | Protect-LoginPii $keys | Write-LoginRecord $database -ReceiptVariable receipt
        $receipt.ExitCode | Should -Be 0
        $receipt.Written | Should -Be 2
        New-LoginBody 2 | Send-LoginMessage $queue
        try { . $Run } catch { $null = $_ }
        $receipt.ExitCode | Should -Be 1
        $receipt.Outcome | Should -Be 'Failed'
        $receipt.Written | Should -Be 0
        $receipt.Error | Should -Not -BeNullOrEmpty
    }

    It 'makes a script end with 1 that failed: <Line>' -ForEach @(
        @{ Line = 'Receive-LoginMessage nowhere | Protect-LoginPii | Write-LoginRecord -ReceiptVariable receipt; exit $receipt.ExitCode' }
        @{ Line = 'Receive-LoginMessage | Protect-LoginPii nowhere | Write-LoginRecord -ReceiptVariable receipt; exit $receipt.ExitCode' }
        @{ Line = 'exit (Invoke-LoginEtl nowhere).ExitCode' }
        @{ Line = 'exit (Invoke-LoginEtl -Keyset nowhere).ExitCode' }
    ) {
        $env:LOGINETL_QUEUE, $env:LOGINETL_KEYSET, $env:LOGINETL_DATABASE = $queue, $keys, $database
        try {
            $script = Join-Path $TestDrive 'script.ps1'
            "Import-Module $(ConvertTo-Literal "$PSScriptRoot/../../LoginEtl.psd1"); $Line" | Set-Content $script
            $null = Invoke-PowerShell -NonInteractive -File $script 2>&1
            $LASTEXITCODE | Should -Be 1
        }
        finally { Remove-Item env:LOGINETL_QUEUE, env:LOGINETL_KEYSET, env:LOGINETL_DATABASE }
    }

    It 'is true where the pipeline is cut short by <By>' -ForEach @(
        @{ By = 'Select-Object -First'; Cut = { $input | Select-Object -First 60 } }
        @{ By = 'an error downstream'; Cut = { $input | ForEach-Object -Begin { $n = 0 } -Process { if (++$n -eq 60) { throw 'no' } } } }
    ) {
        New-LoginBody 100 | Send-LoginMessage $queue
        $cut = $Cut.Ast.EndBlock.Statements[0].Extent.Text -replace '^\$input \| '
        try {
            $null = [scriptblock]::Create("
                Receive-LoginMessage `$queue | Protect-LoginPii `$keys |
                    Write-LoginRecord `$database -BatchSize 20 -PassThru -ReceiptVariable script:receipt | $cut").Invoke()
        }
        catch { $null = $_ }
        $rows = (Invoke-Sql $database 'SELECT count(*) AS n FROM user_logins').n
        $rows | Should -BeGreaterOrEqual 60
        $script:receipt.Written | Should -Be $rows
        $script:receipt.Balanced | Should -BeTrue
        $script:receipt.Outcome, $script:receipt.Ended, $script:receipt.ExitCode | Should -Be 'Failed', 'Failed', 1
        $script:receipt.Error | Should -BeLike '*not come to its end*'
    }

    It 'is there and true after Ctrl-C: <Line>' -ForEach @(
        @{ Line = 'Receive-LoginMessage $queue -Wait | Protect-LoginPii $keys | Write-LoginRecord $database -BatchSize 20 -ReceiptVariable receipt' }
        @{ Line = 'Invoke-LoginEtl $queue $keys $database -Wait -BatchSize 20 -ReceiptVariable receipt' }
    ) {
        New-LoginBody 60 | Send-LoginMessage $queue
        $shell = [powershell]::Create()
        try {
            $shell.Runspace.SessionStateProxy.SetVariable('queue', $queue)
            $shell.Runspace.SessionStateProxy.SetVariable('keys', $keys)
            $shell.Runspace.SessionStateProxy.SetVariable('database', $database)
            $null = $shell.AddScript("Import-Module $(ConvertTo-Literal "$PSScriptRoot/../../LoginEtl.psd1"); $Line").BeginInvoke()
            $deadline = (Get-Date).AddSeconds(60)
            while ((Invoke-Sql $database 'SELECT count(*) AS n FROM user_logins').n -lt 60 -and (Get-Date) -lt $deadline) { Start-Sleep -Milliseconds 100 }
            $shell.Stop()
            $receipt = $shell.Runspace.SessionStateProxy.GetVariable('receipt')
        }
        finally { $shell.Dispose() }
        $receipt.Outcome, $receipt.Ended, $receipt.Written, $receipt.Balanced, $receipt.ExitCode | Should -Be 'Stopped', 'Stopped', 60, $true, 0
    }

    It 'is true where a warning cannot be shown: -<Name> <Value>' -ForEach @(
        # Nobody answers here.
        @{ Name = 'WarningAction'; Value = 'Inquire'; Throws = $false }
        @{ Name = 'Debug'; Value = $true; Throws = $false }
        @{ Name = 'WarningAction'; Value = 'Stop'; Throws = $true }
    ) {
        New-LoginBody 3 | Send-LoginMessage $queue
        '{}' | Send-LoginMessage $queue
        $how = @{ $Name = $Value }
        $thrown = $false
        try { $null = Invoke-LoginEtl $queue $keys $database -ReceiptVariable receipt @how 5> $null 3> $null 2> $null } catch { $thrown = $true }
        $thrown | Should -Be $Throws
        $receipt.Outcome, $receipt.Received, $receipt.Written, $receipt.Quarantined, $receipt.ExitCode | Should -Be 'Failed', 4, 3, 1, 1
    }

    It 'has a line of JSON as the worker has it' {
        New-LoginBody 2 | Send-LoginMessage $queue
        $json = (Invoke-LoginEtl $queue $keys $database).ToJson()
        $json | Should -Not -BeLike "*`n*"
        $read = $json | ConvertFrom-Json
        $read.outcome, $read.ended, $read.received, $read.written, $read.exit_code, $read.balanced | Should -Be 'completed', 'drained', 2, 2, 0, $true
        $read.elapsed_seconds | Should -BeGreaterThan 0
    }

    It 'is that of the run where it came to its end' {
        '{}' | Send-LoginMessage $queue
        Receive-LoginMessage $queue -WarningAction Ignore | Protect-LoginPii $keys | Write-LoginRecord $database -ReceiptVariable receipt
        $receipt.ExitCode, $receipt.Quarantined, $receipt.Error | Should -Be 2, 1, $null
    }
}
