
using namespace System.Management.Automation
using namespace System.Management.Automation.Language

Register-ArgumentCompleter -Native -CommandName 'herald' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $commandElements = $commandAst.CommandElements
    $command = @(
        'herald'
        for ($i = 1; $i -lt $commandElements.Count; $i++) {
            $element = $commandElements[$i]
            if ($element -isnot [StringConstantExpressionAst] -or
                $element.StringConstantType -ne [StringConstantType]::BareWord -or
                $element.Value.StartsWith('-') -or
                $element.Value -eq $wordToComplete) {
                break
        }
        $element.Value
    }) -join ';'

    $completions = @(switch ($command) {
        'herald' {
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('hook', 'hook', [CompletionResultType]::ParameterValue, 'For agents: read a payload, decide, play; prints nothing, always exits with 0')
            [CompletionResult]::new('play', 'play', [CompletionResultType]::ParameterValue, 'Play an event, a sound or a file')
            [CompletionResult]::new('run', 'run', [CompletionResultType]::ParameterValue, 'Run a command and play by its status, which is kept')
            [CompletionResult]::new('done', 'done', [CompletionResultType]::ParameterValue, 'Play by the status of a command that has ended, and exit with it: `make; herald done $?`')
            [CompletionResult]::new('init', 'init', [CompletionResultType]::ParameterValue, 'Print what makes a shell play a sound after each command that took long')
            [CompletionResult]::new('install', 'install', [CompletionResultType]::ParameterValue, 'Put hooks into the settings of agents, so that they are heard')
            [CompletionResult]::new('uninstall', 'uninstall', [CompletionResultType]::ParameterValue, 'Take the hooks out again')
            [CompletionResult]::new('agents', 'agents', [CompletionResultType]::ParameterValue, 'List the agents: which are here, which have hooks, when each was last heard')
            [CompletionResult]::new('explain', 'explain', [CompletionResultType]::ParameterValue, 'Tell what a payload would do, and why; changes nothing')
            [CompletionResult]::new('which', 'which', [CompletionResultType]::ParameterValue, 'Tell which sound an event or a name stands for')
            [CompletionResult]::new('preview', 'preview', [CompletionResultType]::ParameterValue, 'Play a whole pack or one event, or render it to a file')
            [CompletionResult]::new('mute', 'mute', [CompletionResultType]::ParameterValue, 'Be silent for a while, or until `herald unmute`')
            [CompletionResult]::new('unmute', 'unmute', [CompletionResultType]::ParameterValue, 'Be heard again')
            [CompletionResult]::new('volume', 'volume', [CompletionResultType]::ParameterValue, 'Show the volume, or set it in the configuration file')
            [CompletionResult]::new('pack', 'pack', [CompletionResultType]::ParameterValue, 'List, choose, check, add and remove packs')
            [CompletionResult]::new('sounds', 'sounds', [CompletionResultType]::ParameterValue, 'List the sounds of a pack, with length, level and format; without one, of those in use')
            [CompletionResult]::new('log', 'log', [CompletionResultType]::ParameterValue, 'Show what happened and why')
            [CompletionResult]::new('status', 'status', [CompletionResultType]::ParameterValue, 'Show who speaks, who waits, and how things stand')
            [CompletionResult]::new('doctor', 'doctor', [CompletionResultType]::ParameterValue, 'Find what is wrong, mend the speaker''s state, and tell what to do about the rest')
            [CompletionResult]::new('config', 'config', [CompletionResultType]::ParameterValue, 'Show, change or check the configuration')
            [CompletionResult]::new('trust', 'trust', [CompletionResultType]::ParameterValue, 'Let a project''s .herald.toml turn Herald down')
            [CompletionResult]::new('untrust', 'untrust', [CompletionResultType]::ParameterValue, 'Pass a project''s .herald.toml over again')
            [CompletionResult]::new('completions', 'completions', [CompletionResultType]::ParameterValue, 'Print the completions for a shell')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'herald;hook' {
            [CompletionResult]::new('--agent', '--agent', [CompletionResultType]::ParameterName, 'Which agent calls; without it the payload tells')
            [CompletionResult]::new('--event', '--event', [CompletionResultType]::ParameterName, 'What happened, where the payload doesn''t say: the agent''s own word, or Herald''s')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'herald;play' {
            [CompletionResult]::new('--volume', '--volume', [CompletionResultType]::ParameterName, 'Volume, instead of the configured one')
            [CompletionResult]::new('--wait', '--wait', [CompletionResultType]::ParameterName, 'Return when it was heard; exit with 1 if it was not, or not to its end')
            [CompletionResult]::new('--force', '--force', [CompletionResultType]::ParameterName, 'Even if it is off, muted or was heard a moment ago')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'herald;run' {
            [CompletionResult]::new('--min', '--min', [CompletionResultType]::ParameterName, 'Silent if it took less, as in 300ms, 10s or 1m30s')
            [CompletionResult]::new('--quiet-on', '--quiet-on', [CompletionResultType]::ParameterName, 'Silent on these exit statuses, or none: Ctrl-C (130) and a closed pipe (141) are no news')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'herald;done' {
            [CompletionResult]::new('--min', '--min', [CompletionResultType]::ParameterName, 'Silent if it took less, as in 300ms, 10s or 1m30s; needs --secs or --ms')
            [CompletionResult]::new('--secs', '--secs', [CompletionResultType]::ParameterName, 'How long it took, in seconds')
            [CompletionResult]::new('--ms', '--ms', [CompletionResultType]::ParameterName, 'How long it took, in milliseconds')
            [CompletionResult]::new('--command', '--command', [CompletionResultType]::ParameterName, 'What was run, or - to read it from standard input; silent after editors, pagers and the like')
            [CompletionResult]::new('--session', '--session', [CompletionResultType]::ParameterName, 'Whose terminal it was; none is silenced by another')
            [CompletionResult]::new('--quiet-on', '--quiet-on', [CompletionResultType]::ParameterName, 'Silent on these exit statuses, or none: Ctrl-C (130), a closed pipe (141), Ctrl-Z (148)')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'herald;init' {
            [CompletionResult]::new('--min', '--min', [CompletionResultType]::ParameterName, 'What took less stays silent, as in 500ms, 10s or 1m30s')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'herald;install' {
            [CompletionResult]::new('--scope', '--scope', [CompletionResultType]::ParameterName, 'For whom: everything you do, or the project around the working directory')
            [CompletionResult]::new('--events', '--events', [CompletionResultType]::ParameterName, 'These events too, or (uninstall) these alone: Herald''s names or the agent''s')
            [CompletionResult]::new('--all', '--all', [CompletionResultType]::ParameterName, 'All that are here')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Show what would change, as a difference, and change nothing')
            [CompletionResult]::new('--force', '--force', [CompletionResultType]::ParameterName, 'Also where the agent isn''t found, or a file is read-only')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'herald;uninstall' {
            [CompletionResult]::new('--scope', '--scope', [CompletionResultType]::ParameterName, 'For whom: everything you do, or the project around the working directory')
            [CompletionResult]::new('--events', '--events', [CompletionResultType]::ParameterName, 'These events too, or (uninstall) these alone: Herald''s names or the agent''s')
            [CompletionResult]::new('--all', '--all', [CompletionResultType]::ParameterName, 'All that are here')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Show what would change, as a difference, and change nothing')
            [CompletionResult]::new('--force', '--force', [CompletionResultType]::ParameterName, 'Also where the agent isn''t found, or a file is read-only')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'herald;agents' {
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'herald;explain' {
            [CompletionResult]::new('--agent', '--agent', [CompletionResultType]::ParameterName, 'Which agent calls; without it the payload tells')
            [CompletionResult]::new('--event', '--event', [CompletionResultType]::ParameterName, 'What happened, where the payload doesn''t say')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'herald;which' {
            [CompletionResult]::new('--session', '--session', [CompletionResultType]::ParameterName, 'As in this session, which may have packs of its own: the agent''s id of it, or the short one')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'herald;preview' {
            [CompletionResult]::new('--render', '--render', [CompletionResultType]::ParameterName, 'Write the sounds into this WAV file instead of playing them')
            [CompletionResult]::new('--or-render', '--or-render', [CompletionResultType]::ParameterName, 'Where no output device can be had, write the sounds into this WAV file')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'herald;mute' {
            [CompletionResult]::new('--session', '--session', [CompletionResultType]::ParameterName, 'Only this session: the agent''s id of it, or the short one that `herald log` shows')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'herald;unmute' {
            [CompletionResult]::new('--session', '--session', [CompletionResultType]::ParameterName, 'Only this session; without it, everything')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'herald;volume' {
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'herald;pack' {
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List all packs there are: which are in use, and which events each has a sound for')
            [CompletionResult]::new('use', 'use', [CompletionResultType]::ParameterValue, 'Play these packs from now on, the first that has the event wins')
            [CompletionResult]::new('add', 'add', [CompletionResultType]::ParameterValue, 'Add a pack from a directory, a zip or tar archive, or an https address of one')
            [CompletionResult]::new('remove', 'remove', [CompletionResultType]::ParameterValue, 'Delete a pack that `herald pack add` installed')
            [CompletionResult]::new('info', 'info', [CompletionResultType]::ParameterValue, 'Tell of a pack: author, licence, and the files of each event')
            [CompletionResult]::new('check', 'check', [CompletionResultType]::ParameterValue, 'Tell everything that is wrong with a pack, or with all of them; exits with 1 where something can''t be played')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'herald;pack;list' {
            [CompletionResult]::new('--events', '--events', [CompletionResultType]::ParameterName, 'Name the events')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'herald;pack;use' {
            [CompletionResult]::new('--session', '--session', [CompletionResultType]::ParameterName, 'Only in this session: the agent''s id of it, or the short one that `herald log` shows')
            [CompletionResult]::new('--default', '--default', [CompletionResultType]::ParameterName, 'No packs of its own for the session any more')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'herald;pack;add' {
            [CompletionResult]::new('--name', '--name', [CompletionResultType]::ParameterName, 'Call it so, instead of what it calls itself')
            [CompletionResult]::new('--path', '--path', [CompletionResultType]::ParameterName, 'The folder of the source that is the pack, where the source holds several')
            [CompletionResult]::new('--force', '--force', [CompletionResultType]::ParameterName, 'Put it in the place of one of the same name; take it though something of it can''t be used')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'herald;pack;remove' {
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'herald;pack;info' {
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'herald;pack;check' {
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'herald;pack;help' {
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List all packs there are: which are in use, and which events each has a sound for')
            [CompletionResult]::new('use', 'use', [CompletionResultType]::ParameterValue, 'Play these packs from now on, the first that has the event wins')
            [CompletionResult]::new('add', 'add', [CompletionResultType]::ParameterValue, 'Add a pack from a directory, a zip or tar archive, or an https address of one')
            [CompletionResult]::new('remove', 'remove', [CompletionResultType]::ParameterValue, 'Delete a pack that `herald pack add` installed')
            [CompletionResult]::new('info', 'info', [CompletionResultType]::ParameterValue, 'Tell of a pack: author, licence, and the files of each event')
            [CompletionResult]::new('check', 'check', [CompletionResultType]::ParameterValue, 'Tell everything that is wrong with a pack, or with all of them; exits with 1 where something can''t be played')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'herald;pack;help;list' {
            break
        }
        'herald;pack;help;use' {
            break
        }
        'herald;pack;help;add' {
            break
        }
        'herald;pack;help;remove' {
            break
        }
        'herald;pack;help;info' {
            break
        }
        'herald;pack;help;check' {
            break
        }
        'herald;pack;help;help' {
            break
        }
        'herald;sounds' {
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'herald;log' {
            [CompletionResult]::new('--last', '--last', [CompletionResultType]::ParameterName, 'Only the last so many lines; without it all, on a terminal the last 50')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'Go on with what happens from now on')
            [CompletionResult]::new('--follow', '--follow', [CompletionResultType]::ParameterName, 'Go on with what happens from now on')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print the lines as they are stored, one JSON object each')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'herald;status' {
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'herald;doctor' {
            [CompletionResult]::new('--fix', '--fix', [CompletionResultType]::ParameterName, 'Mend what is safe to mend: rights of Herald''s own files, its leftovers, hooks of its own that lead nowhere')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON, to be pasted into a report: your home directory is written as ~')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'herald;config' {
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('path', 'path', [CompletionResultType]::ParameterValue, 'Print where the configuration file is')
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Print the configuration that is in force')
            [CompletionResult]::new('check', 'check', [CompletionResultType]::ParameterValue, 'Check the configuration file')
            [CompletionResult]::new('get', 'get', [CompletionResultType]::ParameterValue, 'Print what is in force for a key, or for all keys of a table')
            [CompletionResult]::new('set', 'set', [CompletionResultType]::ParameterValue, 'Write a value into the configuration file, and leave the rest of it as it is')
            [CompletionResult]::new('unset', 'unset', [CompletionResultType]::ParameterValue, 'Take a key or a whole table out of the configuration file, and leave the rest of it as it is')
            [CompletionResult]::new('edit', 'edit', [CompletionResultType]::ParameterValue, 'Open the configuration file in your editor, and check it afterwards')
            [CompletionResult]::new('schema', 'schema', [CompletionResultType]::ParameterValue, 'Print the JSON Schema of the configuration, by which editors complete and check it')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'herald;config;path' {
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'herald;config;show' {
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'herald;config;check' {
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'herald;config;get' {
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'herald;config;set' {
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'herald;config;unset' {
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'herald;config;edit' {
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'herald;config;schema' {
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'herald;config;help' {
            [CompletionResult]::new('path', 'path', [CompletionResultType]::ParameterValue, 'Print where the configuration file is')
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Print the configuration that is in force')
            [CompletionResult]::new('check', 'check', [CompletionResultType]::ParameterValue, 'Check the configuration file')
            [CompletionResult]::new('get', 'get', [CompletionResultType]::ParameterValue, 'Print what is in force for a key, or for all keys of a table')
            [CompletionResult]::new('set', 'set', [CompletionResultType]::ParameterValue, 'Write a value into the configuration file, and leave the rest of it as it is')
            [CompletionResult]::new('unset', 'unset', [CompletionResultType]::ParameterValue, 'Take a key or a whole table out of the configuration file, and leave the rest of it as it is')
            [CompletionResult]::new('edit', 'edit', [CompletionResultType]::ParameterValue, 'Open the configuration file in your editor, and check it afterwards')
            [CompletionResult]::new('schema', 'schema', [CompletionResultType]::ParameterValue, 'Print the JSON Schema of the configuration, by which editors complete and check it')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'herald;config;help;path' {
            break
        }
        'herald;config;help;show' {
            break
        }
        'herald;config;help;check' {
            break
        }
        'herald;config;help;get' {
            break
        }
        'herald;config;help;set' {
            break
        }
        'herald;config;help;unset' {
            break
        }
        'herald;config;help;edit' {
            break
        }
        'herald;config;help;schema' {
            break
        }
        'herald;config;help;help' {
            break
        }
        'herald;trust' {
            [CompletionResult]::new('--list', '--list', [CompletionResultType]::ParameterName, 'List the projects that are trusted')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'herald;untrust' {
            [CompletionResult]::new('--all', '--all', [CompletionResultType]::ParameterName, 'All of them')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'herald;completions' {
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'herald;help' {
            [CompletionResult]::new('hook', 'hook', [CompletionResultType]::ParameterValue, 'For agents: read a payload, decide, play; prints nothing, always exits with 0')
            [CompletionResult]::new('play', 'play', [CompletionResultType]::ParameterValue, 'Play an event, a sound or a file')
            [CompletionResult]::new('run', 'run', [CompletionResultType]::ParameterValue, 'Run a command and play by its status, which is kept')
            [CompletionResult]::new('done', 'done', [CompletionResultType]::ParameterValue, 'Play by the status of a command that has ended, and exit with it: `make; herald done $?`')
            [CompletionResult]::new('init', 'init', [CompletionResultType]::ParameterValue, 'Print what makes a shell play a sound after each command that took long')
            [CompletionResult]::new('install', 'install', [CompletionResultType]::ParameterValue, 'Put hooks into the settings of agents, so that they are heard')
            [CompletionResult]::new('uninstall', 'uninstall', [CompletionResultType]::ParameterValue, 'Take the hooks out again')
            [CompletionResult]::new('agents', 'agents', [CompletionResultType]::ParameterValue, 'List the agents: which are here, which have hooks, when each was last heard')
            [CompletionResult]::new('explain', 'explain', [CompletionResultType]::ParameterValue, 'Tell what a payload would do, and why; changes nothing')
            [CompletionResult]::new('which', 'which', [CompletionResultType]::ParameterValue, 'Tell which sound an event or a name stands for')
            [CompletionResult]::new('preview', 'preview', [CompletionResultType]::ParameterValue, 'Play a whole pack or one event, or render it to a file')
            [CompletionResult]::new('mute', 'mute', [CompletionResultType]::ParameterValue, 'Be silent for a while, or until `herald unmute`')
            [CompletionResult]::new('unmute', 'unmute', [CompletionResultType]::ParameterValue, 'Be heard again')
            [CompletionResult]::new('volume', 'volume', [CompletionResultType]::ParameterValue, 'Show the volume, or set it in the configuration file')
            [CompletionResult]::new('pack', 'pack', [CompletionResultType]::ParameterValue, 'List, choose, check, add and remove packs')
            [CompletionResult]::new('sounds', 'sounds', [CompletionResultType]::ParameterValue, 'List the sounds of a pack, with length, level and format; without one, of those in use')
            [CompletionResult]::new('log', 'log', [CompletionResultType]::ParameterValue, 'Show what happened and why')
            [CompletionResult]::new('status', 'status', [CompletionResultType]::ParameterValue, 'Show who speaks, who waits, and how things stand')
            [CompletionResult]::new('doctor', 'doctor', [CompletionResultType]::ParameterValue, 'Find what is wrong, mend the speaker''s state, and tell what to do about the rest')
            [CompletionResult]::new('config', 'config', [CompletionResultType]::ParameterValue, 'Show, change or check the configuration')
            [CompletionResult]::new('trust', 'trust', [CompletionResultType]::ParameterValue, 'Let a project''s .herald.toml turn Herald down')
            [CompletionResult]::new('untrust', 'untrust', [CompletionResultType]::ParameterValue, 'Pass a project''s .herald.toml over again')
            [CompletionResult]::new('completions', 'completions', [CompletionResultType]::ParameterValue, 'Print the completions for a shell')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'herald;help;hook' {
            break
        }
        'herald;help;play' {
            break
        }
        'herald;help;run' {
            break
        }
        'herald;help;done' {
            break
        }
        'herald;help;init' {
            break
        }
        'herald;help;install' {
            break
        }
        'herald;help;uninstall' {
            break
        }
        'herald;help;agents' {
            break
        }
        'herald;help;explain' {
            break
        }
        'herald;help;which' {
            break
        }
        'herald;help;preview' {
            break
        }
        'herald;help;mute' {
            break
        }
        'herald;help;unmute' {
            break
        }
        'herald;help;volume' {
            break
        }
        'herald;help;pack' {
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List all packs there are: which are in use, and which events each has a sound for')
            [CompletionResult]::new('use', 'use', [CompletionResultType]::ParameterValue, 'Play these packs from now on, the first that has the event wins')
            [CompletionResult]::new('add', 'add', [CompletionResultType]::ParameterValue, 'Add a pack from a directory, a zip or tar archive, or an https address of one')
            [CompletionResult]::new('remove', 'remove', [CompletionResultType]::ParameterValue, 'Delete a pack that `herald pack add` installed')
            [CompletionResult]::new('info', 'info', [CompletionResultType]::ParameterValue, 'Tell of a pack: author, licence, and the files of each event')
            [CompletionResult]::new('check', 'check', [CompletionResultType]::ParameterValue, 'Tell everything that is wrong with a pack, or with all of them; exits with 1 where something can''t be played')
            break
        }
        'herald;help;pack;list' {
            break
        }
        'herald;help;pack;use' {
            break
        }
        'herald;help;pack;add' {
            break
        }
        'herald;help;pack;remove' {
            break
        }
        'herald;help;pack;info' {
            break
        }
        'herald;help;pack;check' {
            break
        }
        'herald;help;sounds' {
            break
        }
        'herald;help;log' {
            break
        }
        'herald;help;status' {
            break
        }
        'herald;help;doctor' {
            break
        }
        'herald;help;config' {
            [CompletionResult]::new('path', 'path', [CompletionResultType]::ParameterValue, 'Print where the configuration file is')
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Print the configuration that is in force')
            [CompletionResult]::new('check', 'check', [CompletionResultType]::ParameterValue, 'Check the configuration file')
            [CompletionResult]::new('get', 'get', [CompletionResultType]::ParameterValue, 'Print what is in force for a key, or for all keys of a table')
            [CompletionResult]::new('set', 'set', [CompletionResultType]::ParameterValue, 'Write a value into the configuration file, and leave the rest of it as it is')
            [CompletionResult]::new('unset', 'unset', [CompletionResultType]::ParameterValue, 'Take a key or a whole table out of the configuration file, and leave the rest of it as it is')
            [CompletionResult]::new('edit', 'edit', [CompletionResultType]::ParameterValue, 'Open the configuration file in your editor, and check it afterwards')
            [CompletionResult]::new('schema', 'schema', [CompletionResultType]::ParameterValue, 'Print the JSON Schema of the configuration, by which editors complete and check it')
            break
        }
        'herald;help;config;path' {
            break
        }
        'herald;help;config;show' {
            break
        }
        'herald;help;config;check' {
            break
        }
        'herald;help;config;get' {
            break
        }
        'herald;help;config;set' {
            break
        }
        'herald;help;config;unset' {
            break
        }
        'herald;help;config;edit' {
            break
        }
        'herald;help;config;schema' {
            break
        }
        'herald;help;trust' {
            break
        }
        'herald;help;untrust' {
            break
        }
        'herald;help;completions' {
            break
        }
        'herald;help;help' {
            break
        }
    })

    $completions.Where{ $_.CompletionText -like "$wordToComplete*" } |
        Sort-Object -Property ListItemText
}
