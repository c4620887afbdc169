//! The cached image: the last configuration that was clean, as bytes that decode in microseconds.
//!
//! It serves twice. While the file is the one it was made of, no hook parses TOML. While the file is faulty, the image
//! holds in its place, so that a slip of the editor neither silences nor un-mutes anything. Nothing else is trusted: a
//! damaged image, one of another layout, of another configuration file or of another user counts as none.
//!
//! A hook pays for few system calls: the file's stamp is looked at; the image is opened, looked at, read and closed.
//! Writing it is left to the caller, for when the hook's work is done.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::{self, Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::Serialize;
use xxhash_rust::xxh3::{Xxh3, xxh3_64};

use super::problem::{Problem, Severity};
use super::read::{parse, parse_with};
use super::types::{Config, limit};
use crate::platform::file_stamp::{self, FileStamp, is_young};

/// Where the configuration that holds was taken from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Applied {
    /// From the file as it is.
    File,
    /// From the image: the file is faulty.
    LastGood,
    /// From nowhere: there is no file, or a faulty one and no image.
    Defaults,
}

/// What [`load`] found.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The configuration that holds.
    pub config: Config,
    /// Where it was taken from.
    pub applied: Applied,
    /// What is wrong with the file. Warnings are only told when it was parsed; [`check`] tells them always.
    pub problems: Vec<Problem>,
    /// The image to [`store`] when the hook's work is done; `None` if the one on disk is current.
    pub fresh: Option<Image>,
}

/// What [`check`] found.
#[derive(Clone, Debug)]
pub struct Checked {
    /// What was right in the file.
    pub config: Config,
    /// All that is wrong with it.
    pub problems: Vec<Problem>,
    /// Its text, for [`Problem::render`]; empty where it could not be read, and with something else in place of what is
    /// no UTF-8.
    pub source: String,
    /// Whether the text is what the file holds, to the byte.
    pub is_exact: bool,
}

/// Reads the file itself, whatever image there is. A missing one is as good as an empty one.
pub fn check(file: &Path, home: Option<&Path>) -> Checked {
    check_with(file, home, &|_| true)
}

/// As [`check`], and warns of sound files that aren't there.
pub fn check_with_sounds(file: &Path, home: Option<&Path>) -> Checked {
    check_with(file, home, &Path::is_file)
}

fn check_with(file: &Path, home: Option<&Path>, is_there: &dyn Fn(&Path) -> bool) -> Checked {
    match source(file) {
        Ok(Some((source, _))) => {
            let (config, problems) = parse_with(&source, file, home, is_there);
            Checked { config, problems, source, is_exact: true }
        }
        Ok(None) => Checked { config: Config::default(), problems: Vec::new(), source: String::new(), is_exact: true },
        Err(fault) => {
            let (problems, source) = (vec![fault.problem], fault.source);
            Checked { config: Config::default(), problems, source, is_exact: false }
        }
    }
}

/// The configuration that holds now: the file's, or the image's while the file is faulty, or the defaults.
///
/// Never fails and never writes. A file that isn't there is no fault: somebody removed it.
pub fn load(file: &Path, image: &Path, home: Option<&Path>) -> Loaded {
    let origin = Origin::of(file);
    // Without following a link first: one call tells what most hooks need to know.
    let metadata = match fs::symlink_metadata(file) {
        Ok(metadata) if metadata.is_symlink() => fs::metadata(file),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Loaded::defaults(),
        told => told,
    };
    // Why it can't be read is told below.
    let now = metadata.ok().map(|metadata| Stamp::of(&metadata, home));
    let kept = Image::read(image).filter(|kept| kept.origin() == origin);
    if let Some(kept) = &kept
        && now.is_some_and(|now| kept.stamp() == now)
        && let Some(config) = kept.config()
    {
        return Loaded { config, applied: Applied::File, problems: Vec::new(), fresh: None };
    }

    let (config, problems, metadata) = match source(file) {
        Ok(Some((text, metadata))) => {
            let (config, problems) = parse(&text, file, home);
            (config, problems, metadata)
        }
        Ok(None) => return Loaded::defaults(),
        Err(fault) => (Config::default(), vec![fault.problem], None),
    };
    if problems.iter().any(Problem::is_error) {
        let (config, applied) = match kept.and_then(|kept| kept.config()) {
            Some(config) => (config, Applied::LastGood),
            None => (Config::default(), Applied::Defaults),
        };
        return Loaded { config, applied, problems, fresh: None };
    }
    let stamp = metadata.filter(|metadata| !is_young(metadata)).map_or(Stamp::UNSETTLED, |it| Stamp::of(&it, home));
    let fresh = Image::new(&config, origin, stamp);
    Loaded { config, applied: Applied::File, problems, fresh }
}

