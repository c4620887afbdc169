//! The configuration file as a user meets it: what is said about each fault, and which configuration holds.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use herald::config::{self, Applied, Config, Problem, Severity};
use herald::event::Occurrence;
use rstest::rstest;
use tempfile::TempDir;

fn parse(text: &str) -> (Config, Vec<Problem>) {
    config::parse(text, Path::new("/cfg/config.toml"), Some(Path::new("/home/u")))
}

fn only(text: &str) -> Problem {
    let (_, mut problems) = parse(text);
    assert_eq!(problems.len(), 1, "{problems:#?}");
    problems.remove(0)
}

const VOLUME: &str = "a whole number from 0 to 100";
const OVERLAP: &str = "queue, replace, drop";
const PRIORITY: &str = "low, normal, high, urgent";

#[rstest]
#[case::volume_too_high("volume = 170", (1, 10), "volume", Some("170"), Some(VOLUME), Some("100"))]
#[case::volume_below_zero("volume = -1", (1, 10), "volume", Some("-1"), Some(VOLUME), Some("0"))]
#[case::volume_beyond_all("volume = 99999999999999999999", (1, 10), "volume", Some("99999999999999999999"), Some(VOLUME), Some("100"))]
#[case::volume_quoted("\nvolume = \"70\"", (2, 10), "volume", Some("\"70\""), Some(VOLUME), Some("70"))]
#[case::volume_as_a_fraction("volume = 0.7", (1, 10), "volume", Some("0.7"), Some(VOLUME), Some("70"))]
#[case::volume_as_a_list("volume = [7]", (1, 10), "volume", Some("[7]"), Some(VOLUME), Some("7"))]
#[case::event_volume("[events.bell]\nvolume = 101", (2, 10), "events.bell.volume", Some("101"), Some(VOLUME), Some("100"))]
#[case::after_wide_characters("[events]\nbell = { sound = \"/ä/ö.wav\", volume = 101 }", (2, 39), "events.bell.volume", Some("101"), Some(VOLUME), Some("100"))]
#[case::overlap("[speaker]\noverlap = \"que\"", (2, 11), "speaker.overlap", Some("\"que\""), Some(OVERLAP), Some("\"queue\""))]
#[case::overlap_in_capitals("[speaker]\noverlap = \"Drop\"", (2, 11), "speaker.overlap", Some("\"Drop\""), Some(OVERLAP), Some("\"drop\""))]
#[case::overlap_far_off("[speaker]\noverlap = \"mix\"", (2, 11), "speaker.overlap", Some("\"mix\""), Some(OVERLAP), None)]
#[case::overlap_no_word("[speaker]\noverlap = true", (2, 11), "speaker.overlap", Some("true"), Some(OVERLAP), None)]
#[case::priority("[events.bell]\npriority = \"hihg\"", (2, 12), "events.bell.priority", Some("\"hihg\""), Some(PRIORITY), Some("\"high\""))]
#[case::enabled("[events.bell]\nenabled = \"no\"", (2, 11), "events.bell.enabled", Some("\"no\""), Some("true or false"), Some("false"))]
#[case::speaker_no_table("speaker = 3", (1, 11), "speaker", Some("3"), Some("a table"), None)]
#[case::events_no_table("[[events]]", (1, 1), "events", Some("[[events]]"), Some("a table"), None)]
#[case::event_no_table("[events]\n\"a.b\" = false", (2, 9), "events.\"a.b\"", Some("false"), Some("a table"), Some("\"a.b\" = { enabled = false }"))]
#[case::rules_no_list("[rules]\nmatch = {}", (1, 1), "rules", Some("[rules]"), Some("a list of tables"), Some("[[rules]]"))]
#[case::match_no_table("[[rules]]\nmatch = \"codex\"\nvolume = 1", (2, 9), "rules[0].match", Some("\"codex\""), Some("a table"), Some("{ agent = \"codex\" }"))]
fn a_fault_is_told_with_place_value_and_remedy(
    #[case] text: &str,
    #[case] place: (usize, usize),
    #[case] key: &str,
    #[case] value: Option<&str>,
    #[case] allowed: Option<&str>,
    #[case] suggestion: Option<&str>,
) {
    let problem = only(text);
    assert_eq!(problem.severity, Severity::Error);
    assert_eq!((problem.line, problem.column), place, "{problem:?}");
    assert_eq!(problem.key, key);
    assert_eq!(problem.value.as_deref(), value);
    assert_eq!(problem.allowed.as_deref(), allowed);
    assert_eq!(problem.suggestion.as_deref(), suggestion, "{problem:?}");
}

