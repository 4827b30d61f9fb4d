<#
.SYNOPSIS
    Writes the module's help from the comments of its cmdlets and from what PowerShell knows of their parameters.
.DESCRIPTION
    What a cmdlet or a parameter is for is said once, in its XML documentation comment, and the values of enums are explained by
    theirs. A cmdlet's longer description and its examples are in docs/help/en-US, a file each.
    Needs a built module, since the comments come from the compiler's documentation files.
#>
[CmdletBinding()]
param(
    # The compiler's documentation file.
    [string] $Documentation = (Get-ChildItem "$PSScriptRoot/../../src/LoginEtl.PowerShell/bin/*/net10.0/LoginEtl.PowerShell.xml" | Sort-Object LastWriteTime | Select-Object -Last 1),

    # Where the help goes.
    [string] $Path = "$PSScriptRoot/../../en-US/LoginEtl.PowerShell.dll-Help.xml"
)

$ErrorActionPreference = 'Stop'
Import-Module "$PSScriptRoot/../../LoginEtl.psd1" -Force
. "$PSScriptRoot/Examples.ps1"

$members = @{}
# Enums are in the projects below.
$below = 'LoginEtl.Core', 'LoginEtl.Privacy' | ForEach-Object { Get-ChildItem "$PSScriptRoot/../../src/$_/bin/*/net10.0/$_.xml" | Sort-Object LastWriteTime | Select-Object -Last 1 }
foreach ($file in @($below.FullName) + $Documentation) {
    foreach ($member in ([xml] (Get-Content $file -Raw)).doc.members.member) { $members[$member.name] = $member }
}

# Which parameters a variable stands in for.
$environment = [LoginEtl.PowerShell.Cmdlets.InvokeLoginEtlCmdlet].Assembly.GetType('LoginEtl.PowerShell.Hosting.EnvironmentParameters')

$command = 'http://schemas.microsoft.com/maml/dev/command/2004/10'
$maml = 'http://schemas.microsoft.com/maml/2004/10'
$dev = 'http://schemas.microsoft.com/maml/dev/2004/10'
$common = [Management.Automation.PSCmdlet]::CommonParameters + [Management.Automation.PSCmdlet]::OptionalCommonParameters.Where({ $_ -notin 'WhatIf', 'Confirm' })

# The text of a comment on one line, references by their last name.
function Get-Text([Xml.XmlNode] $Node) {
    $text = foreach ($child in $Node.ChildNodes) {
        if ($child.Name -in 'see', 'paramref') { ($child.cref ?? $child.name) -replace '^.*\.' } elseif ($child.HasChildNodes) { Get-Text $child } else { $child.Value }
    }
    (-join $text) -replace '\s+', ' ' -replace '^ | $'
}

function Get-Summary([string] $Name) {
    $summary = $members[$Name].SelectSingleNode('summary')
    if (-not $summary) { throw "$Name has no summary." }
    Get-Text $summary
}

# -Wait, -MaxMessages and so on; common ones have PowerShell's own help.
function Get-Parameter($Parameters) {
    $Parameters | Where-Object { $_.Name -notin $common -and -not $_.Attributes.Where({ $_ -is [Management.Automation.ParameterAttribute] -and $_.DontShow }) } | Sort-Object { if ($_.Position -ge 0) { $_.Position } else { [int]::MaxValue } }, Name
}

# Its values, each with what it means.
function Get-EnumText([type] $Enum) {
    $texts = foreach ($name in [enum]::GetNames($Enum)) {
        $text = Get-Summary "F:$($Enum.FullName).$name"
        "${name}: $($text.Substring(0, 1).ToLowerInvariant())$($text.Substring(1).TrimEnd('.'))"
    }
    "Values: $($texts -join '; ')."
}

# What PowerShell itself takes, and its help for a cmdlet leaves out.
$asking = [ordered] @{
    WhatIf  = 'Says what would be done, and does not do it.'
    Confirm = 'Asks before it is done.'
}

function Get-ParameterText([type] $Cmdlet, [string] $Name) {
    if ($asking.Contains($Name)) { return $asking[$Name] }
    $text = Get-Summary "P:$($Cmdlet.GetProperty($Name).DeclaringType.FullName).$Name"
    $enum = $Cmdlet.GetProperty($Name).PropertyType
    $enum = [Nullable]::GetUnderlyingType($enum) ?? $enum
    if ($enum.IsEnum) { $text = "$text $(Get-EnumText $enum)" }
    $has = $environment.GetMethod('Has').Invoke($null, @($Cmdlet, $Name))
    if ($has) { "$text $([LoginEtl.Settings.SettingVariables]::NameOf($Name)) when not given." } else { $text }
}

