# Herald: a sound when a command took long. In $PROFILE: Invoke-Expression (& herald init powershell | Out-String)
# Wraps the prompt that is there; nothing is started after a short command.
if (-not (Test-Path Variable:Global:__HeraldPrompt)) {
    $Global:__HeraldPrompt = $Function:prompt
    $Global:__HeraldLast = Get-History -Count 1 | ForEach-Object { $_.Id }
    function Global:prompt {
        $ok = $Global:?
        $code = $Global:LASTEXITCODE
        try {
            $last = Get-History -Count 1
            if ($null -ne $last -and $last.Id -ne $Global:__HeraldLast) {
                $Global:__HeraldLast = $last.Id
                $took = [long]($last.EndExecutionTime - $last.StartExecutionTime).TotalMilliseconds
                if ($took -ge @MIN_MS@) {
                    $status = if ($ok) { 0 } elseif ($code -is [int] -and $code -ne 0) { $code } else { 1 }
                    $start = New-Object System.Diagnostics.ProcessStartInfo
                    $start.FileName = @HERALD@
                    $start.Arguments = "done --ms $took --session $PID --command - -- $status"
                    $start.UseShellExecute = $false
                    $start.CreateNoWindow = $true
                    $start.RedirectStandardInput = $true
                    # Through a pipe, where nobody can read along.
                    $started = [System.Diagnostics.Process]::Start($start)
                    $started.StandardInput.Write($last.CommandLine)
                    $started.StandardInput.Close()
                }
            }
        } catch {
            # Whatever fails here is no fault of the command's.
        }
        $Global:LASTEXITCODE = $code
        # The prompt that was there is to see the command's own $?.
        if (-not $ok) { Write-Error '' -ErrorAction Ignore }
        & $Global:__HeraldPrompt
    }
}