#[rstest]
#[case::slip("[speaker]\nskip_when = [\"microphone-in-us\"]", (2, 14), "speaker.skip_when", Some("\"microphone-in-use\""))]
#[case::other_word("speaker.skip_when = [\"screen-locked\", \"DND\"]", (1, 39), "speaker.skip_when", Some("\"do-not-disturb\""))]
#[case::call("speaker.skip_when = \"in-call\"", (1, 21), "speaker.skip_when", Some("\"microphone-in-use\""))]
#[case::nonsense("[events.bell]\nskip_when = [\"xyz\"]", (2, 14), "events.bell.skip_when", None)]
#[case::off("speaker.skip_when = false", (1, 21), "speaker.skip_when", Some("[]"))]
#[case::on("speaker.skip_when = true", (1, 21), "speaker.skip_when", None)]
#[case::no_text("speaker.skip_when = [3]", (1, 22), "speaker.skip_when", None)]
fn a_circumstance_nobody_knows_is_an_error(
    #[case] text: &str,
    #[case] place: (usize, usize),
    #[case] key: &str,
    #[case] suggestion: Option<&str>,
) {
    let problem = only(text);
    assert!(problem.is_error());
    assert_eq!((problem.line, problem.column), place, "{problem:?}");
    assert_eq!((problem.key.as_str(), problem.suggestion.as_deref()), (key, suggestion), "{problem:?}");
    if suggestion.is_some() && key == "speaker.skip_when" {
        assert!(problem.allowed.as_deref().is_some_and(|allowed| allowed.contains("microphone-in-use, screen-locked")));
    }
}

#[rstest]
#[case::without_unit("timeout = \"3\"", "timeout", Some("\"3s\""))]
#[case::as_a_number("timeout = 3", "timeout", Some("\"3s\""))]
#[case::as_a_fraction("timeout = 1.5", "timeout", Some("\"1s500ms\""))]
#[case::too_short("timeout = \"50ms\"", "timeout", Some("\"100ms\""))]
#[case::too_long("timeout = \"1m\"", "timeout", Some("\"30s\""))]
#[case::below_zero("timeout = \"-3s\"", "timeout", Some("\"100ms\""))]
#[case::no_duration("timeout = \"soon\"", "timeout", None)]
#[case::too_long_to_be_meant("timeout = 3600", "timeout", None)]
#[case::delay("[events.bell]\ndelay = \"2m\"", "events.bell.delay", Some("\"1m\""))]
#[case::min_duration("[events.bell]\nmin_duration = \"25h\"", "events.bell.min_duration", Some("\"24h\""))]
#[case::throttle("[events.bell]\nthrottle = \"25h\"", "events.bell.throttle", Some("\"24h\""))]
#[case::min_audible("[speaker]\nmin_audible = \"6s\"", "speaker.min_audible", Some("\"5s\""))]
#[case::lead_in("[speaker]\nlead_in = \"4s\"", "speaker.lead_in", Some("\"3s\""))]
fn a_duration_out_of_place_is_an_error(#[case] text: &str, #[case] key: &str, #[case] suggestion: Option<&str>) {
    let problem = only(text);
    assert!(problem.is_error());
    assert_eq!(problem.key, key);
    assert_eq!(problem.suggestion.as_deref(), suggestion);
    assert!(problem.allowed.unwrap().starts_with("a duration from "));
}

