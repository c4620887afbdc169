//! Globs: which are accepted, and what they match.
//!
//! Nothing is compiled. A pattern is checked once, when the file is read, so that matching can't fail and can't take
//! long; it is then matched as it is written, because a hook asks each pattern once and exits.

use std::borrow::Cow;
use std::path::{Path, is_separator};

use super::types::limit;

/// Why `pattern` is none, if so.
pub(super) fn fault(pattern: &str) -> Option<String> {
    if pattern.trim_start_matches('!').is_empty() {
        return Some("an empty pattern matches nothing".to_owned());
    }
    if pattern.len() > limit::PATTERN_BYTES {
        return Some(format!("a pattern may have {} bytes, this one has {}", limit::PATTERN_BYTES, pattern.len()));
    }
    if let Err(error) = fast_glob::validate(pattern) {
        return Some(error.to_string());
    }
    (spellings(pattern) > limit::PATTERN_SPELLINGS).then(|| {
        format!("the braces of a pattern may stand for {} spellings, these for more", limit::PATTERN_SPELLINGS)
    })
}

/// How many spellings the braces stand for, at most: the product is greatest where the commas are spread evenly.
///
/// Rounded up, and without floating point: `pow` would make every hook load the maths library.
fn spellings(pattern: &str) -> usize {
    let count = |char| pattern.matches(char).count();
    let groups = count('{');
    if groups == 0 {
        return 1;
    }
    let each = (count(',') + groups).div_ceil(groups);
    each.saturating_pow(u32::try_from(groups).unwrap_or(u32::MAX))
}

/// Whether the text means more than itself.
pub(super) fn is_glob(pattern: &str) -> bool {
    pattern.starts_with('!') || pattern.contains(['*', '?', '[', '{', '\\'])
}

/// Matches a word: `*` stands for anything, a separator too, since a word has no parts.
pub(super) fn word(pattern: &str, value: &str) -> bool {
    if !is_glob(pattern) {
        return pattern == value;
    }
    if !value.contains(is_separator) {
        return fast_glob::glob_match(pattern, value);
    }
    // The matcher knows only paths: hide what it would take for a separator.
    let hide = |text: &str, separator: fn(char) -> bool| text.replace(separator, "\u{1}");
    fast_glob::glob_match(hide(pattern, |c| c == '/'), hide(value, is_separator))
}

/// Matches a word whatever its case; `folded` is the value in lower case.
pub(super) fn word_of_any_case(pattern: &str, folded: &str) -> bool {
    if !is_glob(pattern) {
        return pattern.eq_ignore_ascii_case(folded);
    }
    if pattern.bytes().any(|byte| byte.is_ascii_uppercase()) {
        word(&pattern.to_ascii_lowercase(), folded)
    } else {
        word(pattern, folded)
    }
}

/// Matches a directory: without a wildcard, and before a last `/**`, the directory itself and all below it.
pub(super) fn directory(pattern: &str, value: &str) -> bool {
    let positive = pattern.trim_start_matches('!');
    let negated = (pattern.len() - positive.len()) % 2 == 1;
    let stem = positive.strip_suffix("/**").unwrap_or(positive);
    let matched = match literal(stem.trim_end_matches('/')) {
        Some(dir) => value.strip_prefix(&*dir).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')),
        None => {
            fast_glob::glob_match(positive, value)
                || (stem.len() < positive.len() && fast_glob::glob_match(stem, value))
        }
    };
    matched != negated
}

/// The text a pattern without wildcards stands for.
fn literal(pattern: &str) -> Option<Cow<'_, str>> {
    if !pattern.contains('\\') {
        return (!pattern.contains(['*', '?', '[', '{'])).then_some(Cow::Borrowed(pattern));
    }
    let mut text = String::with_capacity(pattern.len());
    let mut chars = pattern.chars();
    while let Some(char) = chars.next() {
        match char {
            '\\' => text.push(chars.next()?),
            '*' | '?' | '[' | '{' => return None,
            _ => text.push(char),
        }
    }
    Some(Cow::Owned(text))
}

/// A directory pattern with its home put in and no separator at its end. `None` where it needs a home and none is known.
pub(super) fn expanded(pattern: &str, home: Option<&Path>) -> Option<Box<str>> {
    let positive = pattern.trim_start_matches('!');
    let negation = &pattern[..pattern.len() - positive.len()];
    let trimmed = match positive.trim_end_matches('/') {
        "" => "/",
        trimmed => trimmed,
    };
    let rest = match trimmed.strip_prefix('~') {
        Some(rest) if rest.is_empty() || rest.starts_with('/') => rest,
        _ => return Some(format!("{negation}{trimmed}").into()),
    };
    let home = slashed(&home?.to_string_lossy()).into_owned();
    let mut text = negation.to_owned();
    for char in home.trim_end_matches('/').chars() {
        // A home may have a name that would be a pattern.
        if matches!(char, '*' | '?' | '[' | '{' | '\\') || (char == '!' && text.len() == negation.len()) {
            text.push('\\');
        }
        text.push(char);
    }
    text.push_str(rest);
    Some(text.into())
}

