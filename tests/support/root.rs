//! The static `herald` with a root directory of its own: what a container with one copied file is.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use tempfile::TempDir;

use super::server::short_temp_dir;
use super::{Missing, PATIENCE, find_program, or_skip, process};

const TARGET: &str = "x86_64-unknown-linux-musl";

/// What cargo is told to make it.
pub(crate) const BUILD: [&str; 6] = ["--locked", "--no-default-features", "--bin", "herald", "--target", TARGET];

/// The static program, built once, without optimisation.
pub(crate) fn static_herald() -> Option<&'static Path> {
    static PROGRAM: OnceLock<Option<PathBuf>> = OnceLock::new();
    PROGRAM.get_or_init(|| or_skip(build())).as_deref()
}

fn build() -> Result<PathBuf, Missing> {
    let said = Command::new("rustc").args(["--print", "target-libdir", "--target", TARGET]).output();
    let folder = said.ok().and_then(|said| String::from_utf8(said.stdout).ok()).unwrap_or_default();
    if !Path::new(folder.trim()).is_dir() {
        return Err(Missing(format!("the target {TARGET} (rustup target add {TARGET})")));
    }
    find_program("unshare")?;
    let mut probe = own_root(&[], Path::new("/"));
    if !probe.arg("/bin/true").output().is_ok_and(|said| said.status.success()) {
        return Err(Missing("a kernel that lets this user have a root directory of its own".to_owned()));
    }
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("the target directory");
    let mut command = Command::new(env!("CARGO"));
    command.current_dir(env!("CARGO_MANIFEST_DIR")).arg("build").args(BUILD).arg("--target-dir").arg(target);
    let said = command.output().expect("cargo starts");
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    Ok(target.join(TARGET).join("debug/herald"))
}

/// Copies a program that is to be started at once. By a process of its own: a child that another test starts meanwhile
/// would inherit what is open for writing here, and nothing that somebody could write to can be started.
#[track_caller]
pub(crate) fn copy_program(from: &Path, to: &Path) {
    let status = Command::new("cp").arg("-p").arg(from).arg(to).status().expect("cp starts");
    assert!(status.success(), "{} could not be copied to {}", from.display(), to.display());
}

/// A command in that root directory, started by the words of `by`; whoever isn't root becomes it in a namespace of its
/// own.
fn own_root(by: &[&str], root: &Path) -> Command {
    let become_root: &[&str] =
        if rustix::process::geteuid().is_root() { &["chroot"] } else { &["unshare", "--map-root-user", "chroot"] };
    let mut words = by.iter().chain(become_root);
    let mut command = Command::new(words.next().unwrap_or(&"chroot"));
    command.args(words).arg(root).env_clear();
    // Where chroot itself is found.
    command.env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
    command
}

/// A root directory with one file in it.
pub(crate) struct Root {
    folder: TempDir,
}

impl Root {
    pub(crate) fn new(program: &Path) -> Self {
        // Sockets in it have short names, too.
        let folder = short_temp_dir("root-");
        copy_program(program, &folder.path().join("herald"));
        Self { folder }
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Runs herald in it to its end.
    #[track_caller]
    pub(crate) fn run(&self, home: bool, args: &[&str], input: &str) -> Output {
        self.run_by(&[], home, args, input)
    }

    /// The same, started by a program that watches.
    #[track_caller]
    pub(crate) fn run_by(&self, by: &[&str], home: bool, args: &[&str], input: &str) -> Output {
        let mut command = own_root(by, self.path());
        command.arg("/herald").args(args);
        if home {
            command.env("HOME", "/");
        }
        process::run(command, input.as_bytes(), PATIENCE).expect("it ends")
    }
}
