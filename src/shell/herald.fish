# Herald: a sound when a command took long. In ~/.config/fish/config.fish: herald init fish | source
# Nothing is started after a short command.
if status is-interactive
    function __herald_after --on-event fish_postexec
        set -l rc $status
        set -l took $CMD_DURATION
        if test -n "$took"; and test "$took" -ge @MIN_MS@
            # Through a pipe, where nobody can read along; sh puts it into the background without a word about jobs.
            printf %s "$argv[1]" | command sh -c 'exec 3<&0; "$@" <&3 3<&- >/dev/null 2>&1 &' sh \
                @HERALD@ done --ms $took --session $fish_pid --command - -- $rc >/dev/null 2>&1
        end
    end
end
