//! What each page says.

use std::fmt::Write as _;

use clap::{Command, CommandFactory as _};
use clap_mangen::Man;
use herald::cli::Cli;
use herald::event::{EVENTS, about};

/// When the words of the manual were last gone over.
const DATE: &str = "2026-11-21";

/// Every page: its file's name, and its text.
pub(crate) fn all() -> Vec<(String, String)> {
    let mut program = Cli::command();
    program.build();
    let mut pages = vec![
        ("herald.1".to_owned(), whole(&program)),
        ("herald-config.5".to_owned(), filled(include_str!("herald-config.5.in"))),
        ("herald-link.1".to_owned(), filled(include_str!("herald-link.1.in"))),
        ("herald-player.1".to_owned(), filled(include_str!("herald-player.1.in"))),
    ];
    pages.extend(shown(&program).map(|command| (format!("herald-{}.1", command.get_name()), of_command(command))));
    pages.sort();
    pages.into_iter().map(|(name, text)| (name, tidy(&text))).collect()
}

/// The commands with pages of their own.
fn shown(program: &Command) -> impl Iterator<Item = &Command> {
    program.get_subcommands().filter(|command| !command.is_hide_set() && command.get_name() != "help")
}

fn page(command: &Command, name: &str) -> Man {
    let command = command.clone().subcommand_value_name("command");
    let page = Man::new(command).title(name.to_uppercase()).section("1").date(DATE).manual("Herald");
    page.source(format!("herald {}", env!("CARGO_PKG_VERSION")))
}

type Section = fn(&Man, &mut dyn std::io::Write) -> std::io::Result<()>;

fn section(page: &Man, render: Section) -> String {
    let mut text = Vec::new();
    render(page, &mut text).expect("memory takes everything");
    String::from_utf8(text).expect("made of text").replace(DEFINITIONS, "")
}

/// What the library begins every piece with; once is enough.
const DEFINITIONS: &str = ".ie \\n(.g .ds Aq \\(aq\n.el .ds Aq '\n";

/// Without its first line, the heading.
fn body(section: &str) -> &str {
    section.split_once('\n').map_or("", |(_, rest)| rest)
}

fn whole(program: &Command) -> String {
    let page = page(program, "herald");
    let mut text = format!("{DEFINITIONS}{}", section(&page, Man::render_title));
    for render in [Man::render_name_section, Man::render_synopsis_section] as [Section; 2] {
        text.push_str(&section(&page, render));
    }
    text.push_str(include_str!("herald.1.description"));
    text.push_str(".SH COMMANDS\n");
    for command in shown(program) {
        let about = command.get_about().map(ToString::to_string).unwrap_or_default();
        _ = writeln!(text, ".TP\n.BR herald\\-{} (1)\n{}", escaped(command.get_name()), escaped(&about));
    }
    text.push_str(&section(&page, Man::render_options_section));
    text.push_str(include_str!("herald.1.end"));
    text
}

/// The option that every command has needn't be told of every command.
fn without_help(command: &Command) -> Command {
    command.clone().mut_arg("help", |help| help.hide(true))
}

fn of_command(command: &Command) -> String {
    let command = &without_help(command);
    let name = format!("herald-{}", command.get_name());
    let page = page(command, &name);
    let mut text = format!("{DEFINITIONS}{}", section(&page, Man::render_title));
    for render in
        [Man::render_name_section, Man::render_synopsis_section, Man::render_description_section] as [Section; 3]
    {
        text.push_str(&section(&page, render));
    }
    let inner: Vec<&Command> =
        command.get_subcommands().filter(|inner| !inner.is_hide_set() && inner.get_name() != "help").collect();
    if inner.is_empty() {
        text.push_str(&section(&page, Man::render_options_section));
    } else {
        text.push_str(".SH COMMANDS\n");
    }
    for inner in inner {
        let page = Man::new(without_help(inner));
        _ = writeln!(text, ".SS {}", escaped(&format!("herald {} {}", command.get_name(), inner.get_name())));
        text.push_str(body(&section(&page, Man::render_synopsis_section)));
        text.push_str(".PP\n");
        text.push_str(body(&section(&page, Man::render_description_section)));
        text.push_str(body(&section(&page, Man::render_options_section)));
    }
    if command.get_name() == "config" {
        text.push_str(".SH SEE ALSO\n.BR herald (1),\n.BR herald\\-config (5)\n");
    } else {
        text.push_str(".SH SEE ALSO\n.BR herald (1)\n");
    }
    text
}

/// A page that was written by hand, its marks filled in.
fn filled(page: &str) -> String {
    let mut events = String::new();
    for event in EVENTS {
        let on = if event.enabled { "on" } else { "off" };
        let when = about(event.name).unwrap_or_default();
        let parent = event.parent.map(|parent| format!("; sounds like {parent}")).unwrap_or_default();
        _ = writeln!(
            events,
            ".TP\n.B {}\n{}.",
            escaped(event.name),
            escaped(&format!("{when} ({on}, {}{parent})", event.priority))
        );
    }
    page.replace("@DATE@", DATE).replace("@VERSION@", env!("CARGO_PKG_VERSION")).replace("@EVENTS@\n", &events)
}

/// Without blanks at the ends of lines, and lines no longer than the checkers of manuals like them.
fn tidy(page: &str) -> String {
    const WIDTH: usize = 76;
    let mut out = String::new();
    for line in page.lines() {
        let line = line.trim_end();
        let mut length = 0;
        for word in line.split(' ') {
            // A line that begins so would be a command.
            let breaks = !line.starts_with('.') && !word.starts_with(['.', '\'']);
            if length > 0 && breaks && length + 1 + word.len() > WIDTH {
                out.push('\n');
                length = 0;
            } else if length > 0 {
                out.push(' ');
                length += 1;
            }
            out.push_str(word);
            length += word.len();
        }
        out.push('\n');
    }
    out.replace("\n.br\n\n.br\n", "\n.sp\n")
}

/// Text that roff takes for nothing but text.
fn escaped(text: &str) -> String {
    let text = text.replace('\\', "\\e").replace('-', "\\-").replace('…', "...");
    if text.starts_with(['.', '\'']) { format!("\\&{text}") } else { text }
}
