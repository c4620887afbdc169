//! A path as one word of each shell, whatever is in it.

/// For bash and zsh.
pub(super) fn posix(path: &str) -> String {
    format!("'{}'", path.replace('\'', r"'\''"))
}

/// For fish, where a backslash escapes inside single quotes, too.
pub(super) fn fish(path: &str) -> String {
    format!("'{}'", path.replace('\\', r"\\").replace('\'', r"\'"))
}

/// For Nushell.
pub(super) fn nu(path: &str) -> String {
    let escaped = path.replace('\\', r"\\").replace('"', "\\\"").replace('\n', "\\n");
    format!("\"{escaped}\"")
}

/// For PowerShell, to which each of the typographic quotes is a quote, too.
pub(super) fn powershell(path: &str) -> String {
    let double = |c: char| if matches!(c, '\'' | '\u{2018}'..='\u{201b}') { vec![c, c] } else { vec![c] };
    format!("'{}'", path.chars().flat_map(double).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_dollars_and_backslashes_mean_themselves() {
        let path = "/a b/it's $HOME\\\"`x`/herald";
        assert_eq!(posix(path), r#"'/a b/it'\''s $HOME\"`x`/herald'"#);
        assert_eq!(fish(path), r#"'/a b/it\'s $HOME\\"`x`/herald'"#);
        assert_eq!(nu(path), r#""/a b/it's $HOME\\\"`x`/herald""#);
        assert_eq!(powershell("it's \u{2019}$x"), "'it''s \u{2019}\u{2019}$x'");
    }
}
