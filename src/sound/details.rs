//! What an event is about, as names for sounds: `tool.error.bash.git-push`, `tool.error.bash.git`, `tool.error.bash`.
//!
//! Pure. Owns how a command line is read: far enough to know the program a human would say was run, never so far as to
//! be a shell. Names hold the program and its subcommand and no other word of the command, which may be a secret.

use crate::event::{Canonical, EVENTS, EventName, Occurrence};

/// What the tool that runs commands is called in names, whatever an agent calls it.
const SHELL_TOOL: &str = "bash";

/// Scripts within scripts that are followed.
const DEPTH: usize = 3;

/// The names to try before the event's own, from special to general.
pub fn details(occurrence: &Occurrence) -> Vec<EventName> {
    let (Some(event), Some(tool)) = (&occurrence.event, &occurrence.tool) else { return Vec::new() };
    let tool = word(tool);
    let mut names = Vec::new();
    if let Some(command) = &occurrence.command {
        if let Some(Program { name, subcommand }) = program(command, DEPTH) {
            if let Some(subcommand) = subcommand {
                names.push(format!("{event}.{SHELL_TOOL}.{name}-{subcommand}"));
            }
            names.push(format!("{event}.{SHELL_TOOL}.{name}"));
        }
        if tool != SHELL_TOOL {
            names.push(format!("{event}.{SHELL_TOOL}"));
        }
    }
    if !tool.is_empty() {
        names.push(format!("{event}.{tool}"));
    }
    names.into_iter().filter_map(|name| name.parse().ok()).collect()
}

/// The event that a sound of this name is for in one of its details; `None` where it is no detail's name.
pub(super) fn event_with_detail(name: &str) -> Option<&'static Canonical> {
    let is_detail =
        |row: &&Canonical| name.strip_prefix(row.name).is_some_and(|rest| rest.len() > 1 && rest.starts_with('.'));
    EVENTS.iter().find(is_detail)
}

/// A word as it stands in a name: lower case, anything odd a hyphen.
fn word(text: &str) -> String {
    let kept = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '_' | '-') { c.to_ascii_lowercase() } else { '-' };
    text.trim().chars().take(40).map(kept).collect::<String>().trim_matches('-').to_owned()
}

/// What a command line runs.
#[derive(Debug, PartialEq, Eq)]
struct Program {
    name: String,
    subcommand: Option<String>,
}

/// Commands that only prepare for the one that matters.
const PREPARING: &[&str] =
    &["cd", "pushd", "popd", "export", "unset", "set", "shopt", "source", ".", ":", "umask", "ulimit", "trap", "sleep"];

/// Words of the shell's grammar that stand before a command.
const GRAMMAR: &[&str] = &["!", "if", "then", "elif", "else", "while", "until", "do", "{", "}"];

/// Programs that run another one: the options of theirs that take a value, and how many words stand before the other.
const RUNNING: &[(&str, &str, usize)] = &[
    ("sudo", "ughpCrtTUDR", 0),
    ("doas", "uC", 0),
    ("env", "uCS", 0),
    ("time", "fo", 0),
    ("nohup", "", 0),
    ("nice", "n", 0),
    ("ionice", "cnp", 0),
    ("setsid", "", 0),
    ("stdbuf", "ioe", 0),
    ("timeout", "sk", 1),
    ("command", "", 0),
    ("builtin", "", 0),
    ("exec", "a", 0),
    ("xargs", "aEIiLlnPsd", 0),
];

const SHELLS: &[&str] = &["sh", "bash", "zsh", "dash", "fish", "ksh"];

/// The first program of a script that does more than prepare.
fn program(script: &str, depth: usize) -> Option<Program> {
    commands(script).iter().find_map(|command| main_program(script, command, depth))
}

/// A word of a command, and where in the script it begins and ends.
#[derive(Debug)]
struct Token {
    text: String,
    quoted: bool,
    begins: usize,
}

fn main_program(script: &str, command: &[Token], depth: usize) -> Option<Program> {
    let mut at = 0;
    loop {
        let token = command.get(at)?;
        if GRAMMAR.contains(&token.text.as_str()) || is_assignment(&token.text) {
            at += 1;
            continue;
        }
        let name = basename(&token.text);
        if PREPARING.contains(&name) {
            return None;
        }
        if let Some((_, valued, words)) = RUNNING.iter().find(|(running, ..)| *running == name) {
            at = after_options(command, at + 1, valued);
            // `env A=1 make` and `timeout 5 make`.
            at += words;
            continue;
        }
        if SHELLS.contains(&name)
            && depth > 0
            && let Some(inner) = inline_script(script, &command[at + 1..])
        {
            return program(inner.as_ref(), depth - 1);
        }
        let name = word(name);
        return (!name.is_empty()).then(|| Program { subcommand: subcommand(&name, &command[at + 1..]), name });
    }
}

