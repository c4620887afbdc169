//! The shells Herald knows: how a path is quoted there, the snippet, and the line that goes into its settings.

use std::time::Duration;

use super::quote;

/// One shell.
#[derive(Debug)]
pub struct Shell {
    /// Its name on the command line.
    pub name: &'static str,
    /// The file its user's settings are in.
    pub settings: &'static str,
    /// The line that goes there.
    pub line: &'static str,
    others: &'static str,
    snippet: &'static str,
    quote: fn(&str) -> String,
}

/// All of them, in the order of the help text.
pub static SHELLS: &[Shell] = &[
    Shell {
        name: "bash",
        settings: "~/.bashrc",
        line: "eval \"$(herald init bash)\"",
        others: "",
        snippet: include_str!("herald.bash"),
        quote: quote::posix,
    },
    Shell {
        name: "zsh",
        settings: "~/.zshrc",
        line: "eval \"$(herald init zsh)\"",
        others: "",
        snippet: include_str!("herald.zsh"),
        quote: quote::posix,
    },
    Shell {
        name: "fish",
        settings: "~/.config/fish/config.fish",
        line: "herald init fish | source",
        others: "",
        snippet: include_str!("herald.fish"),
        quote: quote::fish,
    },
    Shell {
        name: "nu",
        settings: "the prompt, once",
        line: "let d = $nu.user-autoload-dirs.0; mkdir $d; herald init nu | save -f $\"($d)/herald.nu\"",
        others: "nushell",
        snippet: include_str!("herald.nu"),
        quote: quote::nu,
    },
    Shell {
        name: "powershell",
        settings: "$PROFILE",
        line: "Invoke-Expression (& herald init powershell | Out-String)",
        others: "pwsh",
        snippet: include_str!("herald.ps1"),
        quote: quote::powershell,
    },
];

/// The shell of that name; a path to it and a login shell's hyphen are fine.
pub fn find(name: &str) -> Option<&'static Shell> {
    let name = name.rsplit(['/', '\\']).next().unwrap_or(name);
    let name = name.strip_suffix(".exe").unwrap_or(name).trim_start_matches('-').to_ascii_lowercase();
    SHELLS.iter().find(|shell| shell.name == name || !name.is_empty() && shell.others == name)
}

impl Shell {
    /// What it has to read, for the program at this path and commands that take at least `min`.
    pub fn snippet(&self, program: &str, min: Duration) -> String {
        // The path last: whatever is in it stays as it is.
        self.snippet.replace("@MIN_MS@", &min.as_millis().to_string()).replace("@HERALD@", &(self.quote)(program))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shells_are_found_by_what_their_users_call_them() {
        let found = |name| find(name).map(|shell| shell.name);
        for shell in SHELLS {
            assert_eq!(found(shell.name), Some(shell.name));
        }
        assert_eq!(found("/usr/bin/zsh"), Some("zsh"));
        assert_eq!(found("-bash"), Some("bash"));
        assert_eq!(found("pwsh.exe"), Some("powershell"));
        assert_eq!(found("nushell"), Some("nu"));
        assert_eq!(found("cmd"), None);
        assert_eq!(found(""), None);
    }

    #[test]
    fn a_snippet_holds_the_program_and_the_time_and_no_gap() {
        for shell in SHELLS {
            let snippet = shell.snippet("/a b/herald @MIN_MS@", Duration::from_millis(1500));
            assert!(snippet.contains("/a b/herald @MIN_MS@") && snippet.contains("1500"), "{}", shell.name);
            assert!(!snippet.contains("@HERALD@") && snippet.is_ascii(), "{}", shell.name);
        }
    }
}