impl Loaded {
    fn defaults() -> Self {
        Self { config: Config::default(), applied: Applied::Defaults, problems: Vec::new(), fresh: None }
    }
}

/// Nobody takes this long to write an image: an unfinished one that is older was left by somebody who was killed, or whose
/// own time was up.
const LEFT: Duration = Duration::from_secs(10);

/// Writes the image in place of an older one, whole or not at all, readable by its owner only. Where somebody else is at
/// it at this moment, that one does.
///
/// # Errors
/// What the file system says. The image that was there is then still there.
pub fn store(image_path: &Path, image: &Image) -> io::Result<()> {
    let mut name = image_path.file_name().ok_or(io::ErrorKind::InvalidInput)?.to_owned();
    // One name for all, so that those who don't come to the end leave one file, which the next one clears away.
    name.push(".new.tmp");
    let temporary = image_path.with_file_name(name);

    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = match options.open(&temporary) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            let changed = fs::symlink_metadata(&temporary).and_then(|metadata| metadata.modified());
            // One that is gone by now is in its place; one from the future can't be told from an old one.
            let is_left = |time| SystemTime::now().duration_since(time).map_or(true, |age| age >= LEFT);
            if !changed.is_ok_and(is_left) {
                return Ok(());
            }
            fs::remove_file(&temporary)?;
            options.open(&temporary)?
        }
        opened => opened?,
    };
    // No sync: after a power cut a damaged image counts as none, and the file is parsed again.
    let written = file.write_all(&image.bytes);
    drop(file);
    let done = written.and_then(|()| fs::rename(&temporary, image_path));
    if done.is_err() {
        _ = fs::remove_file(&temporary);
    }
    done
}

/// A configuration as bytes, with the stamp of the file it was made of.
///
/// Layout, integers little-endian: magic with the layout's number (8 bytes), checksum of all that follows (8), origin
/// (8), stamp (8 × 8), time of parsing in seconds since 1970 (8), then the configuration as `postcard` writes it.
#[derive(Clone, PartialEq, Eq)]
pub struct Image {
    bytes: Vec<u8>,
}

impl Image {
    /// The last byte is the number of the layout. Whoever changes the types in `types` changes it: an old image read
    /// as a new one could be a configuration nobody wrote.
    const MAGIC: [u8; 8] = *b"herald\0\x05";
    const CHECKED_FROM: usize = 16;
    const ORIGIN: usize = 16;
    const STAMP: usize = 24;
    const PARSED_AT: usize = Self::STAMP + 8 * Stamp::WORDS;
    const CONFIG: usize = Self::PARSED_AT + 8;
    /// Far more than a configuration file of the greatest size makes.
    const MAX_BYTES: u64 = 16 * limit::FILE_BYTES;

