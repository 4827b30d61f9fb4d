@{
    RootModule           = 'LoginEtl.psm1'
    ModuleVersion        = '0.1.0'
    GUID                 = '6b0c7d4e-5f0a-4c52-9d4e-0f5a3f2c8a71'
    Author               = 'The LoginEtl founders'
    CompanyName          = 'LoginEtl'
    Copyright            = '(c) The LoginEtl founders.'
    Description          = 'Moves login messages from AWS SQS into PostgreSQL with the personal data masked on the way: no loss, no duplicates, no poison batch.'
    PowerShellVersion    = '7.6'
    CompatiblePSEditions = @('Core')
    FormatsToProcess     = @('LoginEtl.Format.ps1xml')
    CmdletsToExport      = @(
        'Add-LoginKey'
        'Confirm-LoginMessage'
        'ConvertFrom-LoginJson', 'ConvertTo-LoginReport'
        'Disable-LoginKey'
        'Enable-LoginKey'
        'Export-LoginRecord', 'Export-LoginSubject', 'Find-LoginRecord'
        'Get-LoginKeyset'
        'Get-LoginQuarantine'
        'Get-LoginQueue'
        'Get-LoginRun', 'Get-LoginSchema'
        'Import-LoginKey'
        'Initialize-LoginDatabase'
        'Invoke-LoginEtl'
        'Move-LoginMessage'
        'New-LoginKeyset'
        'Protect-LoginPii'
        'Receive-LoginMessage'
        'Remove-LoginKey'
        'Remove-LoginQuarantine', 'Remove-LoginSubject'
        'Reset-LoginMessage'
        'Restore-LoginQuarantine'
        'Send-LoginMessage'
        'Set-LoginPrimaryKey'
        'Test-LoginAudit'
        'Test-LoginEtl', 'Test-LoginJson', 'Test-LoginRun'
        'Unprotect-LoginPii'
        'Update-LoginToken'
        'Write-LoginRecord'
    )
    FunctionsToExport    = @()
    AliasesToExport      = @()
    VariablesToExport    = @()
    PrivateData          = @{
        PSData = @{
            Tags         = @('AWS', 'SQS', 'PostgreSQL', 'ETL', 'PII', 'masking', 'pseudonymization', 'PSEdition_Core')
            LicenseUri   = 'https://opensource.org/license/mit'
            ReleaseNotes = 'The first version: login messages from SQS to PostgreSQL, masked; keys and their rotation, quarantine, audited recovery, scheduled runs. CHANGELOG.md in the module lists all of it, Get-Help about_LoginEtl is the way in.'
        }
    }
}
