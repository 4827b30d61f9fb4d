# What people give in the wrong place is said nowhere: every parameter of every cmdlet is given a password, connection
# strings and a body in turn, and every cmdlet has them piped in.
BeforeDiscovery {
    Import-Module "$PSScriptRoot/../../LoginEtl.psd1" -Force
    $common = [Management.Automation.PSCmdlet]::CommonParameters + [Management.Automation.PSCmdlet]::OptionalCommonParameters
    $cmdlets = Get-Command -Module LoginEtl | ForEach-Object { @{ Cmdlet = $_.Name; Parameters = @($_.Parameters.Keys | Where-Object { $_ -notin $common }) } }
}

BeforeAll {
    . "$PSScriptRoot/Given.ps1"
    # No server of AWS knows these calls; this one refuses them at once.
    $env:AWS_ENDPOINT_URL_KMS = $env:LOGINETL_TEST_SQS
    $body = '{"user_id":"u","app_version":"1.2.3","device_type":"ios","ip":"203.0.113.77","locale":"DE","device_id":"canary-device"}'
    $misplaced = @{
        Password = 'C4nary/Pa$$word!4711'
        Npgsql   = 'Host=127.0.0.1;Port=1;Username=u;Password=canary-4711;Database=d'
        Libpq    = "host=127.0.0.1 port=1 user=u password='canary-4711' dbname=d"
        Uri      = 'postgresql://u:canary-4711@127.0.0.1:1/d'
        Body     = $body
    }
    # What throws while it is read, with such a text.
    Add-Type -TypeDefinition 'public sealed class EchoingText { public override string ToString() => throw new System.InvalidOperationException("canary"); }
        public sealed class EchoingList : System.Collections.IEnumerable { public System.Collections.IEnumerator GetEnumerator() { yield return "canary"; throw new System.InvalidOperationException("canary"); } }'
    $throwing = [EchoingText]::new(), [EchoingList]::new()
    $common = [Management.Automation.PSCmdlet]::CommonParameters + [Management.Automation.PSCmdlet]::OptionalCommonParameters
    $forbidden = 'c4nary|canary|203\.0\.113\.77'

    # Runs a script block, and keeps all that came out of it with the name of what was done.
    function Invoke-Watched([string] $What, [scriptblock] $Script) {
        $global:Error.Clear()
        $all = try { & $Script *>&1 } catch { $_ }
        foreach ($one in @($all) + @($global:Error) | Where-Object { $null -ne $_ }) { $watched.Add([pscustomobject]@{ What = $What; Record = $one }) }
    }

    # All that a record of any stream holds, but for the line that was typed: what a person sees, and what a script or a log
    # finds in it.
    function Get-ContentOf($Record) {
        "$Record"
        if ($Record -is [Management.Automation.ErrorRecord]) {
            "$($Record.ErrorDetails) $($Record.ErrorDetails.RecommendedAction) $($Record.CategoryInfo) $($Record.FullyQualifiedErrorId) $($Record.ScriptStackTrace)"
            Get-Form $Record.TargetObject
            for ($e = $Record.Exception; $e; $e = $e.InnerException) {
                "$e $($e.Data.Values)"
                if ($e -is [Management.Automation.RuntimeException]) { Get-Form $e.ErrorRecord.TargetObject }
            }
        }
        elseif ($Record -isnot [Management.Automation.InformationalRecord]) { Get-Form $Record }
        # Module logging writes these, and warnings and errors carry them; what is of the test's own needs no look.
        foreach ($value in $Record.InvocationInfo.BoundParameters.Values) { if ($value -notin $inputs.Values) { Get-Form $value } }
    }

    # An object as text, as JSON and as a job's copy.
    function Get-Form($Value) {
        if ($null -eq $Value) { return }
        "$Value"
        if ($Value -is [string] -or $Value -is [valuetype]) { return }
        ConvertTo-Json $Value -Depth 2 -WarningAction Ignore -ErrorAction Ignore
        [Management.Automation.PSSerializer]::Serialize($Value, 1)
    }

    # What of it must not have been said, and where; nothing when all is well.
    function Find-Echo {
        $watched | Where-Object { @(Get-ContentOf $_.Record) -match $forbidden } | ForEach-Object { "$($_.What): $($_.Record.GetType().Name) $($_.Record)" }
    }

    # What is declared once for several cmdlets is given all texts on the first of them, and one in turn on the others.
    $tried = [Collections.Generic.HashSet[string]]::new()
    $turn = @{ Next = 0 }
    function Get-Kind([type] $Type, [string] $Parameter) {
        $kinds = @($misplaced.Keys)
        $tried.Add("$($Type.GetProperty($Parameter).DeclaringType).$Parameter") ? $kinds : $kinds[$turn.Next++ % $kinds.Count]
    }

    # Each cmdlet with each of its parameters, and what it says to the texts.
    function Find-EchoOfParameter([string] $Cmdlet, [string[]] $Parameters) {
        $watched = [Collections.Generic.List[object]]::new()
        $command = Get-Command $Cmdlet
        foreach ($parameter in $Parameters) {
            $given = Get-Given $Cmdlet $parameter
            $isTable = $command.Parameters[$parameter].ParameterType -eq [hashtable]
            foreach ($kind in Get-Kind $command.ImplementingType $parameter) {
                $what = "-$parameter, $kind"
                $given[$parameter] = $misplaced[$kind]
                Invoke-Watched $what { & $Cmdlet @given }
                # What takes such a text in silence has not been looked at, but for what may be any text.
                if ($watched.What -notcontains $what -and $parameter -notin 'InputObject', 'Reason', 'Body') { "$what says nothing" }
                if (-not $isTable) { continue }
                foreach ($table in @{ ip = $misplaced[$kind] }, @{ masked_ip = $misplaced[$kind] }, @{ $misplaced[$kind] = 'siv' }) {
                    $given[$parameter] = $table
                    Invoke-Watched "$what, in a table" { & $Cmdlet @given }
                }
            }
        }
        Find-Echo
    }

    function Find-EchoOfThrowing([string] $Cmdlet, [string[]] $Parameters) {
        $watched = [Collections.Generic.List[object]]::new()
        foreach ($parameter in $Parameters) {
            $given = Get-Given $Cmdlet $parameter
            foreach ($object in $throwing) {
                $given[$parameter] = $object
                Invoke-Watched "-$parameter, $($object.GetType())" { & $Cmdlet @given }
            }
        }
        Find-Echo
    }

    # More by position than it takes: once behind all that it needs, and once all of it.
    function Find-EchoOfPosition([string] $Cmdlet) {
        $watched = [Collections.Generic.List[object]]::new()
        $given = Get-Given $Cmdlet ''
        $positional = @((Get-Command $Cmdlet).ParameterSets.Parameters | Where-Object Position -GE 0 | Sort-Object Position | Select-Object -ExpandProperty Name -Unique)
        foreach ($kind in $misplaced.Keys) {
            $fitting = @($positional.Where({ -not $given.ContainsKey($_) }).ForEach({ $needed.ContainsKey($_) ? $needed[$_] : 'ip' })) + $misplaced[$kind]
            Invoke-Watched "behind others, $kind" { & $Cmdlet @given @fitting }
            if (-not ($watched.Record.FullyQualifiedErrorId -like 'ParameterUnknown,*')) { "$kind is told as: $($watched.Record.FullyQualifiedErrorId)" }
            $all = @($misplaced[$kind]) * 6
            Invoke-Watched "by position, $kind" { & $Cmdlet @all }
            Invoke-Watched "by position, $kind, piped" { 'x' | & $Cmdlet @all }
            Invoke-Watched "as a name, $kind" { & $Cmdlet "-$($misplaced[$kind])" @given }
        }
        Find-Echo
    }

    function Find-EchoOfPipeline([string] $Cmdlet, [string[]] $Parameters) {
        $watched = [Collections.Generic.List[object]]::new()
        $command = Get-Command $Cmdlet
        $given = Get-Given $Cmdlet ($Parameters -contains 'InputObject' ? 'InputObject' : '')
        # Keys and files come by their properties' names.
        $given.Remove('Name'); $given.Remove('KeyId'); $given.Remove('AuditFile')
        foreach ($kind in 'Body', 'Npgsql') {
            Invoke-Watched "piped, $kind" { $misplaced[$kind] | & $Cmdlet @given }
            Invoke-Watched "piped beside what takes it, $kind" { $misplaced[$kind] | & $Cmdlet @given -UnfitInput x }
            if ($Parameters -contains 'InputObject') { Invoke-Watched "piped beside it, $kind" { $misplaced[$kind] | & $Cmdlet @given -InputObject $inputs[$Cmdlet] } }
            foreach ($parameter in $command.Parameters.Values | Where-Object { $_.Attributes.ValueFromPipelineByPropertyName -contains $true }) {
                $object = @{ Name = 'ip'; KeyId = $key.KeyId; Entry = $entry }
                $object[$parameter.Name] = $misplaced[$kind]
                Invoke-Watched "piped as $($parameter.Name), $kind" { [pscustomobject] $object | & $Cmdlet @given }
            }
        }
        Invoke-Watched 'piped, read' { $body | ConvertFrom-Json | & $Cmdlet @given }
        Find-Echo
        # Every text may be an address that has no rows.
        if ($watched.What -notcontains 'piped, Body' -and $Cmdlet -ne 'Find-LoginRecord') { 'it says nothing' }
    }
}

