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

    It 'is that of the run where it came to its end' {
        '{}' | Send-LoginMessage $queue
        Receive-LoginMessage $queue -WarningAction Ignore | Protect-LoginPii $keys | Write-LoginRecord $database -ReceiptVariable receipt
        $receipt.ExitCode, $receipt.Quarantined, $receipt.Error | Should -Be 2, 1, $null
    }
}
