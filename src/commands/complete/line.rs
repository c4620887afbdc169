//! What may stand at the end of a command line that isn't finished: read off the same types that parse the whole one.
//!
//! Pure. Knows no event, pack or agent; which values an argument takes is told by [`super::values`].

use clap::{Arg, ArgAction, Command};

/// What belongs at the end.
#[derive(Debug)]
pub(super) enum Wanted<'c> {
    /// Subcommands or options.
    Words(Vec<Candidate>),
    /// Values of an argument, beside subcommands where there are such.
    Value(Slot<'c>, Vec<Candidate>),
    /// Somebody else's command line, which begins with the word of that number.
    Command(usize),
}

/// One word that fits, and what it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Candidate {
    pub(super) word: String,
    pub(super) about: String,
}

impl Candidate {
    pub(super) fn new(word: impl Into<String>, about: impl Into<String>) -> Self {
        Self { word: word.into(), about: about.into() }
    }
}

/// The place of a value.
#[derive(Debug)]
pub(super) struct Slot<'c> {
    pub(super) arg: &'c Arg,
    /// What stands before the value in the same word: `--agent=`, or the first values of a list.
    pub(super) lead: String,
    /// What was typed of the value.
    pub(super) part: String,
    /// Values that were given before, which are not wanted twice.
    pub(super) given: Vec<String>,
}

impl<'c> Slot<'c> {
    fn new(arg: &'c Arg, lead: &str, typed: &str, mut given: Vec<String>) -> Self {
        let cut = arg.get_value_delimiter().and_then(|d| Some(typed.rfind(d)? + d.len_utf8())).unwrap_or(0);
        let (list, part) = typed.split_at(cut);
        if let Some(delimiter) = arg.get_value_delimiter() {
            given.extend(list.split(delimiter).map(str::to_owned));
        }
        Self { arg, lead: format!("{lead}{list}"), part: part.to_owned(), given }
    }
}

/// Reads `before`, the words behind the program's name, and says what `word`, the one at the cursor, may become.
/// The command must have been built.
pub(super) fn read<'c>(root: &'c Command, before: &[String], word: &str) -> Wanted<'c> {
    let mut at = Reader { command: root, nth: 0, open: None, escaped: false, used: Vec::new(), given: Vec::new() };
    for (number, text) in before.iter().enumerate() {
        if at.take(text) {
            return Wanted::Command(number);
        }
    }
    at.end(before.len(), word)
}

struct Reader<'c> {
    command: &'c Command,
    /// How many positional arguments are filled.
    nth: usize,
    /// An option that waits for its value.
    open: Option<&'c Arg>,
    /// Behind `--`.
    escaped: bool,
    used: Vec<&'c Arg>,
    /// Values of the positional argument that takes several.
    given: Vec<String>,
}

impl<'c> Reader<'c> {
    /// Reads one whole word; true where somebody else's command line begins with it.
    fn take(&mut self, text: &str) -> bool {
        if self.open.take().is_some() {
            return false;
        }
        if !self.escaped && text == "--" {
            self.escaped = true;
            return false;
        }
        if !self.escaped
            && let Some(long) = text.strip_prefix("--")
        {
            let (name, value) = long.split_once('=').map_or((long, None), |(name, value)| (name, Some(value)));
            let option = self.long(name);
            self.open = option.filter(|arg| takes_value(arg) && value.is_none());
            self.used.extend(option);
            return false;
        }
        if !self.escaped && text.len() > 1 && text.starts_with('-') {
            self.shorts(&text[1..]);
            return false;
        }
        if self.nth == 0
            && !self.escaped
            && let Some(command) = self.command.find_subcommand(text)
        {
            (self.command, self.used) = (command, Vec::new());
            return false;
        }
        let Some(arg) = self.positional() else { return false };
        if is_command(arg) {
            return true;
        }
        if takes_several(arg) {
            self.given.push(text.to_owned());
        } else {
            self.nth += 1;
        }
        self.used.push(arg);
        false
    }

    fn shorts(&mut self, letters: &str) {
        for (at, letter) in letters.char_indices() {
            let option = self.command.get_arguments().find(|arg| arg.get_short() == Some(letter));
            self.used.extend(option);
            if option.is_some_and(takes_value) {
                let last = letters.len() == at + letter.len_utf8();
                self.open = option.filter(|_| last);
                return;
            }
        }
    }

    fn end(self, number: usize, word: &str) -> Wanted<'c> {
        if let Some(option) = self.open {
            return Wanted::Value(Slot::new(option, "", word, Vec::new()), Vec::new());
        }
        if !self.escaped && word.starts_with('-') {
            let long = word.strip_prefix("--").and_then(|long| long.split_once('='));
            return match long.and_then(|(name, value)| Some((self.long(name)?, name, value))) {
                Some((option, name, value)) if takes_value(option) => {
                    Wanted::Value(Slot::new(option, &format!("--{name}="), value, Vec::new()), Vec::new())
                }
                _ => Wanted::Words(self.options()),
            };
        }
        let commands = if self.nth == 0 && !self.escaped { self.commands() } else { Vec::new() };
        match self.positional() {
            Some(arg) if is_command(arg) => Wanted::Command(number),
            Some(arg) if self.fits(arg) => Wanted::Value(Slot::new(arg, "", word, self.given.clone()), commands),
            _ if commands.is_empty() && !self.escaped => Wanted::Words(self.options()),
            _ => Wanted::Words(commands),
        }
    }

    fn positional(&self) -> Option<&'c Arg> {
        self.command.get_positionals().nth(self.nth)
    }

    fn long(&self, name: &str) -> Option<&'c Arg> {
        self.command.get_arguments().find(|arg| {
            arg.get_long() == Some(name) || arg.get_all_aliases().is_some_and(|aliases| aliases.contains(&name))
        })
    }

    fn commands(&self) -> Vec<Candidate> {
        let shown = self.command.get_subcommands().filter(|command| !command.is_hide_set());
        shown.map(|command| Candidate::new(command.get_name(), first_line(command.get_about()))).collect()
    }

    fn options(&self) -> Vec<Candidate> {
        let fits = self.command.get_arguments().filter(|arg| !arg.is_hide_set() && self.fits(arg));
        fits.filter_map(|arg| Some(Candidate::new(format!("--{}", arg.get_long()?), first_line(arg.get_help()))))
            .collect()
    }

    /// Whether nothing that was given excludes it, or is it already.
    fn fits(&self, arg: &Arg) -> bool {
        let repeats = matches!(arg.get_action(), ArgAction::Append | ArgAction::Count);
        let excluded =
            |a: &Arg, b: &Arg| self.command.get_arg_conflicts_with(a).iter().any(|c| c.get_id() == b.get_id());
        self.used.iter().all(|used| {
            if used.get_id() == arg.get_id() { repeats } else { !excluded(used, arg) && !excluded(arg, used) }
        })
    }
}

