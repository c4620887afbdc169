//! Packs: what is wrong with them, what is played of them all the same, and the commands that deal with them.
//!
//! | module | claims about |
//! |---|---|
//! | `manifests` | CESP: a table of manifests, each with its verdict and with what is played of it |
//! | `others` | XDG themes and plain folders |

mod packs {
    mod content;
    mod manifests;
    mod others;
}
