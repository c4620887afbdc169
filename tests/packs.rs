//! Packs: what is wrong with them, what is played of them all the same, and the commands that deal with them.
//!
//! | module | claims about |
//! |---|---|
//! | `manifests` | CESP: a table of manifests, each with its verdict and with what is played of it |
//! | `others` | XDG themes and plain folders |
//! | `listing` | `pack list`, `info`, `check`, `sounds`, `preview` |
//! | `choosing` | `pack use` and `remove`, for everybody and for one session |
//! | `interrupted` | what a kill leaves behind |
//! | `many` | 160 packs with 10,000 sounds |

mod packs {
    mod content;
    mod manifests;
    mod others;

    #[cfg(target_os = "linux")]
    mod choosing;
    #[cfg(target_os = "linux")]
    mod crowd;
    #[cfg(target_os = "linux")]
    mod interrupted;
    #[cfg(target_os = "linux")]
    mod listing;
    #[cfg(target_os = "linux")]
    mod many;
    #[cfg(target_os = "linux")]
    mod world;
}

#[cfg(target_os = "linux")]
mod support;
