# bash completion for herald(1): asks the program itself what fits.

_herald() {
    local IFS=$' \t\n'
    local line=${COMP_LINE:0:COMP_POINT} words=() starts=() raw=0 word
    # Bash splits at colons and equals signs; here they are parts of words.
    for ((raw = 0; raw <= COMP_CWORD; raw++)); do
        word=${COMP_WORDS[raw]}
        if ((raw > 0)) && [[ $line != [[:blank:]]* ]]; then
            # shellcheck disable=SC2004
            words[${#words[@]} - 1]+=${line:0:${#word}}
        else
            line=${line#"${line%%[![:blank:]]*}"}
            words+=("${line:0:${#word}}")
            starts+=("$raw")
        fi
        line=${line:${#word}}
    done
    local last=$((${#words[@]} - 1))
    ((last > 0)) || return 0
    local current=${words[last]#[\"\']}

    local answer
    answer=$(command herald complete "--word=$current" -- "${words[@]:1:last-1}" 2>/dev/null) || return 0
    local kind=${answer%%$'\n'*}
    case $kind in
        'command '*)
            if declare -F _command_offset >/dev/null; then
                _command_offset "${starts[${kind#command }]}"
            elif ((${kind#command } == last)); then
                mapfile -t COMPREPLY < <(compgen -c -- "$current")
            else
                compopt -o default
            fi
            return 0
            ;;
    esac

    # Only what follows the last of its own word breaks is replaced.
    local kept=''
    if [[ $current == *[:=]* ]]; then
        local breaks=''
        [[ $COMP_WORDBREAKS != *:* ]] || breaks+=:
        [[ $COMP_WORDBREAKS != *=* ]] || breaks+='='
        [[ -z $breaks ]] || kept=${current%"${current##*["$breaks"]}"}
    fi

    local found=() about=() widest=0 value
    while IFS=$'\t' read -r value word; do
        if [[ $value == "$current"* ]]; then
            value=${value#"$kept"}
            found+=("$value")
            about+=("$word")
            ((${#value} <= widest)) || widest=${#value}
        fi
    done < <(tail -n +2 <<<"$answer")

    local files=()
    case $kind in
        files) mapfile -t files < <(compgen -f -- "$current") ;;
        directories) mapfile -t files < <(compgen -d -- "$current") ;;
    esac
    if ((${#found[@]} == 0)); then
        # Bash quotes them and marks directories.
        [[ $kind == plain ]] || compopt -o filenames
        found=("${files[@]}")
    else
        # It would quote the colons of the others as well.
        for value in "${files[@]}"; do
            [[ ! -d $value ]] || value+=/
            found+=("$(printf %q "${value#"$kept"}")")
        done
        if ((${#found[@]} == 1)) && [[ ${found[0]} == *[:/=] ]]; then
            compopt -o nospace
        fi
    fi
    # Where they are only listed, say what they are.
    if [[ $COMP_TYPE == 63 ]] && ((${#found[@]} > 1)); then
        local at room=$((${COLUMNS:-80} - widest - 4))
        for at in "${!about[@]}"; do
            if [[ -n ${about[at]} ]] && ((room > 10)); then
                printf -v 'found[at]' '%-*s  %s' "$widest" "${found[at]}" "(${about[at]:0:room-2})"
            fi
        done
    fi
    COMPREPLY=("${found[@]}")
}

complete -o nosort -F _herald herald 2>/dev/null || complete -F _herald herald
