# fish completion for herald(1): asks the program itself what fits.

function __herald_complete
    command -q herald
    or return
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l answer (command herald complete --word="$current" -- $words[2..-1] 2>/dev/null)
    switch "$answer[1]"
        case 'command *'
            set -l at (math (string replace 'command ' '' -- $answer[1]) + 1)
            set -l rest
            if test $at -le (count $words)
                set rest (string escape -- $words[$at..-1])
            end
            complete -C(string join -- ' ' $rest $current)
            return
        case files
            __fish_complete_path $current
        case directories
            __fish_complete_directories $current ''
    end
    if set -q answer[2]
        printf '%s\n' $answer[2..-1]
    end
end

complete -c herald -e
complete -c herald -f -k -a '(__herald_complete)'