#[rstest]
#[case("100ms", Duration::from_millis(100))]
#[case("30s", Duration::from_secs(30))]
#[case("0m20s", Duration::from_secs(20))]
#[case("1s500ms", Duration::from_millis(1500))]
#[case("2.5s", Duration::from_millis(2500))]
#[case("2 seconds", Duration::from_secs(2))]
fn durations_are_written_with_units(#[case] text: &str, #[case] expected: Duration) {
    let (config, problems) = parse(&format!("timeout = \"{text}\""));
    assert_eq!(problems, []);
    assert_eq!(config.timeout, expected);
}

#[rstest]
#[case::zero("0s")]
#[case::minutes("1m30s")]
#[case::a_day("24h")]
fn a_throttle_may_be(#[case] text: &str) {
    assert_eq!(parse(&format!("[events.bell]\nthrottle = \"{text}\"")).1, []);
}

#[rstest]
#[case::plain_word("\"complete\"", (2, 9), Some("\"builtin:task.complete\""))]
#[case::own_word("\"ding\"", (2, 9), None)]
#[case::empty("\"\"", (2, 9), None)]
#[case::in_a_list("[\"a.wav\", \"bell\"]", (2, 19), Some("\"builtin:bell\""))]
#[case::part_missing("\"pack:glass\"", (2, 9), None)]
#[case::way_out("\"pack:../x\"", (2, 9), None)]
#[case::prefix_mistyped("\"packs:glass/bell\"", (2, 9), Some("\"pack:glass/bell\""))]
#[case::url("\"https://example.org/x.wav\"", (2, 9), None)]
fn what_is_no_sound_is_an_error_that_tells_the_spellings(
    #[case] value: &str,
    #[case] place: (usize, usize),
    #[case] suggestion: Option<&str>,
) {
    let problem = only(&format!("[events.bell]\nsound = {value}"));
    assert!(problem.is_error());
    assert_eq!((problem.line, problem.column), place);
    let allowed = problem.allowed.unwrap();
    for spelling in ["builtin:ID", "pack:NAME/ID", "xdg:THEME/NAME", "a path"] {
        assert!(allowed.contains(spelling), "{allowed}");
    }
    assert_eq!(problem.suggestion.as_deref(), suggestion);
}

#[rstest]
#[case::no_entries("[events.bell]\nsound = []")]
#[case::too_many(&format!("[events.bell]\nsound = [{}]", "\"a.wav\",".repeat(65)))]
#[case::too_large(&format!("[events.bell]\nsound = [{}]", format!("\"{}.wav\",", "x".repeat(1000)).repeat(9)))]
#[case::mixed("[events.bell]\nsound = [3]")]
#[case::no_packs("pack = []")]
#[case::pack_is_a_path("pack = \"../x\"")]
#[case::pack_is_empty("pack = \"\"")]
#[case::open_class("[[rules]]\nmatch = { agent = \"[a\" }\nvolume = 1")]
#[case::open_brace("[[rules]]\nmatch = { cwd = \"~/{a,b\" }\nvolume = 1")]
#[case::empty_pattern("[[rules]]\nmatch = { tool = \"\" }\nvolume = 1")]
#[case::no_patterns("[[rules]]\nmatch = { tool = [] }\nvolume = 1")]
#[case::event_that_is_none("[[rules]]\nmatch = { event = \"a b\" }\nvolume = 1")]
#[case::event_name("[events.\"a b\"]")]
#[case::event_name_too_long(&format!("[events.{}]", "x".repeat(65)))]
#[case::dotted_name_unquoted("[events.task.complete]\nenabled = false")]
#[case::syntax("volume = 70\nvolume")]
#[case::twice("volume = 70\nvolume = 80")]
fn the_file_is_faulty_with(#[case] text: &str) {
    let problem = only(text);
    assert!(problem.is_error(), "{problem:?}");
    assert!(!problem.message.contains('\n'));
}

