# PowerShell completion for herald(1): asks the program itself what fits.

Register-ArgumentCompleter -Native -CommandName 'herald', 'herald.exe' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $program = Get-Command -Name 'herald' -CommandType Application -ErrorAction SilentlyContinue | Select-Object -First 1
    if ($null -eq $program) { return }

    $current = ''
    $before = @()
    foreach ($element in ($commandAst.CommandElements | Select-Object -Skip 1)) {
        if ($element.Extent.StartOffset -ge $cursorPosition) { break }
        $text = $element.Extent.Text
        if ($element.Extent.EndOffset -ge $cursorPosition) {
            $current = $text.Substring(0, $cursorPosition - $element.Extent.StartOffset).Trim('"', "'")
        } elseif ($element -is [System.Management.Automation.Language.StringConstantExpressionAst]) {
            $before += $element.Value
        } else {
            $before += $text
        }
    }

    $answer = @(& $program.Source complete "--word=$current" '--' @before 2>$null)
    if ($answer.Count -eq 0) { return }
    $kind = $answer[0]
    foreach ($line in ($answer | Select-Object -Skip 1)) {
        $value, $about = $line.Split("`t", 2)
        if (-not $value.StartsWith($current)) { continue }
        if (-not $about) { $about = $value }
        [System.Management.Automation.CompletionResult]::new($value, $value, 'ParameterValue', $about)
    }
    if ($kind -eq 'files' -or $kind -eq 'directories' -or $kind -like 'command *') {
        [System.Management.Automation.CompletionCompleters]::CompleteFilename($current) |
            Where-Object { $kind -ne 'directories' -or $_.ResultType -eq 'ProviderContainer' }
    }
}
