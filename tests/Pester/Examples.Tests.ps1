# Every example of help is run, and prints what its text says.
BeforeDiscovery {
    . "$PSScriptRoot/../../docs/help/Examples.ps1"
    $examples = Get-HelpExample | ForEach-Object { @{ Cmdlet = $_.Cmdlet; Title = $_.Title; Output = $_.Output } }
    $cmdlets = $examples.Cmdlet | Select-Object -Unique
}

BeforeAll {
    . "$PSScriptRoot/Setup.ps1"
    . "$PSScriptRoot/../../docs/help/Examples.ps1"
    Get-HelpExample | ConvertTo-Json | Set-Content "$TestDrive/examples.json"
    $lines = Invoke-PowerShell -NonInteractive -File "$PSScriptRoot/Examples.ps1" -Examples "$TestDrive/examples.json" -Folder (New-Item "$TestDrive/x" -ItemType Directory) 2>&1

    $printed = @{}
    foreach ($line in $lines) {
        if ("$line" -match '^#### (?<of>.+)$') {
            $of = $Matches.of
            $printed[$of] = [Collections.Generic.List[string]]::new()
            $names = [ordered] @{}
        }
        elseif ("$line" -match '^## (?<is>\S+) (?<name>\S+)$') { $names[$Matches.is] = $Matches.name }
        elseif ($of) {
            $text = "$line"
            foreach ($name in $names.Keys) { $text = $text.Replace($name, $names[$name]) }
            $printed[$of].Add($text.TrimEnd())
        }
    }

    # Without what is another every time, and without the widths of columns and lines.
    function Get-Form([string] $Text) {
        $Text = $Text -replace '\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b', 'UUID'
        $Text = $Text -replace '\d{4}-\d\d-\d\d( \d\d:\d\d(:\d\d)?)?', 'DATE' -replace '\d\d:\d\d:\d\d\.\d+|\d+\.\d s', 'TIME' -replace '\d+\.\d+\.\d+\+\w+', 'VERSION'
        $Text = $Text -replace '\b(siv1|mac1|pfx1|esc1)\.[\w.-]+…?', '$1.TOKEN' -replace '\b[0-9a-f]{16,}\b', 'HEX' -replace '\b\d{5,10}\b', 'ID'
        $Text -replace '-{3,}', '---' -replace '\s+'
    }

    if ($env:LOGINETL_TEST_NEW_EXAMPLES) {
        Get-HelpExample | Where-Object { (Get-Form $_.Output) -ne (Get-Form ($printed["$($_.Cmdlet): $($_.Title)"] -join "`n")) } |
            ForEach-Object { Set-HelpExampleOutput $_ ($printed["$($_.Cmdlet): $($_.Title)"] -join "`n").Trim("`n") }
    }
}

AfterAll { Exit-TestSession }

Describe 'An example of help' {
    It '<Cmdlet>: <Title>' -ForEach $examples {
        $printed.ContainsKey("${Cmdlet}: $Title") | Should -BeTrue -Because 'it was run'
        Get-Form ($printed["${Cmdlet}: $Title"] -join "`n") | Should -BeExactly (Get-Form $Output)
    }
}

Describe 'The help of a cmdlet' {
    It 'has three examples or more: <_>' -ForEach $cmdlets {
        (Get-Help $_ -Examples).examples.example.Count | Should -BeGreaterOrEqual 3
    }

    It 'shows tables of chosen columns that wait for all rows, so that no width hangs on how fast they come' {
        (Get-HelpExample).Code -split "`n" -match 'Format-Table' -notmatch '-AutoSize' | Should -BeNullOrEmpty
    }

    It 'has examples for every cmdlet' {
        (Get-HelpExample).Cmdlet | Select-Object -Unique | Should -Be ((Get-Command -Module LoginEtl).Name | Sort-Object)
    }
}