/// The script behind `-c`; where it is not quoted, all that follows: agents join the words of an argument vector.
fn inline_script<'t>(script: &'t str, arguments: &'t [Token]) -> Option<std::borrow::Cow<'t, str>> {
    let is_inline = |token: &Token| {
        token.text.strip_prefix('-').is_some_and(|letters| !letters.starts_with('-') && letters.ends_with('c'))
    };
    let at = arguments.iter().position(is_inline)?;
    let inner = arguments.get(at + 1)?;
    Some(if inner.quoted { inner.text.as_str().into() } else { script[inner.begins..].into() })
}

fn is_assignment(text: &str) -> bool {
    text.split_once('=').is_some_and(|(name, _)| {
        !name.is_empty()
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
            && !name.as_bytes()[0].is_ascii_digit()
    })
}

/// A program's name without its directory and without Windows' ending.
fn basename(text: &str) -> &str {
    let name = text.rsplit(['/', '\\']).next().unwrap_or(text);
    name.strip_suffix(".exe").unwrap_or(name)
}

/// Where the words after a program's options begin.
fn after_options(command: &[Token], mut at: usize, valued: &str) -> usize {
    while let Some(option) = command.get(at).map(|token| token.text.as_str()).filter(|text| text.starts_with('-')) {
        at += 1;
        if option == "--" {
            break;
        }
        let mut letters = option[1..].chars();
        // Only as `-u NAME`: in `-uNAME` and `--user=NAME` the value is part of the word.
        if let (Some(letter), None) = (letters.next(), letters.next())
            && valued.contains(letter)
        {
            at += 1;
        }
    }
    at
}

/// What a program is told to do, if its first word looks like that and not like a file or a value.
fn subcommand(program: &str, arguments: &[Token]) -> Option<String> {
    let valued = match program {
        "git" => "Cc",
        "docker" | "podman" => "Hcl",
        "kubectl" | "helm" => "n",
        "make" => "Cfj",
        "npm" | "pnpm" | "yarn" => "Cw",
        _ => "",
    };
    let arguments = &arguments[after_options(arguments, 0, valued).min(arguments.len())..];
    // `cargo +nightly test`
    let first = arguments.iter().find(|token| !token.text.starts_with('+'))?;
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    let text = first.text.as_str();
    let is_word = !first.quoted && matches!(text.len(), 1..=24) && text.bytes().all(plain);
    (is_word && text.as_bytes()[0].is_ascii_lowercase()).then(|| text.to_owned())
}

/// The simple commands of a script, each as its words, without redirections.
fn commands(script: &str) -> Vec<Vec<Token>> {
    let mut commands = Vec::new();
    let mut command = Vec::new();
    let mut lexer = Lexer { characters: script.char_indices().peekable() };
    let mut target_follows = false;
    while let Some((begins, first)) = lexer.characters.next() {
        if is_separator(first) {
            commands.push(std::mem::take(&mut command));
            target_follows = false;
        } else if first == '#' {
            while lexer.characters.next_if(|(_, c)| *c != '\n').is_some() {}
        } else if !first.is_whitespace() {
            let token = lexer.token(first, begins);
            let is_target = std::mem::take(&mut target_follows);
            if token.is_redirection() {
                target_follows = token.text.ends_with(['<', '>']);
            } else if !is_target && !token.text.is_empty() {
                command.push(token);
            }
        }
    }
    commands.push(command);
    commands
}

/// What ends a simple command.
fn is_separator(c: char) -> bool {
    matches!(c, ';' | '&' | '|' | '\n' | '(' | ')')
}

impl Token {
    fn is_redirection(&self) -> bool {
        !self.quoted && self.text.trim_start_matches(|c: char| c.is_ascii_digit()).starts_with(['<', '>'])
    }
}

struct Lexer<'s> {
    characters: std::iter::Peekable<std::str::CharIndices<'s>>,
}

