//! The configuration file: reading with spans, rules, the cached image.
//!
//! `read` turns text into a [`Config`] and a list of [`Problem`]s, and never gives up at the first one. `rules`
//! answers what holds for one occurrence. `image` keeps the last configuration that was clean, so that a hook needn't
//! parse TOML and a faulty file neither silences nor un-mutes anything.
//!
//! `edit` sets a key in the file and leaves the rest of it alone. Nothing here prints or reads the environment.

mod address;
mod beyond;
mod circumstance;
mod days;
mod edit;
mod get;
mod given;
mod image;
pub mod keys;
mod lines;
mod pattern;
mod place;
mod problem;
mod project;
mod quiet;
mod read;
mod reader;
mod rules;
mod schema;
mod show;
mod splice;
mod starter;
mod syntax;
mod types;
mod value;

pub use address::{Address, Broker, is_machine};
pub use circumstance::{Circumstance, SkipWhen};
pub use days::{Days, Hours};
pub use edit::{Refused, create, edit, remove};
pub use get::get;
pub use given::given;
pub use image::{Applied, Checked, Image, Loaded, check, check_with_sounds, load, store};
pub use place::{NoSuchKey, Place, find};
pub use problem::{Problem, Severity, nearest};
pub use project::{PROJECT_FILE, Project, Wishes, parse_project};
pub use read::parse;
pub use schema::schema;
pub use show::show;
pub use starter::starter;
pub use types::{Config, Link, Output, Overlap, Overrides, Pattern, Push, QuietHours, Rule, Settings, Speaker, When};
