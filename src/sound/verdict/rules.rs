//! The specification's rules for single values of a manifest. Pure: each takes a text and says what is wrong with it.

/// The nine categories there are (section 1).
pub(super) const CATEGORIES: &[&str] = &[
    "session.start",
    "session.end",
    "task.acknowledge",
    "task.complete",
    "task.error",
    "task.progress",
    "input.required",
    "resource.limit",
    "user.spam",
];

/// Those of which a pack should have one at least (section 1.1).
pub(super) const CORE: &[&str] =
    &["session.start", "task.acknowledge", "task.complete", "task.error", "input.required", "resource.limit"];

/// A rule: what is wrong with the text, if anything.
pub(super) type Rule = fn(&str) -> Option<String>;

/// The version of the specification: this reader knows the first.
pub(super) fn cesp_version(text: &str) -> Option<String> {
    (text != "1.0").then(|| format!("is {text:?}; it must be \"1.0\" (section 2.1)"))
}

/// A pack's name: lower case, digits, `_` and `-`, not at its beginning.
pub(super) fn name(text: &str) -> Option<String> {
    let fine = |at: usize, b: u8| matches!(b, b'a'..=b'z' | b'0'..=b'9') || at > 0 && matches!(b, b'_' | b'-');
    if text.is_empty() || text.len() > 64 || !text.bytes().enumerate().all(|(at, b)| fine(at, b)) {
        return Some(format!("is {text:?}; it must be 1 to 64 of a-z, 0-9, '_' and '-', letter or digit first (2.1)"));
    }
    None
}

/// 1 to 128 characters.
pub(super) fn display_name(text: &str) -> Option<String> {
    let count = text.chars().count();
    (!(1..=128).contains(&count)).then(|| format!("has {count} characters; it must have 1 to 128 (section 2.1)"))
}

/// A semantic version.
pub(super) fn version(text: &str) -> Option<String> {
    let error = semver::Version::parse(text).err()?;
    Some(format!("is {text:?}, which is no semantic version such as 1.0.0 (section 2.1): {error}"))
}

/// At most 256 characters.
pub(super) fn short(text: &str) -> Option<String> {
    let count = text.chars().count();
    (count > 256).then(|| format!("has {count} characters; it must have 256 at most (section 2)"))
}

/// Anything.
pub(super) fn any(_: &str) -> Option<String> {
    None
}

/// A language tag of the form the schema allows: `en`, `zh-Hans`, `pt-BR`.
pub(super) fn language(text: &str) -> Option<String> {
    let mut parts = text.split('-').peekable();
    let is = |part: &str, least: usize, most: usize, letter: fn(&u8) -> bool| {
        (least..=most).contains(&part.len()) && part.as_bytes().iter().all(letter)
    };
    let mut fine = parts.next().is_some_and(|part| is(part, 2, 3, u8::is_ascii_lowercase));
    let script = |part: &&str| part.len() == 4 && is(&part[..1], 1, 1, u8::is_ascii_uppercase);
    if parts.peek().is_some_and(|part| part.is_ascii() && script(part)) {
        fine &= parts.next().is_some_and(|part| is(&part[1..], 3, 3, u8::is_ascii_lowercase));
    }
    fine &= parts.next().is_none_or(|part| is(part, 2, 2, u8::is_ascii_uppercase));
    fine &= parts.next().is_none();
    (!fine).then(|| format!("is {text:?}, which is no language tag such as en, zh-Hans or pt-BR (section 2.2)"))
}

/// An address with a scheme.
pub(super) fn address(text: &str) -> Option<String> {
    let fine = text.split_once(':').is_some_and(|(scheme, rest)| {
        scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'))
            && !rest.is_empty()
            && !rest.contains(|c: char| c.is_whitespace() || c.is_control())
    });
    (!fine).then(|| format!("is {text:?}, which is no address such as https://example.org/pack (section 2.2)"))
}

/// A user of GitHub: letters, digits and single hyphens between them, 39 at most.
pub(super) fn github(text: &str) -> Option<String> {
    let fine = (1..=39).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        && !text.starts_with('-')
        && !text.ends_with('-')
        && !text.contains("--");
    (!fine).then(|| format!("is {text:?}, which is no user name of GitHub (section 2.2)"))
}

/// A tag: at most 32 characters.
pub(super) fn tag(text: &str) -> Option<String> {
    let count = text.chars().count();
    (count > 32).then(|| format!("has {count} characters; a tag has 32 at most (schema)"))
}

/// A SHA-256 in lower-case hexadecimal digits.
pub(super) fn sha256(text: &str) -> Option<String> {
    let fine = text.len() == 64 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    (!fine).then(|| "must be 64 hexadecimal digits in lower case (schema)".to_owned())
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::name(name, &["a", "7", "my-pack_2", "a-", "a_"], &["", "A", "-a", "_a", "a b", "a.b", "ä"])]
    #[case::version(version, &["1.0.0", "0.0.0", "1.2.3-rc.1+b.7", "1.0.0--"], &["", "1", "1.0", "v1.0.0", "01.0.0", "1.0.0-01", "1.0.0 "])]
    #[case::language(language, &["en", "fil", "pt-BR", "zh-Hans", "zh-Hans-CN"], &["", "e", "EN", "en-us", "en_US", "english", "zh-hans", "en-US-x", "en-", "日本"])]
    #[case::address(address, &["https://a.example/x", "mailto:a@b"], &["", "a.example", "https:", "://x", "https://a b"])]
    #[case::github(github, &["a", "a-b", "A1"], &["", "-a", "a-", "a--b", "a_b", "ä"])]
    #[case::cesp_version(cesp_version, &["1.0"], &["", "1", "1.1", "2.0"])]
    #[case::display_name(display_name, &["ä", "A Pack"], &[""])]
    fn each_rule_takes_what_it_should_and_nothing_else(
        #[case] rule: Rule,
        #[case] good: &[&str],
        #[case] bad: &[&str],
    ) {
        for text in good {
            assert_eq!(rule(text), None, "{text}");
        }
        for text in bad {
            assert!(rule(text).is_some(), "{text}");
        }
    }

    #[rstest]
    #[case(display_name, 128)]
    #[case(short, 256)]
    #[case(name, 64)]
    #[case(github, 39)]
    #[case(tag, 32)]
    fn lengths_are_counted_to_the_last_character(#[case] rule: Rule, #[case] most: usize) {
        assert_eq!(rule(&"a".repeat(most)), None);
        assert!(rule(&"a".repeat(most + 1)).is_some());
    }

    #[test]
    fn a_hash_is_64_lower_case_digits() {
        assert_eq!(sha256(&"0a".repeat(32)), None);
        for bad in ["".to_owned(), "0A".repeat(32), "0g".repeat(32), "0a".repeat(31), "0a".repeat(33)] {
            assert!(sha256(&bad).is_some(), "{bad}");
        }
    }
}
