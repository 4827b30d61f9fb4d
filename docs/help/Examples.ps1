# The examples of the cmdlets' pages in en-US: under "## Examples", one "### Title" each, with its code, what it prints, and a
# remark. Before it may stand, in a comment, what its test does first.
function Get-HelpExample([string] $Cmdlet = '*') {
    foreach ($page in Get-ChildItem "$PSScriptRoot/en-US/$Cmdlet.md" | Sort-Object Name) {
        $text = (Get-Content $page -Raw).Replace("`r`n", "`n")
        $form = '(?ms)^### (?<title>[^\n]+)\n\n(?:<!-- before: (?<before>.*?) -->\n)?```powershell\n(?<code>.*?)\n```\n(?:\n```text\n(?<output>.*?)```\n)?(?<remark>(?:(?!^### ).)*)'
        foreach ($match in [regex]::Matches($text, $form)) {
            [pscustomobject] @{
                Cmdlet = $page.BaseName
                Title = $match.Groups['title'].Value
                Before = $match.Groups['before'].Value
                Code = $match.Groups['code'].Value
                Output = $match.Groups['output'].Value.TrimEnd()
                Remark = $match.Groups['remark'].Value.Trim()
            }
        }
    }
}

# Writes what an example prints into its page.
function Set-HelpExampleOutput($Example, [string] $Output) {
    $page = "$PSScriptRoot/en-US/$($Example.Cmdlet).md"
    $text = Get-Content $page -Raw
    $from = $text.IndexOf("### $($Example.Title)`n")
    $code = $text.IndexOf("``````powershell`n", $from)
    $end = $text.IndexOf("`n```````n", $code) + 5
    $rest = $text.Substring($end) -replace '^\n```text\n(?s:.*?)```\n'
    $block = if ($Output) { "`n``````text`n$Output`n```````n" }
    Set-Content $page ($text.Substring(0, $end) + $block + $rest) -NoNewline
}