/// Whether a directory pattern begins as the path of a directory may begin.
pub(super) fn may_match_a_directory(pattern: &str) -> bool {
    let positive = pattern.trim_start_matches('!');
    positive.starts_with(['/', '*', '?', '[', '{', '\\'])
        || (cfg!(windows) && positive.as_bytes().get(1) == Some(&b':'))
}

/// A directory as it is matched: with `/` between its parts and none at its end.
pub(super) fn slashed(path: &str) -> Cow<'_, str> {
    let path = if path.len() > 1 { path.trim_end_matches(is_separator) } else { path };
    if cfg!(windows) && path.contains('\\') { Cow::Owned(path.replace('\\', "/")) } else { Cow::Borrowed(path) }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::itself("bell", "bell", true)]
    #[case::whole_only("bell", "bells", false)]
    #[case::star("input.*", "input.permission", true)]
    #[case::star_needs_the_dot("input.*", "input", false)]
    #[case::alternatives("{codex,claude-code}", "claude-code", true)]
    #[case::class("task.[ce]*", "task.error", true)]
    #[case::negated("!codex", "gemini", true)]
    #[case::negated_hit("!codex", "codex", false)]
    #[case::star_crosses_a_slash("mcp__*", "mcp__files/read", true)]
    #[case::a_slash_is_itself("a/*", "a/b", true)]
    #[case::case_counts("Bash", "bash", false)]
    fn a_word_is_matched_whole(#[case] pattern: &str, #[case] value: &str, #[case] expected: bool) {
        assert_eq!(word(pattern, value), expected);
    }

    #[rstest]
    #[case("bash", "bash", true)]
    #[case("BASH", "bash", true)]
    #[case("MCP__*", "mcp__github__get", true)]
    #[case("Read", "write", false)]
    fn a_tool_is_matched_whatever_its_case(#[case] pattern: &str, #[case] folded: &str, #[case] expected: bool) {
        assert_eq!(word_of_any_case(pattern, folded), expected);
    }

    #[rstest]
    #[case::itself("/w/**", "/w", true)]
    #[case::below("/w/**", "/w/a/b", true)]
    #[case::hidden("/w/**", "/w/.a/b", true)]
    #[case::only_whole_names("/w/**", "/work", false)]
    #[case::without_wildcard("/w", "/w/a", true)]
    #[case::without_wildcard_itself("/w", "/w", true)]
    #[case::without_wildcard_no_prefix("/w", "/work", false)]
    #[case::one_level("/w/*", "/w/a", true)]
    #[case::one_level_only("/w/*", "/w/a/b", false)]
    #[case::anywhere("**/vendor/**", "/a/vendor", true)]
    #[case::anywhere_below("**/vendor/**", "/a/vendor/x", true)]
    #[case::elsewhere("**/vendor/**", "/a/vendors/x", false)]
    #[case::everything("/**", "/a", true)]
    #[case::the_root("/", "/a/b", true)]
    #[case::negated("!/w/**", "/x", true)]
    #[case::negated_hit("!/w/**", "/w/x", false)]
    #[case::escaped(r"/w/\[x\]", "/w/[x]/y", true)]
    fn a_directory_means_itself_and_below(#[case] pattern: &str, #[case] value: &str, #[case] expected: bool) {
        assert_eq!(directory(pattern, value), expected);
    }

    #[rstest]
    #[case("~/work/**", "/home/u/work/**")]
    #[case("~", "/home/u")]
    #[case("~/", "/home/u")]
    #[case("!~/x", "!/home/u/x")]
    #[case("/a/", "/a")]
    #[case("/", "/")]
    #[case("~other/x", "~other/x")]
    fn the_home_is_put_in(#[case] pattern: &str, #[case] expected: &str) {
        assert_eq!(expanded(pattern, Some(Path::new("/home/u"))).as_deref(), Some(expected));
    }

    #[test]
    fn a_home_that_looks_like_a_pattern_means_itself() {
        let pattern = expanded("~/w/*", Some(Path::new("/home/[u]*"))).unwrap();
        assert!(directory(&pattern, "/home/[u]*/w/x"), "{pattern}");
        assert!(!directory(&pattern, "/home/u/w/x"), "{pattern}");
    }

    #[rstest]
    #[case::unclosed("a[b")]
    #[case::open_brace("{a,b")]
    #[case::backslash("a\\")]
    #[case::empty("")]
    #[case::only_negation("!!")]
    #[case::too_many_spellings("{a,b,c,d}{a,b,c,d}{a,b,c,d}{a,b,c,d}{a,b}")]
    #[case::too_long(&"x".repeat(1025))]
    fn what_the_matcher_cannot_judge_is_refused(#[case] pattern: &str) {
        assert!(fault(pattern).is_some());
    }

    #[test]
    fn the_dearest_accepted_pattern_is_cheap() {
        let pattern = "{a*,*b,c*,*d}{*a,b*,c*,*d}{a*,b*,*c,*d}{*a,*b,*c,*d}*z";
        assert_eq!(fault(pattern), None);
        let value = "abcd".repeat(1000);
        let begin = std::time::Instant::now();
        assert!(!word(pattern, &value));
        assert!(begin.elapsed() < std::time::Duration::from_secs(2), "{:?}", begin.elapsed());
    }
}
