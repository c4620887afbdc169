//! What goes to other machines and to phones, and comes from them.

pub mod pushed;
