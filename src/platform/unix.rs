//! Unix: Linux first, macOS and the BSDs by what POSIX gives.
#![allow(unsafe_code)]

use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt as _;

use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicPtr, AtomicU8, Ordering};
use std::time::{Duration, Instant};

use rustix::fs::{FileType, Mode, OFlags};
use rustix::time::ClockId;

/// Where a detached child lives, so that it keeps no directory busy.
pub const ROOT_DIR: &str = "/";

#[cfg(any(target_os = "linux", target_os = "android"))]
const BOOT_CLOCK: ClockId = ClockId::Boottime;
// On macOS this clock counts suspend; on the BSDs it is the best there is.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
const BOOT_CLOCK: ClockId = ClockId::Monotonic;

/// Wall clock in milliseconds since 1970, boot clock in microseconds.
pub fn clocks() -> (u64, u64) {
    let wall = rustix::time::clock_gettime(ClockId::Realtime);
    let boot = rustix::time::clock_gettime(BOOT_CLOCK);
    let since_start = |time: rustix::time::Timespec| Duration::try_from(time).unwrap_or_default();
    let whole = |count: u128| u64::try_from(count).unwrap_or(u64::MAX);
    (whole(since_start(wall).as_millis()), whole(since_start(boot).as_micros()))
}

/// The effective user's number. Nothing here changes it, so the kernel is asked once.
pub fn effective_user() -> u32 {
    static USER: OnceLock<u32> = OnceLock::new();
    *USER.get_or_init(|| rustix::process::geteuid().as_raw())
}

/// Whether `path` belongs to the effective user.
pub fn is_own(path: &Path) -> bool {
    rustix::fs::stat(path).is_ok_and(|stat| stat.st_uid == effective_user())
}

/// Eight characters that tell this machine from others that share the same home directory.
pub fn machine_id8() -> String {
    let mut buffer = [0_u8; 64];
    for place in ["/etc/machine-id", "/var/lib/dbus/machine-id"] {
        // Not by std: musl's `open` sets the flag of the descriptor once more.
        if let Ok(file) = rustix::fs::open(place, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())
            && rustix::io::pread(&file, &mut buffer, 0).is_ok_and(|n| n >= 8)
            && buffer[..8].iter().all(u8::is_ascii_hexdigit)
        {
            return String::from_utf8_lossy(&buffer[..8]).into_owned();
        }
    }
    let name = rustix::system::uname();
    format!("{:08x}", xxhash_rust::xxh3::xxh3_64(name.nodename().to_bytes()) >> 32)
}

/// What the system calls this machine, up to the first dot.
pub fn machine_name() -> String {
    let name = rustix::system::uname();
    let name = name.nodename().to_string_lossy();
    name.split('.').next().unwrap_or_default().to_owned()
}

/// Gives a few bytes to whoever listens at a stream socket, without waiting for anybody.
///
/// # Errors
/// Where nobody listens there, where too many wait already, or where the bytes don't fit.
pub fn send_line(socket: &Path, bytes: &[u8]) -> io::Result<()> {
    use rustix::net::{AddressFamily, SendFlags, SocketAddrUnix, SocketFlags, SocketType};
    let about = |error: rustix::io::Errno| {
        let error = io::Error::from(error);
        io::Error::new(error.kind(), format!("could not send to {}: {error}", socket.display()))
    };
    let address = SocketAddrUnix::new(socket).map_err(about)?;
    #[cfg(not(target_vendor = "apple"))]
    let fd = {
        let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        rustix::net::socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None).map_err(about)?
    };
    #[cfg(target_vendor = "apple")]
    let fd = {
        let fd = rustix::net::socket_with(AddressFamily::UNIX, SocketType::STREAM, SocketFlags::empty(), None)
            .map_err(about)?;
        rustix::io::fcntl_setfd(&fd, rustix::io::FdFlags::CLOEXEC).map_err(about)?;
        rustix::io::ioctl_fionbio(&fd, true).map_err(about)?;
        fd
    };
    rustix::net::connect(&fd, &address).map_err(about)?;
    #[cfg(not(target_vendor = "apple"))]
    let flags = SendFlags::NOSIGNAL | SendFlags::DONTWAIT;
    #[cfg(target_vendor = "apple")]
    let flags = SendFlags::DONTWAIT;
    match rustix::net::send(&fd, bytes, flags).map_err(about)? {
        sent if sent == bytes.len() => Ok(()),
        _ => Err(about(rustix::io::Errno::NOBUFS)),
    }
}