    fn new(config: &Config, origin: Origin, stamp: Stamp) -> Option<Self> {
        let parsed_at = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let mut bytes = Vec::with_capacity(1024);
        bytes.extend_from_slice(&Self::MAGIC);
        bytes.extend_from_slice(&[0; 8]);
        bytes.extend_from_slice(&origin.0.to_le_bytes());
        stamp.0.iter().for_each(|word| bytes.extend_from_slice(&word.to_le_bytes()));
        bytes.extend_from_slice(&parsed_at.to_le_bytes());
        // Fails where a path is not UTF-8: then there is no image, and the file is parsed in each hook.
        let mut bytes = postcard::to_extend(config, bytes).ok()?;
        let checksum = xxh3_64(&bytes[Self::CHECKED_FROM..]);
        bytes[8..Self::CHECKED_FROM].copy_from_slice(&checksum.to_le_bytes());
        (bytes.len() as u64 <= Self::MAX_BYTES).then_some(Self { bytes })
    }

    /// Reads an image of ours, undamaged.
    pub fn read(path: &Path) -> Option<Self> {
        let mut file = open_own(path)?;
        let length = file.metadata().ok().filter(is_own_file)?.len();
        if length < Self::CONFIG as u64 || length > Self::MAX_BYTES {
            return None;
        }
        let mut bytes = vec![0; usize::try_from(length).ok()?];
        file.read_exact(&mut bytes).ok()?;
        let image = Self { bytes };
        let sound =
            image.bytes.starts_with(&Self::MAGIC) && image.word(8) == xxh3_64(&image.bytes[Self::CHECKED_FROM..]);
        sound.then_some(image)
    }

    /// Whether there is one of a version with another layout, which counts as none.
    pub fn is_of_another_layout(path: &Path) -> bool {
        let mut magic = [0; Self::MAGIC.len()];
        let read = open_own(path).is_some_and(|mut file| file.read_exact(&mut magic).is_ok());
        read && magic != Self::MAGIC && magic.starts_with(&Self::MAGIC[..Self::MAGIC.len() - 1])
    }

    /// When the configuration was read from its file.
    pub fn parsed_at(&self) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(self.word(Self::PARSED_AT).min(u64::from(u32::MAX)))
    }

    fn config(&self) -> Option<Config> {
        postcard::from_bytes(&self.bytes[Self::CONFIG..]).ok()
    }

    fn origin(&self) -> Origin {
        Origin(self.word(Self::ORIGIN))
    }

    fn stamp(&self) -> Stamp {
        Stamp(std::array::from_fn(|at| self.word(Self::STAMP + 8 * at)))
    }

    fn word(&self, at: usize) -> u64 {
        u64::from_le_bytes(std::array::from_fn(|byte| self.bytes[at + byte]))
    }
}

impl std::fmt::Debug for Image {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Image").field("bytes", &self.bytes.len()).finish_non_exhaustive()
    }
}

/// Which configuration file an image is of: another `HERALD_CONFIG` never gets its copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Origin(u64);

impl Origin {
    fn of(file: &Path) -> Self {
        let file =
            if file.is_absolute() { PathBuf::new() } else { path::absolute(file).unwrap_or_default() }.join(file);
        Self(xxh3_64(file.as_os_str().as_encoded_bytes()))
    }
}

/// All that tells whether the file is still the one that was parsed, and would be read alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp([u64; Self::WORDS]);

impl Stamp {
    const WORDS: usize = 1 + file_stamp::WORDS;
    /// Of a file that may yet change without its stamp changing: equal to no stamp of a file, as no program is 0.
    const UNSETTLED: Self = Self([0; Self::WORDS]);

    fn of(metadata: &Metadata, home: Option<&Path>) -> Self {
        let mut reader = Xxh3::new();
        // A newer program may know more keys, and another home makes other paths.
        reader.update(env!("CARGO_PKG_VERSION").as_bytes());
        reader.update(&[0]);
        reader.update(home.unwrap_or(Path::new("")).as_os_str().as_encoded_bytes());
        let mut words = [0; Self::WORDS];
        words[0] = reader.digest().max(1);
        words[1..].copy_from_slice(&FileStamp::of(metadata).0);
        Self(words)
    }
}