AfterAll { Exit-TestSession }

Describe 'Nothing is said of what was given in the wrong place' {
    BeforeAll {
        # No file of such a name may come to lie in the project.
        Push-Location $TestDrive
        $VerbosePreference = $DebugPreference = $InformationPreference = 'Continue'
    }

    AfterAll { Pop-Location }

    It 'to a parameter of <Cmdlet>' -ForEach $cmdlets {
        Find-EchoOfParameter $Cmdlet $Parameters | Select-Object -Unique | Should -BeNullOrEmpty
    }

    It 'to a parameter of <Cmdlet> by what throws when it is read' -ForEach $cmdlets {
        Find-EchoOfThrowing $Cmdlet $Parameters | Select-Object -Unique | Should -BeNullOrEmpty
    }

    It 'to <Cmdlet> by position' -ForEach $cmdlets {
        Find-EchoOfPosition $Cmdlet | Select-Object -Unique | Should -BeNullOrEmpty
    }

    It 'to the pipeline of <Cmdlet>' -ForEach $cmdlets {
        Find-EchoOfPipeline $Cmdlet $Parameters | Select-Object -Unique | Should -BeNullOrEmpty
    }

    # Once for each name: PowerShell looks through all of PATH for each error that it shows.
    It 'on a screen or in a transcript' {
        $transcript = Join-Path $TestDrive 'transcript.txt'
        $null = Start-Transcript $transcript
        $seen = [Collections.Generic.HashSet[string]]::new()
        $shown = foreach ($command in Get-Command -Module LoginEtl) {
            foreach ($parameter in $command.Parameters.Keys | Where-Object { $_ -notin $common -and $seen.Add($_) }) {
                $given = Get-Given $command.Name $parameter
                $given[$parameter] = $misplaced.Npgsql
                try { & $command.Name @given *>&1 | Out-String } catch { $_ | Out-String }
            }
        }
        $null = Stop-Transcript
        foreach ($said in ($shown -join ''), (Get-Content $transcript -Raw)) {
            $said | Should -Match 'is not the name of one'
            $said -split "`n" -match $forbidden | Should -BeNullOrEmpty
        }
    }

    It 'into the log of a server that logs every statement' {
        if (-not $env:LOGINETL_TEST_DATABASE_LOG) { Set-ItResult -Skipped -Because 'the log of an existing server is not at hand' }
        $server = [Npgsql.NpgsqlConnectionStringBuilder]::new($database)
        $where = "Host=$($server.Host);Port=$($server.Port)"
        # A comma or a blank where ';' belongs, a form in the place of another, and a credential's user.
        foreach ($dsn in "$where;Username=u,Password=canary-4711;Database=d", "$where;Username=u Password=canary-4711;Database=d",
            "$where;Username=u;Database=d Password=canary-4711", "$where;Username=u;Database=d, Password=canary-4711", "$where;Application Name=x Password=canary-4711",
            "$where;Username=postgresql://u:canary-4711@h/d", "host=$($server.Host) port=$($server.Port) user='u password=canary-4711'") {
            { Initialize-LoginDatabase $dsn } | Should -Throw -ErrorId 'InvalidDatabase,*'
        }
        $credential = [pscredential]::new('Host=h;Password=canary-4711', (ConvertTo-SecureString 'x' -AsPlainText))
        { Initialize-LoginDatabase $where -Credential $credential } | Should -Throw -ErrorId 'InvalidDatabase,*'
        { Initialize-LoginDatabase $database -Table 'password=canary-4711' } | Should -Throw -ErrorId 'InvalidTableName,*'
        # Of a file that grows while it is read -Raw gives several texts.
        $log = (Get-Content $env:LOGINETL_TEST_DATABASE_LOG -Raw) -join ''
        $log | Should -Match ([regex]::Escape($server.Database))
        # Others write there, too, with words of their own that must not be found elsewhere.
        $log -split "`n" -match 'canary-4711' | Should -BeNullOrEmpty
    }

    It 'and this suite would notice' {
        $watched = [Collections.Generic.List[object]]::new()
        Invoke-Watched 'an error' { Write-Error 'canary' }
        Invoke-Watched 'a target' { Write-Error 'x' -TargetObject @{ a = $body } }
        Invoke-Watched 'a conversion' { Start-Sleep -Seconds $misplaced.Libpq }
        Invoke-Watched 'an object' { [pscustomobject]@{ a = $misplaced.Password } }
        Invoke-Watched 'a parameter' { & { [CmdletBinding()] param($a) Write-Warning 'x' } -a $misplaced.Npgsql }
        $found = Find-Echo
        foreach ($what in $watched.What | Select-Object -Unique) { $found -match "^${what}:" | Should -Not -BeNullOrEmpty -Because $what }
    }
}

