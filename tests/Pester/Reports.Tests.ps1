BeforeAll {
    . "$PSScriptRoot/Setup.ps1"
    . "$PSScriptRoot/Leaks.ps1"

    # What a person reads of a page, which is XML as well as HTML.
    function Get-PageText([string] $Path) {
        $xml = [xml]::new()
        $xml.PreserveWhitespace = $true
        $xml.LoadXml((Get-Content $Path -Raw).Replace('<!DOCTYPE html>', ''))
        $xml.html.body.InnerText
    }
}

AfterAll { Exit-TestSession }

Describe 'Invoke-LoginEtl -ReportPath' {
    BeforeEach {
        $queue = New-TestQueue
        $database = New-TestDatabase
        Initialize-LoginDatabase $database
        $page = Join-Path $TestDrive "$(New-Guid).html"
    }

    It 'writes a page of a good run, in the place of the one of the run before' {
        New-LoginBody 5 | Send-LoginMessage $queue
        $receipt = Invoke-LoginEtl $queue $keys $database -ReportPath $page
        $text = Get-PageText $page
        $text | Should -BeLike "*Run of $($receipt.Source)*Completed: the queue is drained*Nothing: all is well.*"
        $text | Should -BeLike '*Written5*By device type*ios*'
        $text | Should -BeLike '*5 messages in * batch*'
        Push-Location $TestDrive
        try { $null = Invoke-LoginEtl $queue $keys $database -ReportPath (Split-Path $page -Leaf) } finally { Pop-Location }
        Get-PageText $page | Should -BeLike '*Received0*No batch was written.*'
        Get-ChildItem $TestDrive -Filter *.partial | Should -BeNullOrEmpty
    }

    It 'tells of rejects and what to do, and of nobody' {
        $bodies | Send-LoginMessage $queue
        $receipt = Invoke-LoginEtl $queue $keys $database -ReportPath $page -WarningAction Ignore
        $receipt.Quarantined | Should -BeGreaterThan 3
        $text = Get-PageText $page
        $text | Should -BeLike "*$($receipt.Quarantined) messages are in quarantine. Get-LoginQuarantine shows why*"
        $text | Should -BeLike '*wrong_type (locale)*'
        $text | Should -BeLike '*None came twice.*'
        Get-Content $page -Raw | Assert-Clean -Saying 'Content-Security-Policy'
    }

    It 'is written of a run that failed, before it began and while it went on' {
        $other = Join-Path $TestDrive 'other'
        $null = New-LoginKeyset $other -WarningAction Ignore
        New-LoginBody 1 | Send-LoginMessage $queue
        $null = Invoke-LoginEtl $queue $keys $database
        (Invoke-LoginEtl $queue $other $database -ReportPath $page -ErrorAction Ignore).ErrorId | Should -Be 'KeyNotKnown'
        Get-PageText $page | Should -BeLike '*Failed*Exit code 1*KeyNotKnown. *'
        (Invoke-LoginEtl $queue $keys $database -BatchSize 0 -ReportPath $page -ErrorAction Ignore).ErrorId | Should -Be 'SettingInvalid'
        Get-PageText $page | Should -BeLike '*SettingInvalid. -BatchSize*'
    }

    It 'says of a dry run that it was one' {
        New-LoginBody 3 | Send-LoginMessage $queue
        '{}' | Send-LoginMessage $queue
        $null = Invoke-LoginEtl $queue $keys $database -ReportPath $page -WhatIf -WarningAction Ignore
        $text = Get-PageText $page
        $text | Should -BeLike '*A dry run: nothing was written*Would be written3*1 message would go to quarantine*'
        $text | Should -Not -BeLike '*went back*'
        (Invoke-Sql $database 'SELECT count(*) AS n FROM user_logins').n | Should -Be 0
    }

    It 'is written where the run is stopped' {
        New-LoginBody 20 | Send-LoginMessage $queue
        $shell = [powershell]::Create()
        try {
            foreach ($name in 'queue', 'keys', 'database', 'page') { $shell.Runspace.SessionStateProxy.SetVariable($name, (Get-Variable $name -ValueOnly)) }
            $null = $shell.AddScript("Import-Module $(ConvertTo-Literal "$PSScriptRoot/../../LoginEtl.psd1"); Invoke-LoginEtl `$queue `$keys `$database -Wait -BatchSize 20 -ReportPath `$page").BeginInvoke()
            Wait-Until { (Invoke-Sql $database 'SELECT count(*) AS n FROM user_logins').n -eq 20 } 'The rows are written'
            $shell.Stop()
        }
        finally { $shell.Dispose() }
        Get-PageText $page | Should -BeLike '*Stopped*Written20*What was not written is in the queue*'
    }

    It 'refuses <What> before the run begins' -ForEach @(
        @{ What = 'a folder that is not there'; Path = 'nowhere/run.html'; Id = 'FileUnwritable' }
        @{ What = 'a file that is no page'; Path = 'logins.csv'; Id = 'PathInvalid' }
        @{ What = 'a folder'; Path = 'folder.html'; Id = 'PathInvalid' }
        @{ What = 'what is no path'; Path = "a`0b.html"; Id = 'PathInvalid' }
        @{ What = 'nothing'; Path = ''; Id = 'SettingMissing' }
    ) {
        $null = New-Item (Join-Path $TestDrive 'folder.html') -ItemType Directory -Force
        New-LoginBody 1 | Send-LoginMessage $queue
        Push-Location $TestDrive
        try { $receipt = Invoke-LoginEtl $queue $keys $database -ReportPath $Path -ErrorAction Ignore } finally { Pop-Location }
        $receipt.ErrorId, $receipt.ExitCode, $receipt.Received | Should -Be $Id, 1, 0
        (Get-QueueCount $queue).Visible | Should -Be 1
    }

    It 'warns where it cannot be written at the end, and changes no receipt' {
        New-LoginBody 2 | Send-LoginMessage $queue
        $folder = Join-Path $TestDrive 'leaves'
        $null = New-Item $folder -ItemType Directory
        # Its folder goes while the run goes on.
        $receipt = & {
            $ErrorActionPreference = 'Stop'
            Invoke-LoginEtl $queue $keys $database -ReportPath (Join-Path $folder 'run.html') -Verbose 4>&1 | ForEach-Object {
                if ("$_" -like 'Batch *') { Remove-Item $folder }
                $_
            } | Where-Object { $_ -isnot [Management.Automation.VerboseRecord] }
        } 3>&1
        $receipt[0].ExitCode, $receipt[0].Written | Should -Be 0, 2
        $receipt | Should -HaveCount 2
        "$($receipt[1])" | Should -BeLike 'The report *run.html cannot be written (DirectoryNotFoundException). The run itself is as its receipt says.*'
    }
}

