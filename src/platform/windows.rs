//! Windows, by the Win32 calls that have no counterpart in the standard library.
#![allow(unsafe_code)]

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _};
use std::os::windows::fs::OpenOptionsExt as _;
use std::os::windows::io::AsRawHandle as _;
use std::os::windows::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use windows_sys::Win32::Foundation::{
    CloseHandle, ERROR_ACCESS_DENIED, FILETIME, HANDLE, HANDLE_FLAG_INHERIT, SetHandleInformation,
};
use windows_sys::Win32::Storage::FileSystem::{BY_HANDLE_FILE_INFORMATION, GetFileInformationByHandle};
use windows_sys::Win32::System::Console::{GetStdHandle, STD_ERROR_HANDLE, STD_INPUT_HANDLE, STD_OUTPUT_HANDLE};
use windows_sys::Win32::System::SystemInformation::GetTickCount64;
use windows_sys::Win32::System::Threading::{
    GetProcessTimes, OpenProcess, PROCESS_QUERY_LIMITED_INFORMATION, PROCESS_TERMINATE, TerminateProcess,
};

/// Where a detached child lives, so that it keeps no directory busy.
pub const ROOT_DIR: &str = "C:\\";

const FILE_FLAG_OPEN_REPARSE_POINT: u32 = 0x0020_0000;
const FILE_APPEND_DATA: u32 = 4;
const SHARE_ALL: u32 = 7;

/// Wall clock in milliseconds since 1970, boot clock in microseconds.
pub fn clocks() -> (u64, u64) {
    let wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    // SAFETY: no arguments, no memory; the clock counts suspend.
    let boot_ms = unsafe { GetTickCount64() };
    (u64::try_from(wall.as_millis()).unwrap_or(u64::MAX), boot_ms.saturating_mul(1000))
}

/// The user's home directory according to the system, whatever the environment says.
pub fn registered_home() -> Option<PathBuf> {
    directories::BaseDirs::new().map(|dirs| dirs.home_dir().to_owned())
}

/// What the system calls this machine, up to the first dot.
pub fn machine_name() -> String {
    let name = std::env::var("COMPUTERNAME").unwrap_or_default();
    name.split('.').next().unwrap_or_default().to_owned()
}

/// Gives a few bytes to whoever listens at a socket.
///
/// # Errors
/// Always: there is no such socket on this system that the standard library knows.
pub fn send_line(socket: &Path, _bytes: &[u8]) -> io::Result<()> {
    let why = format!("could not send to {}: this system has no such sockets", socket.display());
    Err(io::Error::new(io::ErrorKind::Unsupported, why))
}

/// Wakes whoever reads that pipe; there is nobody: whoever carries the outbox looks into it by itself.
pub fn ring_bell(_pipe: &Path) -> bool {
    false
}

/// Whether something is there that this user may use: a profile's folders are their owner's alone.
pub fn is_own(path: &Path) -> bool {
    path.exists()
}

/// Eight characters that tell this machine from others that share the same home directory.
pub fn machine_id8() -> String {
    let name = std::env::var_os("COMPUTERNAME").unwrap_or_default();
    format!("{:08x}", xxhash_rust::xxh3::xxh3_64(name.as_encoded_bytes()) >> 32)
}

fn refused(path: &Path, why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::PermissionDenied, format!("{}: {why}", path.display()))
}

/// A directory under the user's profile, which the system already keeps private.
#[derive(Debug)]
pub struct PrivateDir {
    path: PathBuf,
}

impl PrivateDir {
    /// Opens the directory, making it where it is missing.
    ///
    /// # Errors
    /// A link or junction, no room, no right.
    pub fn open_or_create(path: &Path) -> io::Result<Self> {
        std::fs::create_dir_all(path)?;
        Self::open(path)
    }