impl Lexer<'_> {
    /// The word that begins with `first`.
    fn token(&mut self, first: char, begins: usize) -> Token {
        let mut token = Token { text: String::new(), quoted: matches!(first, '"' | '\''), begins };
        let mut next = Some(first);
        while let Some(c) = next {
            match c {
                '"' | '\'' => self.quoted(c, &mut token.text),
                // Before a letter it is more likely one of Windows' separators.
                '\\' if self.characters.peek().is_some_and(|(_, c)| !c.is_ascii_alphanumeric()) => {
                    token.text.extend(self.characters.next().map(|(_, c)| c).filter(|c| *c != '\n'));
                }
                c => token.text.push(c),
            }
            // `2>&1` is one word.
            let copies = c == '>' || c == '<';
            let ends = |c: char| c.is_whitespace() || is_separator(c) && !(c == '&' && copies);
            next = self.characters.next_if(|(_, c)| !ends(*c)).map(|(_, c)| c);
        }
        token
    }

    /// What stands before the closing quote, which may be missing.
    fn quoted(&mut self, quote: char, into: &mut String) {
        while let Some((_, inner)) = self.characters.next_if(|(_, inner)| *inner != quote) {
            let escapes =
                |(_, after): &(usize, char)| inner == '\\' && quote == '"' && matches!(after, '"' | '\\' | '$' | '`');
            into.push(self.characters.next_if(escapes).map_or(inner, |(_, escaped)| escaped));
        }
        self.characters.next();
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn names(tool: &str, command: &str) -> Vec<String> {
        let occurrence = Occurrence {
            event: Some("tool.error".parse().unwrap()),
            tool: Some(tool.to_owned()),
            command: (!command.is_empty()).then(|| command.to_owned()),
            ..Occurrence::default()
        };
        details(&occurrence).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn names_go_from_special_to_general_and_shells_have_one_name() {
        let all = ["tool.error.bash.git-push", "tool.error.bash.git", "tool.error.bash"];
        assert_eq!(names("Bash", "git push origin main"), all);
        let theirs = [&all[..], &["tool.error.run_shell_command"]].concat();
        assert_eq!(names("run_shell_command", "git push"), theirs);
        assert_eq!(names("Edit", ""), ["tool.error.edit"]);
        assert_eq!(names("mcp__github__create pr", ""), ["tool.error.mcp__github__create-pr"]);
        assert_eq!(names("??", ""), [""; 0]);
        assert_eq!(details(&Occurrence { tool: Some("Bash".into()), ..Occurrence::default() }), []);
    }

    #[rstest]
    #[case("tool.error.bash", Some("tool.error"))]
    #[case("input.permission.bash.git-push", Some("input.permission"))]
    #[case("tool.error", None)]
    #[case("tool.error.", None)]
    #[case("tool.errors.bash", None)]
    #[case("deploy.done", None)]
    fn a_detail_belongs_to_its_event(#[case] name: &str, #[case] event: Option<&str>) {
        assert_eq!(event_with_detail(name).map(|row| row.name), event);
    }

    #[rstest]
    #[case("git push", "git-push")]
    #[case("cd /a/b && git push --force", "git-push")]
    #[case("cd '/a b' ; npm test", "npm-test")]
    #[case("A=1 B='x y' cargo test", "cargo-test")]
    #[case("sudo -u bob -E /usr/bin/apt-get -y install x", "apt-get-install")]
    #[case("env -i PATH=/bin FOO=1 make -C sub check", "make-check")]
    #[case("time -p cargo +nightly build", "cargo-build")]
    #[case("timeout -k 5 60s pytest -x tests/a.py", "pytest")]
    #[case("git -C ../x -c a.b=c --no-pager log", "git-log")]
    #[case("/opt/tools/node_modules/.bin/eslint src", "eslint-src")]
    #[case("C:\\Tools\\Git.exe status", "git-status")]
    #[case("bash -c 'cd x && git push'", "git-push")]
    #[case("bash -lc cd x && git push", "git-push")]
    #[case("sh -c \"sudo sh -c 'docker -H h build .'\"", "docker-build")]
    #[case("bash script.sh", "bash")]
    #[case("export A=1\nset -e\ngo test ./...", "go-test")]
    #[case("if ! git diff --quiet; then false; fi", "git-diff")]
    #[case("(cd a; make)", "make")]
    #[case("cat file.txt | grep x", "cat")]
    #[case("python3 -m pytest", "python3-pytest")]
    #[case("rm -rf \"push\"", "rm")]
    #[case("> out.txt 2>&1 ls", "ls")]
    #[case("cd x 2>&1 && make 2>/dev/null", "make")]
    #[case("# note\nls", "ls")]
    #[case("echo 'a;b' && x", "echo")]
    #[case("curl -H 'Authorization: secret' https://x", "curl")]
    #[case("cd /only", "")]
    #[case("", "")]
    #[case("'", "")]
    #[case("\\", "")]
    #[case("sudo", "")]
    #[case("bash -c bash -c bash -c bash -c ls", "bash-ls")]
    fn the_program_a_human_would_name_is_found(#[case] script: &str, #[case] expected: &str) {
        let found = program(script, DEPTH);
        let named = found.map(|Program { name, subcommand }| match subcommand {
            Some(subcommand) => format!("{name}-{subcommand}"),
            None => name,
        });
        assert_eq!(named.unwrap_or_default(), expected);
    }

    proptest::proptest! {
        #[test]
        fn any_command_gives_names_and_nothing_of_its_values(command in ".{0,200}") {
            for name in names("Bash", &command) {
                assert!(crate::event::is_event_name(&name));
            }
        }
    }
}
