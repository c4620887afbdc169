# Herald: a sound when a command took long. Once, at the prompt:
#   let d = $nu.user-autoload-dirs.0; mkdir $d; herald init nu | save -f $"($d)/herald.nu"
# Nothing is started after a short command.
if not ("__herald_line" in $env) {
    $env.__herald_line = ""
    $env.config.hooks.pre_execution = ($env.config.hooks.pre_execution? | default [] | append {||
        $env.__herald_line = (commandline)
    })
    $env.config.hooks.pre_prompt = ($env.config.hooks.pre_prompt? | default [] | append {||
        let line = ($env.__herald_line? | default "")
        let code = $env.LAST_EXIT_CODE
        let took = ($env.CMD_DURATION_MS | into int)
        $env.__herald_line = ""
        if ($line | str trim | is-not-empty) and $took >= @MIN_MS@ {
            # A signal's number is negative here. The text goes through a pipe, where nobody can read along.
            let status = (if $code < 0 { 128 - $code } else { $code })
            try { $line | ^@HERALD@ done --ms $took --session $nu.pid --command - -- $status | complete | ignore }
            $env.LAST_EXIT_CODE = $code
        }
    })
}
