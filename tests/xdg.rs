//! XDG sound themes: the lookup beside an independent transcription of the specification, and the installed theme.
//!
//! | module | claims about |
//! |---|---|
//! | `claims` | single rules, each on a tree of its own |
//! | `model` | the algorithm as the specification has it, on a model of the files instead of the files |
//! | `random` | that both give the same answer on random trees |
//! | `installed` | the theme that is installed here |

#[path = "sound_room/tree.rs"]
mod tree;

mod xdg {
    mod claims;
    #[cfg(target_os = "linux")]
    mod installed;
    mod model;
    mod random;
}

#[cfg(target_os = "linux")]
mod support;
