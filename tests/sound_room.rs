//! The lookup chain on real directories: every rung, every kind of pack, and packs that mean harm.
//!
//! XDG themes have a target of their own, `xdg`; the strict verdict and the commands on packs are in `packs`.

mod sound_room {
    mod cesp;
    mod harm;
    mod rungs;
    mod shapes;
    mod tree;
    mod variants;
}
