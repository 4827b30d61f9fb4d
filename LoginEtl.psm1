# .NET loads one build of an assembly into a process, and says so in words that help nobody.
try {
    Import-Module "$PSScriptRoot/bin/LoginEtl.PowerShell.dll" -ErrorAction Stop
}
catch [IO.FileLoadException] {
    $loaded = [AppDomain]::CurrentDomain.GetAssemblies() | Where-Object { $_.GetName().Name -eq 'LoginEtl.PowerShell' } | Select-Object -First 1
    if (-not $loaded) { throw }
    throw "This session has loaded another build of LoginEtl, from $(Split-Path (Split-Path $loaded.Location)), and .NET loads one a process: start a new PowerShell to use the one in $PSScriptRoot."
}