/// Wakes whoever reads that pipe; whether there is anybody.
pub fn ring_bell(pipe: &Path) -> bool {
    let flags = OFlags::WRONLY | OFlags::NONBLOCK | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let Ok(fd) = rustix::fs::open(pipe, flags, Mode::empty()) else { return false };
    if !rustix::fs::fstat(&fd).is_ok_and(|stat| FileType::from_raw_mode(stat.st_mode) == FileType::Fifo) {
        return false;
    }
    // A full pipe wakes as well as one more byte in it.
    matches!(rustix::io::write(&fd, b"!"), Ok(_) | Err(rustix::io::Errno::AGAIN))
}

/// Opens the pipe by which this process is woken, making it (0600) where it is missing. Whoever has it open is its reader.
///
/// # Errors
/// Where something else has its name, or it can't be made.
pub fn open_bell(path: &Path) -> io::Result<OwnedFd> {
    let name = std::ffi::CString::new(path.as_os_str().as_bytes())?;
    // SAFETY: `name` is a string that ends with NUL and is alive; the call keeps nothing of it.
    if unsafe { libc::mkfifo(name.as_ptr(), 0o600) } != 0 {
        let error = io::Error::last_os_error();
        if error.kind() != io::ErrorKind::AlreadyExists {
            return Err(io::Error::new(error.kind(), format!("could not make {}: {error}", path.display())));
        }
    }
    // For writing too: with a writer of its own it never ends, whoever comes and goes.
    let flags = OFlags::RDWR | OFlags::NONBLOCK | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let fd = rustix::fs::open(path, flags, Mode::empty()).map_err(|error| not_opened(path, error))?;
    let stat = rustix::fs::fstat(&fd)?;
    if FileType::from_raw_mode(stat.st_mode) != FileType::Fifo || stat.st_uid != effective_user() {
        return Err(refused(path, "is not a pipe of this user's"));
    }
    Ok(fd)
}

fn refused(path: &Path, why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::PermissionDenied, format!("{}: {why}", path.display()))
}

/// The error of a failed open, with what was to be opened; the kind stays.
fn not_opened(path: &Path, error: rustix::io::Errno) -> io::Error {
    let error = io::Error::from(error);
    io::Error::new(error.kind(), format!("could not open {}: {error}", path.display()))
}

/// A directory that nobody but this user can have touched.
#[derive(Debug)]
pub struct PrivateDir {
    fd: OwnedFd,
    path: PathBuf,
}