#[test]
fn who_names_no_pack_is_told_the_names_of_those_that_are_always_there() {
    let problem = only("pack = []");
    for pack in herald::sound::builtin::PACKS {
        assert!(problem.help.as_deref().unwrap().contains(&format!("\"{pack}\"")), "{problem:?}");
    }
}

#[test]
fn the_quotes_of_an_event_are_missed() {
    let problem = only("\n[events.input.permission]\nenabled = false");
    assert_eq!((problem.line, problem.column), (2, 15));
    assert_eq!(problem.suggestion.as_deref(), Some("[events.\"input.permission\"]"));
}

#[rstest]
#[case::root("volumne = 3", (1, 1), "volumne", Some("volume"))]
#[case::plural("[events.bell]\nsounds = \"a.wav\"", (2, 1), "events.bell.sounds", Some("sound"))]
#[case::dash("[speaker]\nmin-audible = \"1s\"", (2, 1), "speaker.min-audible", Some("min_audible"))]
#[case::wrong_section("overlap = \"drop\"", (1, 1), "overlap", Some("speaker.overlap"))]
#[case::far_off("colour = \"red\"", (1, 1), "colour", None)]
#[case::root_key_below("[events.bell]\ntimeout = \"3s\"", (2, 1), "events.bell.timeout", None)]
#[case::pack_of_an_event("[events.bell]\npack = \"x\"", (2, 1), "events.bell.pack", None)]
#[case::in_a_rule("[[rules]]\nmatch = {}\nenabeld = true\nvolume = 3", (3, 1), "rules[0].enabeld", Some("enabled"))]
#[case::event_near_a_canonical_one("[events.\"task.completed\"]", (1, 9), "events.\"task.completed\"", Some("\"task.complete\""))]
#[case::short_event_near_a_canonical_one("[events.ball]", (1, 9), "events.ball", Some("\"bell\""))]
#[case::cesp_category("[events.\"task.acknowledge\"]", (1, 9), "events.\"task.acknowledge\"", Some("\"task.start\""))]
#[case::condition_near_a_canonical_event("[[rules]]\nmatch = { event = \"input.idel\" }\nvolume = 1", (2, 19), "rules[0].match.event", Some("\"input.idle\""))]
#[case::no_match("[[rules]]\nvolume = 3", (1, 1), "rules[0]", None)]
#[case::sets_nothing("[[rules]]\nmatch = { agent = \"codex\" }", (1, 1), "rules[0]", None)]
#[case::unknown_condition("[[rules]]\nmatch = { agnet = \"codex\" }\nvolume = 1", (2, 11), "rules[0].match.agnet", Some("agent"))]
#[case::relative_cwd("[[rules]]\nmatch = { cwd = \"work\" }\nvolume = 1", (2, 17), "rules[0].match.cwd", Some("\"**/work\""))]
fn a_slip_is_a_warning_and_the_rest_applies(
    #[case] text: &str,
    #[case] place: (usize, usize),
    #[case] key: &str,
    #[case] suggestion: Option<&str>,
) {
    let problem = only(text);
    assert_eq!(problem.severity, Severity::Warning);
    assert_eq!((problem.line, problem.column), place, "{problem:?}");
    assert_eq!(problem.key, key);
    assert_eq!(problem.suggestion.as_deref(), suggestion, "{problem:?}");

    let (config, _) = parse(&format!("volume = 33\n{text}"));
    assert_eq!(config.volume, 33);
}

#[rstest]
#[case("deploy.done")]
#[case("my.own.event")]
#[case("task.completely-other")]
fn an_event_of_ones_own_is_no_slip(#[case] name: &str) {
    let (_, problems) = parse(&format!("[events.\"{name}\"]\n[[rules]]\nmatch = {{ event = \"{name}\" }}\nvolume = 3"));
    assert_eq!(problems, []);
}

