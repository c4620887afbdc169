//! A command line, read far enough to know the programs a human would say were run, never so far as to be a shell.
//!
//! Pure. Only programs and their subcommands leave this file: any other word of a command may be a secret.

/// Scripts within scripts that are followed.
const DEPTH: usize = 3;

/// A word as it stands in a name: lower case, anything odd a hyphen.
pub(super) fn word(text: &str) -> String {
    let kept = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '_' | '-') { c.to_ascii_lowercase() } else { '-' };
    text.trim().chars().take(40).map(kept).collect::<String>().trim_matches('-').to_owned()
}

/// A program that a command line runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// Its name, lower case, without directory or ending.
    pub name: String,
    /// What it is told to do, where that looks like a word of its own.
    pub subcommand: Option<String>,
    /// It was given nothing but options, and nothing to read: shells and the like then ask their human.
    pub alone: bool,
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
pub fn program(script: &str) -> Option<Program> {
    first_program(script, DEPTH)
}

/// The programs of a script, one for each of its commands that does more than prepare; also those that would run another
/// one but are given none, as in `sudo -i`.
pub fn programs(script: &str) -> Vec<Program> {
    commands(script).iter().filter_map(|command| main_program(script, command, DEPTH)).collect()
}

fn first_program(script: &str, depth: usize) -> Option<Program> {
    let runs_another = |program: &Program| RUNNING.iter().any(|(running, ..)| *running == program.name);
    commands(script)
        .iter()
        .find_map(|command| main_program(script, command, depth).filter(|program| !runs_another(program)))
}

/// A simple command: its words, and whether its standard input is a pipe or a file.
#[derive(Debug, Default)]
struct Command {
    words: Vec<Token>,
    fed: bool,
}

/// A word of a command, and where in the script it begins and ends.
#[derive(Debug)]
struct Token {
    text: String,
    quoted: bool,
    begins: usize,
}

fn main_program(script: &str, Command { words: command, fed }: &Command, depth: usize) -> Option<Program> {
    let mut at = 0;
    let mut running = None;
    loop {
        let Some(token) = command.get(at) else {
            return running.map(|name| Program { name, subcommand: None, alone: !fed });
        };
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
            running = Some(word(name));
            continue;
        }
        if SHELLS.contains(&name)
            && depth > 0
            && let Some(inner) = inline_script(script, &command[at + 1..])
        {
            return first_program(inner.as_ref(), depth - 1);
        }
        let name = word(name);
        let arguments = &command[at + 1..];
        let alone = !fed && arguments.iter().all(|token| token.text.starts_with('-'));
        return (!name.is_empty()).then(|| Program { subcommand: subcommand(&name, arguments), name, alone });
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
fn commands(script: &str) -> Vec<Command> {
    let mut commands = Vec::new();
    let mut command = Command::default();
    let mut lexer = Lexer { characters: script.char_indices().peekable() };
    let mut target_follows = false;
    while let Some((begins, first)) = lexer.characters.next() {
        if is_separator(first) {
            let piped = first == '|' && lexer.characters.next_if(|(_, c)| *c == '|').is_none();
            // `|&` is one separator.
            lexer.characters.next_if(|(_, c)| piped && *c == '&');
            commands.push(std::mem::replace(&mut command, Command { words: Vec::new(), fed: piped }));
            target_follows = false;
        } else if first == '#' {
            while lexer.characters.next_if(|(_, c)| *c != '\n').is_some() {}
        } else if !first.is_whitespace() {
            let token = lexer.token(first, begins);
            let is_target = std::mem::take(&mut target_follows);
            if token.is_redirection() {
                target_follows = token.text.ends_with(['<', '>']);
                command.fed |= token.text.trim_start_matches('0').starts_with('<');
            } else if !is_target && !token.text.is_empty() {
                command.words.push(token);
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
        let found = program(script);
        let named = found.map(|Program { name, subcommand, .. }| match subcommand {
            Some(subcommand) => format!("{name}-{subcommand}"),
            None => name,
        });
        assert_eq!(named.unwrap_or_default(), expected);
    }

    #[rstest]
    #[case("python3", "python3!")]
    #[case("python3 -q", "python3!")]
    #[case("python3 a.py", "python3")]
    #[case("curl -L x | bash -s", "curl bash")]
    #[case("curl -L x |& bash", "curl bash")]
    #[case("bash < script", "bash")]
    #[case("bash 2>err", "bash!")]
    #[case("make || bash", "make! bash!")]
    #[case("cd x && make -j4; vim a", "make! vim")]
    #[case("sudo -u bob -i", "sudo!")]
    #[case("A=1 sudo env B=2 vim a", "vim")]
    #[case("sudo", "sudo!")]
    #[case("", "")]
    fn every_program_is_told_and_whether_it_asks_its_human(#[case] script: &str, #[case] expected: &str) {
        let told = programs(script).into_iter().map(|p| if p.alone { p.name + "!" } else { p.name });
        assert_eq!(told.collect::<Vec<_>>().join(" "), expected);
    }
}