Describe 'ConvertTo-LoginReport' {
    BeforeAll {
        $queue = New-TestQueue
        $database = New-TestDatabase
        Initialize-LoginDatabase $database
        $bodies | Send-LoginMessage $queue
        $receipts = @(
            Invoke-LoginEtl $queue $keys $database -WarningAction Ignore
            Invoke-LoginEtl $queue $keys $database
            Invoke-LoginEtl nowhere $keys $database -ErrorAction Ignore
        )
        $page = Join-Path $TestDrive 'runs.html'
    }

    It 'makes one text of the runs of the database' {
        $text = Get-LoginRun $database -Last 100 | ConvertTo-LoginReport
        $text | Should -BeOfType string
        @($text) | Should -HaveCount 1
        $text | Set-Content $page
        Get-PageText $page | Should -BeLike "*Runs3*With an error1*Written$($receipts[0].Written)*QueueNotFound*docs/errors.md*The runs*Failed*"
        $text | Assert-Clean -Saying 'Content-Security-Policy'
    }

    It 'makes one of receipts, by pipeline and by parameter, with the words of their errors' {
        $receipts | ConvertTo-LoginReport -Title 'Läufe: März/April (neu)' | Set-Content $page
        Get-PageText $page | Should -BeLike "Läufe: März/April (neu)*Runs3*$($receipts[0].Quarantined) messages are in quarantine*"
        Get-PageText $page | Should -BeLike "*$($receipts[2].Error)*"
        ConvertTo-LoginReport $receipts | Should -BeLike '*<h1>Runs of LoginEtl</h1>*'
        ConvertTo-LoginReport -InputObject $receipts[0] | Should -BeLike '*One run makes no picture.*'
        $receipts + (Get-LoginRun $database) | ConvertTo-LoginReport | Should -BeLike '*<dt>Runs</dt><dd>6</dd>*'
    }

    It 'takes the receipt of Write-LoginRecord' {
        New-LoginBody 2 | ConvertFrom-LoginJson | Protect-LoginPii $keys | Write-LoginRecord $database -ReceiptVariable receipt
        $receipt | ConvertTo-LoginReport | Should -BeLike '*<dt>Written</dt><dd>2</dd>*'
    }

    It 'says that there are none where none come' {
        Get-LoginRun $database | Where-Object Source -EQ 'another' | ConvertTo-LoginReport | Should -BeLike '*There is no run to show.*'
    }

    It 'refuses what is neither, and quotes nothing of it' {
        'canary-body-4711' | ConvertTo-LoginReport -ErrorVariable told -ErrorAction SilentlyContinue | Should -BeLike '*There is no run to show.*'
        $told[0].FullyQualifiedErrorId | Should -BeLike 'InputUnfit,*'
        { ConvertTo-LoginReport -InputObject 'canary-body-4711' } | Should -Throw '*takes receipts*'
        { $receipts | ConvertTo-LoginReport -Title 'Password=canary-body-4711' } | Should -Throw -ErrorId 'SettingInvalid*'
        { ConvertTo-LoginReport } | Should -Throw -ErrorId 'InputMissing*'
        "$told$($Error[0..3])" | Should -Not -Match 'canary'
    }
}