#[rstest]
#[case::no_match("[[rules]]\nmach = { agent = \"codex\" }\nenabled = false")]
#[case::unknown_condition("[[rules]]\nmatch = { agnet = \"codex\" }\nenabled = false")]
#[case::faulty_condition("[[rules]]\nmatch = { agent = 3 }\nenabled = false")]
fn a_rule_with_a_lost_condition_silences_nothing(#[case] text: &str) {
    let (config, problems) = parse(text);
    assert!(!problems.is_empty());
    assert_eq!(config.rules, []);
}

#[test]
fn all_problems_are_told_in_the_order_of_the_file_and_the_rest_is_kept() {
    let (config, problems) = parse(
        "timeout = 3\nvolume = 20\n[speaker]\nlead_in = \"1h\"\noverlap = \"drop\"\n[events.bell]\nenabled = false\n\
         volume = \"x\"\n[[rules]]\nmatch = { agent = \"codex\" }\nvolume = 7\npriority = \"top\"\n",
    );
    let keys: Vec<_> = problems.iter().map(|problem| (problem.line, problem.key.as_str())).collect();
    assert_eq!(keys, [(1, "timeout"), (4, "speaker.lead_in"), (8, "events.bell.volume"), (12, "rules[0].priority")]);
    assert_eq!(config.volume, 20);
    assert_eq!(config.speaker.overlap, config::Overlap::Drop);
    assert_eq!(config.events[0].1.enabled, Some(false));
    assert_eq!(config.rules[0].then.volume, Some(7));
}

#[test]
fn a_syntax_error_has_its_place() {
    let problem = only("volume = 70\n[events.bell\nenabled = false\n");
    assert_eq!((problem.line, problem.severity), (2, Severity::Error));
    assert!(problem.message.starts_with("this is not TOML: "), "{}", problem.message);
}

/// A configuration file and the place of its image.
struct Place {
    folder: TempDir,
}

impl Place {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("config.toml")
    }

    fn image(&self) -> PathBuf {
        self.folder.path().join("config.image")
    }

    /// Writes the file and lets its stamp settle.
    fn write(&self, text: impl AsRef<[u8]>) {
        fs::write(self.file(), text).unwrap();
        self.settle();
    }

    /// Waits until the last change of the file is so long ago that its stamp tells the next one.
    fn settle(&self) {
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt as _;
            let changed = |metadata: &fs::Metadata| {
                std::time::SystemTime::UNIX_EPOCH + Duration::new(metadata.ctime() as u64, metadata.ctime_nsec() as u32)
            };
            while let Ok(metadata) = fs::metadata(self.file())
                && changed(&metadata).elapsed().unwrap_or_default() < Duration::from_millis(50)
            {
                std::thread::sleep(Duration::from_millis(5));
            }
        }
        #[cfg(windows)]
        std::thread::sleep(Duration::from_millis(60));
    }

    fn load(&self) -> config::Loaded {
        config::load(&self.file(), &self.image(), Some(Path::new("/home/u")))
    }

    /// Loads as a hook does.
    fn hook(&self) -> config::Loaded {
        let loaded = self.load();
        if let Some(fresh) = &loaded.fresh {
            config::store(&self.image(), fresh).unwrap();
        }
        loaded
    }
}

const OFF: &str = "[events.\"task.complete\"]\nenabled = false\n";

fn is_on(config: &Config) -> bool {
    let occurrence = Occurrence { event: "task.complete".parse().ok(), ..Occurrence::default() };
    config.settings(&occurrence).enabled
}

#[test]
fn without_a_file_the_defaults_hold_and_nothing_is_wrong() {
    let place = Place::new();
    let loaded = place.load();
    assert_eq!((loaded.config, loaded.applied), (Config::default(), Applied::Defaults));
    assert_eq!(loaded.problems, []);
    assert_eq!(loaded.fresh, None);
}

