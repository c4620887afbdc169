//! What two requests of one rank mean to each other.

use serde::{Deserialize, Serialize};

/// What happens where a wish meets a speaker of its own rank.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Overlap {
    /// The newest waits.
    #[default]
    Queue,
    /// The newest cuts.
    Replace,
    /// The newest is skipped.
    Drop,
}
