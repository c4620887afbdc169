//! `herald init` itself: what it prints for a program wherever it lies, and what it says where it can't.

use std::fs;
use std::os::unix::fs::symlink;
use std::process::Output;

use rstest::rstest;

use crate::session::Kind::{Bash, Fish, Zsh};
use crate::session::{FAILURE, Kind, Session, world};
use crate::support::TestEnv;

fn err(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[rstest]
#[case::spaces("a b  c")]
#[case::quotes("it's \"so\"")]
#[case::dollars("$HOME ${x} $(exit 9) `exit 9`")]
#[case::backslashes("a\\b\\\\c\\'")]
#[case::signs("a;b&c|d(e)f<g>h*i?j[k]l#m!n~o%p")]
#[case::line_end("a\nb")]
#[case::letters("ärger-日本")]
fn a_program_is_found_whatever_its_folder_is_called(#[values(Bash, Zsh, Fish)] kind: Kind, #[case] folder: &str) {
    if crate::support::or_skip(crate::support::find_program(kind.name())).is_none() {
        return;
    }
    let (env, mut front) = world();
    let place = env.path().join(folder);
    fs::rename(env.path().join("bin"), &place).expect("another name");
    front.herald = place.join("herald");
    let mut command = env.command(&front.herald);
    command.args(["init", kind.name(), "--min", "0s"]);
    let snippet = String::from_utf8(env.finish(command, b"").stdout).expect("text");
    let rc = format!("{}{snippet}", kind.prompt_for_tests());
    let Some(session) = Session::with_rc(kind, env, front, &rc) else { return };
    assert_eq!(session.run("exits 4"), 4);
    session.assert_heard(&[FAILURE]);
}

#[test]
fn a_program_that_is_called_by_a_link_keeps_the_link() {
    let (env, front) = world();
    let link = env.path().join("link/herald");
    fs::create_dir(env.path().join("link")).expect("a folder");
    symlink(&front.herald, &link).expect("a link");
    let mut command = env.command(&link);
    command.args(["init", "zsh"]);
    let snippet = String::from_utf8(env.finish(command, b"").stdout).expect("text");
    assert!(snippet.contains(&format!("'{}'", link.display())), "{snippet}");
    assert!(snippet.contains("took >= 10000"), "ten seconds, if nothing else is said: {snippet}");
}

#[rstest]
#[case::none(&["init"], "for which shell?")]
#[case::unknown(&["init", "tcsh"], "\"tcsh\"")]
#[case::hostile(&["init", "a\u{1b}[2Jb"], "nothing for a shell")]
fn without_a_known_shell_it_says_which_line_goes_where(#[case] args: &[&str], #[case] said: &str) {
    let env = TestEnv::new();
    let output = env.run(args);
    assert_eq!(output.status.code(), Some(2));
    assert!(output.stdout.is_empty(), "nothing that a shell would read");
    let told = err(&output);
    for part in [said, "~/.bashrc", "eval \"$(herald init bash)\"", "~/.zshrc", "herald init fish | source", "$PROFILE"]
    {
        assert!(told.contains(part), "{part:?} is missing in: {told}");
    }
    assert!(!told.contains('\u{1b}') && told.lines().all(|line| line.chars().count() <= 90), "{told}");
}

#[rstest]
#[case("/bin/bash", "PS0=")]
#[case("-zsh", "add-zsh-hook")]
#[case("pwsh", "Global:prompt")]
#[case("nushell", "pre_prompt")]
fn a_shell_is_known_by_all_it_is_called(#[case] name: &str, #[case] part: &str) {
    let output = TestEnv::new().run(["init", "--", name]);
    assert!(output.status.success(), "{}", err(&output));
    assert!(String::from_utf8_lossy(&output.stdout).contains(part));
}

#[rstest]
#[case("10", "did you mean 10s?")]
#[case("soon", "10s or 1m30s")]
fn a_time_that_is_none_is_answered(#[case] min: &str, #[case] said: &str) {
    let output = TestEnv::new().run(["init", "bash", "--min", min]);
    assert_eq!(output.status.code(), Some(2));
    assert!(err(&output).contains(said), "{}", err(&output));
}
