//! An archive that may hold a pack. Input: its bytes. What is unpacked lies below the folder, is bounded, and is of plain
//! files and folders.

use std::fs::{self, File};
use std::path::Path;

use crate::bounds::{folder, soon, write};
use crate::{limits, unpack};

pub(crate) fn check(data: &[u8]) {
    let (archive, root) = (folder().join("archive"), folder().join("unpacked"));
    write(&archive, data);
    let _ = fs::remove_dir_all(&root);
    let beside = names(&folder());
    let result = soon(|| unpack::archive(File::open(&archive).expect("it was written"), root.clone(), None));
    assert_eq!(names(&folder()).into_iter().filter(|name| name != "unpacked").collect::<Vec<_>>(), beside);
    if let Err(why) = &result {
        assert!(!format!("{why:#}").is_empty());
    }
    let (mut files, mut bytes) = (0, 0);
    count(&root, &mut files, &mut bytes);
    assert!(files <= limits::MOST_FILES && bytes <= limits::LARGEST_PACK + limits::LARGEST_FILE, "{files} {bytes}");
    // Little may not become much.
    assert!(result.is_err() || !limits::is_bomb(bytes, data.len() as u64), "{bytes} of {}", data.len());
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("it is ours").flatten();
    let mut names: Vec<String> = entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

fn count(folder: &Path, files: &mut usize, bytes: &mut u64) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let kind = entry.file_type().expect("it is there");
        assert!(kind.is_dir() || kind.is_file(), "{}", entry.path().display());
        if kind.is_dir() {
            count(&entry.path(), files, bytes);
        } else {
            *files += 1;
            *bytes += entry.metadata().expect("it is there").len();
        }
    }
}
