
use builtin;
use str;

set edit:completion:arg-completer[herald] = {|@words|
    fn spaces {|n|
        builtin:repeat $n ' ' | str:join ''
    }
    fn cand {|text desc|
        edit:complex-candidate $text &display=$text' '(spaces (- 14 (wcswidth $text)))$desc
    }
    var command = 'herald'
    for word $words[1..-1] {
        if (str:has-prefix $word '-') {
            break
        }
        set command = $command';'$word
    }
    var completions = [
        &'herald'= {
            cand -h 'Print help'
            cand --help 'Print help'
            cand -V 'Print version'
            cand --version 'Print version'
            cand hook 'For agents: read a payload, decide, play; prints nothing, always exits with 0'
            cand play 'Play an event, a sound or a file'
            cand run 'Run a command and play by its status, which is kept'
            cand done 'Play by the status of a command that has ended, and exit with it: `make; herald done $?`'
            cand init 'Print what makes a shell play a sound after each command that took long'
            cand install 'Put hooks into the settings of agents, so that they are heard'
            cand uninstall 'Take the hooks out again'
            cand agents 'List the agents: which are here, which have hooks, when each was last heard'
            cand explain 'Tell what a payload would do, and why; changes nothing'
            cand which 'Tell which sound an event or a name stands for'
            cand preview 'Play a whole pack or one event, or render it to a file'
            cand mute 'Be silent for a while, or until `herald unmute`'
            cand unmute 'Be heard again'
            cand volume 'Show the volume, or set it in the configuration file'
            cand pack 'List, choose, check, add and remove packs'
            cand sounds 'List the sounds of a pack, with length, level and format; without one, of those in use'
            cand log 'Show what happened and why'
            cand status 'Show who speaks, who waits, and how things stand'
            cand doctor 'Find what is wrong, mend the speaker''s state, and tell what to do about the rest'
            cand config 'Show, change or check the configuration'
            cand trust 'Let a project''s .herald.toml turn Herald down'
            cand untrust 'Pass a project''s .herald.toml over again'
            cand completions 'Print the completions for a shell'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'herald;hook'= {
            cand --agent 'Which agent calls; without it the payload tells'
            cand --event 'What happened, where the payload doesn''t say: the agent''s own word, or Herald''s'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'herald;play'= {
            cand --volume 'Volume, instead of the configured one'
            cand --wait 'Return when it was heard; exit with 1 if it was not, or not to its end'
            cand --force 'Even if it is off, muted or was heard a moment ago'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'herald;run'= {
            cand --min 'Silent if it took less, as in 300ms, 10s or 1m30s'
            cand --quiet-on 'Silent on these exit statuses, or none: Ctrl-C (130) and a closed pipe (141) are no news'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'herald;done'= {
            cand --min 'Silent if it took less, as in 300ms, 10s or 1m30s; needs --secs or --ms'
            cand --secs 'How long it took, in seconds'
            cand --ms 'How long it took, in milliseconds'
            cand --command 'What was run, or - to read it from standard input; silent after editors, pagers and the like'
            cand --session 'Whose terminal it was; none is silenced by another'
            cand --quiet-on 'Silent on these exit statuses, or none: Ctrl-C (130), a closed pipe (141), Ctrl-Z (148)'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'herald;init'= {
            cand --min 'What took less stays silent, as in 500ms, 10s or 1m30s'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'herald;install'= {
            cand --scope 'For whom: everything you do, or the project around the working directory'
            cand --events 'These events too, or (uninstall) these alone: Herald''s names or the agent''s'
            cand --all 'All that are here'
            cand --dry-run 'Show what would change, as a difference, and change nothing'
            cand --force 'Also where the agent isn''t found, or a file is read-only'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'herald;uninstall'= {
            cand --scope 'For whom: everything you do, or the project around the working directory'
            cand --events 'These events too, or (uninstall) these alone: Herald''s names or the agent''s'
            cand --all 'All that are here'
            cand --dry-run 'Show what would change, as a difference, and change nothing'
            cand --force 'Also where the agent isn''t found, or a file is read-only'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'herald;agents'= {
            cand --json 'Print JSON'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'herald;explain'= {
            cand --agent 'Which agent calls; without it the payload tells'
            cand --event 'What happened, where the payload doesn''t say'
            cand --json 'Print JSON'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'herald;which'= {
            cand --session 'As in this session, which may have packs of its own: the agent''s id of it, or the short one'
            cand --json 'Print JSON'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'herald;preview'= {
            cand --render 'Write the sounds into this WAV file instead of playing them'
            cand --or-render 'Where no output device can be had, write the sounds into this WAV file'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'herald;mute'= {
            cand --session 'Only this session: the agent''s id of it, or the short one that `herald log` shows'
            cand --json 'Print JSON'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'herald;unmute'= {
            cand --session 'Only this session; without it, everything'
            cand --json 'Print JSON'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'herald;volume'= {
            cand --json 'Print JSON'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'herald;pack'= {
            cand -h 'Print help'
            cand --help 'Print help'
            cand list 'List all packs there are: which are in use, and which events each has a sound for'
            cand use 'Play these packs from now on, the first that has the event wins'
            cand add 'Add a pack from a directory, a zip or tar archive, or an https address of one'
            cand remove 'Delete a pack that `herald pack add` installed'
            cand info 'Tell of a pack: author, licence, and the files of each event'
            cand check 'Tell everything that is wrong with a pack, or with all of them; exits with 1 where something can''t be played'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'herald;pack;list'= {
            cand --events 'Name the events'
            cand --json 'Print JSON'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'herald;pack;use'= {
            cand --session 'Only in this session: the agent''s id of it, or the short one that `herald log` shows'
            cand --default 'No packs of its own for the session any more'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'herald;pack;add'= {
            cand --name 'Call it so, instead of what it calls itself'
            cand --path 'The folder of the source that is the pack, where the source holds several'
            cand --force 'Put it in the place of one of the same name; take it though something of it can''t be used'
            cand --json 'Print JSON'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'herald;pack;remove'= {
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'herald;pack;info'= {
            cand --json 'Print JSON'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'herald;pack;check'= {
            cand --json 'Print JSON'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'herald;pack;help'= {
            cand list 'List all packs there are: which are in use, and which events each has a sound for'
            cand use 'Play these packs from now on, the first that has the event wins'
            cand add 'Add a pack from a directory, a zip or tar archive, or an https address of one'
            cand remove 'Delete a pack that `herald pack add` installed'
            cand info 'Tell of a pack: author, licence, and the files of each event'
            cand check 'Tell everything that is wrong with a pack, or with all of them; exits with 1 where something can''t be played'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'herald;pack;help;list'= {
        }
        &'herald;pack;help;use'= {
        }
        &'herald;pack;help;add'= {
        }
        &'herald;pack;help;remove'= {
        }
        &'herald;pack;help;info'= {
        }
        &'herald;pack;help;check'= {
        }
        &'herald;pack;help;help'= {
        }
        &'herald;sounds'= {
            cand --json 'Print JSON'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'herald;log'= {
            cand --last 'Only the last so many lines; without it all, on a terminal the last 50'
            cand -f 'Go on with what happens from now on'
            cand --follow 'Go on with what happens from now on'
            cand --json 'Print the lines as they are stored, one JSON object each'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'herald;status'= {
            cand --json 'Print JSON'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'herald;doctor'= {
            cand --fix 'Mend what is safe to mend: rights of Herald''s own files, its leftovers, hooks of its own that lead nowhere'
            cand --json 'Print JSON, to be pasted into a report: your home directory is written as ~'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'herald;config'= {
            cand -h 'Print help'
            cand --help 'Print help'
            cand path 'Print where the configuration file is'
            cand show 'Print the configuration that is in force'
            cand check 'Check the configuration file'
            cand get 'Print what is in force for a key, or for all keys of a table'
            cand set 'Write a value into the configuration file, and leave the rest of it as it is'
            cand unset 'Take a key or a whole table out of the configuration file, and leave the rest of it as it is'
            cand edit 'Open the configuration file in your editor, and check it afterwards'
            cand schema 'Print the JSON Schema of the configuration, by which editors complete and check it'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'herald;config;path'= {
            cand --json 'Print JSON'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'herald;config;show'= {
            cand --json 'Print JSON'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'herald;config;check'= {
            cand --json 'Print JSON'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'herald;config;get'= {
            cand --json 'Print JSON'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'herald;config;set'= {
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'herald;config;unset'= {
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'herald;config;edit'= {
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'herald;config;schema'= {
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'herald;config;help'= {
            cand path 'Print where the configuration file is'
            cand show 'Print the configuration that is in force'
            cand check 'Check the configuration file'
            cand get 'Print what is in force for a key, or for all keys of a table'
            cand set 'Write a value into the configuration file, and leave the rest of it as it is'
            cand unset 'Take a key or a whole table out of the configuration file, and leave the rest of it as it is'
            cand edit 'Open the configuration file in your editor, and check it afterwards'
            cand schema 'Print the JSON Schema of the configuration, by which editors complete and check it'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'herald;config;help;path'= {
        }
        &'herald;config;help;show'= {
        }
        &'herald;config;help;check'= {
        }
        &'herald;config;help;get'= {
        }
        &'herald;config;help;set'= {
        }
        &'herald;config;help;unset'= {
        }
        &'herald;config;help;edit'= {
        }
        &'herald;config;help;schema'= {
        }
        &'herald;config;help;help'= {
        }
        &'herald;trust'= {
            cand --list 'List the projects that are trusted'
            cand --json 'Print JSON'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'herald;untrust'= {
            cand --all 'All of them'
            cand --json 'Print JSON'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'herald;completions'= {
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'herald;help'= {
            cand hook 'For agents: read a payload, decide, play; prints nothing, always exits with 0'
            cand play 'Play an event, a sound or a file'
            cand run 'Run a command and play by its status, which is kept'
            cand done 'Play by the status of a command that has ended, and exit with it: `make; herald done $?`'
            cand init 'Print what makes a shell play a sound after each command that took long'
            cand install 'Put hooks into the settings of agents, so that they are heard'
            cand uninstall 'Take the hooks out again'
            cand agents 'List the agents: which are here, which have hooks, when each was last heard'
            cand explain 'Tell what a payload would do, and why; changes nothing'
            cand which 'Tell which sound an event or a name stands for'
            cand preview 'Play a whole pack or one event, or render it to a file'
            cand mute 'Be silent for a while, or until `herald unmute`'
            cand unmute 'Be heard again'
            cand volume 'Show the volume, or set it in the configuration file'
            cand pack 'List, choose, check, add and remove packs'
            cand sounds 'List the sounds of a pack, with length, level and format; without one, of those in use'
            cand log 'Show what happened and why'
            cand status 'Show who speaks, who waits, and how things stand'
            cand doctor 'Find what is wrong, mend the speaker''s state, and tell what to do about the rest'
            cand config 'Show, change or check the configuration'
            cand trust 'Let a project''s .herald.toml turn Herald down'
            cand untrust 'Pass a project''s .herald.toml over again'
            cand completions 'Print the completions for a shell'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'herald;help;hook'= {
        }
        &'herald;help;play'= {
        }
        &'herald;help;run'= {
        }
        &'herald;help;done'= {
        }
        &'herald;help;init'= {
        }
        &'herald;help;install'= {
        }
        &'herald;help;uninstall'= {
        }
        &'herald;help;agents'= {
        }
        &'herald;help;explain'= {
        }
        &'herald;help;which'= {
        }
        &'herald;help;preview'= {
        }
        &'herald;help;mute'= {
        }
        &'herald;help;unmute'= {
        }
        &'herald;help;volume'= {
        }
        &'herald;help;pack'= {
            cand list 'List all packs there are: which are in use, and which events each has a sound for'
            cand use 'Play these packs from now on, the first that has the event wins'
            cand add 'Add a pack from a directory, a zip or tar archive, or an https address of one'
            cand remove 'Delete a pack that `herald pack add` installed'
            cand info 'Tell of a pack: author, licence, and the files of each event'
            cand check 'Tell everything that is wrong with a pack, or with all of them; exits with 1 where something can''t be played'
        }
        &'herald;help;pack;list'= {
        }
        &'herald;help;pack;use'= {
        }
        &'herald;help;pack;add'= {
        }
        &'herald;help;pack;remove'= {
        }
        &'herald;help;pack;info'= {
        }
        &'herald;help;pack;check'= {
        }
        &'herald;help;sounds'= {
        }
        &'herald;help;log'= {
        }
        &'herald;help;status'= {
        }
        &'herald;help;doctor'= {
        }
        &'herald;help;config'= {
            cand path 'Print where the configuration file is'
            cand show 'Print the configuration that is in force'
            cand check 'Check the configuration file'
            cand get 'Print what is in force for a key, or for all keys of a table'
            cand set 'Write a value into the configuration file, and leave the rest of it as it is'
            cand unset 'Take a key or a whole table out of the configuration file, and leave the rest of it as it is'
            cand edit 'Open the configuration file in your editor, and check it afterwards'
            cand schema 'Print the JSON Schema of the configuration, by which editors complete and check it'
        }
        &'herald;help;config;path'= {
        }
        &'herald;help;config;show'= {
        }
        &'herald;help;config;check'= {
        }
        &'herald;help;config;get'= {
        }
        &'herald;help;config;set'= {
        }
        &'herald;help;config;unset'= {
        }
        &'herald;help;config;edit'= {
        }
        &'herald;help;config;schema'= {
        }
        &'herald;help;trust'= {
        }
        &'herald;help;untrust'= {
        }
        &'herald;help;completions'= {
        }
        &'herald;help;help'= {
        }
    ]
    $completions[$command]
}
