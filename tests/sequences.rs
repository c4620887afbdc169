//! Stories: what a person wants to hear of what agents tell one after the other.
//!
//! Each is told twice: to the rules, with a clock of the test's own; and to the real hook, over stamps that the test made
//! as old as the story wants them.

#![cfg(target_os = "linux")]

mod support;

#[path = "hook/bench.rs"]
mod bench;
#[path = "sequences/hooks.rs"]
mod hooks;
#[path = "sequences/rules.rs"]
mod rules;
#[path = "sequences/story.rs"]
mod story;

use story::{Step, Story, stories};

/// What came of each step, where that is not what the story wants.
fn differences(story: &Story, tell: &mut dyn FnMut(&Step) -> String) -> Vec<String> {
    let mut wrong = Vec::new();
    for step in &story.steps {
        let came = tell(step);
        if came != step.wanted {
            wrong.push(format!("{}: {} => {}, wanted {}", story.title, step.line, came, step.wanted));
        }
    }
    wrong
}

fn assert_none(wrong: &[String]) {
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn the_rules_let_exactly_that_be_heard_which_a_person_wants_to_hear() {
    let stories = stories();
    assert!(stories.len() >= 40, "{}", stories.len());
    let tell = |story: &Story| {
        let mut rules = rules::Rules::new(story);
        differences(story, &mut |step| rules.tell(step))
    };
    assert_none(&stories.iter().flat_map(tell).collect::<Vec<_>>());
}

#[test]
fn the_hook_lets_exactly_that_be_heard_which_a_person_wants_to_hear() {
    let tell = |story: &Story| {
        let mut hooks = hooks::Hooks::new(story);
        differences(story, &mut |step| hooks.tell(step))
    };
    assert_none(&stories().iter().flat_map(tell).collect::<Vec<_>>());
}
