# What is piped into the wrong cmdlet is refused by a sentence that names the right one.
BeforeDiscovery {
    Import-Module "$PSScriptRoot/../../LoginEtl.psd1" -Force
    $common = [Management.Automation.PSCmdlet]::CommonParameters + [Management.Automation.PSCmdlet]::OptionalCommonParameters
    $cmdlets = Get-Command -Module LoginEtl | ForEach-Object { @{ Cmdlet = $_.Name; Parameters = @($_.Parameters.Keys | Where-Object { $_ -notin $common }) } }
}

BeforeAll { . "$PSScriptRoot/Given.ps1" }

AfterAll { Exit-TestSession }

Describe 'What is piped into the wrong cmdlet' {
    It '<What> into <Cmdlet> is refused by a sentence that names <Right>' -ForEach @(
        @{ What = 'a text'; Object = { '{"a":1}' }; Cmdlet = 'Protect-LoginPii'; Right = 'ConvertFrom-LoginJson' }
        @{ What = 'a text'; Object = { '{"a":1}' }; Cmdlet = 'Write-LoginRecord'; Right = 'ConvertFrom-LoginJson' }
        @{ What = 'a text'; Object = { '{"a":1}' }; Cmdlet = 'Receive-LoginMessage'; Right = 'Send-LoginMessage' }
        @{ What = 'a login'; Object = { $login }; Cmdlet = 'Write-LoginRecord'; Right = 'Protect-LoginPii' }
        @{ What = 'a login'; Object = { $login }; Cmdlet = 'Invoke-LoginEtl'; Right = 'Protect-LoginPii' }
        @{ What = 'a record'; Object = { $record }; Cmdlet = 'Protect-LoginPii'; Right = 'Write-LoginRecord' }
        @{ What = 'an entry'; Object = { $entry }; Cmdlet = 'Write-LoginRecord'; Right = 'Restore-LoginQuarantine' }
        @{ What = 'a key'; Object = { $key }; Cmdlet = 'Update-LoginToken'; Right = 'Set-LoginPrimaryKey' }
        @{ What = 'a file'; Object = { Get-Item $PSCommandPath }; Cmdlet = 'Protect-LoginPii'; Right = 'ConvertFrom-LoginJson' }
    ) {
        $given = Get-Given $Cmdlet InputObject
        $given.Remove('Confirm')
        $null = & $Object | & $Cmdlet @given -ErrorVariable refused -ErrorAction SilentlyContinue
        $refused | Should -HaveCount 1
        $refused.FullyQualifiedErrorId | Should -BeLike 'InputUnfit,*'
        "$refused" | Should -BeLike "$Cmdlet takes *$Right*"
        $refused.TargetObject | Should -BeNullOrEmpty
    }

    It 'is refused beside what fits, which goes on' {
        $refused = $null
        $records = 'text', $login, $null, $login | Protect-LoginPii $keys -ErrorVariable refused -ErrorAction SilentlyContinue
        $records | Should -HaveCount 2
        $refused.FullyQualifiedErrorId | Should -BeLike 'InputUnfit,*'
        $refused | Should -HaveCount 2
    }

    It 'is refused where the input was given by parameter' {
        { 'text' | Protect-LoginPii $keys -InputObject $login -ErrorAction Stop } | Should -Throw -ErrorId 'InputUnfit,*' -ExpectedMessage '*nothing more from the pipeline*'
    }

    It 'takes no parameter that a syntax shows' {
        Get-Command -Module LoginEtl -Syntax | Should -Not -Match UnfitInput
    }

    It 'is no reason to run what takes nothing' {
        $null | Initialize-LoginDatabase (New-TestDatabase) -Verbose -ErrorVariable refused -ErrorAction SilentlyContinue 4>&1 | Should -BeNullOrEmpty
        $refused.FullyQualifiedErrorId | Should -BeLike 'InputUnfit,*'
    }

    It 'nothing at all is told before anything is opened: <Cmdlet>' -ForEach ($cmdlets | Where-Object { $_.Parameters -contains 'InputObject' }) {
        $given = Get-Given $Cmdlet InputObject
        $given.Remove('Confirm')
        if ($given.ContainsKey('Database')) { $given.Database = 'Host=127.0.0.1;Port=1' }
        { & $Cmdlet @given } | Should -Throw -ErrorId 'InputMissing,*'
    }
}
