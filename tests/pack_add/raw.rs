//! Archives written byte by byte, so that they can say what no library would write.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder};

/// A tar in the making.
#[derive(Default)]
pub(crate) struct Tar(Vec<u8>);

impl Tar {
    /// A regular file.
    pub(crate) fn file(self, name: impl AsRef<[u8]>, content: &[u8]) -> Self {
        self.entry(name.as_ref(), b'0', b"", content)
    }

    /// Anything: its type, where it links to, its content.
    pub(crate) fn entry(self, name: &[u8], kind: u8, link: &[u8], content: &[u8]) -> Self {
        if name.len() > 100 || name.contains(&0) {
            // The only form that holds every name.
            return self.pax(&[(b"path", name)]).entry(b"long", kind, link, content);
        }
        let length = content.len() as u64;
        self.lying(name, kind, link, length, content)
    }

    /// A header that says the content is `length` bytes long, before content that need not be.
    pub(crate) fn lying(mut self, name: &[u8], kind: u8, link: &[u8], length: u64, content: &[u8]) -> Self {
        let mut header = [0; 512];
        header[..name.len()].copy_from_slice(name);
        header[100..108].copy_from_slice(b"0006777\0");
        header[108..124].copy_from_slice(b"0000000\x000000000\0");
        header[124..136].copy_from_slice(format!("{length:011o}\0").as_bytes());
        header[136..148].copy_from_slice(b"00000000000\0");
        header[148..156].fill(b' ');
        header[156] = kind;
        header[157..157 + link.len()].copy_from_slice(link);
        header[257..265].copy_from_slice(b"ustar\x0000");
        let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
        header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        self.0.extend(header);
        self.0.extend(content);
        self.0.resize(self.0.len().div_ceil(512) * 512, 0);
        self
    }

    /// Extended headers for the next entry.
    pub(crate) fn pax(self, pairs: &[(&[u8], &[u8])]) -> Self {
        self.lying_pax(b'x', pairs)
    }

    /// Extended headers of a kind: `x` for the next entry, `g` for all.
    pub(crate) fn lying_pax(self, kind: u8, pairs: &[(&[u8], &[u8])]) -> Self {
        let mut content = Vec::new();
        for (key, value) in pairs {
            let rest = key.len() + value.len() + 3;
            let length = (1..).map(|digits| rest + digits).find(|it| it.to_string().len() + rest == *it).expect("one");
            content.extend(format!("{length} ").as_bytes());
            content.extend([*key, b"=", *value, b"\n"].concat());
        }
        self.entry(b"pax", kind, b"", &content)
    }

    pub(crate) fn end(mut self) -> Vec<u8> {
        self.0.resize(self.0.len() + 1024, 0);
        self.0
    }

    /// Without the end mark.
    pub(crate) fn cut(self) -> Vec<u8> {
        self.0
    }
}

pub(crate) fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).and_then(|()| encoder.finish()).expect("gzip")
}

/// One entry of a zip.
#[derive(Clone)]
pub(crate) struct Member {
    pub(crate) name: Vec<u8>,
    /// The name before the data, where it differs.
    pub(crate) local_name: Option<Vec<u8>>,
    pub(crate) mode: u32,
    pub(crate) flags: u16,
    pub(crate) method: u16,
    pub(crate) packed: Vec<u8>,
    pub(crate) length: u32,
    pub(crate) crc: u32,
    /// Where the directory says it is, if not where it is.
    pub(crate) offset: Option<u32>,
    pub(crate) unlisted: bool,
}

impl Member {
    /// A regular file, deflated.
    pub(crate) fn file(name: impl AsRef<[u8]>, content: &[u8]) -> Self {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
        let packed = encoder.write_all(content).and_then(|()| encoder.finish()).expect("deflate");
        let mut crc = flate2::Crc::new();
        crc.update(content);
        Self {
            name: name.as_ref().to_vec(),
            local_name: None,
            mode: 0o100_644,
            flags: 0,
            method: 8,
            packed,
            length: u32::try_from(content.len()).expect("short"),
            crc: crc.sum(),
            offset: None,
            unlisted: false,
        }
    }

    pub(crate) fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }
}

/// A zip of these.
pub(crate) fn zip(members: &[Member]) -> Vec<u8> {
    let (mut bytes, mut directory, mut count) = (Vec::new(), Vec::new(), 0_u16);
    for member in members {
        let offset = member.offset.unwrap_or(u32::try_from(bytes.len()).expect("short"));
        let local_name = member.local_name.as_ref().unwrap_or(&member.name);
        let common = |name: &[u8]| {
            let mut fields = Vec::new();
            fields.extend(20_u16.to_le_bytes());
            fields.extend(member.flags.to_le_bytes());
            fields.extend(member.method.to_le_bytes());
            fields.extend([0, 0, 0x21, 0]);
            fields.extend(member.crc.to_le_bytes());
            fields.extend(u32::try_from(member.packed.len()).expect("short").to_le_bytes());
            fields.extend(member.length.to_le_bytes());
            fields.extend(u16::try_from(name.len()).expect("short").to_le_bytes());
            fields.extend(0_u16.to_le_bytes());
            fields
        };
        if member.offset.is_none() {
            bytes.extend(b"PK\x03\x04");
            bytes.extend(common(local_name));
            bytes.extend(local_name);
            bytes.extend(&member.packed);
        }
        if !member.unlisted {
            directory.extend(b"PK\x01\x02");
            // Made on Unix: the mode counts.
            directory.extend([20, 3]);
            directory.extend(common(&member.name));
            directory.extend([0; 6]);
            directory.extend((member.mode << 16).to_le_bytes());
            directory.extend(offset.to_le_bytes());
            directory.extend(&member.name);
            count += 1;
        }
    }
    let start = u32::try_from(bytes.len()).expect("short");
    bytes.extend(&directory);
    bytes.extend(b"PK\x05\x06\0\0\0\0");
    bytes.extend([count.to_le_bytes(), count.to_le_bytes()].concat());
    bytes.extend(u32::try_from(directory.len()).expect("short").to_le_bytes());
    bytes.extend(start.to_le_bytes());
    bytes.extend([0, 0]);
    bytes
}