    /// Opens the directory if it is there and fit.
    ///
    /// # Errors
    /// As [`Self::open_or_create`], and where it is missing.
    pub fn open(path: &Path) -> io::Result<Self> {
        let meta = std::fs::symlink_metadata(path)?;
        if !meta.is_dir() {
            return Err(refused(path, "is not a directory"));
        }
        Ok(Self { path: path.to_owned() })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Opens a file in it for reading and writing, making it where it is missing.
    ///
    /// # Errors
    /// Anything but a plain file.
    pub fn file(&self, name: &str) -> io::Result<File> {
        self.checked(name, OpenOptions::new().create(true).truncate(false))
    }

    /// As [`Self::file`], with its length in bytes.
    ///
    /// # Errors
    /// As [`Self::file`], and where its length can't be told.
    pub fn file_and_length(&self, name: &str) -> io::Result<(File, u64)> {
        let file = self.file(name)?;
        let length = file.metadata()?.len();
        Ok((file, length))
    }

    /// Opens a file in it for reading; never makes one.
    ///
    /// # Errors
    /// As [`Self::file`], and where it is missing.
    pub fn existing_file(&self, name: &str) -> io::Result<File> {
        self.checked(name, &mut OpenOptions::new())
    }

    fn checked(&self, name: &str, options: &mut OpenOptions) -> io::Result<File> {
        let path = self.path.join(name);
        let file = options.read(true).write(true).custom_flags(FILE_FLAG_OPEN_REPARSE_POINT).open(&path)?;
        if !file.metadata()?.is_file() {
            return Err(refused(&path, "is not a regular file"));
        }
        Ok(file)
    }
}

/// Appends to a log file, following no link.
///
/// # Errors
/// Where the file can't be opened or is no regular file.
pub fn open_for_append(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.create(true).append(true).access_mode(FILE_APPEND_DATA | 0x80).share_mode(SHARE_ALL);
    let file = options.custom_flags(FILE_FLAG_OPEN_REPARSE_POINT).open(path)?;
    if !file.metadata()?.is_file() {
        return Err(refused(path, "is not a regular file"));
    }
    Ok(file)
}

/// Opens a file for reading that is meant to be a plain one.
///
/// # Errors
/// Where it can't be opened or is no regular file.
pub fn open_for_reading(path: &Path) -> io::Result<File> {
    let file = File::open(path)?;
    if file.metadata()?.is_file() { Ok(file) } else { Err(refused(path, "is not a regular file")) }
}

/// As [`open_for_reading`]: a user's profile is private by itself.
///
/// # Errors
/// As [`open_for_reading`].
pub fn open_own_for_reading(path: &Path) -> io::Result<File> {
    open_for_reading(path)
}

/// Opens a file that is there to be locked, making it where it is missing; follows no link.
///
/// # Errors
/// Where it can't be opened or is no regular file.
pub fn open_to_lock(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    // Appending alone, a file can't be locked.
    options.read(true).write(true).create(true).truncate(false).share_mode(SHARE_ALL);
    let file = options.custom_flags(FILE_FLAG_OPEN_REPARSE_POINT).open(path)?;
    if file.metadata()?.is_file() { Ok(file) } else { Err(refused(path, "is not a regular file")) }
}

/// A new file has the access list of its directory, as the old one had.
///
/// # Errors
/// None.
pub fn copy_access(_: &File, _: &File) -> io::Result<()> {
    Ok(())
}

/// Others can't write into a user's profile.
pub fn keep_others_from_writing() {}

fn identity(file: &File) -> Option<(u32, u32, u32)> {
    // SAFETY: an all-zero value of this plain C struct is valid.
    let mut info: BY_HANDLE_FILE_INFORMATION = unsafe { std::mem::zeroed() };
    // SAFETY: the handle is open for as long as `file` is borrowed, and `info` is live.
    let done = unsafe { GetFileInformationByHandle(file.as_raw_handle(), &raw mut info) };
    (done != 0).then_some((info.dwVolumeSerialNumber, info.nFileIndexHigh, info.nFileIndexLow))
}

/// Whether `path` still names the open file.
pub fn is_same_file(file: &File, path: &Path) -> bool {
    let named = OpenOptions::new().access_mode(0).share_mode(SHARE_ALL).open(path).ok();
    matches!((identity(file), named.as_ref().and_then(identity)), (Some(a), Some(b)) if a == b)
}

/// Takes the inheritance off the standard handles: `CreateProcess` as the standard library calls it would hand the
/// agent's pipes to the player even when the player's own are null, and the agent would wait for their end.
pub fn keep_descriptors_from_children() {
    for which in [STD_INPUT_HANDLE, STD_OUTPUT_HANDLE, STD_ERROR_HANDLE] {
        // SAFETY: the standard handles are ours; a null or closed one makes the call fail and changes nothing.
        unsafe { SetHandleInformation(GetStdHandle(which), HANDLE_FLAG_INHERIT, 0) };
    }
}

/// Starts the prepared command without a console, outside the caller's job where that is allowed.
///
/// # Errors
/// Where the program isn't there or no process can be had.
pub fn detach(command: &mut Command) -> io::Result<u32> {
    const CREATE_NO_WINDOW: u32 = 0x0800_0000;
    const CREATE_NEW_PROCESS_GROUP: u32 = 0x0000_0200;
    const CREATE_BREAKAWAY_FROM_JOB: u32 = 0x0100_0000;
    let quiet = CREATE_NO_WINDOW | CREATE_NEW_PROCESS_GROUP;
    match command.creation_flags(quiet | CREATE_BREAKAWAY_FROM_JOB).spawn() {
        Err(e) if e.raw_os_error() == Some(ERROR_ACCESS_DENIED as i32) => {
            Ok(command.creation_flags(quiet).spawn()?.id())
        }
        spawned => Ok(spawned?.id()),
    }
}

/// First thing in a detached process: take a lease on life.
pub fn settle_detached(lease: Duration, _memory: u64) {
    renew_lease(lease);
}

/// This process ends when the lease runs out, whatever its threads are stuck in.
pub fn renew_lease(lease: Duration) {
    watchdog::set(lease, 1);
}

/// After `time` this process exits with status 0, silently, wherever it is. Calling it again moves the moment.
pub fn exit_silently_after(time: Duration) {
    watchdog::set(time, 0);
}

/// As [`exit_silently_after`], with this status.
pub fn exit_after(time: Duration, status: u32) {
    watchdog::set(time, status);
}

/// The exit code of a status. One of more than a byte, as a crash has, ends the process at once: the standard library
/// has no other way to give it.
pub fn exit_code(status: u32) -> ExitCode {
    match u8::try_from(status) {
        Ok(status) => ExitCode::from(status),
        #[allow(clippy::disallowed_methods, reason = "nothing else gives a status of more than a byte")]
        Err(_) => std::process::exit(status.cast_signed()),
    }
}

/// There is no alarm signal here: one thread keeps the moment.
mod watchdog {
    use std::sync::Mutex;
    use std::time::{Duration, Instant};

