//! What goes to other machines and comes from them.

pub mod age;
pub mod budget;