impl PrivateDir {
    /// Opens the directory, making it (0700) where it is missing.
    ///
    /// # Errors
    /// A symbolic link, another owner, any access for others, a network file system, no room, no right.
    pub fn open_or_create(path: &Path) -> io::Result<Self> {
        match Self::open(path) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => {
                use std::os::unix::fs::DirBuilderExt as _;
                let mut builder = std::fs::DirBuilder::new();
                builder.mode(0o700);
                if let Some(parent) = path.parent() {
                    builder.recursive(true).create(parent)?;
                }
                match builder.recursive(false).create(path) {
                    Err(e) if e.kind() != io::ErrorKind::AlreadyExists => Err(e),
                    _ => Self::open(path),
                }
            }
            other => other,
        }
    }

    /// Opens the directory if it is there and fit.
    ///
    /// # Errors
    /// As [`Self::open_or_create`], and where it is missing.
    pub fn open(path: &Path) -> io::Result<Self> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let fd = rustix::fs::open(path, flags, Mode::empty()).map_err(|e| not_opened(path, e))?;
        let stat = rustix::fs::fstat(&fd)?;
        if stat.st_uid != effective_user() {
            return Err(refused(path, "belongs to another user"));
        }
        if stat.st_mode & 0o077 != 0 {
            return Err(refused(path, "is open to other users; its mode must be 0700"));
        }
        if is_on_network(&fd) {
            return Err(refused(path, "lies on a network file system, where locks can't be trusted"));
        }
        Ok(Self { fd, path: path.to_owned() })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Opens a file in it for reading and writing, making it (0600) where it is missing.
    ///
    /// # Errors
    /// Anything but a plain file of this user's with one name: links, pipes, devices and directories are refused
    /// unopened or unread, so that nothing of anybody else's is ever written.
    pub fn file(&self, name: &str) -> io::Result<File> {
        self.file_and_length(name).map(|(file, _)| file)
    }

    /// As [`Self::file`], with its length in bytes.
    ///
    /// # Errors
    /// As [`Self::file`].
    pub fn file_and_length(&self, name: &str) -> io::Result<(File, u64)> {
        let flags =
            OFlags::RDWR | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        self.checked(name, rustix::fs::openat(&self.fd, name, flags, Mode::RUSR | Mode::WUSR))
    }

    /// Opens a file in it for reading; never makes one.
    ///
    /// # Errors
    /// As [`Self::file`], and where it is missing.
    pub fn existing_file(&self, name: &str) -> io::Result<File> {
        let flags = OFlags::RDWR | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        self.checked(name, rustix::fs::openat(&self.fd, name, flags, Mode::empty())).map(|(file, _)| file)
    }

    fn checked(&self, name: &str, opened: rustix::io::Result<OwnedFd>) -> io::Result<(File, u64)> {
        let path = || self.path.join(name);
        let fd = opened.map_err(|e| not_opened(&path(), e))?;
        let stat = rustix::fs::fstat(&fd)?;
        if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
            return Err(refused(&path(), "is not a regular file"));
        }
        if stat.st_uid != effective_user() {
            return Err(refused(&path(), "belongs to another user"));
        }
        if stat.st_nlink != 1 {
            return Err(refused(&path(), "has more than one name"));
        }
        Ok((File::from(fd), stat.st_size.cast_unsigned()))
    }
}

#[cfg(any(target_os = "linux", target_os = "android"))]
fn is_on_network(fd: &OwnedFd) -> bool {
    // Magic numbers of statfs(2). FUSE can't be told apart here; its locks either work or say that they don't.
    const NFS: u32 = 0x6969;
    const SMB: u32 = 0x517b;
    const SMB2: u32 = 0xfe53_4d42;
    const CIFS: u32 = 0xff53_4d42;
    const AFS: u32 = 0x5346_414f;
    const CODA: u32 = 0x7375_7245;
    const NINE_P: u32 = 0x0102_1997;
    rustix::fs::fstatfs(fd)
        .is_ok_and(|fs| [NFS, SMB, SMB2, CIFS, AFS, CODA, NINE_P].contains(&(fs.f_type as u64 as u32)))
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn is_on_network(_fd: &OwnedFd) -> bool {
    false
}

/// Appends to a log file (0600), following no link, never blocking on a pipe somebody put in its place.
///
/// # Errors
/// Where the file can't be opened or is no regular file of this user's.
pub fn open_for_append(path: &Path) -> io::Result<File> {
    let flags = OFlags::WRONLY
        | OFlags::CREATE
        | OFlags::APPEND
        | OFlags::NOFOLLOW
        | OFlags::NONBLOCK
        | OFlags::NOCTTY
        | OFlags::CLOEXEC;
    let fd = rustix::fs::open(path, flags, Mode::RUSR | Mode::WUSR)?;
    let stat = rustix::fs::fstat(&fd)?;
    if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile || stat.st_uid != effective_user() {
        return Err(refused(path, "is not a regular file of this user's"));
    }
    Ok(File::from(fd))
}

/// Opens a file for reading that is meant to be a plain one, never waiting for whoever would write into a pipe.
///
/// # Errors
/// Where it can't be opened or is no regular file.
pub fn open_for_reading(path: &Path) -> io::Result<File> {
    Ok(open_plain(path)?.0)
}

/// The file, and the number of its owner.
fn open_plain(path: &Path) -> io::Result<(File, u32)> {
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let fd = rustix::fs::open(path, flags, Mode::empty())?;
    let stat = rustix::fs::fstat(&fd)?;
    if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
        return Err(refused(path, "is not a regular file"));
    }
    Ok((File::from(fd), stat.st_uid))
}