#[test]
fn a_file_that_did_not_change_is_read_from_the_image() {
    let place = Place::new();
    place.write("volume = 33\nunknown = 1\n");
    let first = place.hook();
    assert!(first.fresh.is_some());
    assert_eq!(first.problems.len(), 1);

    let second = place.load();
    assert_eq!(second.fresh, None);
    assert_eq!((second.config.volume, second.applied), (33, Applied::File));

    // Had the file been parsed, its warning would be there.
    assert_eq!(second.problems, []);
    let image = config::Image::read(&place.image()).unwrap();
    assert!(image.parsed_at().elapsed().unwrap() < Duration::from_secs(60));
}

#[test]
fn a_file_that_changed_is_read_anew() {
    let place = Place::new();
    place.write("volume = 33");
    place.hook();
    place.write("volume = 34");
    let loaded = place.hook();
    assert_eq!(loaded.config.volume, 34);
    assert!(loaded.fresh.is_some());
    assert_eq!(place.load().config.volume, 34);
}

#[test]
fn a_change_of_the_same_size_and_time_is_seen() {
    let place = Place::new();
    place.write("volume = 33");
    let modified = fs::metadata(place.file()).unwrap().modified().unwrap();
    place.hook();
    fs::write(place.file(), "volume = 34").unwrap();
    let file = fs::File::options().write(true).open(place.file()).unwrap();
    file.set_times(fs::FileTimes::new().set_modified(modified)).unwrap();
    if cfg!(unix) {
        assert_eq!(place.load().config.volume, 34);
    }
}

#[test]
fn a_file_written_just_now_is_parsed_again_by_the_next_hook_but_kept() {
    let place = Place::new();
    let begin = Instant::now();
    fs::write(place.file(), OFF).unwrap();
    assert_eq!(place.hook().applied, Applied::File);
    // On a machine that is too busy the file wasn't young any more.
    if begin.elapsed() < Duration::from_millis(30) {
        assert!(place.hook().fresh.is_some());
    }
    fs::write(place.file(), "[[[").unwrap();
    let broken = place.hook();
    assert_eq!(broken.applied, Applied::LastGood);
    assert!(!is_on(&broken.config));
    place.write(OFF);
    place.hook();
    assert_eq!(place.hook().fresh, None);
}

#[test]
fn a_faulty_file_never_unmutes() {
    let place = Place::new();
    place.write(OFF);
    assert!(!is_on(&place.hook().config));
    for fault in ["volume = 101\n", "[events", "\u{0}", "[events.\"task.complete\"]\nenabled = \"yes\"\n"] {
        place.write(fault);
        for _ in 0..3 {
            let loaded = place.hook();
            assert_eq!(loaded.applied, Applied::LastGood, "{fault}");
            assert!(!is_on(&loaded.config), "{fault}");
            assert!(loaded.problems.iter().any(Problem::is_error));
            assert_eq!(loaded.fresh, None);
        }
    }
    place.write("volume = 10\n");
    let mended = place.hook();
    assert_eq!((mended.config.volume, mended.applied), (10, Applied::File));
    assert!(is_on(&mended.config));
}

#[test]
fn a_faulty_file_without_an_image_means_the_defaults() {
    let place = Place::new();
    place.write("volume = 33\ntimeout = 3");
    let loaded = place.hook();
    assert_eq!((loaded.config, loaded.applied), (Config::default(), Applied::Defaults));
    assert_eq!(loaded.problems.len(), 1);
    assert_eq!(loaded.fresh, None);
}

#[test]
fn a_removed_file_means_the_defaults_and_not_the_image() {
    let place = Place::new();
    place.write(OFF);
    place.hook();
    fs::remove_file(place.file()).unwrap();
    let loaded = place.hook();
    assert_eq!((loaded.config, loaded.applied), (Config::default(), Applied::Defaults));
    assert_eq!(loaded.problems, []);
}

