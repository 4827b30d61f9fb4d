BeforeAll {
    . "$PSScriptRoot/Setup.ps1"

    # An example of a cmdlet as its help prints it, with names of this test instead of those in the text.
    function Get-Example([string] $Cmdlet, [hashtable] $Names, [int] $Number = 1) {
        $code = (Get-Help $Cmdlet -Examples).examples.example[$Number - 1].code
        foreach ($name in $Names.Keys) {
            $code | Should -BeLike "*$name*"
            $code = $code.Replace($name, $Names[$name])
        }
        [scriptblock]::Create($code)
    }
}

AfterAll { Exit-TestSession }

Describe 'A parameter of several cmdlets' {
    BeforeDiscovery {
        Import-Module "$PSScriptRoot/../../LoginEtl.psd1" -Force
        # How many texts there are where the same name means different things, and why.
        $others = @{
            InputObject       = 11   # every cmdlet takes other objects
            Attribute         = 2   # of values to find, or of tokens to open
            AuditFile         = 2   # made by one cmdlet, only read by the other
            BatchSize         = 2   # exact for a writer; a rotation goes by ranges of the table
            IamAuthentication = 2   # the cmdlets that change keys have no -Region
            Keyset            = 2   # a source to read from, or one that can be changed
            Method            = 2   # how to mask, or what keysets to make
            Name              = 3   # a keyset to show, the one to change, or those to bring keys into
            PassThru          = 2   # what was written, or the ids of what was sent
            Path              = 4   # files to read, a file or a folder to write, or a folder to make
            PrivateKeyPath    = 6   # to make, to add to, to show, or to read; of the quarantine, of the vault, or to look for a person
            ProfileName       = 3   # of the queue, of the database or of the key service
            Reason            = 3   # why personal data are asked for, why a message was rejected, or why it is dismissed
            Queue             = 4   # to receive from or send to, to move to, to look for, or where an entry came from
            From              = 2   # a backup of keys, or a queue
            Region            = 3   # of the queue, of the database or of the key service
            Force             = 3   # whatever the cmdlet would refuse
            Database          = 2   # needed, or told of a change where it is named
            AllowNullPii      = 2   # on the way to quarantine, or back from it
        }
        $parameters = Get-Command -Module LoginEtl | ForEach-Object { ($_.Parameters.Values | Where-Object { -not $_.Attributes.DontShow -or $_.Attributes.DontShow -notcontains $true }).Name } | Group-Object | Where-Object Count -GT 1 |
            Where-Object Name -NotIn ([Management.Automation.PSCmdlet]::CommonParameters + [Management.Automation.PSCmdlet]::OptionalCommonParameters) |
            ForEach-Object { @{ Name = $_.Name; Texts = $others[$_.Name] ?? 1 } }
    }

    BeforeAll {
        $help = @{}
        foreach ($cmdlet in Get-Command -Module LoginEtl) { $help[$cmdlet.Name] = (Get-Help $cmdlet.Name -Full).parameters.parameter }
    }

    It '-<Name> has <Texts> text(s)' -ForEach $parameters {
        $found = Get-Command -Module LoginEtl | Where-Object { $_.Parameters.ContainsKey($Name) } | ForEach-Object {
            "$(($help[$_.Name] | Where-Object name -EQ $Name).description.Text)"
        } | Select-Object -Unique
        @($found) | Should -HaveCount $Texts
        $found | Should -Not -BeNullOrEmpty
    }
}

Describe 'The help of a cmdlet' {
    BeforeDiscovery { $cmdlets = (Get-Command -Module LoginEtl).Name }

    It 'describes more than it sums up, and leads on: <_>' -ForEach $cmdlets {
        $help = Get-Help $_ -Full
        $description = $help.description.Text -join ' '
        $description.Length | Should -BeGreaterThan 150
        $description | Should -Not -BeLike "*$($help.Synopsis)*"
        $help.relatedLinks.navigationLink.linkText | Should -Contain 'about_LoginEtl'
        foreach ($link in $help.relatedLinks.navigationLink.linkText) {
            @(Get-Help $link).Count | Should -Be 1 -Because "$link is there"
        }
    }

    It 'has -WhatIf and -Confirm where there are, and says what values mean: <_>' -ForEach $cmdlets {
        $command = Get-Command $_
        $named = (Get-Help $_ -Full).parameters.parameter
        ('WhatIf' -in $named.name) | Should -Be $command.Parameters.ContainsKey('WhatIf')
        ('Confirm' -in $named.name) | Should -Be $command.Parameters.ContainsKey('Confirm')
        foreach ($parameter in $command.Parameters.Values) {
            $type = [Nullable]::GetUnderlyingType($parameter.ParameterType) ?? $parameter.ParameterType
            if (-not $type.IsEnum -or $type.Namespace -notlike 'LoginEtl*') { continue }
            $text = ($named | Where-Object name -EQ $parameter.Name).description.Text
            foreach ($value in [enum]::GetNames($type)) { $text | Should -Match "\b${value}: \w" -Because "$($parameter.Name) takes it" }
        }
    }
}

