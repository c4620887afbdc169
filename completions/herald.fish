# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_herald_global_optspecs
    string join \n h/help V/version
end

function __fish_herald_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_herald_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_herald_using_subcommand
    set -l cmd (__fish_herald_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c herald -n "__fish_herald_needs_command" -s h -l help -d 'Print help'
complete -c herald -n "__fish_herald_needs_command" -s V -l version -d 'Print version'
complete -c herald -n "__fish_herald_needs_command" -f -a "hook" -d 'For agents: read a payload, decide, play; prints nothing, always exits with 0'
complete -c herald -n "__fish_herald_needs_command" -f -a "play" -d 'Play an event, a sound or a file'
complete -c herald -n "__fish_herald_needs_command" -f -a "run" -d 'Run a command and play by its status, which is kept'
complete -c herald -n "__fish_herald_needs_command" -f -a "done" -d 'Play by the status of a command that has ended, and exit with it: `make; herald done $?`'
complete -c herald -n "__fish_herald_needs_command" -f -a "init" -d 'Print what makes a shell play a sound after each command that took long'
complete -c herald -n "__fish_herald_needs_command" -f -a "install" -d 'Put hooks into the settings of agents, so that they are heard'
complete -c herald -n "__fish_herald_needs_command" -f -a "uninstall" -d 'Take the hooks out again'
complete -c herald -n "__fish_herald_needs_command" -f -a "agents" -d 'List the agents: which are here, which have hooks, when each was last heard'
complete -c herald -n "__fish_herald_needs_command" -f -a "explain" -d 'Tell what a payload would do, and why; changes nothing'
complete -c herald -n "__fish_herald_needs_command" -f -a "which" -d 'Tell which sound an event or a name stands for'
complete -c herald -n "__fish_herald_needs_command" -f -a "preview" -d 'Play a whole pack or one event, or render it to a file'
complete -c herald -n "__fish_herald_needs_command" -f -a "mute" -d 'Be silent for a while, or until `herald unmute`'
complete -c herald -n "__fish_herald_needs_command" -f -a "unmute" -d 'Be heard again'
complete -c herald -n "__fish_herald_needs_command" -f -a "volume" -d 'Show the volume, or set it in the configuration file'
complete -c herald -n "__fish_herald_needs_command" -f -a "pack" -d 'List, choose, check, add and remove packs'
complete -c herald -n "__fish_herald_needs_command" -f -a "sounds" -d 'List the sounds of a pack, with length, level and format; without one, of those in use'
complete -c herald -n "__fish_herald_needs_command" -f -a "log" -d 'Show what happened and why'
complete -c herald -n "__fish_herald_needs_command" -f -a "status" -d 'Show who speaks, who waits, and how things stand'
complete -c herald -n "__fish_herald_needs_command" -f -a "doctor" -d 'Find what is wrong, mend the speaker\'s state, and tell what to do about the rest'
complete -c herald -n "__fish_herald_needs_command" -f -a "config" -d 'Show, change or check the configuration'
complete -c herald -n "__fish_herald_needs_command" -f -a "trust" -d 'Let a project\'s .herald.toml turn Herald down'
complete -c herald -n "__fish_herald_needs_command" -f -a "untrust" -d 'Pass a project\'s .herald.toml over again'
complete -c herald -n "__fish_herald_needs_command" -f -a "completions" -d 'Print the completions for a shell'
complete -c herald -n "__fish_herald_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c herald -n "__fish_herald_using_subcommand hook" -l agent -d 'Which agent calls; without it the payload tells' -r
complete -c herald -n "__fish_herald_using_subcommand hook" -l event -d 'What happened, where the payload doesn\'t say: the agent\'s own word, or Herald\'s' -r
complete -c herald -n "__fish_herald_using_subcommand hook" -s h -l help -d 'Print help'
complete -c herald -n "__fish_herald_using_subcommand play" -l volume -d 'Volume, instead of the configured one' -r
complete -c herald -n "__fish_herald_using_subcommand play" -l wait -d 'Return when it was heard; exit with 1 if it was not, or not to its end'
complete -c herald -n "__fish_herald_using_subcommand play" -l force -d 'Even if it is off, muted or was heard a moment ago'
complete -c herald -n "__fish_herald_using_subcommand play" -s h -l help -d 'Print help'
complete -c herald -n "__fish_herald_using_subcommand run" -l min -d 'Silent if it took less, as in 300ms, 10s or 1m30s' -r
complete -c herald -n "__fish_herald_using_subcommand run" -l quiet-on -d 'Silent on these exit statuses, or none: Ctrl-C (130) and a closed pipe (141) are no news' -r
complete -c herald -n "__fish_herald_using_subcommand run" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c herald -n "__fish_herald_using_subcommand done" -l min -d 'Silent if it took less, as in 300ms, 10s or 1m30s; needs --secs or --ms' -r
complete -c herald -n "__fish_herald_using_subcommand done" -l secs -d 'How long it took, in seconds' -r
complete -c herald -n "__fish_herald_using_subcommand done" -l ms -d 'How long it took, in milliseconds' -r
complete -c herald -n "__fish_herald_using_subcommand done" -l command -d 'What was run, or - to read it from standard input; silent after editors, pagers and the like' -r
complete -c herald -n "__fish_herald_using_subcommand done" -l session -d 'Whose terminal it was; none is silenced by another' -r
complete -c herald -n "__fish_herald_using_subcommand done" -l quiet-on -d 'Silent on these exit statuses, or none: Ctrl-C (130), a closed pipe (141), Ctrl-Z (148)' -r
complete -c herald -n "__fish_herald_using_subcommand done" -s h -l help -d 'Print help'
complete -c herald -n "__fish_herald_using_subcommand init" -l min -d 'What took less stays silent, as in 500ms, 10s or 1m30s' -r
complete -c herald -n "__fish_herald_using_subcommand init" -s h -l help -d 'Print help'
complete -c herald -n "__fish_herald_using_subcommand install" -l scope -d 'For whom: everything you do, or the project around the working directory' -r -f -a "user\t'Everything you do'
project\t'The project around the working directory'"
complete -c herald -n "__fish_herald_using_subcommand install" -l events -d 'These events too, or (uninstall) these alone: Herald\'s names or the agent\'s' -r
complete -c herald -n "__fish_herald_using_subcommand install" -l all -d 'All that are here'
complete -c herald -n "__fish_herald_using_subcommand install" -l dry-run -d 'Show what would change, as a difference, and change nothing'
complete -c herald -n "__fish_herald_using_subcommand install" -l force -d 'Also where the agent isn\'t found, or a file is read-only'
complete -c herald -n "__fish_herald_using_subcommand install" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c herald -n "__fish_herald_using_subcommand uninstall" -l scope -d 'For whom: everything you do, or the project around the working directory' -r -f -a "user\t'Everything you do'
project\t'The project around the working directory'"
complete -c herald -n "__fish_herald_using_subcommand uninstall" -l events -d 'These events too, or (uninstall) these alone: Herald\'s names or the agent\'s' -r
complete -c herald -n "__fish_herald_using_subcommand uninstall" -l all -d 'All that are here'
complete -c herald -n "__fish_herald_using_subcommand uninstall" -l dry-run -d 'Show what would change, as a difference, and change nothing'
complete -c herald -n "__fish_herald_using_subcommand uninstall" -l force -d 'Also where the agent isn\'t found, or a file is read-only'
complete -c herald -n "__fish_herald_using_subcommand uninstall" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c herald -n "__fish_herald_using_subcommand agents" -l json -d 'Print JSON'
complete -c herald -n "__fish_herald_using_subcommand agents" -s h -l help -d 'Print help'
complete -c herald -n "__fish_herald_using_subcommand explain" -l agent -d 'Which agent calls; without it the payload tells' -r
complete -c herald -n "__fish_herald_using_subcommand explain" -l event -d 'What happened, where the payload doesn\'t say' -r
complete -c herald -n "__fish_herald_using_subcommand explain" -l json -d 'Print JSON'
complete -c herald -n "__fish_herald_using_subcommand explain" -s h -l help -d 'Print help'
complete -c herald -n "__fish_herald_using_subcommand which" -l session -d 'As in this session, which may have packs of its own: the agent\'s id of it, or the short one' -r
complete -c herald -n "__fish_herald_using_subcommand which" -l json -d 'Print JSON'
complete -c herald -n "__fish_herald_using_subcommand which" -s h -l help -d 'Print help'
complete -c herald -n "__fish_herald_using_subcommand preview" -l render -d 'Write the sounds into this WAV file instead of playing them' -r -F
complete -c herald -n "__fish_herald_using_subcommand preview" -l or-render -d 'Where no output device can be had, write the sounds into this WAV file' -r -F
complete -c herald -n "__fish_herald_using_subcommand preview" -s h -l help -d 'Print help'
complete -c herald -n "__fish_herald_using_subcommand mute" -l session -d 'Only this session: the agent\'s id of it, or the short one that `herald log` shows' -r
complete -c herald -n "__fish_herald_using_subcommand mute" -l json -d 'Print JSON'
complete -c herald -n "__fish_herald_using_subcommand mute" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c herald -n "__fish_herald_using_subcommand unmute" -l session -d 'Only this session; without it, everything' -r
complete -c herald -n "__fish_herald_using_subcommand unmute" -l json -d 'Print JSON'
complete -c herald -n "__fish_herald_using_subcommand unmute" -s h -l help -d 'Print help'
complete -c herald -n "__fish_herald_using_subcommand volume" -l json -d 'Print JSON'
complete -c herald -n "__fish_herald_using_subcommand volume" -s h -l help -d 'Print help'
complete -c herald -n "__fish_herald_using_subcommand pack; and not __fish_seen_subcommand_from list use add remove info check help" -s h -l help -d 'Print help'
complete -c herald -n "__fish_herald_using_subcommand pack; and not __fish_seen_subcommand_from list use add remove info check help" -f -a "list" -d 'List all packs there are: which are in use, and which events each has a sound for'
complete -c herald -n "__fish_herald_using_subcommand pack; and not __fish_seen_subcommand_from list use add remove info check help" -f -a "use" -d 'Play these packs from now on, the first that has the event wins'
complete -c herald -n "__fish_herald_using_subcommand pack; and not __fish_seen_subcommand_from list use add remove info check help" -f -a "add" -d 'Add a pack from a directory, a zip or tar archive, or an https address of one'
complete -c herald -n "__fish_herald_using_subcommand pack; and not __fish_seen_subcommand_from list use add remove info check help" -f -a "remove" -d 'Delete a pack that `herald pack add` installed'
complete -c herald -n "__fish_herald_using_subcommand pack; and not __fish_seen_subcommand_from list use add remove info check help" -f -a "info" -d 'Tell of a pack: author, licence, and the files of each event'
complete -c herald -n "__fish_herald_using_subcommand pack; and not __fish_seen_subcommand_from list use add remove info check help" -f -a "check" -d 'Tell everything that is wrong with a pack, or with all of them; exits with 1 where something can\'t be played'
complete -c herald -n "__fish_herald_using_subcommand pack; and not __fish_seen_subcommand_from list use add remove info check help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c herald -n "__fish_herald_using_subcommand pack; and __fish_seen_subcommand_from list" -l events -d 'Name the events'
complete -c herald -n "__fish_herald_using_subcommand pack; and __fish_seen_subcommand_from list" -l json -d 'Print JSON'
complete -c herald -n "__fish_herald_using_subcommand pack; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c herald -n "__fish_herald_using_subcommand pack; and __fish_seen_subcommand_from use" -l session -d 'Only in this session: the agent\'s id of it, or the short one that `herald log` shows' -r
complete -c herald -n "__fish_herald_using_subcommand pack; and __fish_seen_subcommand_from use" -l default -d 'No packs of its own for the session any more'
complete -c herald -n "__fish_herald_using_subcommand pack; and __fish_seen_subcommand_from use" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c herald -n "__fish_herald_using_subcommand pack; and __fish_seen_subcommand_from add" -l name -d 'Call it so, instead of what it calls itself' -r
complete -c herald -n "__fish_herald_using_subcommand pack; and __fish_seen_subcommand_from add" -l path -d 'The folder of the source that is the pack, where the source holds several' -r
complete -c herald -n "__fish_herald_using_subcommand pack; and __fish_seen_subcommand_from add" -l force -d 'Put it in the place of one of the same name; take it though something of it can\'t be used'
complete -c herald -n "__fish_herald_using_subcommand pack; and __fish_seen_subcommand_from add" -l json -d 'Print JSON'
complete -c herald -n "__fish_herald_using_subcommand pack; and __fish_seen_subcommand_from add" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c herald -n "__fish_herald_using_subcommand pack; and __fish_seen_subcommand_from remove" -s h -l help -d 'Print help'
complete -c herald -n "__fish_herald_using_subcommand pack; and __fish_seen_subcommand_from info" -l json -d 'Print JSON'
complete -c herald -n "__fish_herald_using_subcommand pack; and __fish_seen_subcommand_from info" -s h -l help -d 'Print help'
complete -c herald -n "__fish_herald_using_subcommand pack; and __fish_seen_subcommand_from check" -l json -d 'Print JSON'
complete -c herald -n "__fish_herald_using_subcommand pack; and __fish_seen_subcommand_from check" -s h -l help -d 'Print help'
complete -c herald -n "__fish_herald_using_subcommand pack; and __fish_seen_subcommand_from help" -f -a "list" -d 'List all packs there are: which are in use, and which events each has a sound for'
complete -c herald -n "__fish_herald_using_subcommand pack; and __fish_seen_subcommand_from help" -f -a "use" -d 'Play these packs from now on, the first that has the event wins'
complete -c herald -n "__fish_herald_using_subcommand pack; and __fish_seen_subcommand_from help" -f -a "add" -d 'Add a pack from a directory, a zip or tar archive, or an https address of one'
complete -c herald -n "__fish_herald_using_subcommand pack; and __fish_seen_subcommand_from help" -f -a "remove" -d 'Delete a pack that `herald pack add` installed'
complete -c herald -n "__fish_herald_using_subcommand pack; and __fish_seen_subcommand_from help" -f -a "info" -d 'Tell of a pack: author, licence, and the files of each event'
complete -c herald -n "__fish_herald_using_subcommand pack; and __fish_seen_subcommand_from help" -f -a "check" -d 'Tell everything that is wrong with a pack, or with all of them; exits with 1 where something can\'t be played'
complete -c herald -n "__fish_herald_using_subcommand pack; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c herald -n "__fish_herald_using_subcommand sounds" -l json -d 'Print JSON'
complete -c herald -n "__fish_herald_using_subcommand sounds" -s h -l help -d 'Print help'
complete -c herald -n "__fish_herald_using_subcommand log" -l last -d 'Only the last so many lines; without it all, on a terminal the last 50' -r
complete -c herald -n "__fish_herald_using_subcommand log" -s f -l follow -d 'Go on with what happens from now on'
complete -c herald -n "__fish_herald_using_subcommand log" -l json -d 'Print the lines as they are stored, one JSON object each'
complete -c herald -n "__fish_herald_using_subcommand log" -s h -l help -d 'Print help'
complete -c herald -n "__fish_herald_using_subcommand status" -l json -d 'Print JSON'
complete -c herald -n "__fish_herald_using_subcommand status" -s h -l help -d 'Print help'
complete -c herald -n "__fish_herald_using_subcommand doctor" -l fix -d 'Mend what is safe to mend: rights of Herald\'s own files, its leftovers, hooks of its own that lead nowhere'
complete -c herald -n "__fish_herald_using_subcommand doctor" -l json -d 'Print JSON, to be pasted into a report: your home directory is written as ~'
complete -c herald -n "__fish_herald_using_subcommand doctor" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c herald -n "__fish_herald_using_subcommand config; and not __fish_seen_subcommand_from path show check get set unset edit schema help" -s h -l help -d 'Print help'
complete -c herald -n "__fish_herald_using_subcommand config; and not __fish_seen_subcommand_from path show check get set unset edit schema help" -f -a "path" -d 'Print where the configuration file is'
complete -c herald -n "__fish_herald_using_subcommand config; and not __fish_seen_subcommand_from path show check get set unset edit schema help" -f -a "show" -d 'Print the configuration that is in force'
complete -c herald -n "__fish_herald_using_subcommand config; and not __fish_seen_subcommand_from path show check get set unset edit schema help" -f -a "check" -d 'Check the configuration file'
complete -c herald -n "__fish_herald_using_subcommand config; and not __fish_seen_subcommand_from path show check get set unset edit schema help" -f -a "get" -d 'Print what is in force for a key, or for all keys of a table'
complete -c herald -n "__fish_herald_using_subcommand config; and not __fish_seen_subcommand_from path show check get set unset edit schema help" -f -a "set" -d 'Write a value into the configuration file, and leave the rest of it as it is'
complete -c herald -n "__fish_herald_using_subcommand config; and not __fish_seen_subcommand_from path show check get set unset edit schema help" -f -a "unset" -d 'Take a key or a whole table out of the configuration file, and leave the rest of it as it is'
complete -c herald -n "__fish_herald_using_subcommand config; and not __fish_seen_subcommand_from path show check get set unset edit schema help" -f -a "edit" -d 'Open the configuration file in your editor, and check it afterwards'
complete -c herald -n "__fish_herald_using_subcommand config; and not __fish_seen_subcommand_from path show check get set unset edit schema help" -f -a "schema" -d 'Print the JSON Schema of the configuration, by which editors complete and check it'
complete -c herald -n "__fish_herald_using_subcommand config; and not __fish_seen_subcommand_from path show check get set unset edit schema help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c herald -n "__fish_herald_using_subcommand config; and __fish_seen_subcommand_from path" -l json -d 'Print JSON'
complete -c herald -n "__fish_herald_using_subcommand config; and __fish_seen_subcommand_from path" -s h -l help -d 'Print help'
complete -c herald -n "__fish_herald_using_subcommand config; and __fish_seen_subcommand_from show" -l json -d 'Print JSON'
complete -c herald -n "__fish_herald_using_subcommand config; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help'
complete -c herald -n "__fish_herald_using_subcommand config; and __fish_seen_subcommand_from check" -l json -d 'Print JSON'
complete -c herald -n "__fish_herald_using_subcommand config; and __fish_seen_subcommand_from check" -s h -l help -d 'Print help'
complete -c herald -n "__fish_herald_using_subcommand config; and __fish_seen_subcommand_from get" -l json -d 'Print JSON'
complete -c herald -n "__fish_herald_using_subcommand config; and __fish_seen_subcommand_from get" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c herald -n "__fish_herald_using_subcommand config; and __fish_seen_subcommand_from set" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c herald -n "__fish_herald_using_subcommand config; and __fish_seen_subcommand_from unset" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c herald -n "__fish_herald_using_subcommand config; and __fish_seen_subcommand_from edit" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c herald -n "__fish_herald_using_subcommand config; and __fish_seen_subcommand_from schema" -s h -l help -d 'Print help'
complete -c herald -n "__fish_herald_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "path" -d 'Print where the configuration file is'
complete -c herald -n "__fish_herald_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "show" -d 'Print the configuration that is in force'
complete -c herald -n "__fish_herald_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "check" -d 'Check the configuration file'
complete -c herald -n "__fish_herald_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "get" -d 'Print what is in force for a key, or for all keys of a table'
complete -c herald -n "__fish_herald_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "set" -d 'Write a value into the configuration file, and leave the rest of it as it is'
complete -c herald -n "__fish_herald_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "unset" -d 'Take a key or a whole table out of the configuration file, and leave the rest of it as it is'
complete -c herald -n "__fish_herald_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "edit" -d 'Open the configuration file in your editor, and check it afterwards'
complete -c herald -n "__fish_herald_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "schema" -d 'Print the JSON Schema of the configuration, by which editors complete and check it'
complete -c herald -n "__fish_herald_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c herald -n "__fish_herald_using_subcommand trust" -l list -d 'List the projects that are trusted'
complete -c herald -n "__fish_herald_using_subcommand trust" -l json -d 'Print JSON'
complete -c herald -n "__fish_herald_using_subcommand trust" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c herald -n "__fish_herald_using_subcommand untrust" -l all -d 'All of them'
complete -c herald -n "__fish_herald_using_subcommand untrust" -l json -d 'Print JSON'
complete -c herald -n "__fish_herald_using_subcommand untrust" -s h -l help -d 'Print help'
complete -c herald -n "__fish_herald_using_subcommand completions" -s h -l help -d 'Print help'
complete -c herald -n "__fish_herald_using_subcommand help; and not __fish_seen_subcommand_from hook play run done init install uninstall agents explain which preview mute unmute volume pack sounds log status doctor config trust untrust completions help" -f -a "hook" -d 'For agents: read a payload, decide, play; prints nothing, always exits with 0'
complete -c herald -n "__fish_herald_using_subcommand help; and not __fish_seen_subcommand_from hook play run done init install uninstall agents explain which preview mute unmute volume pack sounds log status doctor config trust untrust completions help" -f -a "play" -d 'Play an event, a sound or a file'
complete -c herald -n "__fish_herald_using_subcommand help; and not __fish_seen_subcommand_from hook play run done init install uninstall agents explain which preview mute unmute volume pack sounds log status doctor config trust untrust completions help" -f -a "run" -d 'Run a command and play by its status, which is kept'
complete -c herald -n "__fish_herald_using_subcommand help; and not __fish_seen_subcommand_from hook play run done init install uninstall agents explain which preview mute unmute volume pack sounds log status doctor config trust untrust completions help" -f -a "done" -d 'Play by the status of a command that has ended, and exit with it: `make; herald done $?`'
complete -c herald -n "__fish_herald_using_subcommand help; and not __fish_seen_subcommand_from hook play run done init install uninstall agents explain which preview mute unmute volume pack sounds log status doctor config trust untrust completions help" -f -a "init" -d 'Print what makes a shell play a sound after each command that took long'
complete -c herald -n "__fish_herald_using_subcommand help; and not __fish_seen_subcommand_from hook play run done init install uninstall agents explain which preview mute unmute volume pack sounds log status doctor config trust untrust completions help" -f -a "install" -d 'Put hooks into the settings of agents, so that they are heard'
complete -c herald -n "__fish_herald_using_subcommand help; and not __fish_seen_subcommand_from hook play run done init install uninstall agents explain which preview mute unmute volume pack sounds log status doctor config trust untrust completions help" -f -a "uninstall" -d 'Take the hooks out again'
complete -c herald -n "__fish_herald_using_subcommand help; and not __fish_seen_subcommand_from hook play run done init install uninstall agents explain which preview mute unmute volume pack sounds log status doctor config trust untrust completions help" -f -a "agents" -d 'List the agents: which are here, which have hooks, when each was last heard'
complete -c herald -n "__fish_herald_using_subcommand help; and not __fish_seen_subcommand_from hook play run done init install uninstall agents explain which preview mute unmute volume pack sounds log status doctor config trust untrust completions help" -f -a "explain" -d 'Tell what a payload would do, and why; changes nothing'
complete -c herald -n "__fish_herald_using_subcommand help; and not __fish_seen_subcommand_from hook play run done init install uninstall agents explain which preview mute unmute volume pack sounds log status doctor config trust untrust completions help" -f -a "which" -d 'Tell which sound an event or a name stands for'
complete -c herald -n "__fish_herald_using_subcommand help; and not __fish_seen_subcommand_from hook play run done init install uninstall agents explain which preview mute unmute volume pack sounds log status doctor config trust untrust completions help" -f -a "preview" -d 'Play a whole pack or one event, or render it to a file'
complete -c herald -n "__fish_herald_using_subcommand help; and not __fish_seen_subcommand_from hook play run done init install uninstall agents explain which preview mute unmute volume pack sounds log status doctor config trust untrust completions help" -f -a "mute" -d 'Be silent for a while, or until `herald unmute`'
complete -c herald -n "__fish_herald_using_subcommand help; and not __fish_seen_subcommand_from hook play run done init install uninstall agents explain which preview mute unmute volume pack sounds log status doctor config trust untrust completions help" -f -a "unmute" -d 'Be heard again'
complete -c herald -n "__fish_herald_using_subcommand help; and not __fish_seen_subcommand_from hook play run done init install uninstall agents explain which preview mute unmute volume pack sounds log status doctor config trust untrust completions help" -f -a "volume" -d 'Show the volume, or set it in the configuration file'
complete -c herald -n "__fish_herald_using_subcommand help; and not __fish_seen_subcommand_from hook play run done init install uninstall agents explain which preview mute unmute volume pack sounds log status doctor config trust untrust completions help" -f -a "pack" -d 'List, choose, check, add and remove packs'
complete -c herald -n "__fish_herald_using_subcommand help; and not __fish_seen_subcommand_from hook play run done init install uninstall agents explain which preview mute unmute volume pack sounds log status doctor config trust untrust completions help" -f -a "sounds" -d 'List the sounds of a pack, with length, level and format; without one, of those in use'
complete -c herald -n "__fish_herald_using_subcommand help; and not __fish_seen_subcommand_from hook play run done init install uninstall agents explain which preview mute unmute volume pack sounds log status doctor config trust untrust completions help" -f -a "log" -d 'Show what happened and why'
complete -c herald -n "__fish_herald_using_subcommand help; and not __fish_seen_subcommand_from hook play run done init install uninstall agents explain which preview mute unmute volume pack sounds log status doctor config trust untrust completions help" -f -a "status" -d 'Show who speaks, who waits, and how things stand'
complete -c herald -n "__fish_herald_using_subcommand help; and not __fish_seen_subcommand_from hook play run done init install uninstall agents explain which preview mute unmute volume pack sounds log status doctor config trust untrust completions help" -f -a "doctor" -d 'Find what is wrong, mend the speaker\'s state, and tell what to do about the rest'
complete -c herald -n "__fish_herald_using_subcommand help; and not __fish_seen_subcommand_from hook play run done init install uninstall agents explain which preview mute unmute volume pack sounds log status doctor config trust untrust completions help" -f -a "config" -d 'Show, change or check the configuration'
complete -c herald -n "__fish_herald_using_subcommand help; and not __fish_seen_subcommand_from hook play run done init install uninstall agents explain which preview mute unmute volume pack sounds log status doctor config trust untrust completions help" -f -a "trust" -d 'Let a project\'s .herald.toml turn Herald down'
complete -c herald -n "__fish_herald_using_subcommand help; and not __fish_seen_subcommand_from hook play run done init install uninstall agents explain which preview mute unmute volume pack sounds log status doctor config trust untrust completions help" -f -a "untrust" -d 'Pass a project\'s .herald.toml over again'
complete -c herald -n "__fish_herald_using_subcommand help; and not __fish_seen_subcommand_from hook play run done init install uninstall agents explain which preview mute unmute volume pack sounds log status doctor config trust untrust completions help" -f -a "completions" -d 'Print the completions for a shell'
complete -c herald -n "__fish_herald_using_subcommand help; and not __fish_seen_subcommand_from hook play run done init install uninstall agents explain which preview mute unmute volume pack sounds log status doctor config trust untrust completions help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c herald -n "__fish_herald_using_subcommand help; and __fish_seen_subcommand_from pack" -f -a "list" -d 'List all packs there are: which are in use, and which events each has a sound for'
complete -c herald -n "__fish_herald_using_subcommand help; and __fish_seen_subcommand_from pack" -f -a "use" -d 'Play these packs from now on, the first that has the event wins'
complete -c herald -n "__fish_herald_using_subcommand help; and __fish_seen_subcommand_from pack" -f -a "add" -d 'Add a pack from a directory, a zip or tar archive, or an https address of one'
complete -c herald -n "__fish_herald_using_subcommand help; and __fish_seen_subcommand_from pack" -f -a "remove" -d 'Delete a pack that `herald pack add` installed'
complete -c herald -n "__fish_herald_using_subcommand help; and __fish_seen_subcommand_from pack" -f -a "info" -d 'Tell of a pack: author, licence, and the files of each event'
complete -c herald -n "__fish_herald_using_subcommand help; and __fish_seen_subcommand_from pack" -f -a "check" -d 'Tell everything that is wrong with a pack, or with all of them; exits with 1 where something can\'t be played'
complete -c herald -n "__fish_herald_using_subcommand help; and __fish_seen_subcommand_from config" -f -a "path" -d 'Print where the configuration file is'
complete -c herald -n "__fish_herald_using_subcommand help; and __fish_seen_subcommand_from config" -f -a "show" -d 'Print the configuration that is in force'
complete -c herald -n "__fish_herald_using_subcommand help; and __fish_seen_subcommand_from config" -f -a "check" -d 'Check the configuration file'
complete -c herald -n "__fish_herald_using_subcommand help; and __fish_seen_subcommand_from config" -f -a "get" -d 'Print what is in force for a key, or for all keys of a table'
complete -c herald -n "__fish_herald_using_subcommand help; and __fish_seen_subcommand_from config" -f -a "set" -d 'Write a value into the configuration file, and leave the rest of it as it is'
complete -c herald -n "__fish_herald_using_subcommand help; and __fish_seen_subcommand_from config" -f -a "unset" -d 'Take a key or a whole table out of the configuration file, and leave the rest of it as it is'
complete -c herald -n "__fish_herald_using_subcommand help; and __fish_seen_subcommand_from config" -f -a "edit" -d 'Open the configuration file in your editor, and check it afterwards'
complete -c herald -n "__fish_herald_using_subcommand help; and __fish_seen_subcommand_from config" -f -a "schema" -d 'Print the JSON Schema of the configuration, by which editors complete and check it'