/// As [`open_for_reading`], and only a file of this user's: what somebody else put there is not to be believed.
///
/// # Errors
/// As [`open_for_reading`], and where it is another user's.
pub fn open_own_for_reading(path: &Path) -> io::Result<File> {
    let (file, owner) = open_plain(path)?;
    if owner != effective_user() {
        return Err(refused(path, "belongs to another user"));
    }
    Ok(file)
}

/// Opens a file that is there to be locked, making it (0600) where it is missing; follows no link.
///
/// # Errors
/// Where it can't be opened or is no regular file of this user's.
pub fn open_to_lock(path: &Path) -> io::Result<File> {
    let flags = OFlags::RDWR | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let fd = rustix::fs::open(path, flags, Mode::RUSR | Mode::WUSR)?;
    let stat = rustix::fs::fstat(&fd)?;
    if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile || stat.st_uid != effective_user() {
        return Err(refused(path, "is not a regular file of this user's"));
    }
    Ok(File::from(fd))
}

/// Lets everybody do with `new` what they may do with `old`: its group, its access list and other attributes, its mode.
/// What the group may do is given up where it would be another group's, or where the list can't be had.
///
/// # Errors
/// Where the mode can't be set.
pub fn copy_access(old: &File, new: &File) -> io::Result<()> {
    let (was, is) = (rustix::fs::fstat(old)?, rustix::fs::fstat(new)?);
    let mut bits = was.st_mode & 0o7777;
    let has_group =
        was.st_gid == is.st_gid || rustix::fs::fchown(new, None, Some(rustix::fs::Gid::from_raw(was.st_gid))).is_ok();
    // The list first: the mode's group is its mask.
    if !copy_attributes(old, new) || !has_group {
        bits &= !0o2070;
    }
    rustix::fs::fchmod(new, Mode::from_raw_mode(bits))?;
    Ok(())
}

/// Whether nothing was lost by which somebody is kept out.
#[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
fn copy_attributes(old: &File, new: &File) -> bool {
    const ACCESS_LIST: &[u8] = b"system.posix_acl_access";
    // Twice the most that Linux has of either.
    let (mut names, mut value) = (vec![0_u8; 128 * 1024], vec![0_u8; 128 * 1024]);
    // A file system without attributes has none to lose.
    let Ok(length) = rustix::fs::flistxattr(old, &mut names) else { return true };
    names[..length].split(|&byte| byte == 0).filter(|name| !name.is_empty()).all(|name| {
        // Of the system's own, which speak of the content or give rights, it makes new ones.
        if name.starts_with(b"security.") || name.starts_with(b"trusted.") {
            return true;
        }
        let copied = rustix::fs::fgetxattr(old, name, &mut value)
            .and_then(|length| rustix::fs::fsetxattr(new, name, &value[..length], rustix::fs::XattrFlags::empty()));
        copied.is_ok() || name != ACCESS_LIST
    })
}

#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
fn copy_attributes(_: &File, _: &File) -> bool {
    true
}

