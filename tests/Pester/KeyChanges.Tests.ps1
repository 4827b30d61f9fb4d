BeforeAll {
    . "$PSScriptRoot/Setup.ps1"
    . "$PSScriptRoot/Keys.ps1"

    # Logins whose users are named after their sender and number.
    function Get-Body([string] $Sender, [int[]] $Numbers) {
        foreach ($n in $Numbers) {
            '{{"user_id":"{0}-{1}","app_version":"1.2.3","device_type":"ios","ip":"10.1.2.{2}","locale":"DE","device_id":"device-{2}"}}' -f $Sender, $n, ($n % 200)
        }
    }

    function Get-RowCount([string] $Database, [string] $Where = 'true') { (Invoke-Sql $Database "SELECT count(*) AS n FROM user_logins WHERE $Where").n }

    function Wait-Until([scriptblock] $Condition, [string] $What) {
        $until = [datetime]::UtcNow.AddSeconds(60)
        while (-not (& $Condition)) {
            if ([datetime]::UtcNow -gt $until) { throw "Not within a minute: $What" }
            Start-Sleep -Milliseconds 50
        }
    }

    # A connection string of a new login that is in the role alone.
    function New-Member([string] $Database, [string] $Role) {
        $name = New-TestName 'member_'
        [void] (Invoke-Sql $Database "CREATE ROLE $name LOGIN PASSWORD 'pw' IN ROLE $Role")
        $settings = [Npgsql.NpgsqlConnectionStringBuilder]::new($Database)
        $settings.Username = $name
        $settings.Password = 'pw'
        $settings.ConnectionString
    }

    function New-Host { $folder = Join-Path $TestDrive ([guid]::NewGuid()); Copy-Item $keys $folder -Recurse; $folder }
}

AfterAll { Exit-TestSession }

Describe 'A key that is made primary from a third place' {
    It 'stops neither a worker nor a pipeline of the role login_etl_writer: both go on with it, and every row is there once' {
        $database = New-TestDatabase
        Initialize-LoginDatabase $database -Role
        $old = Get-LoginKeyset $keys ip
        $writer = New-Member $database login_etl_writer
        $new = Add-LoginKey $keys ip
        $ofWorker, $ofPipeline, $third = 1..3 | ForEach-Object { New-Host }
        $queues = @{ worker = New-TestQueue; pipeline = New-TestQueue }
        foreach ($sender in $queues.Keys) { Get-Body $sender (1..300) | Send-LoginMessage $queues[$sender] }

        $script = Join-Path $TestDrive 'pipeline.ps1'
        @"
Import-Module $(ConvertTo-Literal "$PSScriptRoot/../../LoginEtl.psd1")
Receive-LoginMessage $($queues.pipeline) -Wait -MaxMessages 600 -MaxDuration 90 | Protect-LoginPii '$ofPipeline' | Write-LoginRecord '$writer' -BatchSize 50 -FlushInterval 0.2 -ReceiptVariable receipt -WarningAction Ignore
`$receipt | ConvertTo-Json
exit `$receipt.ExitCode
"@ | Set-Content $script
        $worker = Get-ChildItem "$PSScriptRoot/../../src/LoginEtl.Worker/bin/*/net10.0/login-etl.dll" | Sort-Object LastWriteTime | Select-Object -Last 1
        $flags = $worker.FullName, '--queue', $queues.worker, '--keyset', $ofWorker, '--database', "`"$writer`"", '--wait', '--max-messages', 600, '--max-duration', 90, '--batch-size', 50, '--flush-interval', 0.2
        $processes = @(
            Start-Process dotnet -ArgumentList $flags -PassThru -RedirectStandardOutput "$TestDrive/worker.out" -RedirectStandardError "$TestDrive/worker.out.err"
            Start-PowerShell $script "$TestDrive/pipeline.out"
        )
        try {
            $processes.ForEach{ $null = $_.Handle }
            Wait-Until { (Get-RowCount $database) -eq 600 -or $processes.HasExited -contains $true } 'the first rows'
            Set-LoginPrimaryKey $third ip $new.KeyId -Database $database
            $then = Get-RowCount $database "masked_ip LIKE '$($old.TokenPrefix)%'"
            foreach ($sender in $queues.Keys) { Get-Body $sender (301..600) | Send-LoginMessage $queues[$sender] }
            $processes | Wait-Process -Timeout 100 -ErrorAction Ignore
        }
        finally { $processes | Where-Object { -not $_.HasExited } | ForEach-Object Kill }

        $said = 'worker', 'pipeline' | ForEach-Object { Get-Content "$TestDrive/$_.out.err" -Raw }
        $processes.ExitCode | Should -Be 0, 0 -Because "$said"
        $receipts = @((Get-Content "$TestDrive/worker.out" | Select-Object -Last 1), (Get-Content "$TestDrive/pipeline.out" -Raw)) | ConvertFrom-Json
        foreach ($receipt in $receipts) { $receipt.received, $receipt.written | Should -Be 600, 600 }
        Get-RowCount $database | Should -Be 1200
        (Invoke-Sql $database 'SELECT count(DISTINCT user_id) AS n FROM user_logins').n | Should -Be 1200
        Get-RowCount $database "masked_ip LIKE '$($old.TokenPrefix)%'" | Should -Be $then
        Get-RowCount $database "masked_ip LIKE '$($new.TokenPrefix)%'" | Should -Be (1200 - $then)

        # On a host whose own file still says otherwise.
        $receipt = Update-LoginToken $database $ofWorker -WarningAction Ignore
        $receipt.RowsUpdated, $receipt.ExitCode | Should -Be $then, 0
        Get-RowCount $database "masked_ip LIKE '$($new.TokenPrefix)%'" | Should -Be 1200
        @('10.1.2.7' | Find-LoginRecord $database $ofPipeline -Attribute ip).Count | Should -Be 6
    }
}
