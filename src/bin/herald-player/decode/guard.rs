//! The room a decoder runs in: a panic in it is caught, costs the sound and is nobody else's business.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs a decoder, which may panic on a damaged file.
pub(super) fn guarded<T>(run: impl FnOnce() -> T) -> Option<T> {
    GUARDED.set(true);
    let result = catch_unwind(AssertUnwindSafe(run)).ok();
    GUARDED.set(false);
    result
}

/// Whether a panic of this thread would be that of a decoder, and so of no account.
pub(crate) fn is_guarded() -> bool {
    GUARDED.get()
}

thread_local! {
    static GUARDED: Cell<bool> = const { Cell::new(false) };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_the_decoders_only_while_it_runs() {
        assert_eq!((guarded(is_guarded), is_guarded()), (Some(true), false));
        std::panic::set_hook(Box::new(|_| {}));
        let panicked = guarded(|| panic!("on purpose"));
        let _ = std::panic::take_hook();
        assert_eq!((panicked, is_guarded()), (None::<()>, false));
    }
}