Describe 'A parameter' {
    It 'of <Cmdlet> hides what it is given before it is bound' -ForEach $cmdlets {
        foreach ($parameter in (Get-Command $Cmdlet).Parameters.Values | Where-Object { $_.Name -in $Parameters -and $_.ParameterType -ne [switch] }) {
            $ours = $parameter.Attributes.Where({ $_ -is [Management.Automation.ArgumentTransformationAttribute] -and $_.GetType().Namespace -like 'LoginEtl.*' })
            $ours | Should -Not -BeNullOrEmpty -Because "PowerShell quotes what it cannot convert into -$($parameter.Name)"
            # What is left of a text by these is a name of ours, or of a variable.
            if ($ours[0].GetType().Name -notin 'AttributeNameAttribute', 'VariableNameAttribute') {
                $parameter.ParameterType | Should -Not -BeIn ([string], [string[]], [object]) -Because "-$($parameter.Name) is printed as it is"
            }
            # What is bound goes into the log of modules in these forms.
            foreach ($given in @($misplaced.Values) + $misplaced.Values.ForEach({ @{ ip = $_ } })) {
                $forms = try { Get-Form $ours[0].Transform($ExecutionContext, $given) } catch { "$($_.Exception)" }
                @($forms) -match $forbidden | Should -BeNullOrEmpty -Because "this is bound to -$($parameter.Name)"
            }
        }
    }
}
