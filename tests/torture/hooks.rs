//! Every system call of `herald hook`, made to fail or to be its last.

use crate::bench::{Chance, report, rounds};
use crate::fault::{Fault, Sites, all_at, sites, some_of};
use crate::hook_judge::{Became, Clean, live, word};
use crate::hook_world::{Programs, SCENARIOS, Scenario};
use crate::support::{Evidence, Strace, TestEnv, or_skip};
use crate::tally::{Tally, asked_for, each};

/// Of a call that a thread makes again and again, so many are spoilt.
const MOST: usize = 6;

struct Case {
    scenario: &'static Scenario,
    clean: Clean,
    sites: Sites,
}

#[test]
fn no_system_call_that_fails_or_is_the_last_makes_a_hook_break_its_word() {
    let Some(strace) = or_skip(Strace::find()) else { return };
    let seed = Chance::drawn();
    let evidence = Evidence::begin("system calls of the hook", Some(seed));
    let mut chance = Chance::seeded(seed);
    let programs = Programs::new(&TestEnv::new());
    report(&format!("HERALD_TEST_SEED={seed}"));

    let cases: Vec<Case> = SCENARIOS
        .iter()
        .map(|scenario| {
            let (clean, trace) = Clean::of(scenario, &programs, &strace);
            Case { scenario, clean, sites: sites(&trace, MOST, &mut chance) }
        })
        .collect();
    let all: Vec<(&Case, Fault)> = cases
        .iter()
        .flat_map(|case| all_at(case.sites.all.clone()).into_iter().map(move |fault| (case, fault)))
        .collect();
    let count = asked_for().unwrap_or_else(|| rounds(160, all.len()));
    let chosen = some_of(all, count, &mut chance);

    let results = each(&chosen, |(case, fault)| {
        (case.scenario.name, fault.clone(), live(case.scenario, &case.clean, &programs, &strace, fault))
    });
    let mut whole = Tally::default();
    for case in &cases {
        let name = case.scenario.name;
        let mut tally = Tally::default();
        for (_, fault, result) in results.iter().filter(|(of, ..)| *of == name) {
            match result {
                Ok(Became::Nothing) => tally.missed += 1,
                Ok(Became::AsEver) => tally.count(word(fault.effect), "as ever"),
                Ok(Became::Said(what)) => tally.count(word(fault.effect), what),
                Ok(Became::Unsaid | Became::Late) => tally.count(word(fault.effect), "no line"),
                Err(broken) => {
                    tally.count(word(fault.effect), "BROKEN");
                    tally.broken.push(format!("{name}, {fault}:\n  {}", broken.join("\n  ")));
                }
            }
        }
        let Sites { loader, calls, all, threads, .. } = &case.sites;
        report(&format!(
            "hook that {name}: {calls} calls of {threads} threads after the loader's {loader}, {} sites; {tally}",
            all.len()
        ));
        whole.add(tally);
    }
    report(&format!("all hooks: {whole}"));
    assert!(whole.broken.is_empty(), "{} broke something:\n{}", whole.broken.len(), whole.broken.join("\n"));
    assert!(whole.happened * 10 >= chosen.len() * 9, "only {} of {} happened", whole.happened, chosen.len());
    evidence.holds(whole.happened);
}
