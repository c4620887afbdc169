//! `herald man`: the manual, which travels with the program.
//!
//! The pages are written by `make manual` and carried as they lie in `man/`; no generator is linked.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};

use anyhow::Context as _;

use crate::cli::Man;
use crate::config::nearest;
use crate::platform::{self, whole};

/// The names once, the pages beside them.
macro_rules! pages {
    ($($name:literal,)*) => {
        /// The names of all pages; one text, as a list would cost every start of the program.
        const NAMES: &str = concat!($($name, " "),*);

        fn text(name: &str) -> Option<&'static str> {
            Some(match name {
                $($name => include_str!(concat!("../../man/", $name)),)*
                _ => return None,
            })
        }
    };
}

pages! {
    "herald-agents.1",
    "herald-completions.1",
    "herald-config.1",
    "herald-config.5",
    "herald-doctor.1",
    "herald-done.1",
    "herald-explain.1",
    "herald-hook.1",
    "herald-init.1",
    "herald-install.1",
    "herald-link.1",
    "herald-log.1",
    "herald-man.1",
    "herald-mute.1",
    "herald-pack.1",
    "herald-play.1",
    "herald-player.1",
    "herald-preview.1",
    "herald-run.1",
    "herald-sounds.1",
    "herald-stats.1",
    "herald-status.1",
    "herald-trust.1",
    "herald-uninstall.1",
    "herald-unmute.1",
    "herald-untrust.1",
    "herald-volume.1",
    "herald-which.1",
    "herald.1",
}

pub(super) fn run(args: &Man) -> anyhow::Result<ExitCode> {
    if let Some(dir) = &args.dir {
        write_all(dir)?;
        return Ok(ExitCode::SUCCESS);
    }
    let page = find(args.page.as_deref())?;
    if !platform::stdout_is_terminal() || !shown(page) {
        std::io::stdout().write_all(page.as_bytes())?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The page of a command, by the command's name or its own.
fn find(page: Option<&str>) -> anyhow::Result<&'static str> {
    let Some(page) = page else { return Ok(text("herald.1").unwrap_or_default()) };
    let spellings = [page.to_owned(), format!("{page}.1"), format!("herald-{page}"), format!("herald-{page}.1")];
    if let Some(text) = spellings.iter().find_map(|name| text(name)) {
        return Ok(text);
    }
    let all: Vec<&str> = pages().collect();
    let meant = nearest(page.trim_start_matches("herald-"), all.iter().copied())
        .map(|name| format!("; did you mean: herald man {name}"));
    anyhow::bail!("there is no page {page:?}{}\nthere are: {}", meant.unwrap_or_default(), all.join(", "))
}

/// The names of all pages, as they are asked for.
pub(super) fn pages() -> impl Iterator<Item = &'static str> {
    NAMES.split_whitespace().map(|name| name.strip_suffix(".1").unwrap_or(name).trim_start_matches("herald-"))
}

fn write_all(dir: &Path) -> anyhow::Result<()> {
    whole::make_directory(dir).with_context(|| format!("could not make {}", dir.display()))?;
    for name in NAMES.split_whitespace() {
        let path = dir.join(name);
        let page = text(name).unwrap_or_default();
        whole::create_for_user(&path)
            .and_then(|mut file| file.write_all(page.as_bytes()))
            .with_context(|| format!("could not write {}", path.display()))?;
    }
    Ok(())
}

/// Whether a program of the system has shown the page. The first knows a pager and `-l`, the second is what the
/// systems have that don't.
fn shown(page: &str) -> bool {
    let way: [(&str, &[&str]); 2] = [("man", &["-l", "-"]), ("mandoc", &["-a"])];
    let order = if cfg!(target_os = "linux") { [way[0], way[1]] } else { [way[1], way[0]] };
    order.iter().any(|(program, args)| {
        let Ok(mut child) = Command::new(program).args(*args).stdin(Stdio::piped()).spawn() else { return false };
        if let Some(mut pipe) = child.stdin.take() {
            // Whoever leaves the pager early closes the pipe.
            let _ = pipe.write_all(page.as_bytes());
        }
        child.wait().is_ok_and(|status| status.success())
    })
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(None, "HERALD 1")]
    #[case(Some("hook"), "HERALD-HOOK 1")]
    #[case(Some("herald-hook"), "HERALD-HOOK 1")]
    #[case(Some("herald-hook.1"), "HERALD-HOOK 1")]
    #[case(Some("config"), "HERALD-CONFIG 1")]
    #[case(Some("config.5"), "HERALD\\-CONFIG 5")]
    fn a_page_is_found_by_the_name_of_its_command(#[case] page: Option<&str>, #[case] title: &str) {
        let text = find(page).unwrap();
        let line = text.lines().find(|line| line.starts_with(".TH")).unwrap_or_default();
        assert!(line.starts_with(&format!(".TH {title} ")), "{page:?}: {line}");
    }

    #[test]
    fn a_page_that_is_none_is_told_with_those_there_are() {
        let error = find(Some("instal")).unwrap_err().to_string();
        assert!(error.contains("herald man install") && error.contains("config.5"), "{error}");
    }
}