Describe 'Invoke-LoginEtl' {
    It 'has every parameter that the cmdlets have which it stands for' {
        $own = (Get-Command Invoke-LoginEtl).Parameters.Keys
        foreach ($cmdlet in 'Receive-LoginMessage', 'Protect-LoginPii', 'Write-LoginRecord') {
            foreach ($parameter in (Get-Command $cmdlet).Parameters.Keys) {
                # What makes no sense without a pipeline.
                if ($parameter -notin 'InputObject', 'PassThru', 'ReceiptVariable', 'Hold') { $own | Should -Contain $parameter }
            }
        }
    }
}

Describe 'The example of Confirm-LoginMessage' {
    BeforeEach {
        $queue = New-TestQueue
        $csv = Join-Path $TestDrive "$(New-Guid).csv"
        # One after the other, as they were sent.
        $global:PSDefaultParameterValues['Receive-LoginMessage:Receivers'] = 1
        $example = Get-Example Confirm-LoginMessage @{ 'login-queue' = $queue; 'keys/' = $keys; 'logins.csv' = $csv }
    }

    AfterEach {
        $global:PSDefaultParameterValues.Remove('Receive-LoginMessage:Receivers')
    }

    It 'moves every login into the file, and leaves the reject in the queue, which comes <Where>' -ForEach @(
        @{ Where = 'first'; Bodies = { '{"foo":"bar"}'; New-LoginBody 5 } }
        @{ Where = 'last'; Bodies = { New-LoginBody 5; '{"foo":"bar"}' } }
    ) {
        & $Bodies | Send-LoginMessage $queue
        (& $example 3> $null).Visible | Should -Be 1
        (Import-Csv $csv).UserId | Sort-Object | Should -Be (1..5 | ForEach-Object { "user-$_" })
        (Get-QueueCount $queue).Visible | Should -Be 1
    }

    It 'confirms nothing that could not be written' {
        New-LoginBody 3 | Send-LoginMessage $queue
        'SomethingElse', 'x' | Set-Content $csv
        { & $example } | Should -Throw '*SomethingElse*'
        (Get-QueueCount $queue).Visible | Should -Be 3
    }
}

Describe 'The example of Disable-LoginKey' {
    It 'passes over keys that were removed' {
        $first = Get-LoginKeyset $keys ip
        $second, $third = 1..2 | ForEach-Object { Add-LoginKey $keys ip }
        $null = Set-LoginPrimaryKey $keys ip $third.KeyId
        $null = Disable-LoginKey $keys ip $first.KeyId
        $null = Remove-LoginKey $keys ip $first.KeyId -Force -Confirm:$false
        $disabled = & (Get-Example Disable-LoginKey @{ 'keys/' = $keys; '-Database $dsn' = '-ErrorAction Stop' } -Number 2)
        $disabled.KeyId | Should -Be $second.KeyId
    }
}

Describe 'Logins and rejects' {
    It 'have the same columns in a CSV file, whichever comes <Where>' -ForEach @(
        @{ Where = 'first'; Bodies = { '{"foo":"bar"}'; New-LoginBody } }
        @{ Where = 'last'; Bodies = { New-LoginBody; '{"foo":"bar"}' } }
    ) {
        $csv = Join-Path $TestDrive "$(New-Guid).csv"
        $emitted = & $Bodies | ConvertFrom-LoginJson -WarningAction Ignore | Protect-LoginPii $keys
        $emitted | ForEach-Object { $_ | Export-Csv $csv -Append -ErrorAction Stop }
        Import-Csv $csv | Should -HaveCount 2
        $names = $emitted | ForEach-Object { ($_.PSObject.Properties.Name | Sort-Object) -join ' ' }
        $names[0] | Should -Be $names[1]
    }
}