    use windows_sys::Win32::System::Threading::{GetCurrentProcess, TerminateProcess};

    static END: Mutex<Option<(Instant, u32)>> = Mutex::new(None);

    pub(super) fn set(after: Duration, status: u32) {
        let Ok(mut end) = END.lock() else { return };
        let first = end.replace((Instant::now() + after, status)).is_none();
        drop(end);
        if first {
            let _ = std::thread::Builder::new().name("watchdog".into()).spawn(watch);
        }
    }

    fn watch() {
        loop {
            let Some((end, status)) = END.lock().ok().and_then(|end| *end) else { return };
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                // An orderly end waits for locks that the stuck thread may hold.
                // SAFETY: no memory; the handle stands for this process and is always valid.
                unsafe { TerminateProcess(GetCurrentProcess(), status) };
            }
            super::super::lock::pause(left.min(Duration::from_millis(20)));
        }
    }
}

/// A process, held so that its number can't be taken over by a stranger.
#[derive(Debug)]
pub struct Process {
    handle: HANDLE,
}

impl Process {
    /// The process `pid`, if it is still the one that started at `started` (see [`start_time`]).
    pub fn open(pid: u32, started: u64) -> Option<Self> {
        // SAFETY: no pointers; a null result is checked.
        let handle = unsafe { OpenProcess(PROCESS_TERMINATE | PROCESS_QUERY_LIMITED_INFORMATION, 0, pid) };
        if handle.is_null() {
            return None;
        }
        let process = Self { handle };
        (process.started()? == started).then_some(process)
    }

    fn started(&self) -> Option<u64> {
        let zero = FILETIME { dwLowDateTime: 0, dwHighDateTime: 0 };
        let (mut created, mut exited, mut kernel, mut user) = (zero, zero, zero, zero);
        // SAFETY: the handle is open, and all four results are live.
        let done =
            unsafe { GetProcessTimes(self.handle, &raw mut created, &raw mut exited, &raw mut kernel, &raw mut user) };
        (done != 0).then_some(u64::from(created.dwHighDateTime) << 32 | u64::from(created.dwLowDateTime))
    }

    /// Ends it at once.
    pub fn kill(&self) -> bool {
        // SAFETY: the handle is open and has the right to terminate.
        unsafe { TerminateProcess(self.handle, 1) != 0 }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // SAFETY: the handle is ours and closed once.
        unsafe { CloseHandle(self.handle) };
    }
}

/// When a process started; with its number this names it for ever.
pub fn start_time(pid: u32) -> Option<u64> {
    // SAFETY: no pointers; a null result is checked.
    let handle = unsafe { OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, 0, pid) };
    if handle.is_null() { None } else { Process { handle }.started() }
}

/// Reads standard input until `enough` says so, end-of-file, `gap` without data after the first byte, `total` time, or
/// `cap` bytes. Waits for nothing on a terminal.
pub fn read_stdin(cap: usize, gap: Duration, total: Duration, mut enough: impl FnMut(&[u8]) -> bool) -> Vec<u8> {
    let mut data = Vec::new();
    if stdin_is_terminal() {
        return data;
    }
    // A read of a pipe can't be given up here, so it is left to a thread that ends with the process.
    let (sender, receiver) = channel();
    let reader = std::thread::Builder::new().name("stdin".into()).spawn(move || {
        let mut stdin = io::stdin().lock();
        let mut chunk = [0_u8; 65536];
        while let Ok(n @ 1..) = stdin.read(&mut chunk) {
            if sender.send(chunk[..n].to_vec()).is_err() {
                break;
            }
        }
    });
    if reader.is_err() {
        return data;
    }
    let start = Instant::now();
    while data.len() < cap {
        let left = total.saturating_sub(start.elapsed());
        let patience = if data.is_empty() { left } else { left.min(gap) };
        match receiver.recv_timeout(patience) {
            Ok(chunk) => {
                data.extend_from_slice(&chunk[..chunk.len().min(cap - data.len())]);
                if enough(&data) {
                    break;
                }
            }
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => break,
        }
    }
    data
}

/// Whether standard output is a terminal.
pub fn stdout_is_terminal() -> bool {
    use std::io::IsTerminal as _;
    io::stdout().is_terminal()
}

/// Waits for so long. Whether anybody reads standard output is seen with the next line.
pub fn pause_until_unread(time: Duration) -> bool {
    super::lock::pause(time);
    false
}

/// Whether standard input is a terminal.
pub fn stdin_is_terminal() -> bool {
    use std::io::IsTerminal as _;
    io::stdin().is_terminal()
}
