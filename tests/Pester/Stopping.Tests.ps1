BeforeAll {
    . "$PSScriptRoot/Setup.ps1"

    $started = [Collections.Generic.List[Diagnostics.Process]]::new()

    # Starts a script in a PowerShell of its own and waits until it says that messages arrive.
    function Start-Script([string] $Body) {
        $ready = Join-Path $TestDrive "$(New-Guid)"
        $script = Join-Path $TestDrive "$(New-Guid).ps1"
        @"
`$ErrorActionPreference = 'Stop'
Import-Module $(ConvertTo-Literal "$PSScriptRoot/../../LoginEtl.psd1")
function Write-Ready { process { if (-not (Test-Path '$ready')) { Set-Content '$ready' 1 }; `$_ } }
$Body
"@ | Set-Content $script
        $output = "$script.out"
        $process = Start-PowerShell $script $output
        $started.Add($process)
        $limit = [datetime]::Now.AddSeconds(30)
        while (-not (Test-Path $ready) -and -not $process.HasExited -and [datetime]::Now -lt $limit) { Start-Sleep -Milliseconds 50 }
        Test-Path $ready | Should -BeTrue -Because "messages arrive: $(Get-Content "$output.err" -Raw)"
        [pscustomobject]@{ Process = $process; Output = $output }
    }

    # Waits for what a script block answers to be true.
    function Wait-Until([scriptblock] $Condition, [string] $What) {
        $limit = [datetime]::Now.AddSeconds(30)
        while (-not ($met = & $Condition) -and [datetime]::Now -lt $limit) { Start-Sleep -Milliseconds 50 }
        [bool] $met | Should -BeTrue -Because $What
    }

    function Get-Row { (Invoke-Sql $database 'SELECT count(*) AS n FROM user_logins').n }

    # Shells start background jobs with SIGINT ignored, and so would be every process below.
    # nohup ignores SIGHUP, and a shell SIGINT of what it starts in the background.
    function Test-Interruptible([int] $Signal = 2) {
        $ignored = if (Test-Path /proc/self/status) { (Get-Content /proc/self/status | Select-String '^SigIgn:\s*(\w+)').Matches.Groups[1].Value }
        -not ($ignored -and ([convert]::ToUInt64($ignored, 16) -band (1 -shl ($Signal - 1))))
    }

    function Send-Signal([Diagnostics.Process] $Process, [string] $Name) {
        /bin/kill "-$Name" $Process.Id
    }

    # Everything is either a row or visible again.
    function Assert-Settled([int] $Sent) {
        $limit = [datetime]::Now.AddSeconds(5)
        do {
            $count = Get-QueueCount $queue
            if ($count.InFlight -eq 0) { break }
            Start-Sleep -Milliseconds 100
        } while ([datetime]::Now -lt $limit)
        $count.InFlight | Should -Be 0
        $rows = (Invoke-Sql $database 'SELECT count(*) AS n, count(DISTINCT user_id) AS users FROM user_logins')
        $rows.n | Should -Be $rows.users
        ($rows.n + $count.Visible) | Should -Be $Sent
    }
}

AfterAll { Exit-TestSession }

