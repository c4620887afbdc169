//! What is particular to fish.

use rstest::rstest;

use crate::session::Kind::Fish;
use crate::session::{ALL, FAILURE, Session, Settings};

#[rstest]
#[case::before(true)]
#[case::after(false)]
fn other_hooks_see_status_and_pipeline(#[case] comes_first: bool) {
    let tool = "function tool --on-event fish_postexec; set -g seen \"$status $pipestatus\"; false; end\n";
    let (before, after) = if comes_first { (tool, "") } else { ("", tool) };
    let Some(session) = Session::start(Fish, ALL, Settings { before, after, without: false }) else { return };
    session.assert_another_tool_sees_all();
}

#[test]
fn read_twice_it_tells_once() {
    let after = "$PWD/../bin/herald init fish --min 0s | source";
    let Some(session) = Session::start(Fish, ALL, Settings { after, ..Settings::default() }) else { return };
    assert_eq!(session.run("false"), 1);
    session.sentinel();
    session.assert_heard(&[FAILURE, FAILURE]);
}

#[test]
fn a_block_over_several_lines_is_one_command() {
    let Some(session) = Session::start(Fish, ALL, Settings::default()) else { return };
    session.run("begin; true; false; end");
    session.assert_heard(&[FAILURE]);
    session.sentinel();
    session.assert_heard(&[FAILURE, FAILURE]);
}
