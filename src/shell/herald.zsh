# Herald: a sound when a command took long. In ~/.zshrc: eval "$(herald init zsh)"
# Nothing is started after a short command; hooks of other tools are given the command's own status, as ever.
if [[ -o interactive ]] && zmodload zsh/datetime 2>/dev/null; then
  typeset -g __herald_start='' __herald_line=''

  # The third argument has aliases expanded.
  __herald_before() {
    __herald_start=$EPOCHREALTIME __herald_line=$3
  }

  __herald_after() {
    local rc=$?
    emulate -L zsh
    setopt no_bg_nice
    local start=$__herald_start line=$__herald_line
    __herald_start='' __herald_line=''
    if [[ -n $start ]]; then
      local -i took=$(( (EPOCHREALTIME - start) * 1000 ))
      if (( took >= @MIN_MS@ )); then
        # Through a pipe, where nobody can read along.
        (builtin print -rn -- "$line" | @HERALD@ done --ms $took --session $$ --command - -- $rc &) </dev/null >/dev/null 2>&1
      fi
    fi
    return rc
  }

  autoload -Uz add-zsh-hook
  add-zsh-hook preexec __herald_before
  add-zsh-hook precmd __herald_after
fi
