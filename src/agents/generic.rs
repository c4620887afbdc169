//! Everybody else: scripts and plugins that speak Herald's words, CESP's, or their own.

use super::call::Dialect;
use super::claude;

/// Any caller.
pub(super) static GENERIC: Dialect =
    Dialect { names: CANONICAL_KEYS, words: &[claude::WORDS], open: true, ..Dialect::PLAIN };

/// Where a payload of any agent may carry one of Herald's names or CESP's.
pub(super) static CANONICAL_KEYS: &[&str] = &["event", "category", "hook_event_name", "event_name", "type"];
