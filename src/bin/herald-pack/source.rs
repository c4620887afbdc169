//! What the user named: a directory, a file, or an address.
//!
//! Only `https` leaves this machine. What an archive is made of is told by its content, never by its name.

use std::fs::{self, File};
use std::io::{self, Read as _, Seek as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

/// Where a pack comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// A directory of this machine.
    Directory(PathBuf),
    /// A file of this machine.
    File(PathBuf),
    /// An address.
    Address(String),
}

impl Source {
    /// Reads what was typed.
    ///
    /// # Errors
    /// Where there is nothing of that name, or the address isn't one that is asked.
    pub(crate) fn read(text: &str) -> anyhow::Result<Self> {
        if let Some((scheme, rest)) = address(text) {
            check_address(&scheme, rest)?;
            return Ok(Self::Address(text.to_owned()));
        }
        let path = PathBuf::from(text);
        let kind = fs::metadata(&path).with_context(|| {
            format!(
                "could not find the pack {text:?}\n  it may be a directory, a .zip, .tar or .tar.gz file, or an https:// address"
            )
        })?;
        if kind.is_dir() {
            Ok(Self::Directory(path))
        } else if kind.is_file() {
            Ok(Self::File(path))
        } else {
            bail!("{text:?} is neither a directory nor a regular file");
        }
    }

    /// What a pack from here is called where it doesn't say so itself.
    pub(crate) fn stem(&self) -> String {
        let name = match self {
            Self::Directory(path) => {
                let whole = fs::canonicalize(path).unwrap_or_else(|_| path.clone());
                return whole.file_name().unwrap_or_default().to_string_lossy().into_owned();
            }
            Self::File(path) => path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
            Self::Address(address) => {
                let path = address.split(['?', '#']).next().unwrap_or_default();
                path.trim_end_matches('/').rsplit('/').next().unwrap_or_default().to_owned()
            }
        };
        let lower = name.to_ascii_lowercase();
        let end = [".tar.gz", ".tgz", ".tar", ".zip"].into_iter().find(|end| lower.ends_with(end)).unwrap_or("");
        name[..name.len() - end.len()].to_owned()
    }
}

/// The scheme, in lower case, and what follows it; `None` for a path.
fn address(text: &str) -> Option<(String, &str)> {
    let (scheme, rest) = text.split_once("://")?;
    let is_scheme = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'));
    is_scheme.then(|| (scheme.to_ascii_lowercase(), rest))
}

/// Whether an address may be asked.
fn check_address(scheme: &str, rest: &str) -> anyhow::Result<()> {
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if authority.contains('@') {
        bail!("an address with a name or a password in it is not asked\n  hint: leave out what stands before the @");
    }
    if rest.contains('#') {
        bail!(
            "what follows the # of an address is not understood\n  hint: name a folder of the archive with --path FOLDER"
        );
    }
    match scheme {
        "http" | "https" if authority.is_empty() => bail!("the address names no host"),
        "https" => Ok(()),
        "http" if is_loopback(authority) => Ok(()),
        "http" => bail!("an http:// address can be forged on the way\n  hint: type the one with https://"),
        "file" => bail!("a file:// address is not asked\n  hint: type the path itself"),
        other => {
            bail!("packs are fetched by https only, not by {other}\n  hint: fetch the archive, then name the file")
        }
    }
}

/// Whether an authority is this machine: nobody stands on the way there.
pub(crate) fn is_loopback(authority: &str) -> bool {
    let host = match authority.strip_prefix('[') {
        Some(v6) => return v6.split(']').next() == Some("::1"),
        None => authority.split(':').next().unwrap_or_default(),
    };
    host.eq_ignore_ascii_case("localhost") || host.parse::<std::net::Ipv4Addr>().is_ok_and(|ip| ip.is_loopback())
}

/// What a file is, by its first bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// zip
    Zip,
    /// tar in gzip
    TarGz,
    /// tar alone
    Tar,
}

impl Form {
    /// Looks at the beginning of `file`, and goes back to it.
    pub(crate) fn of(file: &mut File) -> anyhow::Result<Self> {
        let mut head = Vec::new();
        io::Read::by_ref(file).take(512).read_to_end(&mut head)?;
        file.rewind()?;
        Self::by(&head).map_err(anyhow::Error::msg)
    }

