//! `docs/remote.md`: its blocks, for those who run them.

use std::path::Path;

use crate::support::document;

/// The whole page.
pub(crate) fn text() -> String {
    document::file("docs/remote.md")
}

/// The blocks in that language, in their order.
pub(crate) fn blocks(language: &str) -> Vec<String> {
    let found = document::blocks(&text(), language);
    assert!(!found.is_empty(), "{language}");
    found
}

/// The one block in that language that holds `word`.
pub(crate) fn block_with(language: &str, word: &str) -> String {
    let mut found = blocks(language).into_iter().filter(|block| block.contains(word));
    let (Some(block), None) = (found.next(), found.next()) else { panic!("one block in {language} with {word}") };
    block
}

/// Where the page has a place in it that only its reader knows.
fn config_of(block: &str) -> herald::config::Config {
    let (config, problems) = herald::config::parse(block, Path::new("/c/config.toml"), Some(Path::new("/home/you")));
    assert!(problems.is_empty(), "{block}\n{problems:#?}");
    config
}

/// Where the container's configuration sends to.
fn sent_to() -> String {
    let link = config_of(&block_with("toml", "/run/herald/desk.sock")).link.expect("a link");
    link.send_to.expect("an address").to_string()
}

#[test]
fn every_configuration_is_read_without_a_problem() {
    for block in blocks("toml") {
        config_of(&block);
    }
}

#[test]
fn what_is_mounted_is_where_the_container_sends_to() {
    let folder = "/run/herald";
    assert_eq!(sent_to(), format!("unix:{folder}/desk.sock"));
    let yaml = block_with("yaml", "services");
    assert!(yaml.contains(&format!("/.local/share/herald-socket:{folder}\n")), "{yaml}");
    let json: serde_json::Value = serde_json::from_str(&block_with("json", "mounts")).expect("JSON");
    let mount = json["mounts"][0].as_str().expect("a mount");
    assert!(mount.contains(&format!("target={folder},")) && mount.contains(".local/share/herald-socket,"), "{mount}");
    // Both name the configuration where the page puts it.
    assert_eq!(json["containerEnv"]["HERALD_CONFIG"], "/etc/herald.toml");
    assert!(yaml.contains("HERALD_CONFIG: /etc/herald.toml\n") && text().contains("as `/etc/herald.toml`"), "{yaml}");
    let listens = block_with("toml", "herald-socket/desk.sock");
    assert!(block_with("sh", "mkdir").contains("~/.local/share/herald-socket\n") && listens.contains("~/.local"));
}

/// Where docker is installed with its plugin it says the same of the file.
#[test]
fn the_compose_file_is_one() {
    let env = crate::support::TestEnv::new();
    env.write("compose.yaml", block_with("yaml", "services"));
    let is_there = crate::support::find_program("docker").is_ok();
    let mut asked = env.command("docker");
    asked.args(["compose", "version"]);
    if !is_there || !env.finish(asked, b"").status.success() {
        return;
    }
    let mut command = env.command("docker");
    command.args(["compose", "-f", "../compose.yaml", "config", "--format", "json"]);
    let said = env.finish(command, b"");
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    let config: serde_json::Value = serde_json::from_slice(&said.stdout).expect("JSON");
    assert_eq!(config["services"]["agent"]["volumes"][0]["target"], "/run/herald", "{config}");
}

/// What is typed: Herald's own commands exist, ssh's names are in the configuration above, the rest is done here or
/// elsewhere in these tests.
#[test]
fn everything_to_be_typed_can_be() {
    use clap::CommandFactory as _;
    let env = crate::support::TestEnv::new();
    let hosts = blocks("ssh-config").concat();
    for line in blocks("sh").concat().lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            ["herald", name, ..] => assert!(herald::cli::Cli::command().find_subcommand(name).is_some(), "{line}"),
            ["herald-link", "listen"] => {}
            ["ssh", "-N", host] => assert!(hosts.contains(&format!("Host {host}\n")), "{line}"),
            ["mkdir", ..] => {
                let mut shell = env.command("sh");
                // A home has these folders.
                std::fs::create_dir_all(env.home().join(".local/share")).expect("a folder");
                shell.args(["-c", line]);
                assert!(env.finish(shell, b"").status.success(), "{line}");
                assert!(env.home().join(".local/share/herald-socket").is_dir());
            }
            ["cargo", "build", "--release", rest @ ..] => assert_eq!(rest, crate::support::root::BUILD, "{line}"),
            ["mosquitto_passwd", "-c", file, "anna"] => {
                assert!(block_with("mosquitto", "listener").contains(&format!("password_file {file}\n")), "{line}");
            }
            _ => panic!("nobody tries this: {line}"),
        }
    }
}

/// The table at the page's end has the program's own words.
#[test]
fn what_is_said_where_it_is_not_heard_is_what_is_said() {
    let page = text();
    let table = page.split("## Where it isn't heard").nth(1).expect("the table");
    for word in ["where nothing is", "whose other end is gone", "wants its cookie"] {
        let source = include_str!("../../src/doctor/output.rs");
        assert!(table.contains(word) && source.contains(word), "{word}");
    }
    for reason in [herald::policy::Reason::NoLink, herald::policy::Reason::OutputCoolingDown] {
        assert!(table.contains(&format!("`{reason}`")), "{reason}");
    }
}
