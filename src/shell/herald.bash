# Herald: a sound when a command took long. In ~/.bashrc: eval "$(herald init bash)"
# Without the DEBUG trap, which belongs to other tools: PS0 is expanded when a command begins, PROMPT_COMMAND runs when
# it has ended. Nothing is started after a short command.
if [[ $- == *i* ]] && ((BASH_VERSINFO[0] < 5)); then
  printf '%s\n' "herald: sounds after long commands need bash 5; this is bash $BASH_VERSION." \
    'Use a newer bash or zsh, or: herald run --min 10s -- COMMAND' >&2
elif [[ $- == *i* ]]; then
  # Set, though empty: else PS0's arithmetic would not be evaluated.
  __herald_start='' __herald_number='' __herald_number_before=''

  # In a process of its own. What is asked of the history is what this shell would not tell otherwise: the command's
  # text, for programs that a human sits before. It goes through a pipe, where nobody can read along.
  __herald_tell() {
    local line='' word
    # The number stands still where the command was not put into the history; but then it may be the one before again.
    if [[ $__herald_number != "$__herald_number_before" || ${HISTCONTROL-} == *dups* || ${HISTCONTROL-} == *both* ]]; then
      line=$(HISTTIMEFORMAT='' \builtin history 1)
      [[ $line =~ ^\ *[0-9]+\*?\ +(.*)$ ]] && line=${BASH_REMATCH[1]}
      word=${line%%[[:space:]]*}
      if [[ $word =~ ^[A-Za-z0-9_.-]+$ && -n ${BASH_ALIASES[$word]-} ]]; then
        line=${BASH_ALIASES[$word]}${line#"$word"}
      fi
    fi
    \builtin printf '%s' "$line" | @HERALD@ 'done' --ms "$2" --session "$$" --command - -- "$1"
  }

  __herald_after() {
    local status=$? start=$__herald_start took
    __herald_start=''
    if [[ -n $start ]]; then
      took=$(((${EPOCHREALTIME//[^0-9]/} - start) / 1000))
      if ((took >= @MIN_MS@)); then
        (__herald_tell "$status" "$took" &) </dev/null >/dev/null 2>&1
      fi
      __herald_number_before=$__herald_number
    fi
    return "$status"
  }

  if [[ ${PS0-} != *__herald_start* ]]; then
    # shellcheck disable=SC2016 # expanded when a command begins
    PS0='${__herald_start:0:$((__herald_number=\!, __herald_start=${EPOCHREALTIME//[^0-9]/}, 0))}'${PS0-}
  fi
  if [[ ${PROMPT_COMMAND[*]-} != *__herald_after* ]]; then
    if ((BASH_VERSINFO[0] > 5 || BASH_VERSINFO[1] > 0)); then
      # Each element is given the command's own status and PIPESTATUS. The first one is left to those who know no arrays.
      PROMPT_COMMAND=("${PROMPT_COMMAND[@]-}" '__herald_after || :')
    else
      # shellcheck disable=SC2128,SC2178 # no array yet in 5.0
      PROMPT_COMMAND="__herald_after${PROMPT_COMMAND:+;$PROMPT_COMMAND}"
    fi
  fi
fi
