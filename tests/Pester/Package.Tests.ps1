BeforeAll {
    . "$PSScriptRoot/Session.ps1"
    $root = Convert-Path "$PSScriptRoot/../.."
    $made = Join-Path $TestDrive 'made'
    # Where the SDK leaves an empty folder each time that it restores tools.
    $env:TMPDIR = "$TestDrive"
    & "$root/build/New-Package.ps1" -Destination $made

    # Published and installed in a home of its own, whose folders are made before: .NET takes the current one where they are missing.
    # Windows has none that a variable names: there it is saved to the same place, and the settings lose the repository again.
    $repository = "LoginEtlTests$([guid]::NewGuid().ToString('n'))"
    $own = Join-Path $TestDrive 'home'
    $null = New-Item "$own/.local/share", "$own/.config", "$own/Library/Application Support" -ItemType Directory
    $feed = New-Item (Join-Path $TestDrive 'feed') -ItemType Directory
    $modules = Join-Path $own '.local/share/powershell/Modules'
    $script = Join-Path $TestDrive 'publish.ps1'
    Set-Content $script @"
`$ErrorActionPreference = 'Stop'
`$env:HOME, `$env:XDG_DATA_HOME, `$env:XDG_CONFIG_HOME = $(ConvertTo-Literal $own), `$null, `$null
Register-PSResourceRepository $repository -Uri $(ConvertTo-Literal $feed)
try {
    Publish-PSResource $(ConvertTo-Literal "$made/LoginEtl") -Repository $repository
    if (`$IsWindows) { Save-PSResource LoginEtl -Repository $repository -TrustRepository -Path (New-Item $(ConvertTo-Literal $modules) -ItemType Directory) }
    else { Install-PSResource LoginEtl -Repository $repository -TrustRepository }
    Find-PSResource LoginEtl -Repository $repository | ConvertTo-Json -Depth 3
}
finally {
    Unregister-PSResourceRepository $repository
}
"@
    $published = Invoke-PowerShell -NonInteractive -File $script 2>&1 | Out-String
    if ($LASTEXITCODE) { throw $published }
    $manifest = Import-PowerShellDataFile "$root/LoginEtl.psd1"
    $installed = Convert-Path (Join-Path $modules "LoginEtl/$($manifest.ModuleVersion)")

    # A new PowerShell that finds the installed module by its name, and says what the script gives as JSON.
    function Read-Installed([string] $Script) {
        $found = "`$env:PSModulePath = $(ConvertTo-Literal "$modules$([IO.Path]::PathSeparator)") + `$env:PSModulePath"
        Invoke-PowerShell -NonInteractive -Command "$found; & { $Script } | ConvertTo-Json" | Out-String | ConvertFrom-Json
    }
}

AfterAll { Exit-TestSession }

Describe 'The package' {
    It 'says in a repository what it is, under which licence, and what is new' {
        $said = $published | ConvertFrom-Json
        $said.Version | ForEach-Object { "$($_.Major).$($_.Minor).$($_.Build)" } | Should -Be $manifest.ModuleVersion
        $said.LicenseUri | Should -Be 'https://opensource.org/license/mit'
        $said.ReleaseNotes.Length | Should -BeGreaterThan 50
        $said.Tags | Should -Contain 'SQS'
        $said.Tags | Should -Contain 'PostgreSQL'
    }

    It 'has every cmdlet and its help when it is installed by name' {
        $read = Read-Installed @'
Import-Module LoginEtl
@{
    Base    = (Get-Module LoginEtl).ModuleBase
    Cmdlets = @((Get-Command -Module LoginEtl).Name)
    NoHelp  = @((Get-Command -Module LoginEtl).Name | Where-Object { -not (Get-Help $_ -Full).examples.example })
    About   = @(Get-Help about_LoginEtl* | ForEach-Object Name | Sort-Object -Unique)
}
'@
        $read.Base | Should -Be $installed
        $read.Cmdlets | Sort-Object | Should -Be ($manifest.CmdletsToExport | Sort-Object)
        $read.NoHelp | Should -BeNullOrEmpty
        $read.About | Should -Be @('about_LoginEtl', 'about_LoginEtl_Keys', 'about_LoginEtl_Receipts')
    }

    It 'has its licence, the notices, and what its manifest names' {
        'LICENSE', 'THIRD-PARTY-NOTICES.md', 'README.md', 'CHANGELOG.md', 'docs/cmdlets.md', 'sbom.cdx.json' | ForEach-Object { Join-Path $installed $_ | Should -Exist }
        { Test-ModuleManifest (Join-Path $installed 'LoginEtl.psd1') -ErrorAction Stop } | Should -Not -Throw
    }

    It 'has examples that run the installed module' {
        # Without a setting the run fails, and its receipt says so.
        $read = Read-Installed @'
$base = (Get-Module LoginEtl -ListAvailable)[0].ModuleBase
$said = & (Join-Path $base 'examples/run.ps1') 2>&1 | Out-String
@{ Said = $said; ExitCode = $LASTEXITCODE; Base = (Get-Module LoginEtl).ModuleBase }
'@
        $read.Base | Should -Be $installed
        $read.Said | Should -Match 'Give -Keyset|LOGINETL_KEYSET'
        $read.Said | Should -Match ': Failed, received 0, '
        $read.ExitCode | Should -Be 1
    }
}

Describe 'The checksums' {
    It 'hold for every file that is installed, and leave none out' {
        $text = Get-Content (Join-Path $made 'SHA256SUMS') -Raw
        $text | Should -Not -Match "`r"
        $sums = $text.TrimEnd("`n") -split "`n"
        foreach ($line in $sums) {
            $line | Should -Match '^[0-9a-f]{64}  LoginEtl/[^\\]+$'
            $hash, $path = $line -split '  ', 2
            (Get-FileHash (Join-Path $installed $path.Substring(9))).Hash | Should -Be $hash -Because $path
        }

        $laid = Get-ChildItem (Join-Path $made 'LoginEtl') -Recurse -File -Force
        $sums.Count | Should -Be $laid.Count
    }

    It 'are taken by sha256sum' {
        $program = Get-Command sha256sum -CommandType Application -ErrorAction Ignore | Select-Object -First 1
        if (-not $program) { Set-ItResult -Skipped -Because 'there is no sha256sum' }
        Push-Location $made
        try { $null = & $program --strict --check SHA256SUMS } finally { Pop-Location }
        $LASTEXITCODE | Should -Be 0
    }

    It 'are the same when the package is laid out again' {
        $again = Join-Path $TestDrive 'again'
        & "$root/build/New-Package.ps1" -Destination $again
        Get-Content "$again/SHA256SUMS" -Raw | Should -Be (Get-Content "$made/SHA256SUMS" -Raw)
    }
}

Describe 'The bill of materials' {
    BeforeAll { $bill = Get-Content (Join-Path $installed 'sbom.cdx.json') -Raw | ConvertFrom-Json }

    It 'is one of CycloneDX, of this version, without a time' {
        $bill.bomFormat | Should -Be 'CycloneDX'
        $bill.metadata.component.name, $bill.metadata.component.version | Should -Be 'LoginEtl', $manifest.ModuleVersion
        $bill.serialNumber | Should -BeNullOrEmpty
        $bill.metadata.timestamp | Should -BeNullOrEmpty
    }

    It 'lists what ships and nothing else, with versions and licences' {
        $shipped = Get-ChildItem (Join-Path $installed 'bin/deps/*.dll') -Exclude 'LoginEtl.*' | ForEach-Object BaseName
        # Two packages have files of other names.
        $files = $bill.components.name -replace '^Parquet\.Net$', 'Parquet' -replace '^ZstdSharp\.Port$', 'ZstdSharp'
        $files | Sort-Object | Should -Be ($shipped | Sort-Object) -Because './build.ps1 Package empties bin/ of what an earlier build left'
        $bill.components.name | Should -Contain 'Npgsql'
        $bill.components.name | Should -Contain 'AWSSDK.SQS'
        $pinned = ([xml] (Get-Content "$root/Directory.Packages.props" -Raw)).Project.ItemGroup.PackageVersion
        foreach ($component in $bill.components) {
            $component.licenses | Should -Not -BeNullOrEmpty -Because $component.name
            $version = ($pinned | Where-Object Include -EQ $component.name).Version
            $component.version | Should -Be ($version ? $version.Trim('[', ']') : $component.version) -Because $component.name
        }
    }
}
