# Runs the examples of help as a person would, each in a world that it finds as its text says, and prints what they print.
# Run by Examples.Tests.ps1 in a PowerShell of its own, whose host shows what a person would see, -WhatIf and warnings as well.
param(
    # A file of examples: objects with Cmdlet, Title, Code and Before.
    [Parameter(Mandatory)] [string] $Examples,

    # A folder for files that they read and write.
    [Parameter(Mandatory)] [string] $Folder
)

$PSStyle.OutputRendering = 'PlainText'
$ProgressPreference = 'Ignore'
# Whoever tries them says yes.
$ConfirmPreference = 'None'
Import-Module "$PSScriptRoot/Servers/Servers.psm1"
Import-Module "$PSScriptRoot/../../LoginEtl.psd1"
$env:PSModulePath = "$Folder/modules$([IO.Path]::PathSeparator)$env:PSModulePath"
# An example may import it by its name; it is here already.
$null = New-Item "$Folder/modules/LoginEtl" -ItemType Directory
Set-Content "$Folder/modules/LoginEtl/LoginEtl.psm1" ''

# What is typed unseen.
function Read-Host([switch] $AsSecureString) { ConvertTo-SecureString $typed -AsPlainText }

function Add-Message([int] $Count) { New-LoginBody $Count | Send-LoginMessage $names['login-queue'] }
function Add-Reject { '{"foo":"bar"}' | Send-LoginMessage $names['login-queue'] }
function Add-Row([int] $Count) { New-LoginBody $Count | ConvertFrom-LoginJson -SourceId rows | Protect-LoginPii keys/ | Write-LoginRecord $dsn }

function New-ExampleQueue([string] $Name, [hashtable] $Attributes = @{}) {
    (Invoke-Queue CreateQueue @{ QueueName = $Name; Attributes = $Attributes }).QueueUrl
}

function Add-DeadLetter([int] $Count) {
    $dead = $names['login-dead']
    $null = New-ExampleQueue $dead
    $arn = (Invoke-Queue GetQueueAttributes @{ QueueUrl = (Invoke-Queue GetQueueUrl @{ QueueName = $dead }).QueueUrl; AttributeNames = @('QueueArn') }).Attributes.QueueArn
    $null = Invoke-Queue SetQueueAttributes @{ QueueUrl = (Invoke-Queue GetQueueUrl @{ QueueName = $names['login-queue'] }).QueueUrl; Attributes = @{ RedrivePolicy = "{`"deadLetterTargetArn`":`"$arn`",`"maxReceiveCount`":3}" } }
    New-LoginBody $Count | Send-LoginMessage $dead
}

function Add-Fifo { $null = New-ExampleQueue $names['logins.fifo'] @{ FifoQueue = 'true'; ContentBasedDeduplication = 'true' } }

# From here on as somebody with the roles of recovery, as docs/security.md advises.
function Use-Recoverer {
    $null = Initialize-LoginDatabase $dsn -Role
    $null = Invoke-Sql $dsn "CREATE ROLE $ada LOGIN PASSWORD 'of-a-test'; GRANT login_etl_recoverer, login_etl_auditor, login_etl_eraser TO $ada"
    $of = [Npgsql.NpgsqlConnectionStringBuilder]::new($dsn)
    $of.Username, $of.Password = $ada, 'of-a-test'
    $script:dsn = $of.ConnectionString
}

# The database without what Initialize-LoginDatabase makes.
function Reset-Database { $null = Invoke-Sql $dsn 'DROP SCHEMA public CASCADE; CREATE SCHEMA public' }

# Names of the text by those of this run.
function ConvertTo-Own([string] $Code) {
    foreach ($name in $names.Keys) { $Code = $Code.Replace($name, $names[$name]) }
    $Code
}

$number = 0
foreach ($group in Get-Content $Examples -Raw | ConvertFrom-Json | Group-Object Cmdlet) {
    $own = New-TestDatabase
    $settings = [Npgsql.NpgsqlConnectionStringBuilder]::new($own)
    $uri = "postgresql://$($settings.Username):$($settings.Password)@$($settings.Host):$($settings.Port)/$($settings.Database)"
    foreach ($example in $group.Group) {
        $number++
        $folderOfIt = New-Item "$Folder/$number" -ItemType Directory
        Set-Location $folderOfIt
        $queue = 'q{0:x4}' -f (Get-Random -Maximum 65536)
        $names = @{ 'login-queue' = "$queue-queue"; 'login-dead' = "$queue-dead"; 'logins.fifo' = "${queue}s.fifo"; 'login-*' = "$queue-*" }
        $PSDefaultParameterValues.Clear()
        $PSDefaultParameterValues['*-Login*:DrainWindow'] = $PSDefaultParameterValues['*-Login*:FlushInterval'] = 0.2
        $typed = $exit = $null
        $dsn = $own
        $ada = "ada_$queue"
        $global:LASTEXITCODE = $null
        Get-ChildItem env:LOGINETL_* | Where-Object Name -NotLike 'LOGINETL_TEST_*' | Remove-Item
        $null = New-LoginKeyset keys/ -WarningAction Ignore
        if ("$($example.Before) $($example.Code)" -match 'dsn|Add-Row') {
            Reset-Database
            $null = Initialize-LoginDatabase $dsn
        }
        $null = New-ExampleQueue $names['login-queue']
        . ([scriptblock]::Create((ConvertTo-Own $example.Before))) | Out-Null
        Set-Content ./example.ps1 (ConvertTo-Own $example.Code)
        # As wide as help shows it in a terminal of 80 columns. A marker, the names to be put back, and what the example prints.
        "#### $($example.Cmdlet): $($example.Title)"
        $names.Keys | Where-Object { $_ -like 'login*' } | ForEach-Object { "## $($names[$_]) $_" }
        "## $folderOfIt /home/ada"
        "## $ada ada"
        try { & ./example.ps1 2>&1 | Out-String -Stream -Width 76 } catch { "$_" }
        if ($exit -ne $LASTEXITCODE -and $null -ne $exit) { "It ends with exit code $LASTEXITCODE." }
        if ($dsn -ne $own) { $null = Invoke-Sql $own "DROP OWNED BY $ada; DROP ROLE $ada" }
    }
}
