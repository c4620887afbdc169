//! How a finding is written where others may read it: without the user's name in a path.
//!
//! Pure. What is to be typed stays something to type.

use std::path::Path;

/// The text with `~` where the home directory stood.
pub(super) fn without_home(text: &str, home: Option<&Path>) -> String {
    let home = home.and_then(Path::to_str).map(|home| home.trim_end_matches('/'));
    // One name below the root at least: else every path would begin with it.
    let Some(home) = home.filter(|home| home.len() > 1 && home.starts_with('/')) else { return text.to_owned() };
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(home) {
        let (before, from) = rest.split_at(at);
        let after = &from[home.len()..];
        let begins = !before.chars().next_back().or(out.chars().next_back()).is_some_and(is_of_path);
        let ends = !after.chars().next().is_some_and(|c| c != '/' && is_of_path(c));
        out.push_str(before);
        rest = after;
        if !(begins && ends) {
            out.push_str(home);
            continue;
        }
        // A shell knows the sign only outside of quotes.
        let quotes = ["$'", "'", "\""].into_iter().find(|quote| out.ends_with(quote));
        match (quotes, after.strip_prefix('/')) {
            (Some(quote), Some(inner)) => {
                out.truncate(out.len() - quote.len());
                out.push_str("~/");
                out.push_str(quote);
                rest = inner;
            }
            _ => out.push('~'),
        }
    }
    out.push_str(rest);
    out
}

fn is_of_path(c: char) -> bool {
    c.is_alphanumeric() || "/._-~".contains(c)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("rm /home/ada/x", "rm ~/x")]
    #[case("rm '/home/ada/a b'", "rm ~/'a b'")]
    #[case("rm $'/home/ada/a\\x0a'", "rm ~/$'a\\x0a'")]
    #[case("/home/ada is open", "~ is open")]
    #[case("(/home/ada/x), /home/ada/y", "(~/x), ~/y")]
    #[case("unix:/home/ada/s", "unix:~/s")]
    #[case("/home/adam/x", "/home/adam/x")]
    #[case("/mnt/home/ada/x", "/mnt/home/ada/x")]
    fn the_home_directory_is_a_tilde(#[case] text: &str, #[case] written: &str) {
        assert_eq!(without_home(text, Some(Path::new("/home/ada"))), written);
    }

    #[test]
    fn without_a_home_of_its_own_nothing_is_shortened() {
        assert_eq!(without_home("/a/b", None), "/a/b");
        assert_eq!(without_home("/a/b", Some(Path::new("/"))), "/a/b");
    }
}
