//! Brokers that refuse us, and brokers that we refuse.

use std::path::Path;

use rstest::rstest;

use crate::bench::{Decided, Machine, Moment};
use crate::support::mosquitto::{Authority, Setup};
use crate::support::{Mosquitto, or_skip};

fn far(broker: &Mosquitto, user: Option<&str>, more: &str) -> Machine {
    Machine::new(&format!("host = \"far\"\nsend_to = \"{}/t\"\n{more}", broker.address_of(user)))
}

fn desk(broker: &Mosquitto, user: Option<&str>, more: &str) -> Machine {
    Machine::new(&format!("host = \"desk\"\nlisten_to = [\"{}/t\"]\n{more}", broker.address_of(user)))
}

fn shown(path: &Path) -> String {
    format!("{:?}", path.display().to_string())
}

/// The letter has its end, with this reason.
#[track_caller]
fn assert_given_up(far: &Machine, why: &str) {
    let line = far.wait_for_told("gave-up", |line| line["event"] == "task.complete");
    assert!(line["detail"].as_str().is_some_and(|detail| detail.contains(why)), "{line}");
    let lost = far.told("lost");
    assert_eq!(lost.len(), 1, "told once, however often it was tried: {lost:?}");
    assert!(lost[0]["detail"].as_str().is_some_and(|detail| detail.contains(why)), "{lost:?}");
}

#[test]
fn an_encrypted_connection_to_a_known_broker_with_user_and_password_carries() {
    let Some(authority) = or_skip(Authority::new()) else { return };
    let setup = Setup::default().tls(&authority).user("anna", "open sesame");
    let Some(broker) = or_skip(Mosquitto::start_with(setup)) else { return };
    let ca = shown(&authority.certificate());
    let mut machines = [far(&broker, Some("anna"), ""), desk(&broker, Some("anna"), "")];
    for (machine, kind) in machines.iter().zip(["host = \"far\"\nsend_to = ", "host = \"desk\"\nlisten_to = "]) {
        let password = machine.secret("password", "open-sesame\n");
        let address = format!("\"{}/t\"", broker.address_of(Some("anna")));
        let address = if kind.ends_with("send_to = ") { address } else { format!("[{address}]") };
        machine.configure(&format!("{kind}{address}\nca_file = {ca}\npassword_file = {}", shown(&password)));
    }
    let [far, desk] = &mut machines;
    // The password of another door.
    far.tell(Moment::Stop, "refused");
    assert_given_up(far, "refuses the user or the password");
    for machine in [&*far, &*desk] {
        machine.secret("password", "opensesame\n");
    }
    drop(broker);
    let setup = Setup::default().tls(&authority).user("anna", "opensesame");
    let Some(broker) = or_skip(Mosquitto::start_with(setup)) else { return };
    let address = broker.address_of(Some("anna"));
    let password = |machine: &Machine| shown(&machine.env.path().join("password"));
    far.configure(&format!(
        "host = \"far\"\nsend_to = \"{address}/t\"\nca_file = {ca}\npassword_file = {}",
        password(far)
    ));
    desk.configure(&format!(
        "host = \"desk\"\nlisten_to = [\"{address}/t\"]\nca_file = {ca}\npassword_file = {}",
        password(desk)
    ));
    desk.listen();
    far.tell(Moment::Permission, "s");
    assert_eq!(desk.wait_for_decisions("far", 1), [Decided::play(Moment::Permission)]);
    let journals = format!("{:?}{:?}", far.env.journal(), desk.env.journal());
    assert!(!journals.contains("sesame"), "no password is ever written down");
}

#[test]
fn a_user_who_has_a_certificate_needs_no_password() {
    let Some(authority) = or_skip(Authority::new()) else { return };
    let setup = Setup::default().tls(&authority).wants_certificate();
    let Some(broker) = or_skip(Mosquitto::start_with(setup)) else { return };
    let pair = authority.issue("anna", "DNS:anna.example");
    let (ca, cert) = (shown(&authority.certificate()), shown(&pair.certificate));
    let mut desk = desk(&broker, None, &format!("ca_file = {ca}"));
    let key = desk.secret("key", &std::fs::read_to_string(&pair.key).expect("a key"));
    let address = broker.address();
    desk.configure(&format!(
        "host = \"desk\"\nlisten_to = [\"{address}/t\"]\nca_file = {ca}\ncert_file = {cert}\nkey_file = {}",
        shown(&key)
    ));
    desk.listen();
    let far = far(&broker, None, &format!("ca_file = {ca}"));
    far.tell(Moment::Stop, "without one");
    far.wait_for_told("gave-up", |_| true);
    assert!(desk.decisions("far").is_empty());
}

#[rstest]
#[case::nobody_vouches(None, "nobody known vouches")]
#[case::for_another_name(Some("DNS:elsewhere.example"), "for another name")]
fn a_broker_that_cannot_prove_its_name_gets_nothing(#[case] names: Option<&str>, #[case] why: &str) {
    let Some(authority) = or_skip(Authority::new()) else { return };
    let Some(stranger) = or_skip(Authority::new()) else { return };
    let (setup, ca) = match names {
        None => (Setup::default().tls(&stranger), &authority),
        Some(names) => (Setup::default().tls_as(&authority, names), &authority),
    };
    let Some(broker) = or_skip(Mosquitto::start_with(setup)) else { return };
    let far = far(&broker, None, &format!("ca_file = {}", shown(&ca.certificate())));
    far.tell(Moment::Stop, "s");
    assert_given_up(&far, why);
}

#[test]
fn a_password_that_others_can_read_is_not_used() {
    let setup = Setup::default().user("anna", "opensesame");
    let Some(broker) = or_skip(Mosquitto::start_with(setup)) else { return };
    let far = far(&broker, Some("anna"), "");
    let password = far.env.write("password", "opensesame\n");
    std::fs::set_permissions(&password, std::os::unix::fs::PermissionsExt::from_mode(0o644)).expect("its mode");
    let address = broker.address_of(Some("anna"));
    far.configure(&format!("host = \"far\"\nsend_to = \"{address}/t\"\npassword_file = {}", shown(&password)));
    far.tell(Moment::Stop, "s");
    assert_given_up(&far, "chmod 600");
}

#[test]
fn what_a_broker_does_not_allow_is_refused_at_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let rules = folder.path().join("acl");
    std::fs::write(&rules, "topic write t/+/here\n").expect("rules");
    std::os::unix::fs::chown(&rules, Some(0), Some(0)).ok();
    let setup = Setup::default().line(format!("acl_file {}", rules.display()));
    let Some(broker) = or_skip(Mosquitto::start_with(setup)) else { return };
    let far = far(&broker, None, "");
    far.tell(Moment::Permission, "s");
    let line = far.wait_for_told("refused", |line| line["event"] == "input.permission");
    assert!(line["detail"].as_str().is_some_and(|why| why.contains("doesn't allow")), "{line}");
}