# What a new cmdlet holds; times in seconds.
function Get-DefaultText([type] $Cmdlet, [string] $Name) {
    if ($asking.Contains($Name)) { return }
    $value = $Cmdlet.GetProperty($Name).GetValue([Activator]::CreateInstance($Cmdlet))
    if ($value -is [timespan]) { "$($value.TotalSeconds) s" } elseif ($null -ne $value -and $value -isnot [switch]) { [Convert]::ToString($value, [cultureinfo]::InvariantCulture) }
}

# Whatever PowerShell would ask for in this place; what hides a text takes one.
function Get-TypeName([type] $Type) { ([Nullable]::GetUnderlyingType($Type) ?? $Type).Name -replace '^(Setting|Raw|Secret)Text', 'String' }

function Write-Parameter($Writer, [type] $Cmdlet, $Parameter) {
    $Writer.WriteStartElement('parameter', $command)
    $Writer.WriteAttributeString('required', "$($Parameter.IsMandatory)".ToLowerInvariant())
    $Writer.WriteAttributeString('globbing', 'false')
    $Writer.WriteAttributeString('pipelineInput', $(if ($Parameter.ValueFromPipeline) { 'True (ByValue)' } elseif ($Parameter.ValueFromPipelineByPropertyName) { 'True (ByPropertyName)' } else { 'False' }))
    $Writer.WriteAttributeString('position', $(if ($Parameter.Position -ge 0) { "$($Parameter.Position)" } else { 'named' }))
    $Writer.WriteElementString('name', $maml, $Parameter.Name)
    Write-Description $Writer (Get-ParameterText $Cmdlet $Parameter.Name)
    $type = [Nullable]::GetUnderlyingType($Parameter.ParameterType) ?? $Parameter.ParameterType
    if ($type.IsEnum) {
        $Writer.WriteStartElement('parameterValueGroup', $command)
        foreach ($name in [enum]::GetNames($type)) {
            $Writer.WriteStartElement('parameterValue', $command)
            $Writer.WriteAttributeString('required', 'false')
            $Writer.WriteString($name)
            $Writer.WriteEndElement()
        }
        $Writer.WriteEndElement()
    }
    if ($type -ne [switch]) {
        $Writer.WriteStartElement('parameterValue', $command)
        $Writer.WriteAttributeString('required', 'true')
        $Writer.WriteString((Get-TypeName $type))
        $Writer.WriteEndElement()
    }
    $Writer.WriteStartElement('type', $dev)
    $Writer.WriteElementString('name', $maml, (Get-TypeName $type))
    $Writer.WriteEndElement()
    $default = Get-DefaultText $Cmdlet $Parameter.Name
    if ($default) { $Writer.WriteElementString('defaultValue', $dev, $default) }
    $Writer.WriteEndElement()
}

function Write-Description($Writer, [string[]] $Texts) {
    $Writer.WriteStartElement('description', $maml)
    foreach ($text in $Texts) { $Writer.WriteElementString('para', $maml, $text) }
    $Writer.WriteEndElement()
}

function Write-Types($Writer, [string] $Group, [string] $Item, [string[]] $Names) {
    $Writer.WriteStartElement($Group, $command)
    foreach ($name in $Names) {
        $Writer.WriteStartElement($Item, $command)
        $Writer.WriteStartElement('type', $dev)
        $Writer.WriteElementString('name', $maml, $name)
        $Writer.WriteEndElement()
        $Writer.WriteEndElement()
    }
    $Writer.WriteEndElement()
}