/// Nobody but this user may write to what this process makes from now on.
pub fn keep_others_from_writing() {
    let before = rustix::process::umask(Mode::RWXG | Mode::RWXO);
    rustix::process::umask(before | Mode::WGRP | Mode::WOTH);
}

/// Marks every descriptor above the standard three so that no child inherits it.
///
/// Agents leak descriptors into hooks; a player that kept one would keep the agent waiting for end-of-file.
pub fn keep_descriptors_from_children() {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    {
        const CLOSE_RANGE_CLOEXEC: libc::c_ulong = 4;
        // SAFETY: close_range(2) with the CLOEXEC flag changes descriptor flags only; it closes nothing here.
        let done = unsafe {
            libc::syscall(libc::SYS_close_range, 3 as libc::c_ulong, libc::c_ulong::from(u32::MAX), CLOSE_RANGE_CLOEXEC)
        };
        if done == 0 {
            return;
        }
    }
    for fd in open_descriptors() {
        // SAFETY: F_SETFD changes one descriptor's flag; a number that is not open gives EBADF.
        unsafe { libc::fcntl(fd, libc::F_SETFD, libc::FD_CLOEXEC) };
    }
}

/// The numbers of the open descriptors above the standard three, as far as the system tells.
fn open_descriptors() -> Vec<libc::c_int> {
    let listed = |dir: &str| -> Option<Vec<libc::c_int>> {
        let names = std::fs::read_dir(dir).ok()?;
        Some(names.filter_map(|name| name.ok()?.file_name().to_str()?.parse().ok()).filter(|fd| *fd > 2).collect())
    };
    listed("/proc/self/fd").or_else(|| listed("/dev/fd")).unwrap_or_else(|| (3..256).collect())
}

/// Starts the prepared command in a process group of its own.
///
/// # Errors
/// Where the program isn't there or no process can be had.
pub fn detach(command: &mut Command) -> io::Result<u32> {
    // Not setsid in a pre_exec closure: that makes std fork instead of posix_spawn (0.3 ms more), and the group alone
    // survived every kill of the hook's group (20 of 20).
    Ok(command.process_group(0).spawn()?.id())
}

/// First thing in a detached process: give up what was inherited, and take a lease on life.
///
/// `memory` bounds what this process may write to of its own, in bytes: an allocation beyond it ends the process. Memory
/// shared with a sound server doesn't count, up to four times as much in all. Descriptors above the standard three are
/// closed.
pub fn settle_detached(lease: Duration, memory: u64) {
    use rustix::process::{Resource, Rlimit, setrlimit};
    #[cfg(any(target_os = "linux", target_os = "android"))]
    {
        // SAFETY: runs before this process has opened anything of its own; nothing in it refers to these descriptors.
        unsafe {
            libc::syscall(libc::SYS_close_range, 3 as libc::c_ulong, libc::c_ulong::from(u32::MAX), 0 as libc::c_ulong)
        };
    }
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    for fd in open_descriptors() {
        // SAFETY: as above; the descriptor of the listing itself is already closed.
        unsafe { libc::close(fd) };
    }
    // SAFETY: SIG_IGN is a valid disposition, and no handler of ours is replaced.
    unsafe { libc::signal(libc::SIGHUP, libc::SIG_IGN) };
    rustix::process::umask(Mode::RWXG | Mode::RWXO);
    let limit = |resource, max| {
        let _ = setrlimit(resource, Rlimit { current: Some(max), maximum: Some(max) });
    };
    limit(Resource::Core, 0);
    limit(Resource::Nofile, 64);
    #[cfg(target_os = "linux")]
    {
        limit(Resource::Data, memory);
        limit(Resource::As, memory.saturating_mul(4));
    }
    #[cfg(not(target_os = "linux"))]
    let _ = memory;
    renew_lease(lease);
}

/// What this process makes from now on is its user's alone.
pub fn make_private_from_now_on() {
    rustix::process::umask(Mode::RWXG | Mode::RWXO);
}

