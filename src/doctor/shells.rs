//! The user's shell: whether Herald's integration and completions are in it. Nobody needs either, so this never warns.
//!
//! Reads only.

use std::path::{Path, PathBuf};

use super::Verdict;
use super::machine::Machine;
use super::scene::Scene;

/// A shell that can be told of.
#[derive(Debug)]
struct Shell {
    name: &'static str,
    /// Its start files, below home.
    starts: &'static [&'static str],
    /// Where its completions lie: below home, or from the root on.
    completions: &'static [&'static str],
}

const SHELLS: &[Shell] = &[
    Shell {
        name: "bash",
        starts: &[".bashrc", ".bash_profile", ".profile"],
        completions: &[
            ".local/share/bash-completion/completions/herald",
            "/usr/local/share/bash-completion/completions/herald",
            "/usr/share/bash-completion/completions/herald",
            "/etc/bash_completion.d/herald",
        ],
    },
    Shell {
        name: "zsh",
        starts: &[".zshrc", ".zprofile"],
        completions: &[
            ".zfunc/_herald",
            ".zsh/completions/_herald",
            "/usr/local/share/zsh/site-functions/_herald",
            "/usr/share/zsh/site-functions/_herald",
            "/usr/share/zsh/vendor-completions/_herald",
        ],
    },
    Shell {
        name: "fish",
        starts: &[".config/fish/config.fish", ".config/fish/conf.d/herald.fish"],
        completions: &[
            ".config/fish/completions/herald.fish",
            "/usr/local/share/fish/vendor_completions.d/herald.fish",
            "/usr/share/fish/vendor_completions.d/herald.fish",
        ],
    },
    Shell { name: "nu", starts: &[".config/nushell/config.nu", ".config/nushell/env.nu"], completions: &[] },
    Shell { name: "pwsh", starts: &[".config/powershell/Microsoft.PowerShell_profile.ps1"], completions: &[] },
];

/// What of Herald is in the user's shell.
pub(super) fn shells(scene: &Scene<'_>) -> Verdict {
    let shell = scene.machine.variable("SHELL").map(Path::new).and_then(Path::file_name);
    let Some(name) = shell.and_then(|name| name.to_str()) else { return Verdict::ok("not told which is used") };
    match (SHELLS.iter().find(|shell| shell.name == name), scene.paths.home.as_deref()) {
        (Some(shell), Some(home)) => Verdict::ok(told(shell, home, scene.machine)),
        _ => Verdict::ok(format!("{name}: nothing to look at")),
    }
}

fn told(shell: &Shell, home: &Path, machine: &Machine) -> String {
    // zsh looks elsewhere where it is told to.
    let moved = machine.variable("ZDOTDIR").filter(|_| shell.name == "zsh").map(PathBuf::from);
    let folders = moved.iter().map(PathBuf::as_path).chain([home]);
    let texts: Vec<(PathBuf, String)> = folders
        .flat_map(|folder| shell.starts.iter().map(move |file| folder.join(file)))
        .filter_map(|file| Some((file.clone(), String::from_utf8_lossy(&std::fs::read(file).ok()?).into_owned())))
        .collect();
    let mentions = |words: &str| {
        let live = |line: &str| !line.trim_start().starts_with('#') && line.contains(words);
        texts.iter().find(|(_, text)| text.lines().any(live)).map(|(file, _)| file.display().to_string())
    };
    let integration = match mentions("herald init") {
        Some(file) => format!("herald init is in {file}"),
        None => format!("long commands make no sound (herald init {} tells how)", shell.name),
    };
    let installed = shell.completions.iter().any(|path| match path.strip_prefix('/') {
        Some(_) => machine.at(path).exists(),
        None => home.join(path).exists(),
    });
    let completions = match (installed || mentions("herald completions").is_some(), shell.completions) {
        (true, _) => ", completions are there",
        (false, []) => "",
        (false, _) => ", no completions",
    };
    format!("{}: {integration}{completions}", shell.name)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("bash", &[], "long commands make no sound (herald init bash tells how), no completions")]
    #[case("bash", &[("home/.bashrc", "eval \"$(herald init bash)\"\n")], "herald init is in ")]
    #[case("bash", &[("home/.bashrc", "# eval \"$(herald init bash)\"\n")], "make no sound")]
    #[case("zsh", &[("home/.zshrc", "source <(herald completions zsh)\n")], "completions are there")]
    #[case("fish", &[("usr/share/fish/vendor_completions.d/herald.fish", "")], "completions are there")]
    #[case("nu", &[], "nu: long commands make no sound (herald init nu tells how)")]
    fn what_is_in_the_start_files_is_told(#[case] name: &str, #[case] files: &[(&str, &str)], #[case] part: &str) {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let machine = Machine {
            root: folder.path().to_owned(),
            program: None,
            search: Vec::new(),
            variables: std::collections::BTreeMap::new(),
        };
        let shell = SHELLS.iter().find(|shell| shell.name == name).unwrap();
        let told = told(shell, &folder.path().join("home"), &machine);
        assert!(told.contains(part), "{told}");
    }
}
