//! Rovo Dev: `on_…` events, the tool in `attributes`.

use super::call::{Dialect, Meaning};
use super::{claude, moments};
use Meaning::{Depends, Is};

/// Rovo Dev.
pub(super) static ROVODEV: Dialect = Dialect {
    words: &[
        &[
            ("oncomplete", Depends(moments::turn_end)),
            ("onerror", Depends(moments::turn_failed)),
            ("ontoolpermission", Depends(moments::permission)),
            ("onuserprompt", Is("task.start")),
            ("onsessionstart", Depends(moments::session_start)),
            ("onsessionend", Depends(moments::session_end)),
        ],
        claude::WORDS,
    ],
    inner: |payload, _| payload.object(&["attributes"]),
    ..Dialect::PLAIN
};