/// Lets go of children that have ended and whose end nobody else asks about.
pub fn forget_ended_children() {
    use rustix::process::{WaitOptions, wait};
    while let Ok(Some(_)) | Err(rustix::io::Errno::INTR) = wait(WaitOptions::NOHANG) {}
}

/// The kernel ends this process when the lease runs out, whatever its threads are stuck in.
pub fn renew_lease(lease: Duration) {
    let seconds = u32::try_from(lease.as_secs() + u64::from(lease.subsec_nanos() > 0)).unwrap_or(u32::MAX);
    // SAFETY: alarm(2) has no memory effects; SIGALRM's default action is to end the process.
    unsafe { libc::alarm(seconds.max(1)) };
}

static LAST_WORDS: AtomicPtr<()> = AtomicPtr::new(std::ptr::null_mut());
static LAST_STATUS: AtomicU8 = AtomicU8::new(0);

/// After `time` this process exits with status 0, silently, wherever it is. Calling it again moves the moment.
pub fn exit_silently_after(time: Duration) {
    exit_after(time, 0);
}

/// As [`exit_silently_after`], with this status; only its lowest byte counts.
pub fn exit_after(time: Duration, status: u32) {
    extern "C" fn leave(_: libc::c_int) {
        let status = LAST_STATUS.load(Ordering::Relaxed);
        // SAFETY: _exit(2) is async-signal-safe.
        unsafe { libc::_exit(status.into()) }
    }
    LAST_STATUS.store((status & 0xff) as u8, Ordering::Relaxed);
    if LAST_WORDS.swap(leave as *mut (), Ordering::Relaxed).is_null() {
        // SAFETY: the handler only calls an async-signal-safe function.
        let before = unsafe { libc::signal(libc::SIGALRM, leave as *const () as libc::sighandler_t) };
        if before == libc::SIG_ERR {
            // The timer alone would end this process by a signal, which callers take for a failure.
            LAST_WORDS.store(std::ptr::null_mut(), Ordering::Relaxed);
            return;
        }
    }
    // The fields' types differ from system to system.
    let value = libc::timeval { tv_sec: time.as_secs() as _, tv_usec: time.subsec_micros() as _ };
    let once = libc::itimerval { it_interval: libc::timeval { tv_sec: 0, tv_usec: 0 }, it_value: value };
    // SAFETY: `once` is a valid timer value, and the old one is not asked for.
    unsafe { libc::setitimer(libc::ITIMER_REAL, &raw const once, std::ptr::null_mut()) };
}

/// A process, held so that its number can't be taken over by a stranger.
#[derive(Debug)]
pub struct Process {
    #[cfg(target_os = "linux")]
    handle: OwnedFd,
}

impl Process {
    /// The process `pid`, if it is still the one that started at `started` (see [`start_time`]).
    pub fn open(pid: u32, started: u64) -> Option<Self> {
        #[cfg(target_os = "linux")]
        {
            let number = rustix::process::Pid::from_raw(i32::try_from(pid).ok()?)?;
            let handle = rustix::process::pidfd_open(number, rustix::process::PidfdFlags::empty()).ok()?;
            // The handle first, then the proof: it now holds for the process behind the handle.
            (start_time(pid)? == started).then_some(Self { handle })
        }
        #[cfg(not(target_os = "linux"))]
        {
            let _ = (pid, started);
            None
        }
    }

    /// Ends it at once.
    pub fn kill(&self) -> bool {
        #[cfg(target_os = "linux")]
        {
            rustix::process::pidfd_send_signal(&self.handle, rustix::process::Signal::KILL).is_ok()
        }
        #[cfg(not(target_os = "linux"))]
        {
            false
        }
    }
}

/// When a process started, in clock ticks since boot; with its number this names it for ever.
pub fn start_time(pid: u32) -> Option<u64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The second field is the program's name in parentheses and may hold anything, also ")".
    stat.rsplit_once(") ")?.1.split(' ').nth(19)?.parse().ok()
}

