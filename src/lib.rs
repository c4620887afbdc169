//! Herald plays the right sound the moment a coding agent, an editor or a script needs its human.
//!
//! The rooms, in the order data flows through them. A room imports only rooms below it in this list's ranks:
//! `commands` → `doctor` → `ring, install, shell` → `policy, sound, standing, journal, link` → `config, agents, speaker` →
//! `event, sound_ref, text, paths, platform`.
//!
//! | room | owns |
//! |---|---|
//! | [`cli`] | the command line's types; their doc comments are the help text |
//! | [`commands`] | one file per command: reads arguments, calls one room, prints |
//! | [`agents`] | payload → [`event::Occurrence`] |
//! | [`ring`] | the one way from an occurrence to a sound |
//! | [`install`] | hooks into agents' settings, and out of them again |
//! | [`shell`] | what shells read, and what a command that ended means |
//! | [`doctor`] | looks for what is wrong, and mends the speaker's state |
//! | [`policy`] | pure: occurrence, settings, memory, now → decision with a reason |
//! | [`config`] | the configuration file: reading with spans, rules, the cached image |
//! | [`sound`] | which file a request means |
//! | [`standing`] | what the user said for now: who is mute, which projects are trusted |
//! | [`link`] | what goes to other machines and comes from them: its words, and where it waits |
//! | [`speaker`] | who may make sound: locks, state, protocol |
//! | [`journal`] | what happened and why |
//! | [`event`], [`sound_ref`], [`text`], [`paths`], [`platform`] | words, places, the operating system |

pub mod agents;
pub mod cli;
pub mod commands;
pub mod config;
pub mod doctor;
pub mod event;
pub mod install;
pub mod journal;
pub mod link;
pub mod paths;
pub mod platform;
pub mod policy;
pub mod ring;
pub mod shell;
pub mod sound;
pub mod sound_ref;
pub mod speaker;
pub mod standing;
pub mod text;
