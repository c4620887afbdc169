//! Which programs are measured: those that are shipped, and beside them those that `cargo install` makes.
//!
//! Shipped are the ones in the folder `HERALD_TEST_PROGRAMS`, else in `target/shipped`, where `make build` puts them,
//! else those that cargo built for this run.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// A folder with `herald` and what belongs beside it.
pub(crate) struct Programs {
    folder: PathBuf,
    /// How its front is linked.
    pub(crate) form: &'static str,
}

impl Programs {
    fn at(folder: PathBuf) -> Self {
        let form = if is_static(&folder.join("herald")) { "static" } else { "dynamic" };
        Self { folder, form }
    }

    /// Others, for as long as this runs.
    pub(crate) fn leaked(folder: PathBuf) -> &'static Self {
        Box::leak(Box::new(Self::at(folder)))
    }

    pub(crate) fn herald(&self) -> PathBuf {
        self.folder.join("herald")
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }
}

pub(crate) fn shipped() -> &'static Programs {
    static SHIPPED: OnceLock<Programs> = OnceLock::new();
    SHIPPED.get_or_init(|| {
        let named = std::env::var_os("HERALD_TEST_PROGRAMS").map(PathBuf::from);
        let made = built().parent().map(|target| target.join("shipped"));
        let there = |folder: &PathBuf| folder.join("herald").is_file();
        let folder = named.or(made.filter(there)).unwrap_or_else(built);
        assert!(there(&folder), "there is no herald in {}", folder.display());
        Programs::at(std::path::absolute(&folder).unwrap_or(folder))
    })
}

/// What cargo built, where that is something else than what is shipped.
pub(crate) fn installed() -> Option<&'static Programs> {
    static INSTALLED: OnceLock<Programs> = OnceLock::new();
    let installed = INSTALLED.get_or_init(|| Programs::at(built()));
    (installed.folder != shipped().folder && installed.form != shipped().form).then_some(installed)
}

fn built() -> PathBuf {
    Path::new(env!("CARGO_BIN_EXE_herald")).parent().expect("a program lies in a folder").to_owned()
}

/// `ldd` fails for programs that need no loader.
fn is_static(program: &Path) -> bool {
    let said = Command::new("ldd").arg(program).output();
    said.is_ok_and(|said| !said.status.success() || said.stdout.windows(17).any(|words| words == b"statically linked"))
}