/// The text of the file, and its metadata if they were the same before and after; `Ok(None)` if there is none.
fn source(file: &Path) -> Result<Option<(String, Option<Metadata>)>, Box<Unreadable>> {
    let unreadable = |why: &str, help: &str| {
        let message = format!("the configuration file can't be read: {why}");
        let help = Some(help.to_owned());
        let problem = Problem { help, ..Problem::new(Severity::Error, "", message) };
        Box::new(Unreadable { problem, source: String::new() })
    };
    let of_io = |error: io::Error| {
        let help = match error.kind() {
            io::ErrorKind::PermissionDenied => "make it readable for you, as in: chmod u+r",
            io::ErrorKind::NotFound => "it is a link that leads nowhere: mend it or remove it",
            _ => "put a file that can be read in its place, or remove it",
        };
        unreadable(&error.to_string(), help)
    };

    let mut options = OpenOptions::new();
    options.read(true);
    // A pipe in its place must not hold the hook up.
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, libc::O_NONBLOCK);
    let opened = match options.open(file) {
        Ok(opened) => opened,
        Err(error) if is_missing(file, &error) => return Ok(None),
        Err(error) => return Err(of_io(error)),
    };
    let before = opened.metadata().map_err(of_io)?;
    if !before.is_file() {
        let what = if before.is_dir() { "it is a directory" } else { "it is not a regular file" };
        return Err(unreadable(what, "put a file in its place, or remove it: the defaults need none"));
    }
    let mut bytes = Vec::new();
    (&opened).take(limit::FILE_BYTES + 1).read_to_end(&mut bytes).map_err(of_io)?;
    if bytes.len() as u64 > limit::FILE_BYTES {
        return Err(unreadable("it is larger than 1 MiB", "keep it below 1 MiB; is it the right file?"));
    }
    let text = String::from_utf8(bytes).map_err(|error| Box::new(Unreadable::not_utf8(&error)))?;
    let after = opened.metadata().map_err(of_io)?;
    let same = Stamp::of(&before, None) == Stamp::of(&after, None);
    Ok(Some((text, same.then_some(after))))
}

/// Why there is no text, and as much of it as can be shown.
struct Unreadable {
    problem: Problem,
    source: String,
}

impl Unreadable {
    fn not_utf8(error: &std::string::FromUtf8Error) -> Self {
        let (bytes, at) = (error.as_bytes(), error.utf8_error().valid_up_to());
        let valid = std::str::from_utf8(&bytes[..at]).unwrap_or_default();
        let line = valid.rsplit('\n').next().unwrap_or_default();
        let wide = bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff");
        let (what, help) = if wide {
            ("UTF-16", "save it as UTF-8; in Windows PowerShell: Set-Content -Encoding utf8")
        } else {
            ("not UTF-8", "save it as UTF-8; if it is Latin-1, this shows it so: iconv -f latin1 -t utf-8 config.toml")
        };
        let message = format!("the configuration file can't be read: it is {what}");
        let problem = Problem {
            line: 1 + valid.matches('\n').count(),
            column: 1 + line.chars().count(),
            value: Some(format!("the byte 0x{:02x}", bytes[at])),
            allowed: Some("text in UTF-8".to_owned()),
            help: Some(help.to_owned()),
            ..Problem::new(Severity::Error, "", message)
        };
        Self { problem, source: String::from_utf8_lossy(bytes).into_owned() }
    }
}

/// Whether there is no file. A link that leads nowhere is a fault: what it led to may be back in a moment.
fn is_missing(file: &Path, error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::NotFound && fs::symlink_metadata(file).is_err()
}

#[cfg(unix)]
fn open_own(path: &Path) -> Option<File> {
    use std::os::unix::fs::OpenOptionsExt as _;
    OpenOptions::new().read(true).custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK).open(path).ok()
}

#[cfg(windows)]
fn open_own(path: &Path) -> Option<File> {
    fs::symlink_metadata(path).ok().filter(Metadata::is_file)?;
    File::open(path).ok()
}

