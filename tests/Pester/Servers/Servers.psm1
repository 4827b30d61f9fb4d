# Queues, databases and counts on the tests' servers, which LOGINETL_TEST_* name.
# The tests' own connection uses the module's Npgsql, loaded here into the default context beside the private one.
$deps = Join-Path $PSScriptRoot '../../../bin/deps'
[void] [Reflection.Assembly]::LoadFrom((Resolve-Path (Join-Path $deps 'Microsoft.Extensions.Logging.Abstractions.dll')))
Add-Type -Path (Join-Path $deps 'Npgsql.dll')

$script:Serial = 0
$script:Strategy = $null

# Starts the servers, and sets what leads to them. Only between Enter-TestSession and Exit-TestSession.
function Set-TestEnvironment {
    Start-TestServer
    $env:AWS_ACCESS_KEY_ID = 'test'
    $env:AWS_SECRET_ACCESS_KEY = 'test'
    $env:AWS_REGION = 'us-east-1'
    $env:AWS_ENDPOINT_URL_SQS = $env:LOGINETL_TEST_SQS
    # The tests' server counts exactly: a queue that looks empty is empty.
    $global:PSDefaultParameterValues['Receive-LoginMessage:DrainWindow'] = 0.2
}

function Invoke-Queue([string] $Operation, [hashtable] $Body) {
    Invoke-RestMethod -Method Post -Uri $env:LOGINETL_TEST_SQS -ContentType 'application/x-amz-json-1.0' `
        -Headers @{ 'X-Amz-Target' = "AmazonSQS.$Operation" } -Body ($Body | ConvertTo-Json -Depth 5) -TimeoutSec 20
}

function New-TestName([string] $Prefix) {
    $script:Serial++
    "$Prefix$([guid]::NewGuid().ToString('n').Substring(0, 8))$script:Serial"
}

function New-TestQueue([int] $VisibilityTimeout = 30) {
    $name = New-TestName 'pester-'
    [void] (Invoke-Queue CreateQueue @{ QueueName = $name; Attributes = @{ VisibilityTimeout = "$VisibilityTimeout" } })
    $name
}

# Visible, in flight and delayed messages.
function Get-QueueCount([string] $Queue) {
    $url = (Invoke-Queue GetQueueUrl @{ QueueName = $Queue }).QueueUrl
    $counts = (Invoke-Queue GetQueueAttributes @{ QueueUrl = $url; AttributeNames = @('All') }).Attributes
    [pscustomobject]@{
        Visible  = [int] $counts.ApproximateNumberOfMessages
        InFlight = [int] $counts.ApproximateNumberOfMessagesNotVisible
        Delayed  = [int] $counts.ApproximateNumberOfMessagesDelayed
    }
}

function New-TestDatabase {
    $name = New-TestName 'pester_'
    # By its files takes half of the processor time that going through the log takes; since PostgreSQL 15.
    $script:Strategy ??= (Invoke-Sql $env:LOGINETL_TEST_DATABASE "SELECT CASE WHEN current_setting('server_version_num')::int >= 150000 THEN ' STRATEGY file_copy' ELSE '' END AS s").s
    [void] (Invoke-Sql $env:LOGINETL_TEST_DATABASE "CREATE DATABASE $name$script:Strategy")
    $settings = [Npgsql.NpgsqlConnectionStringBuilder]::new($env:LOGINETL_TEST_DATABASE)
    $settings.Database = $name
    $settings.ConnectionString
}

# Rows as objects.
function Invoke-Sql([string] $Database, [string] $Sql) {
    $settings = [Npgsql.NpgsqlConnectionStringBuilder]::new($Database)
    $settings.Pooling = $false
    $connection = [Npgsql.NpgsqlConnection]::new($settings.ConnectionString)
    try {
        $connection.Open()
        $command = $connection.CreateCommand()
        $command.CommandText = $Sql
        $reader = $command.ExecuteReader()
        while ($reader.Read()) {
            $row = [ordered]@{}
            for ($i = 0; $i -lt $reader.FieldCount; $i++) {
                $value = $reader.GetValue($i)
                $row[$reader.GetName($i)] = if ($value -is [DBNull]) { $null } else { $value }
            }
            [pscustomobject] $row
        }
    }
    finally {
        $connection.Dispose()
    }
}

# One line a body, all of them logins with values of their own.
function New-LoginBody([int] $Count = 1) {
    foreach ($n in 1..$Count) {
        '{{"user_id":"user-{0}","app_version":"1.2.{0}","device_type":"ios","ip":"10.1.{1}.{2}","locale":"DE","device_id":"device-{0}"}}' -f `
            $n, [int][math]::Floor($n / 250), ($n % 250)
    }
}

# The 100 bodies of the well-known public queue image, where they lie beside the project; otherwise nothing.
function Get-KnownMessagePath {
    $path = Join-Path $PSScriptRoot '../../../../shared/data/login-messages.ndjson'
    if (Test-Path $path) { (Resolve-Path $path).Path }
}

Export-ModuleMember -Function *-*