function Write-Cmdlet($Writer, [Management.Automation.CmdletInfo] $Cmdlet) {
    $type = $Cmdlet.ImplementingType
    # "Verb-Noun: what it does."
    $synopsis = (Get-Summary "T:$($type.FullName)") -replace "^$($Cmdlet.Name): "
    $synopsis = $synopsis.Substring(0, 1).ToUpperInvariant() + $synopsis.Substring(1)
    $Writer.WriteStartElement('command', 'command', $command)
    $Writer.WriteStartElement('details', $command)
    $Writer.WriteElementString('name', $command, $Cmdlet.Name)
    $Writer.WriteElementString('verb', $command, $Cmdlet.Verb)
    $Writer.WriteElementString('noun', $command, $Cmdlet.Noun)
    Write-Description $Writer $synopsis
    $Writer.WriteEndElement()
    $page = Get-Content (Join-Path $PSScriptRoot 'en-US' "$($Cmdlet.Name).md") -Raw
    Write-Description $Writer (($page -replace '(?s)\n## Examples.*').Trim() -replace '`' -split '(?:\r?\n){2,}' | ForEach-Object { $_ -replace '\s+', ' ' })

    $Writer.WriteStartElement('syntax', $command)
    foreach ($set in $Cmdlet.ParameterSets) {
        $Writer.WriteStartElement('syntaxItem', $command)
        $Writer.WriteElementString('name', $maml, $Cmdlet.Name)
        foreach ($parameter in Get-Parameter $set.Parameters) { Write-Parameter $Writer $type $parameter }
        $Writer.WriteEndElement()
    }
    $Writer.WriteEndElement()

    $Writer.WriteStartElement('parameters', $command)
    foreach ($group in Get-Parameter $Cmdlet.ParameterSets.Parameters | Group-Object Name) { Write-Parameter $Writer $type $group.Group[0] }
    $Writer.WriteEndElement()

    $inputs = $Cmdlet.ParameterSets.Parameters | Where-Object ValueFromPipeline | ForEach-Object { Get-TypeName $_.ParameterType } | Select-Object -Unique
    Write-Types $Writer 'inputTypes' 'inputType' ($inputs ?? 'None')
    $outputs = $Cmdlet.OutputType.Type | ForEach-Object { $_.FullName }
    Write-Types $Writer 'returnValues' 'returnValue' ($outputs ?? 'None')

    $Writer.WriteStartElement('examples', $command)
    $number = 0
    foreach ($example in Get-HelpExample $Cmdlet.Name) {
        $number++
        $Writer.WriteStartElement('example', $command)
        $Writer.WriteElementString('title', $maml, "---------- Example ${number}: $($example.Title) ----------")
        $Writer.WriteElementString('code', $dev, $example.Code)
        $Writer.WriteStartElement('remarks', $dev)
        foreach ($text in $example.Output, ($example.Remark -replace '`')) { if ($text) { $Writer.WriteElementString('para', $maml, $text) } }
        $Writer.WriteEndElement()
        $Writer.WriteEndElement()
    }
    $Writer.WriteEndElement()

    # The cmdlets that the description names, and what is about all of them.
    $Writer.WriteStartElement('relatedLinks', $maml)
    $named = [regex]::Matches(($page -replace '(?s)\n## Examples.*'), '\b[A-Z][a-z]+-Login[A-Za-z]+').Value | Where-Object { $_ -ne $Cmdlet.Name -and (Get-Command $_ -Module LoginEtl -ErrorAction Ignore) } | Sort-Object -Unique
    foreach ($link in @($named) + 'about_LoginEtl' + $(if ($Cmdlet.Noun -like '*Key*') { 'about_LoginEtl_Keys' } elseif ('ReceiptVariable' -in $Cmdlet.Parameters.Keys) { 'about_LoginEtl_Receipts' })) {
        $Writer.WriteStartElement('navigationLink', $maml)
        $Writer.WriteElementString('linkText', $maml, $link)
        $Writer.WriteElementString('uri', $maml, '')
        $Writer.WriteEndElement()
    }
    $Writer.WriteEndElement()
    $Writer.WriteEndElement()
}

$settings = [Xml.XmlWriterSettings] @{ Indent = $true; NewLineChars = "`n"; Encoding = [Text.UTF8Encoding]::new($false) }
$null = New-Item (Split-Path $Path) -ItemType Directory -Force
$writer = [Xml.XmlWriter]::Create($ExecutionContext.SessionState.Path.GetUnresolvedProviderPathFromPSPath($Path), $settings)
try {
    $writer.WriteStartElement('helpItems', 'http://msh')
    $writer.WriteAttributeString('schema', 'maml')
    $writer.WriteAttributeString('xmlns', 'maml', $null, $maml)
    $writer.WriteAttributeString('xmlns', 'command', $null, $command)
    $writer.WriteAttributeString('xmlns', 'dev', $null, $dev)
    foreach ($cmdlet in Get-Command -Module LoginEtl | Sort-Object Name) { Write-Cmdlet $writer $cmdlet }
    $writer.WriteEndElement()
}
finally {
    $writer.Dispose()
}