/// A regular file that nobody else could have written.
fn is_own_file(metadata: &Metadata) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        let own = metadata.uid() == crate::platform::effective_user();
        metadata.is_file() && own && metadata.mode() & 0o022 == 0
    }
    #[cfg(windows)]
    metadata.is_file()
}

#[cfg(test)]
mod tests {
    use super::*;

    const FULL: &str = r#"
        volume = 40
        pack = ["a", "herald"]
        timeout = "9s"
        [speaker]
        overlap = "drop"
        min_audible = "1s"
        lead_in = "1500ms"
        skip_when = ["screen-locked", "microphone-in-use"]
        [events."deploy.done"]
        enabled = true
        sound = ["builtin:bell", "pack:a/b", "xdg:c/d", "/e.wav"]
        volume = 3
        throttle = "0s"
        priority = "urgent"
        delay = "1s"
        min_duration = "1m"
        skip_when = []
        [quiet]
        hours = "22:00-08:00"
        days = "weekends"
        allow = "input.*"
        [output]
        server = "unix:/s"
        [link]
        send_to = "mqtts://u@b:1/t"
        listen_to = ["unix:/l", "mqtt://c"]
        play_here = true
        hosts = "h*"
        host = "i"
        limit = 3
        password_file = "/p"
        ca_file = "/q"
        cert_file = "/r"
        key_file = "/s"
        [push]
        server = "https://v"
        topic = "w"
        token_file = "/x"
        events = "y"
        priority = "low"
        while_muted = true
        [[rules]]
        match = { agent = "a", event = "b", tool = ["c", "d"], cwd = "/e", detail = "f", host = "g" }
        pack = "p"
        enabled = false
    "#;

    fn full() -> Config {
        let (config, problems) = parse(FULL, Path::new("/cfg/config.toml"), None);
        assert_eq!(problems, []);
        config
    }

    #[test]
    fn an_image_holds_the_whole_configuration() {
        let image = Image::new(&full(), Origin(7), Stamp([9; Stamp::WORDS])).unwrap();
        assert_eq!(image.config(), Some(full()));
        assert_eq!(image.origin(), Origin(7));
        assert_eq!(image.stamp(), Stamp([9; Stamp::WORDS]));
        assert!(image.parsed_at().elapsed().unwrap() < Duration::from_secs(60));
    }

    // On Windows the paths are others.
    #[cfg(unix)]
    #[test]
    fn the_layout_only_changes_with_its_number() {
        let bytes = postcard::to_stdvec(&full()).unwrap();
        assert_eq!(
            (Image::MAGIC[7], xxh3_64(&bytes)),
            (5, 4_236_702_781_042_985_556),
            "the configuration is laid out differently: change the last byte of Image::MAGIC, then this line"
        );
    }

    #[test]
    fn a_damaged_image_counts_as_none() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("image");
        let image = Image::new(&full(), Origin(7), Stamp::UNSETTLED).unwrap();
        for at in 0..image.bytes.len() {
            let mut bytes = image.bytes.clone();
            bytes[at] ^= 0x10;
            store(&path, &Image { bytes }).unwrap();
            assert_eq!(Image::read(&path), None, "byte {at}");
        }
        for length in 0..image.bytes.len() {
            store(&path, &Image { bytes: image.bytes[..length].to_vec() }).unwrap();
            assert_eq!(Image::read(&path), None, "{length} bytes");
        }
        store(&path, &image).unwrap();
        assert_eq!(Image::read(&path), Some(image));
    }

    #[test]
    fn another_program_or_home_reads_the_file_anew() {
        let metadata = fs::metadata(".").unwrap();
        let stamp = |home: &str| Stamp::of(&metadata, Some(Path::new(home)));
        assert_eq!(stamp("/a"), stamp("/a"));
        assert_ne!(stamp("/a"), stamp("/b"));
        assert_ne!(stamp("/a"), Stamp::UNSETTLED);
    }
}