    fn by(head: &[u8]) -> Result<Self, String> {
        let known: &[(&[u8], Result<Self, &str>)] = &[
            (b"PK\x03\x04", Ok(Self::Zip)),
            (b"PK\x05\x06", Ok(Self::Zip)),
            (b"\x1f\x8b", Ok(Self::TarGz)),
            (b"\xfd7zXZ\0", Err("an xz archive")),
            (b"BZh", Err("a bzip2 archive")),
            (b"\x28\xb5\x2f\xfd", Err("a zstd archive")),
            (b"7z\xbc\xaf\x27\x1c", Err("a 7z archive")),
            (b"Rar!", Err("a rar archive")),
            (b"RIFF", Err("a single sound")),
            (b"OggS", Err("a single sound")),
            (b"fLaC", Err("a single sound")),
            (b"ID3", Err("a single sound")),
        ];
        let what = match known.iter().find(|(magic, _)| head.starts_with(magic)) {
            Some((_, Ok(form))) => return Ok(*form),
            Some((_, Err(what))) => what,
            None if is_tar(head) => return Ok(Self::Tar),
            None if head.is_empty() => "empty",
            None if head.trim_ascii_start().first() == Some(&b'<') => "a web page, not an archive",
            None => "no archive",
        };
        Err(format!("it is {what}; packs are read from zip, tar.gz and tar files, and from directories"))
    }
}

/// Whether a block is the header of a tar: only its checksum is common to all kinds.
fn is_tar(head: &[u8]) -> bool {
    let Some(block) = head.first_chunk::<512>() else { return false };
    let written = std::str::from_utf8(&block[148..156]).unwrap_or_default();
    let written = u32::from_str_radix(written.trim_matches([' ', '\0']), 8);
    let summed = block[..148].iter().chain(&block[156..]).map(|byte| u32::from(*byte)).sum::<u32>() + 8 * 32;
    written == Ok(summed)
}

/// Opens a file of this machine, which may have become something else meanwhile.
pub(crate) fn open(path: &Path) -> anyhow::Result<File> {
    let mut options = File::options();
    options.read(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY);
    }
    let file = options.open(path).with_context(|| format!("could not open {}", path.display()))?;
    if !file.metadata()?.is_file() {
        bail!("{} is not a regular file", path.display());
    }
    Ok(file)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("https://example.org/a.zip", "")]
    #[case("HTTPS://example.org/a.zip", "")]
    #[case("http://127.0.0.1:8000/a.zip", "")]
    #[case("http://localhost/a.zip", "")]
    #[case("http://[::1]:80/a.zip", "")]
    #[case("http://example.org/a.zip", "https://")]
    #[case("http://127.0.0.1.example.org/a.zip", "https://")]
    #[case("http://localhost.example.org/a.zip", "https://")]
    #[case("http://127.0.0.1@example.org/a.zip", "password")]
    #[case("https://user:pass@example.org/a.zip", "password")]
    #[case("https://example.org/a.zip#packs/glass", "--path")]
    #[case("https:///a.zip", "no host")]
    #[case("file:///etc/passwd", "the path itself")]
    #[case("ftp://example.org/a.zip", "https only")]
    #[case("git+ssh://example.org/a.git", "https only")]
    fn only_https_leaves_this_machine(#[case] text: &str, #[case] why: &str) {
        match Source::read(text) {
            Ok(source) => assert!(why.is_empty() && source == Source::Address(text.to_owned()), "{text}"),
            Err(error) => assert!(!why.is_empty() && error.to_string().contains(why), "{text}: {error}"),
        }
    }

    #[rstest]
    #[case("https://example.org/o/glass/archive/v1.0.tar.gz?x=/y.zip", "v1.0")]
    #[case("https://example.org/Glass.ZIP", "Glass")]
    #[case("https://example.org/glass/", "glass")]
    fn an_address_has_the_name_of_its_last_part(#[case] text: &str, #[case] stem: &str) {
        assert_eq!(Source::Address(text.to_owned()).stem(), stem);
    }

    #[rstest]
    #[case(b"PK\x03\x04rest", Ok(Form::Zip))]
    #[case(b"\x1f\x8b\x08", Ok(Form::TarGz))]
    #[case(b"\xfd7zXZ\0", Err("xz"))]
    #[case(b"  <!DOCTYPE html>", Err("web page"))]
    #[case(b"OggS", Err("single sound"))]
    #[case(b"", Err("empty"))]
    #[case(b"#!/bin/sh", Err("no archive"))]
    #[case(&[0; 512], Err("no archive"))]
    fn a_file_is_what_its_first_bytes_say(#[case] head: &[u8], #[case] expected: Result<Form, &str>) {
        match (Form::by(head), expected) {
            (Ok(form), expected) => assert_eq!(Ok(form), expected),
            (Err(error), Err(why)) => assert!(error.contains(why), "{error}"),
            (Err(error), Ok(_)) => panic!("{error}"),
        }
    }
}