#[test]
fn the_image_of_another_file_never_holds() {
    let place = Place::new();
    place.write(OFF);
    place.hook();
    let other = place.folder.path().join("other.toml");
    fs::write(&other, "[[[").unwrap();
    let loaded = config::load(&other, &place.image(), None);
    assert_eq!((loaded.config, loaded.applied), (Config::default(), Applied::Defaults));

    // Not even if it is the same file by another name.
    fs::remove_file(&other).unwrap();
    fs::hard_link(place.file(), &other).unwrap();
    assert!(config::load(&other, &place.image(), None).fresh.is_some());
}

#[rstest]
#[case::not_utf8(b"volume = 3 # \xc3\xa4\xff\n".to_vec(), (1, 15))]
#[case::too_large([b"volume = 3\n".as_slice(), &vec![b'#'; 1 << 20]].concat(), (0, 0))]
fn what_is_no_text_is_faulty(#[case] bytes: Vec<u8>, #[case] told_at: (usize, usize)) {
    let place = Place::new();
    place.write(OFF);
    place.hook();
    place.write(bytes);
    let loaded = place.hook();
    assert_eq!(loaded.applied, Applied::LastGood);
    assert_eq!(loaded.problems.len(), 1);
    assert_eq!((loaded.problems[0].line, loaded.problems[0].column), told_at);
    assert_eq!(config::check(&place.file(), None).problems, loaded.problems);
}

#[test]
fn a_directory_in_its_place_is_faulty() {
    let place = Place::new();
    place.write(OFF);
    place.hook();
    fs::remove_file(place.file()).unwrap();
    fs::create_dir(place.file()).unwrap();
    let loaded = place.hook();
    assert_eq!(loaded.applied, Applied::LastGood);
    assert!(loaded.problems[0].is_error());
}

#[cfg(unix)]
mod unix {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
    use std::process::Command;

    use super::*;

    #[test]
    fn a_pipe_in_its_place_holds_nobody_up() {
        let place = Place::new();
        assert!(Command::new("mkfifo").arg(place.file()).status().unwrap().success());
        assert!(Command::new("mkfifo").arg(place.image()).status().unwrap().success());
        let loaded = place.load();
        assert_eq!(loaded.applied, Applied::Defaults);
        assert!(loaded.problems[0].message.contains("not a regular file"));
    }

    #[test]
    fn a_link_that_leads_nowhere_is_faulty() {
        let place = Place::new();
        let target = place.folder.path().join("dotfiles.toml");
        fs::write(&target, OFF).unwrap();
        symlink(&target, place.file()).unwrap();
        place.settle();
        assert!(!is_on(&place.hook().config));
        fs::remove_file(&target).unwrap();
        let loaded = place.hook();
        assert_eq!(loaded.applied, Applied::LastGood);
        assert!(!is_on(&loaded.config));
    }

    #[test]
    fn an_unreadable_file_is_faulty() {
        let place = Place::new();
        place.write(OFF);
        place.hook();
        fs::set_permissions(place.file(), fs::Permissions::from_mode(0o000)).unwrap();
        // Root reads it all the same.
        if fs::File::open(place.file()).is_err() {
            assert_eq!(place.hook().applied, Applied::LastGood);
        }
    }

    #[test]
    fn an_image_that_is_a_link_or_open_to_others_counts_as_none() {
        let place = Place::new();
        place.write(OFF);
        place.hook();
        assert_eq!(place.load().fresh, None);

        fs::set_permissions(place.image(), fs::Permissions::from_mode(0o666)).unwrap();
        assert!(place.load().fresh.is_some());
        fs::set_permissions(place.image(), fs::Permissions::from_mode(0o600)).unwrap();
        assert!(place.load().fresh.is_none());

        let elsewhere = place.folder.path().join("elsewhere");
        fs::rename(place.image(), &elsewhere).unwrap();
        symlink(&elsewhere, place.image()).unwrap();
        assert!(place.load().fresh.is_some());

        // The link is replaced, what it leads to is not.
        let before = fs::read(&elsewhere).unwrap();
        place.write("volume = 3");
        place.hook();
        assert_eq!(fs::read(&elsewhere).unwrap(), before);
        assert!(fs::symlink_metadata(place.image()).unwrap().is_file());
    }

