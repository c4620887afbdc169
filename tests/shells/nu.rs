//! Nushell, where it is installed: no distribution's machine for tests has it, so that its absence is no failure.

use crate::bench::{occurrences, report, text};
use crate::session::world;
use crate::support::terminal::Terminal;
use crate::support::{PATIENCE, find_program, wait_for};

#[test]
fn a_command_is_heard_by_its_status_and_the_status_is_kept() {
    let Ok(nu) = find_program("nu") else {
        report("not run: nu is not installed");
        return;
    };
    let (mut env, front) = world();
    env.set("XDG_CONFIG_HOME", env.path().join("xdg"));
    env.set("XDG_DATA_HOME", env.path().join("data-home"));
    env.set("TERM", "xterm");
    let settings = "$env.config.show_banner = false\n\
                    $env.config.shell_integration.osc133 = false\n$env.config.shell_integration.osc633 = false\n\
                    $env.PROMPT_COMMAND_RIGHT = \"\"\n$env.PROMPT_INDICATOR = \"\"\n$env.count = 0\n\
                    $env.config.hooks.pre_prompt = [{|| $env.count = $env.count + 1 }]\n\
                    $env.PROMPT_COMMAND = {|| $\"[=($env.LAST_EXIT_CODE):($env.count)=]\" }\n";
    env.write("xdg/nushell/config.nu", settings);
    let mut command = env.command(&front.herald);
    command.args(["init", "nu", "--min", "0s"]);
    let snippet = env.finish(command, b"").stdout;
    env.write("xdg/nushell/autoload/herald.nu", snippet);

    let terminal = Terminal::start(&env.command(nu)).expect("setsid");
    let lines = [
        ("", 0),
        ("^true", 0),
        ("", 0),
        ("exits 3", 3),
        ("ls | length", 0),
        ("vim x", 0),
        ("^sh -c 'kill -TERM $$'", -15),
        ("exits 9", 9),
    ];
    for (number, (line, status)) in lines.iter().enumerate() {
        if number > 0 {
            terminal.press(&format!("{line}\r"));
        }
        terminal.wait_for_text(&format!("[={status}:{}=]", number + 1));
    }
    let events = || occurrences(&env).iter().map(|line| text(line, "event")).collect::<Vec<_>>();
    wait_for("the last command to be heard", PATIENCE, || (events().len() >= 5).then_some(()));
    let expected = ["command.success", "command.failure", "command.success", "command.failure", "command.failure"];
    assert_eq!(events(), expected, "{}", terminal.shown());
}
