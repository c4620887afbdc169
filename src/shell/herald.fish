# Herald: a sound when a command took long. In ~/.config/fish/config.fish: herald init fish | source
# Nothing is started after a short command.
if status is-interactive
    function __herald_before --on-event fish_preexec
        set -g __herald_jobs (jobs -p 2>/dev/null)
    end

    function __herald_after --on-event fish_postexec
        set -l rc $status
        set -l took $CMD_DURATION
        # A line of blanks is told of, too.
        if test -n "$took"; and test "$took" -ge @MIN_MS@; and string match -qr '\S' -- "$argv[1]"
            # A command that was stopped has no status of its own here: it is known by its job.
            set -l job ''
            for known in (jobs -p 2>/dev/null)
                contains -- $known $__herald_jobs; or set job $known
            end
            # Through a pipe, where nobody can read along; sh puts it into the background without a word about jobs.
            printf %s "$argv[1]" | command sh -c '
                case ${1:+$(ps -o stat= -p "$1")} in T*) exit ;; esac
                shift
                exec 3<&0
                "$@" <&3 3<&- &
            ' sh "$job" @HERALD@ done --ms $took --session $fish_pid --command - -- $rc >/dev/null 2>&1
        end
    end
end
