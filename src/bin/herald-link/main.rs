//! The fourth program: carries occurrences to other machines and brings theirs.
#![cfg_attr(not(unix), allow(missing_docs))]
#[cfg(unix)]
mod broker;
#[cfg(unix)]
mod secret;
#[cfg(unix)]
mod tls;
#[cfg(unix)]
mod trouble;

fn main() {}
