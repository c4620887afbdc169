//! What is particular to zsh: other hooks, options that change the language, aliases.

use rstest::rstest;

use crate::session::Kind::Zsh;
use crate::session::{ALL, FAILURE, Session, Settings};

fn session(before: &'static str, after: &'static str) -> Option<Session> {
    Session::start(Zsh, ALL, Settings { before, after, without: false })
}

#[rstest]
#[case::before("autoload -Uz add-zsh-hook; add-zsh-hook precmd tool", "")]
#[case::after("", "add-zsh-hook precmd tool")]
#[case::the_one_function("precmd() { tool; }", "")]
#[case::first_of_all("", "precmd_functions=(tool $precmd_functions)")]
#[case::one_that_forgets_the_status("precmd_functions=(tool forgets)", "precmd_functions+=(forgets)")]
fn other_hooks_see_status_and_pipeline(#[case] before: &'static str, #[case] after: &'static str) {
    let tool = "tool() { seen=\"$? $pipestatus\"; }\nforgets() { true; return 0; }\n";
    let Some(session) = session(format!("{tool}{before}").leak(), after) else { return };
    session.assert_another_tool_sees_all();
}

#[rstest]
#[case::unset_is_an_error("setopt no_unset")]
#[case::lists_from_zero("setopt ksh_arrays")]
#[case::words_are_split("setopt sh_word_split")]
#[case::no_clobber("setopt no_clobber")]
#[case::nothing_found_is_nothing("setopt null_glob")]
#[case::everything_is_a_pattern("setopt extended_glob glob_assign")]
#[case::functions_return_at_errors("setopt err_return")]
#[case::other_separators("IFS=.0123456789")]
#[case::no_monitor("setopt no_monitor")]
#[case::twice("eval \"$(\"$PWD/../bin/herald\" init zsh --min 0s)\"")]
fn options_of_all_kinds_change_nothing(#[case] after: &'static str) {
    let Some(session) = session("", after) else { return };
    session.assert_works_in_silence();
}

#[rstest]
#[case::by_an_alias("alias v='sudo vim'", "v x")]
#[case::hidden_from_the_history("setopt hist_ignore_space", " vim x")]
#[case::without_a_history("HISTSIZE=0", "vim x")]
fn an_editor_is_known_however_it_is_called(#[case] before: &'static str, #[case] line: &str) {
    let Some(session) = session(before, "") else { return };
    session.run(line);
    session.sentinel();
    session.assert_heard(&[FAILURE]);
}
