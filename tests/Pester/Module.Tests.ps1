BeforeAll {
    . "$PSScriptRoot/Session.ps1"
    $keys = Join-Path $TestDrive 'keys'
    $null = New-LoginKeyset $keys -WarningAction Ignore
    $body = '{"user_id":"u","app_version":"1.2.3","ip":"10.9.8.7","device_id":"canary-device"}'
}

AfterAll { Exit-TestSession }

Describe 'The module' {
    It 'has a valid manifest that exports every cmdlet of its assembly' {
        $manifest = Test-ModuleManifest "$PSScriptRoot/../../LoginEtl.psd1"
        $cmdlets = [LoginEtl.PowerShell.Cmdlets.WriteLoginRecordCmdlet].Assembly.GetTypes() |
            ForEach-Object { $_.GetCustomAttributes([Management.Automation.CmdletAttribute], $false) } |
            ForEach-Object { "$($_.VerbName)-$($_.NounName)" } | Sort-Object
        $manifest.ExportedCmdlets.Keys | Sort-Object | Should -Be $cmdlets
    }

    It 'has one version' {
        $props = [xml] (Get-Content "$PSScriptRoot/../../Directory.Build.props" -Raw)
        (Test-ModuleManifest "$PSScriptRoot/../../LoginEtl.psd1").Version | Should -Be ([version] "$($props.Project.PropertyGroup.Version)")
    }

    It 'has a row in docs/cmdlets.md for every cmdlet' {
        $page = Get-Content "$PSScriptRoot/../../docs/cmdlets.md" -Raw
        (Test-ModuleManifest "$PSScriptRoot/../../LoginEtl.psd1").ExportedCmdlets.Keys | ForEach-Object { $page | Should -Match "(?m)^\| \[?``$_``" }
    }

    It 'has about topics that Get-Help finds: <_>' -ForEach 'about_LoginEtl', 'about_LoginEtl_Keys', 'about_LoginEtl_Receipts' {
        $lines = "$(Get-Help $_)" -split '\r?\n'
        $lines[0, 1] | Should -Be 'TOPIC', "    $_"
        $lines | Where-Object { $_.Length -gt 80 } | Should -BeNullOrEmpty -Because 'terminals have 80 columns'
    }

    It 'has the help that its comments make, with an example for every cmdlet and a text for every parameter' {
        $made = Join-Path $TestDrive 'help.xml'
        & "$PSScriptRoot/../../docs/help/New-Help.ps1" -Path $made
        Get-Content $made -Raw | Should -Be (Get-Content "$PSScriptRoot/../../en-US/LoginEtl.PowerShell.dll-Help.xml" -Raw) -Because './build.ps1 Build, Help makes it anew'
        foreach ($cmdlet in Get-Command -Module LoginEtl) {
            $help = Get-Help $cmdlet.Name -Full
            $help.examples.example.Count | Should -BeGreaterThan 0 -Because "$cmdlet has an example"
            foreach ($parameter in $help.parameters.parameter) { "$($parameter.description.Text)" | Should -Not -BeNullOrEmpty -Because "$cmdlet -$($parameter.name) has a text" }
        }
    }

    It 'uses approved verbs and declares what every cmdlet emits' {
        $commands = Get-Command -Module LoginEtl
        $commands.Count | Should -BeGreaterThan 20
        $commands | ForEach-Object { Get-Verb $_.Verb | Should -Not -BeNullOrEmpty -Because $_.Name }
        ($commands | Where-Object { -not $_.OutputType }).Name | Should -Be @('Confirm-LoginMessage', 'Reset-LoginMessage') -Because 'these emit nothing'
    }

    It 'can be imported again with -Force and still works' {
        . "$PSScriptRoot/Session.ps1"
        $body | ConvertFrom-LoginJson | Protect-LoginPii $keys | Should -BeOfType ([LoginEtl.Records.LoginRecord])
    }

    It 'lets no assembly of its own past its private load context' {
        # Whatever fails here has loaded the client.
        try { Receive-LoginMessage q -EndpointUrl 'http://127.0.0.1:1' -Region us-east-1 } catch { $null = $_ }
        $contexts = [Runtime.Loader.AssemblyLoadContext]::All
        $private = $contexts | Where-Object Name -EQ 'LoginEtl'
        $private.Assemblies.GetName().Name | Should -Contain 'LoginEtl.Aws'
        $default = [Runtime.Loader.AssemblyLoadContext]::Default.Assemblies.GetName().Name
        $default | Should -Not -Contain 'LoginEtl.Aws'
        $default | Should -Not -Contain 'AWSSDK.Core'
    }

    It 'says in a sentence that another build of it was loaded before, and runs beside a copy' {
        $root = Convert-Path "$PSScriptRoot/../.."
        $copy, $other = 'copy', 'other' | ForEach-Object {
            $folder = New-Item "$TestDrive/$_" -ItemType Directory
            Copy-Item "$root/LoginEtl.psd1", "$root/LoginEtl.psm1", "$root/LoginEtl.Format.ps1xml", "$root/bin" $folder -Recurse
            ConvertTo-Literal "$folder/LoginEtl.psd1"
        }
        # Another build: each has an id of its own.
        $dll = "$TestDrive/other/bin/LoginEtl.PowerShell.dll"
        $bytes = [IO.File]::ReadAllBytes($dll)
        $id = [LoginEtl.PowerShell.Cmdlets.InvokeLoginEtlCmdlet].Module.ModuleVersionId.ToByteArray()
        $at = [Convert]::ToHexString($bytes).IndexOf([Convert]::ToHexString($id)) / 2
        $at | Should -BeGreaterThan 0
        $bytes[$at] = $bytes[$at] -bxor 1
        [IO.File]::WriteAllBytes($dll, $bytes)
        $said = Invoke-PowerShell -NonInteractive -Command "
            Import-Module $(ConvertTo-Literal "$root/LoginEtl.psd1")
            Import-Module $copy
            'nonsense' | ConvertFrom-LoginJson -WarningAction Ignore | ForEach-Object Reason
            Remove-Module LoginEtl
            try { Import-Module $other } catch { `"`$_`" }"
        $said[0] | Should -Be 'invalid_json'
        $said[1] | Should -BeLike "This session has loaded another build of LoginEtl, from $root, and .NET loads one a process: start a new PowerShell*"
    }

    It 'works beside another version of a package it uses' {
        $code = @'
namespace Microsoft.Extensions.Logging { public interface ILoggerFactory { } }
'@
        $dll = Join-Path $TestDrive 'Microsoft.Extensions.Logging.Abstractions.dll'
        $script = @"
Add-Type -TypeDefinition '$code' -OutputAssembly '$dll'
[void] [Reflection.Assembly]::LoadFrom('$dll')
Import-Module $(ConvertTo-Literal "$PSScriptRoot/../../LoginEtl.psd1")
try { Initialize-LoginDatabase 'Host=127.0.0.1;Port=1;Username=u;Database=d' } catch { `$_.FullyQualifiedErrorId }
"@
        Invoke-PowerShell -NonInteractive -Command $script | Should -BeLike 'DatabaseUnreachable,*'
    }
}

