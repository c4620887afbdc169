//! Files that panic, swell or hold a reader up cost their own sound and a line in the journal; the next sound plays.

use std::fs::File;
use std::path::Path;
use std::process::Command;

use crate::judge::{Fault, perform_each, whole};
use crate::stage::{Moment, Stage, Way, hear};
use crate::support::{Kind, PATIENCE, Tone};

/// What the sound of an event may be, by mistake or malice.
#[derive(Debug, Clone, Copy)]
enum Hostile {
    /// Numbers overflow in the decoder: it panics where those are checked, and plays noise where they aren't.
    Panics,
    /// A comment that claims two gigabytes.
    Swells,
    /// Nobody ever writes into it.
    Pipe,
    /// It has no end.
    Device,
    Large,
}

impl Hostile {
    const ALL: [Self; 5] = [Self::Panics, Self::Swells, Self::Pipe, Self::Device, Self::Large];

    /// Puts it where the configuration will find it.
    fn put(self, file: &Path) {
        match self {
            Self::Panics => std::fs::write(file, overflowing_adpcm()).expect("written"),
            Self::Swells => std::fs::write(file, claiming_flac()).expect("written"),
            Self::Pipe => assert!(Command::new("mkfifo").arg(file).status().expect("mkfifo is everywhere").success()),
            Self::Device => std::os::unix::fs::symlink("/dev/zero", file).expect("a link"),
            Self::Large => File::create(file).and_then(|file| file.set_len(1 << 34)).expect("a sparse file"),
        }
    }
}

/// Each nibble of Microsoft's ADPCM makes the next step three times as large.
fn overflowing_adpcm() -> Vec<u8> {
    let block = [&[0, 0xff, 0x7f, 0, 0, 0, 0], [0x77; 249].as_slice()].concat();
    let data = block.repeat(8);
    let mut file = b"RIFF\0\0\0\0WAVEfmt \x32\0\0\0\x02\0\x01\0\x40\x1f\0\0\x40\x1f\0\0\0\x01\x04\0\x20\0".to_vec();
    file.extend([&[0xf4, 1, 7, 0], [0; 28].as_slice()].concat());
    file.extend(b"data");
    file.extend((data.len() as u32).to_le_bytes());
    file.extend(data);
    file
}

fn claiming_flac() -> Vec<u8> {
    let mut file = b"fLaC\0\0\0\x22\x10\0\x10\0\0\0\0\0\0\0\x0b\xb8\x02\xf0".to_vec();
    file.extend([0; 20]);
    file.extend(b"\x84\0\0\x20\0\0\0\x72");
    file.extend([0; 64]);
    file
}

#[test]
fn a_hostile_file_costs_its_own_sound_and_a_line() {
    let Some(mut stage) = Stage::with(Kind::PulseAudio) else { return };
    let tone = Tone::standard();
    perform_each(
        &mut stage,
        Hostile::ALL,
        |stage, recorder, hostile| {
            stage.begin_anew(Way::Pulse);
            let (bad, good) = (stage.env.path().join("hostile.wav"), stage.file("good.wav", &tone));
            hostile.put(&bad);
            stage.sounds([("task.complete", bad.as_path()), ("task.error", good.as_path())]);
            let mark = recorder.frames();
            let request = stage.tell(Moment::Stop);
            let end = stage.end_of(request);
            // What plays instead, if anything does, is over.
            hear(recorder, mark);
            let line = stage.lines("playback").into_iter().filter(|line| line["request"] == request).count();
            stage.wait_until_idle();
            assert!(recorder.wait_for_silence(300, PATIENCE), "{hostile:?}");
            let mark = recorder.frames();
            let request = stage.tell(Moment::StopFailure);
            let next = stage.end_of(request);
            (hear(recorder, mark), line, end, next)
        },
        |recording, hostile, (frames, lines, end, next)| {
            let about = format!("{hostile:?}: {end}, then {next}");
            whole(recording, frames.clone(), &tone).map_err(|fault| fault.about(&about))?;
            if *lines == 1 && next["outcome"] == "finished" { Ok(()) } else { Err(Fault::wrong(about)) }
        },
    );
}
