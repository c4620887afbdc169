//! The page of figures is whole, its pictures are pictures, and the README quotes nothing that isn't on it.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// What a page takes to load is part of reading it.
const LARGEST: usize = 40 * 1024;

fn here(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn read(path: &str) -> String {
    fs::read_to_string(here(path)).unwrap_or_else(|error| panic!("{path}: {error}; `make figures` writes it"))
}

/// The pictures that the page shows.
fn named() -> BTreeSet<String> {
    let page = read("docs/figures.md");
    let links = page.split("](figures/").skip(1).filter_map(|rest| rest.split(')').next());
    links.filter(|name| name.ends_with(".svg")).map(str::to_owned).collect()
}

/// The table below the README's heading.
fn quoted() -> Vec<String> {
    let readme = read("README.md");
    let section = readme.split("\n## Figures\n").nth(1).expect("the README's figures");
    let rows = section.lines().skip_while(|line| !line.starts_with('|')).take_while(|line| line.starts_with('|'));
    rows.map(str::to_owned).collect()
}

#[test]
fn every_figure_of_the_readme_is_one_that_was_measured() {
    let page = read("docs/figures.md");
    let lines: BTreeSet<&str> = page.lines().collect();
    let quoted = quoted();
    assert!(quoted.len() >= 12, "{quoted:?}");
    for row in quoted {
        assert!(
            lines.contains(row.as_str()),
            "the page of figures has no such line; `make figures` writes both: {row}"
        );
    }
}

#[test]
fn the_page_is_of_a_whole_run() {
    let page = read("docs/figures.md");
    assert!(!page.contains("QUICK RUN"), "figures of a quick run mean nothing; `make figures` takes real ones");
    let version = format!("| herald | {}", env!("CARGO_PKG_VERSION"));
    for fact in [version.as_str(), "| date |", "| processor |", "| system |"] {
        assert!(page.contains(fact), "{fact}");
    }
    for section in ["## In short", "## A caller waits", "## Start to first sample", "## Hooks at once"] {
        assert!(page.contains(section), "{section}");
    }
}

#[test]
fn every_picture_is_whole_small_and_shown() {
    let named = named();
    assert!(named.len() >= 8, "{named:?}");
    let files = fs::read_dir(here("docs/figures")).expect("docs/figures").flatten();
    let files: BTreeSet<String> = files.map(|file| file.file_name().to_string_lossy().into_owned()).collect();
    let drawn: BTreeSet<String> = files.iter().filter(|name| name.ends_with(".svg")).cloned().collect();
    assert_eq!(drawn, named);
    for name in named {
        let drawing = read(&format!("docs/figures/{name}"));
        assert!(drawing.len() < LARGEST, "{name} has {} bytes", drawing.len());
        assert_eq!(unclosed(&drawing), Vec::<String>::new(), "{name}");
        // Its own paper, and words on it.
        assert!(drawing.contains("<rect") && drawing.contains("</text>"), "{name}");
    }
}

#[test]
fn every_number_behind_the_plots_is_one() {
    let text = read("docs/figures/figures.tsv");
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("table\trow\tcolumn\tunit\tvalue"));
    let mut count = 0;
    for line in lines {
        let fields: Vec<&str> = line.split('\t').collect();
        assert_eq!(fields.len(), 5, "{line}");
        assert!(fields[4].parse::<f64>().is_ok_and(f64::is_finite), "{line}");
        count += 1;
    }
    assert!(count >= 100, "{count}");
}

#[test]
fn what_is_left_open_in_a_picture_is_told() {
    assert_eq!(unclosed("<svg a=\"1\"><rect/><text x=\"2\">a &gt; b</text></svg>"), Vec::<String>::new());
    assert_eq!(unclosed("<svg><g></svg>"), ["svg", "g"]);
    assert_eq!(unclosed("<svg><text>cut"), ["svg", "text"]);
    assert_eq!(unclosed("<svg>a & b</svg>"), ["&"]);
    assert_eq!(unclosed(""), ["nothing"]);
}

/// What isn't closed, or is closed by another name; and text that isn't escaped.
fn unclosed(drawing: &str) -> Vec<String> {
    let mut open: Vec<String> = Vec::new();
    let mut seen = false;
    for piece in drawing.split('<').skip(1) {
        let Some((tag, text)) = piece.split_once('>') else { return open };
        let entities = ["&amp;", "&lt;", "&gt;", "&quot;", "&apos;", "&#39;"];
        if entities.iter().fold(text.to_owned(), |text, known| text.replace(known, "")).contains('&') {
            return vec!["&".to_owned()];
        }
        seen = true;
        let name = |tag: &str| tag.split([' ', '\n', '/']).next().unwrap_or_default().to_owned();
        if tag.starts_with(['?', '!']) || tag.ends_with('/') {
            continue;
        }
        match tag.strip_prefix('/') {
            None => open.push(name(tag)),
            Some(closed) if open.last().is_some_and(|last| *last == name(closed)) => drop(open.pop()),
            Some(_) => return open,
        }
    }
    if seen { open } else { vec!["nothing".to_owned()] }
}
