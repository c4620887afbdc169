//! Durations as they are typed on a command line.

use std::time::Duration;

use jiff::SignedDuration;

/// Longer than anything anybody waits for, and still far from where arithmetic ends.
const LONGEST: Duration = Duration::from_secs(366 * 24 * 3600);

/// Reads `10s`, `300ms`, `1m30s` or `0`.
///
/// # Errors
/// With a sentence that says what would be right.
pub fn duration(text: &str) -> Result<Duration, String> {
    let text = text.trim();
    let parsed = if text == "0" { Ok(SignedDuration::ZERO) } else { text.parse::<SignedDuration>() };
    match parsed.ok().and_then(|parsed| Duration::try_from(parsed).ok()) {
        Some(parsed) if parsed <= LONGEST => Ok(parsed),
        Some(_) => Err("longer than a year; write it as in 300ms, 10s or 1m30s".to_owned()),
        None if text.parse::<f64>().is_ok_and(|number| number > 0.0) => Err(format!("did you mean {text}s?")),
        None => Err("not a duration; write it as in 300ms, 10s or 1m30s".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("10s", Ok(10_000))]
    #[case("300ms", Ok(300))]
    #[case("1m30s", Ok(90_000))]
    #[case("1m 30s", Ok(90_000))]
    #[case("0.5s", Ok(500))]
    #[case("0", Ok(0))]
    #[case("0s", Ok(0))]
    #[case(" 2h ", Ok(7_200_000))]
    #[case("10", Err("did you mean 10s?"))]
    #[case("2.5", Err("did you mean 2.5s?"))]
    #[case("-1s", Err("not a duration"))]
    #[case("-1", Err("not a duration"))]
    #[case("soon", Err("not a duration"))]
    #[case("", Err("not a duration"))]
    #[case("99999h", Err("longer than a year"))]
    fn what_people_type_is_understood_or_answered(#[case] text: &str, #[case] expected: Result<u64, &str>) {
        match (duration(text), expected) {
            (Ok(parsed), Ok(ms)) => assert_eq!(parsed, Duration::from_millis(ms)),
            (Err(said), Err(part)) => assert!(said.contains(part), "{said}"),
            (got, _) => panic!("{text:?} gave {got:?}"),
        }
    }
}