/// Reads standard input until `enough` says so, end-of-file, `gap` without data after the first byte, `total` time, or
/// `cap` bytes. Waits for nothing on a terminal.
pub fn read_stdin(cap: usize, gap: Duration, total: Duration, mut enough: impl FnMut(&[u8]) -> bool) -> Vec<u8> {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    let stdin = rustix::stdio::stdin();
    let mut data = Vec::new();
    if rustix::termios::isatty(stdin) {
        return data;
    }
    let start = Instant::now();
    while data.len() < cap {
        let left = total.saturating_sub(start.elapsed());
        let patience = if data.is_empty() { left } else { left.min(gap) };
        let mut fds = [PollFd::new(&stdin, PollFlags::IN)];
        let Ok(wait) = Timespec::try_from(patience) else { break };
        match poll(&mut fds, Some(&wait)) {
            Ok(0) => break,
            Ok(_) => {}
            Err(rustix::io::Errno::INTR) if !left.is_zero() => continue,
            Err(_) => break,
        }
        // Into memory that nobody cleared before: 64 KiB of zeros would be an eighth of a hook's instructions.
        if data.capacity() == data.len() {
            data.reserve(4096);
        }
        match rustix::io::read(stdin, rustix::buffer::spare_capacity(&mut data)) {
            Ok(0) => break,
            Ok(_) => {
                if enough(&data) {
                    break;
                }
            }
            Err(rustix::io::Errno::INTR | rustix::io::Errno::AGAIN) => {}
            Err(_) => break,
        }
    }
    // A pipe takes this much at once or not at all; of more, the writer may still be at the rest, a newline mostly.
    if data.len() > 4096 {
        forget_rest(|| total.saturating_sub(start.elapsed()));
    }
    data
}

/// Reads on for as long as more comes: a writer that meets a broken pipe takes the hook for failed.
fn forget_rest(left: impl Fn() -> Duration) {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    const LINGER: Duration = Duration::from_millis(5);
    let stdin = rustix::stdio::stdin();
    let mut chunk = [0_u8; 65536];
    while let Ok(wait) = Timespec::try_from(left().min(LINGER))
        && poll(&mut [PollFd::new(&stdin, PollFlags::IN)], Some(&wait)).is_ok_and(|ready| ready > 0)
        && !left().is_zero()
        && rustix::io::read(stdin, &mut chunk).is_ok_and(|n| n > 0)
    {}
}

/// The exit code of a status; only its lowest byte counts.
pub fn exit_code(status: u32) -> ExitCode {
    ExitCode::from((status & 0xff) as u8)
}

/// Whether standard output is a terminal.
pub fn stdout_is_terminal() -> bool {
    rustix::termios::isatty(rustix::stdio::stdout())
}

/// Waits for so long; sooner, and with `true`, where nobody reads standard output any more.
pub fn pause_until_unread(time: Duration) -> bool {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    let begun = std::time::Instant::now();
    let stdout = rustix::stdio::stdout();
    // Asked for nothing, it tells only of errors: a reader that is gone.
    let mut fds = [PollFd::new(&stdout, PollFlags::empty())];
    let gone = match Timespec::try_from(time) {
        Ok(limit) => poll(&mut fds, Some(&limit)).is_ok_and(|ready| ready > 0),
        Err(_) => false,
    };
    if !gone {
        super::lock::pause(time.saturating_sub(begun.elapsed()));
    }
    gone
}

/// Whether `path` still names the open file.
pub fn is_same_file(file: &File, path: &Path) -> bool {
    let (Ok(open), Ok(named)) = (rustix::fs::fstat(file), rustix::fs::lstat(path)) else { return false };
    (open.st_dev, open.st_ino) == (named.st_dev, named.st_ino)
}

/// Whether standard input is a terminal.
pub fn stdin_is_terminal() -> bool {
    rustix::termios::isatty(rustix::stdio::stdin())
}
