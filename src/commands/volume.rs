//! `herald volume`: how loud everything is, shown or written into the configuration file.

use std::io::Write as _;
use std::process::ExitCode;

use anyhow::bail;
use serde_json::json;

use super::install::short;
use super::tell::{self, BOLD, DIM, GOOD};
use crate::cli::Volume;
use crate::config;
use crate::paths::Paths;

pub(super) fn run(args: &Volume) -> anyhow::Result<ExitCode> {
    let paths = Paths::from_env()?;
    let before = config::load(&paths.config, &paths.config_image(), paths.home.as_deref()).config.volume;
    let mut out = anstream::stdout();
    let Some(text) = &args.level else {
        match args.json {
            true => tell::json_line(&json!({ "volume": before }))?,
            false => writeln!(out, "{before}")?,
        }
        return Ok(ExitCode::SUCCESS);
    };
    let level = level(text, before)?;
    let changed = config::edit(&paths.config, paths.home.as_deref(), &["volume"], &i64::from(level).into())?;
    if args.json {
        tell::json_line(&json!({ "volume": level, "before": before }))?;
        return Ok(ExitCode::SUCCESS);
    }
    let file = short(&paths.config, &paths);
    let how = if changed { format!("was {before}; written to {file}") } else { format!("was so already in {file}") };
    writeln!(out, "{GOOD}volume {BOLD}{level}{BOLD:#}{GOOD:#}  {DIM}{how}{DIM:#}")?;
    if level == 0 {
        writeln!(out, "nothing is heard at 0; for a while only: herald mute 30m")?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The level a word stands for: `40`, `40%`, or `+10` and `-10` from the one before.
fn level(text: &str, before: u8) -> anyhow::Result<u8> {
    let digits = text.trim_end_matches('%');
    let number = digits.strip_prefix(['+', '-']).unwrap_or(digits).parse::<u16>().ok();
    let number = number.filter(|_| digits.bytes().skip(1).all(|byte| byte.is_ascii_digit()));
    let level = match (number, digits.as_bytes().first()) {
        (Some(step), Some(b'+')) => Some(u16::from(before).saturating_add(step).min(100)),
        (Some(step), Some(b'-')) => Some(u16::from(before).saturating_sub(step)),
        (Some(level @ 0..=100), _) => Some(level),
        _ => None,
    };
    match level.and_then(|level| u8::try_from(level).ok()) {
        Some(level) => Ok(level),
        None => bail!("the volume can't be {text:?}\n  hint: 0 to 100, or a step from {before}, as in +10 or -10"),
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("0", Some(0))]
    #[case("40", Some(40))]
    #[case("40%", Some(40))]
    #[case("100", Some(100))]
    #[case("+10", Some(80))]
    #[case("+90", Some(100))]
    #[case("-10", Some(60))]
    #[case("-90", Some(0))]
    #[case("101", None)]
    #[case("++1", None)]
    #[case("0.5", None)]
    #[case("loud", None)]
    #[case("", None)]
    #[case("99999999", None)]
    fn a_level_is_a_number_or_a_step(#[case] text: &str, #[case] expected: Option<u8>) {
        let found = level(text, 70);
        assert_eq!(found.as_ref().ok().copied(), expected);
        if let Err(why) = found {
            assert!(why.to_string().contains("0 to 100"), "{why}");
        }
    }
}