Describe 'Stopping' {
    BeforeEach {
        if ($IsWindows) { Set-ItResult -Skipped -Because 'Windows has no signals' }
        # Long enough that nothing becomes visible by itself while a test runs.
        $queue = New-TestQueue -VisibilityTimeout 120
        $database = New-TestDatabase
        Initialize-LoginDatabase $database
        New-LoginBody 500 | Send-LoginMessage $queue
        $env:LOGINETL_QUEUE, $env:LOGINETL_KEYSET, $env:LOGINETL_DATABASE = $queue, $keys, $database
    }

    AfterEach {
        Remove-Item env:LOGINETL_QUEUE, env:LOGINETL_KEYSET, env:LOGINETL_DATABASE
        # What a test that failed has left running.
        $started | Where-Object { -not $_.HasExited } | ForEach-Object Kill
        $started.Clear()
        Get-Job | Remove-Job -Force
    }

    It 'SIGTERM drains the pipeline, ends every loop and leaves the exit code to the script' {
        $run = Start-Script @'
while ($true) {
    try { Receive-LoginMessage -Wait | Write-Ready | Protect-LoginPii | Write-LoginRecord -ReceiptVariable receipt }
    catch { "$($_.FullyQualifiedErrorId)"; break }
    "$($receipt.Outcome) $($receipt.Balanced)"
}
exit $receipt.ExitCode
'@
        Send-Signal $run.Process TERM
        $run.Process.WaitForExit(15000) | Should -BeTrue
        $run.Process.ExitCode | Should -Be 0
        Get-Content $run.Output | Should -Be @('Stopped True', 'StoppedBySignal,LoginEtl.PowerShell.Cmdlets.ReceiveLoginMessageCmdlet')
        Assert-Settled 500
    }

    It 'SIGTERM lets Invoke-LoginEtl end with a receipt' {
        $run = Start-Script @'
Receive-LoginMessage -MaxMessages 1 | Write-Ready | Out-Null
$receipt = Invoke-LoginEtl -Wait
"$($receipt.Outcome) $($receipt.Balanced) $($receipt.ExitCode)"
'@
        Wait-Until { Get-Row } 'the run writes'
        Send-Signal $run.Process TERM
        $run.Process.WaitForExit(15000) | Should -BeTrue
        Get-Content $run.Output | Should -Be 'Stopped True 0'
        Assert-Settled 500
    }

    It 'a closed terminal settles or returns' {
        if (-not (Test-Interruptible 1)) { Set-ItResult -Skipped -Because 'SIGHUP is ignored under nohup' }
        $run = Start-Script 'Receive-LoginMessage -Wait | Write-Ready | Protect-LoginPii | Write-LoginRecord'
        Send-Signal $run.Process HUP
        $run.Process.WaitForExit(15000) | Should -BeTrue
        Assert-Settled 500
    }

    It 'Ctrl-C commits or rolls back what is in hand and returns the rest' {
        if (-not (Test-Interruptible)) { Set-ItResult -Skipped -Because 'SIGINT is ignored in a background job' }
        $run = Start-Script 'Receive-LoginMessage -Wait | Write-Ready | Protect-LoginPii | Write-LoginRecord -BatchSize 50'
        Send-Signal $run.Process INT
        $run.Process.WaitForExit(15000) | Should -BeTrue
        Assert-Settled 500
    }

    It 'Ctrl-C while nothing arrives' {
        if (-not (Test-Interruptible)) { Set-ItResult -Skipped -Because 'SIGINT is ignored in a background job' }
        $run = Start-Script 'Receive-LoginMessage -Wait | Write-Ready | Out-Null'
        Start-Sleep 1
        Send-Signal $run.Process INT
        $run.Process.WaitForExit(15000) | Should -BeTrue
        Assert-Settled 500
    }

    It 'Ctrl-C in the middle of the batches of Invoke-LoginEtl waits for what it has begun' {
        if (-not (Test-Interruptible)) { Set-ItResult -Skipped -Because 'SIGINT is ignored in a background job' }
        $run = Start-Script 'Invoke-LoginEtl -Wait -BatchSize 5 -Verbose 4>&1 | Write-Ready'
        Send-Signal $run.Process INT
        $run.Process.WaitForExit(15000) | Should -BeTrue
        Assert-Settled 500
    }

    It 'Stop-Job of Invoke-LoginEtl waits for what it has begun' {
        $job = Start-ThreadJob {
            Import-Module $using:PSScriptRoot/../../LoginEtl.psd1
            Invoke-LoginEtl -Wait -BatchSize 5 -Verbose 4>&1
        }
        Wait-Until { $job.HasMoreData } 'batches are reported'
        $job | Stop-Job
        (Get-QueueCount $queue).InFlight | Should -Be 0
        Assert-Settled 500
    }

    It '-WarningAction Stop ends Invoke-LoginEtl with its run, which is not left behind' {
        $queue = New-TestQueue -VisibilityTimeout 120
        @('{"foo":"bar"}') + @(New-LoginBody 500) | Send-LoginMessage $queue
        { Invoke-LoginEtl $queue -Wait -BatchSize 5 -WarningAction Stop } | Should -Throw -ErrorId 'ActionPreferenceStop,*'
        (Get-QueueCount $queue).InFlight | Should -Be 0
        $rows = (Invoke-Sql $database 'SELECT count(*) AS n FROM user_logins').n
        $rejects = (Invoke-Sql $database 'SELECT count(*) AS n FROM login_etl_quarantine').n
        ($rows + $rejects + (Get-QueueCount $queue).Visible) | Should -Be 501
        # Nobody receives any more.
        $visible = (Get-QueueCount $queue).Visible
        New-LoginBody 3 | Send-LoginMessage $queue
        Start-Sleep 1
        (Get-QueueCount $queue).Visible | Should -Be ($visible + 3)
    }

    It 'SIGTERM stops every receiver of a process' {
        $other = New-TestQueue -VisibilityTimeout 120
        New-LoginBody 500 | Send-LoginMessage $other
        $run = Start-Script @"
`$jobs = foreach (`$queue in '$queue', '$other') {
    Start-ThreadJob -ArgumentList `$queue {
        param(`$queue)
        Import-Module $(ConvertTo-Literal "$PSScriptRoot/../../LoginEtl.psd1")
        Receive-LoginMessage `$queue -Wait | ForEach-Object { if (-not `$said) { `$said = 'receiving'; `$said } }
        'ended'
    }
}
while (`$jobs | Where-Object { -not `$_.HasMoreData -and `$_.State -in 'NotStarted', 'Running' }) { Start-Sleep -Milliseconds 20 }
1 | Write-Ready | Out-Null
`$jobs | Receive-Job -Wait
"@
        Send-Signal $run.Process TERM
        $run.Process.WaitForExit(15000) | Should -BeTrue
        Get-Content $run.Output | Sort-Object | Should -Be @('ended', 'ended', 'receiving', 'receiving')
        $queue, $other | ForEach-Object { (Get-QueueCount $_).InFlight | Should -Be 0 }
    }

    It 'Stop-Job returns everything' {
        $job = Start-ThreadJob {
            Import-Module $using:PSScriptRoot/../../LoginEtl.psd1
            Receive-LoginMessage -Wait | ForEach-Object { $_ }
        }
        Wait-Until { $job.HasMoreData } 'messages arrive'
        $job | Stop-Job
        Assert-Settled 500
    }

    It 'Stop-Job of a job in a process of its own returns everything' {
        # As the dotnet tool's package has it where another user installed that.
        try { $null = & "$PSHOME/pwsh" -Version }
        catch {
            if ($_.Exception.Message -notmatch 'Permission denied') { throw }
            Set-ItResult -Skipped -Because "Start-Job starts $PSHOME/pwsh, which this user may not run"
        }
        $job = Start-Job {
            Import-Module $using:PSScriptRoot/../../LoginEtl.psd1
            Receive-LoginMessage -Wait | ForEach-Object { $_ }
        }
        Wait-Until { $job | Receive-Job -Keep } 'messages arrive'
        $copy = $job | Receive-Job -Keep | Select-Object -First 1
        # What crossed the border is a copy, which cannot settle.
        { $copy | Confirm-LoginMessage -ErrorAction Stop } | Should -Throw '*copy*'
        $job | Stop-Job
        Assert-Settled 500
    }

    It 'exit in the middle of a pipeline settles or returns' {
        $run = Start-Script 'Receive-LoginMessage -Wait | Write-Ready | ForEach-Object { if (++$n -eq 20) { exit 7 }; $_ } | Protect-LoginPii | Write-LoginRecord'
        $run.Process.WaitForExit(15000) | Should -BeTrue
        $run.Process.ExitCode | Should -Be 7
        Assert-Settled 500
    }

    It 'a killed process loses nothing: its messages come again and are not written twice' {
        $queue = New-TestQueue -VisibilityTimeout 3
        $env:LOGINETL_QUEUE = $queue
        New-LoginBody 500 | Send-LoginMessage $queue
        $run = Start-Script 'Receive-LoginMessage -Wait | Write-Ready | Protect-LoginPii | Write-LoginRecord -BatchSize 20'
        Wait-Until { Get-Row } 'the run writes'
        $run.Process.Kill()
        $null = $run.Process.WaitForExit(15000)
        Start-Sleep 4
        Receive-LoginMessage $queue | Protect-LoginPii $keys | Write-LoginRecord $database
        Assert-Settled 500
        (Invoke-Sql $database 'SELECT count(*) AS n FROM user_logins').n | Should -Be 500
    }
}
