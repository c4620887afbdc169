//! Telling another process that there is something for it: by a line at its socket, or by a byte in its pipe.
//!
//! Invariant: whoever tells waits for nobody.
#![allow(unsafe_code)]

use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use rustix::fs::{FileType, Mode, OFlags};

use super::effective_user;
use super::files::{not_opened, refused};

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