fn takes_value(arg: &Arg) -> bool {
    arg.get_action().takes_values()
}

fn takes_several(arg: &Arg) -> bool {
    matches!(arg.get_action(), ArgAction::Append)
}

/// Whether what begins here is a whole command line.
fn is_command(arg: &Arg) -> bool {
    arg.is_trailing_var_arg_set() && takes_several(arg)
}

fn first_line(help: Option<&clap::builder::StyledStr>) -> String {
    help.map(ToString::to_string).and_then(|help| Some(help.lines().next()?.to_owned())).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use clap::builder::StyledStr;
    use rstest::rstest;

    use super::*;

    fn program() -> Command {
        let value = |name: &'static str| Arg::new(name).long(name).action(ArgAction::Set);
        let flag = |name: &'static str| Arg::new(name).long(name).action(ArgAction::SetTrue);
        let mut program = Command::new("p")
            .subcommand(
                Command::new("play")
                    .about("sound")
                    .arg(Arg::new("what"))
                    .arg(value("volume").short('v'))
                    .arg(flag("wait").short('w'))
                    .arg(flag("render").conflicts_with("wait")),
            )
            .subcommand(
                Command::new("install")
                    .arg(Arg::new("agents").action(ArgAction::Append))
                    .arg(value("events").value_delimiter(',').action(ArgAction::Append))
                    .arg(flag("all").conflicts_with("agents")),
            )
            .subcommand(
                Command::new("run").arg(value("min")).arg(
                    Arg::new("command")
                        .action(ArgAction::Append)
                        .trailing_var_arg(true)
                        .allow_hyphen_values(true)
                        .num_args(1..),
                ),
            )
            .subcommand(Command::new("secret").hide(true))
            .subcommand(Command::new("pack").subcommand(Command::new("use").arg(Arg::new("names"))))
            .disable_help_flag(true)
            .disable_help_subcommand(true);
        program.build();
        program
    }

    fn told(line: &str) -> String {
        let program = program();
        let mut words: Vec<String> = line.split(' ').map(str::to_owned).collect();
        let word = words.pop().unwrap_or_default();
        let list = |words: Vec<Candidate>| words.into_iter().map(|c| c.word).collect::<Vec<_>>().join(" ");
        match read(&program, &words, &word) {
            Wanted::Words(words) => list(words),
            Wanted::Value(slot, words) => {
                let rest = format!("{}<{}>{}", slot.lead, slot.arg.get_id(), slot.part);
                [list(words), rest, slot.given.join("+")].join("|")
            }
            Wanted::Command(at) => format!("command {at}"),
        }
    }

    #[rstest]
    #[case::commands("", "play install run pack")]
    #[case::half_a_command("pl", "play install run pack")]
    #[case::nested("pack ", "use")]
    #[case::of_nested("pack use ", "|<names>|")]
    #[case::value("play ta", "|<what>ta|")]
    #[case::nothing_left_but_options("play x ", "--volume --wait --render")]
    #[case::options("play -", "--volume --wait --render")]
    #[case::used_and_excluded("play --wait -", "--volume")]
    #[case::short_ones_count("play -w -", "--volume")]
    #[case::value_of_option("play --volume ", "|<volume>|")]
    #[case::value_of_short_option("play -wv ", "|<volume>|")]
    #[case::value_in_short_option("play -v40 ", "|<what>|")]
    #[case::value_in_the_same_word("play --volume=4", "|--volume=<volume>4|")]
    #[case::value_was_given("play --volume=40 ", "|<what>|")]
    #[case::a_flag_has_no_value("play --wait=", "--volume --wait --render")]
    #[case::several("install a b ", "|<agents>|a+b")]
    #[case::list("install --events x,y,z", "|x,y,<events>z|x+y+")]
    #[case::excluded_by_a_flag("install --all ", "--events")]
    #[case::excluded_by_a_value("install a -", "--events")]
    #[case::escaped("play -- -x", "|<what>-x|")]
    #[case::own_command("run ", "command 1")]
    #[case::own_command_goes_on("run make a", "command 1")]
    #[case::own_command_behind_dashes("run --min 3 -- make -", "command 4")]
    #[case::hidden_but_known("secret ", "")]
    #[case::nonsense("frob x --y ", "play install run pack")]
    fn a_line_that_is_not_finished(#[case] line: &str, #[case] expected: &str) {
        assert_eq!(told(line), expected, "{line:?}");
    }

    #[test]
    fn a_candidate_tells_the_first_line_of_its_help() {
        assert_eq!(first_line(Some(&StyledStr::from("one\ntwo"))), "one");
        assert_eq!(first_line(None), "");
    }
}
