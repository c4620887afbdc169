//! Running a program under strace, to disturb it at one system call after the other.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Missing, TestEnv, find_program};

/// What a program asks of the kernel that can change or fail anything.
pub(crate) const CALLS: &str = "openat,open,write,pwrite64,fsync,fdatasync,rename,renameat,renameat2,unlink,unlinkat,\
                                mkdir,mkdirat,rmdir,chmod,fchmod,fchmodat,read,close,statx,newfstatat,flock,readlink,\
                                execve,mmap,brk,munmap,lseek,getdents64";

/// strace, if it is there.
pub(crate) struct Strace(PathBuf);

impl Strace {
    pub(crate) fn find() -> Result<Self, Missing> {
        find_program("strace").map(Self)
    }

    /// The program under strace, which writes down those of [`CALLS`] it makes and spoils them by these rules.
    pub(crate) fn command<A: AsRef<OsStr>>(
        &self,
        env: &TestEnv,
        injections: &[String],
        program: &str,
        args: impl IntoIterator<Item = A>,
    ) -> Command {
        let mut command = env.command(&self.0);
        command.args(["-f", "-qq", "-o"]).arg(trace(env)).args(["-e", &format!("trace={CALLS}"), "-e", "signal=none"]);
        for injection in injections {
            command.args(["-e", &format!("inject={injection}")]);
        }
        command.arg(program).args(args);
        command
    }

    /// The program under strace, with these options and nothing else said of what is traced.
    pub(crate) fn with(&self, env: &TestEnv, options: &[&str], program: &Path) -> Command {
        let mut command = env.command(&self.0);
        command.args(["-f", "-qq", "-o"]).arg(trace(env)).args(options).arg(program);
        command
    }

    /// What was written down in the last run; nothing, where nothing was.
    pub(crate) fn written(&self, env: &TestEnv) -> String {
        String::from_utf8_lossy(&fs::read(trace(env)).unwrap_or_default()).into_owned()
    }

    /// The calls that were made in the last run, in order: each by its name and the how-manieth of that name it was,
    /// which is how strace counts.
    pub(crate) fn calls(&self, env: &TestEnv) -> Vec<(String, usize)> {
        let mut counts = HashMap::new();
        let trace = fs::read_to_string(trace(env)).expect("a trace");
        let names = trace.lines().filter_map(|line| line.split_once('(')?.0.split_whitespace().last());
        names
            .map(|name| {
                let count = counts.entry(name.to_owned()).or_insert(0);
                *count += 1;
                (name.to_owned(), *count)
            })
            .collect()
    }
}

fn trace(env: &TestEnv) -> PathBuf {
    Path::new(env.path()).join("trace")
}
