//! Grok Build: camelCase keys, event names in three spellings.

use super::call::{Dialect, Meaning};
use super::claude;

/// Grok Build.
pub(super) static GROK: Dialect =
    Dialect { words: &[&[("stopcancelled", Meaning::Is("task.interrupted"))], claude::WORDS], ..Dialect::PLAIN };