Describe 'Personal data' {
    It 'shows itself in no form of a login' {
        $login = $body | ConvertFrom-LoginJson
        $forms = @(
            $login | Out-String
            $login | Format-List * -Force | Out-String
            $login | ConvertTo-Json -Depth 5 -WarningAction Ignore
            $login | ConvertTo-Csv
            $login | ConvertTo-Xml -As String -Depth 5
            $login | Select-Object * | Out-String
            [Management.Automation.PSSerializer]::Serialize($login, 5)
            "$($login.Ip) $login"
            $login.PSObject.Properties | ForEach-Object { "$($_.Value)" }
        ) -join "`n"
        $forms | Should -Not -Match '10\.9\.8\.7|canary-device'
        $forms | Should -Match '\[redacted\]'
        $login.Ip.Reveal() | Should -Be '10.9.8.7'
    }

    It 'stays out of a transcript' {
        $transcript = Join-Path $TestDrive 'transcript.txt'
        $login = $body | ConvertFrom-LoginJson
        $null = Start-Transcript $transcript
        $login | Out-Default
        $login.Ip | Out-Default
        $login | Protect-LoginPii $keys -Verbose | Out-Default
        $null = Stop-Transcript
        Get-Content $transcript -Raw | Should -Not -Match '10\.9\.8\.7|canary-device'
    }

    It 'can be compared, grouped and sorted without being seen' {
        $logins = $body, $body, $body.Replace('10.9.8.7', '10.9.8.6') | ConvertFrom-LoginJson
        $logins[0].Ip -eq $logins[1].Ip | Should -BeTrue
        $logins[0].Ip -eq $logins[2].Ip | Should -BeFalse
        @($logins | Group-Object Ip).Count | Should -Be 2
        @($logins | Sort-Object Ip -Unique).Count | Should -Be 2
        $logins | Group-Object Ip | Out-String | Should -Not -Match '10\.9\.8'
    }

    It 'cannot be set on a record' {
        $record = $body | ConvertFrom-LoginJson | Protect-LoginPii $keys
        { $record.MaskedIp = 'x' } | Should -Throw
        $record.Locale = 'XX'
        $record.Locale | Should -Be 'XX'
    }
}

Describe 'New-LoginKeyset' {
    It 'writes keysets for their owner alone' {
        if ($IsWindows) { Set-ItResult -Skipped -Because 'Windows has access lists, and no modes' }
        $made = New-LoginKeyset (Join-Path $TestDrive 'made') -WarningAction Ignore
        $made.Name | Should -Be @('ip', 'device_id', 'line_id', 'quarantine', 'audit', 'quarantine (private)')
        $made | ForEach-Object { (Get-Item $_.Path).UnixMode | Should -Be '-rw-------' }
    }

    It 'overwrites nothing without -Force' {
        { New-LoginKeyset $keys } | Should -Throw '*exists already*'
    }

    It 'writes nothing with -WhatIf' {
        New-LoginKeyset (Join-Path $TestDrive 'whatif') -WhatIf
        Join-Path $TestDrive 'whatif' | Should -Not -Exist
    }

    It 'gives the same token for the same value and different ones for different keys' {
        $other = Join-Path $TestDrive 'other'
        $null = New-LoginKeyset $other -WarningAction Ignore
        $a, $b = 1..2 | ForEach-Object { ($body | ConvertFrom-LoginJson | Protect-LoginPii $keys).MaskedIp }
        $a | Should -Be $b
        ($body | ConvertFrom-LoginJson | Protect-LoginPii $other).MaskedIp | Should -Not -Be $a
    }

    It 'takes keys from an environment variable, with a warning' {
        $env:PESTER_KEYS = '{' + ((Get-ChildItem $keys -Filter *.json | ForEach-Object { "`"$($_.BaseName)`":$(Get-Content $_ -Raw)" }) -join ',') + '}'
        $token = ($body | ConvertFrom-LoginJson | Protect-LoginPii env:PESTER_KEYS -WarningVariable warning -WarningAction SilentlyContinue).MaskedIp
        $token | Should -Be ($body | ConvertFrom-LoginJson | Protect-LoginPii $keys).MaskedIp
        $warning | Should -Not -BeNullOrEmpty
        Remove-Item env:PESTER_KEYS
    }
}
