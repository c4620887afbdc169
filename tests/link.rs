//! What happens on one machine and is heard on another: real programs, a real broker, and where sound is claimed, a real
//! sound server.

#![cfg(all(target_os = "linux", feature = "link"))]

mod support;

#[path = "link/bench.rs"]
mod bench;
#[path = "link/broker.rs"]
mod broker;
#[cfg(feature = "player")]
#[path = "link/figures.rs"]
mod figures;
#[cfg(feature = "player")]
#[path = "link/heard.rs"]
mod heard;
#[path = "link/network.rs"]
mod network;
#[path = "link/once.rs"]
mod once;
#[path = "link/others.rs"]
mod others;
#[path = "link/proxy.rs"]
mod proxy;
#[path = "link/refused.rs"]
mod refused;
#[path = "link/socket.rs"]
mod socket;