    #[test]
    fn an_image_is_its_owners_alone_and_leaves_nothing_behind() {
        let place = Place::new();
        place.write(OFF);
        place.hook();
        assert_eq!(fs::metadata(place.image()).unwrap().mode() & 0o777, 0o600);
        let mut names: Vec<_> =
            fs::read_dir(place.folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(names, ["config.image", "config.toml"]);
    }
}

/// Whoever is killed while it writes leaves one file, however often that happens.
#[test]
fn an_image_that_was_never_finished_is_cleared_away_and_one_that_is_being_written_is_not() {
    let place = Place::new();
    place.write("volume = 30\n");
    let fresh = place.load().fresh.expect("a parsed file gives an image");
    let image = place.folder.path().join("unfinished.image");
    let unfinished = place.folder.path().join("unfinished.image.new.tmp");
    std::fs::write(&unfinished, "half").unwrap();
    config::store(&image, &fresh).unwrap();
    assert!(!image.exists() && unfinished.exists(), "somebody else is at it");
    for left in [SystemTime::now() - Duration::from_secs(60), SystemTime::now() + Duration::from_secs(60)] {
        let file = std::fs::OpenOptions::new().write(true).create(true).truncate(false).open(&unfinished).unwrap();
        file.set_modified(left).unwrap();
        config::store(&image, &fresh).unwrap();
        assert!(image.exists() && !unfinished.exists());
        std::fs::remove_file(&image).unwrap();
    }
}

#[test]
fn a_damaged_image_is_made_anew() {
    let place = Place::new();
    place.write(OFF);
    place.hook();
    for bytes in [b"".to_vec(), b"herald".to_vec(), vec![0; 200]] {
        fs::write(place.image(), &bytes).unwrap();
        assert!(place.hook().fresh.is_some());
        assert_eq!(place.hook().fresh, None);
    }
}

#[test]
fn an_image_that_cannot_be_written_is_an_error_and_no_more() {
    let place = Place::new();
    place.write(OFF);
    let fresh = place.load().fresh.unwrap();
    assert!(config::store(&place.folder.path().join("missing/image"), &fresh).is_err());
    fs::create_dir(place.image()).unwrap();
    fs::write(place.image().join("x"), "").unwrap();
    assert!(config::store(&place.image(), &fresh).is_err());
    assert_eq!(fs::read_dir(place.folder.path()).unwrap().count(), 2);
    assert!(!is_on(&place.load().config));
}

#[test]
fn many_writers_leave_one_whole_image() {
    let place = Place::new();
    place.write(OFF);
    let fresh = place.load().fresh.unwrap();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..50 {
                    // Who finds the first writer at work leaves it to that one, and has none to read yet.
                    let was_there = place.image().exists();
                    config::store(&place.image(), &fresh).unwrap();
                    assert!(!was_there || config::Image::read(&place.image()).is_some(), "it was there, and is whole");
                }
            });
        }
    });
    assert_eq!(place.load().fresh, None);
}

#[test]
fn check_tells_the_warnings_that_the_image_does_not_keep() {
    let place = Place::new();
    place.write("volumne = 3\n");
    place.hook();
    assert_eq!(place.load().problems, []);
    let checked = config::check(&place.file(), None);
    assert_eq!(checked.problems.len(), 1);
    let text = checked.problems[0].render(&place.file(), &checked.source, false);
    assert!(text.contains("config.toml:1:1") && text.contains("did you mean volume?"), "{text}");
}
