//! A picture shows the sound, and a changed one is noticed however it is packed.

use std::f64::consts::TAU;
use std::io::Cursor;

use crate::make::{File, picture};
use crate::sounds::RATE;

/// Where the drawing begins.
const LEFT: usize = 26;
/// A pixel is this many samples wide.
const SAMPLES: usize = 96;
/// The palette's place of the waveform, and of the strongest frequencies.
const WAVE: u8 = 3;
const STRONGEST: u8 = 15;
/// The row at which the axis says 1k.
const ONE_KILOHERTZ: usize = 97;

#[test]
fn a_tone_is_drawn_at_its_frequency_for_as_long_as_it_lasts_and_as_high_as_it_is() {
    for (hertz, octaves) in [(1_000.0, 0), (250.0, 2), (4_000.0, -2)] {
        let picture = Picture::of(&tone(hertz, 0.25, 300), 4);
        let row = ONE_KILOHERTZ.checked_add_signed(octaves * 14).unwrap();
        let strongest = picture.places(STRONGEST);
        assert!(strongest.iter().all(|(_, y)| y.abs_diff(row) <= 3), "{hertz} Hz: {strongest:?}");
        let (first, last) = (strongest.iter().map(|at| at.0).min(), strongest.iter().map(|at| at.0).max());
        assert!(first.unwrap() < LEFT + 15 && last.unwrap() > LEFT + 135, "{hertz} Hz: {first:?} to {last:?}");
        let wave = picture.places(WAVE);
        assert_eq!(
            (wave.iter().map(|at| at.0).min(), wave.iter().map(|at| at.0).max()),
            (Some(LEFT), Some(LEFT + 149))
        );
        let heights = (wave.iter().map(|at| at.1).min(), wave.iter().map(|at| at.1).max());
        assert_eq!(heights, (Some(13), Some(32)), "half of what is drawn, which is half of full scale");
    }
}

#[test]
fn the_drawing_is_as_wide_as_the_time_it_shows() {
    let sound = tone(440.0, 0.3, 80);
    let widths = [1, 4, 9].map(|marks| Picture::of(&sound, marks).width);
    assert_eq!([widths[1] - widths[0], widths[2] - widths[1]], [150, 250]);
}

#[test]
fn a_picture_is_known_by_what_it_shows_and_not_by_how_it_is_packed() {
    let sound = tone(440.0, 0.3, 80);
    let file = |sound: &[i16]| File { name: "pictures/x/y.png".to_owned(), bytes: picture::png(sound, 1) };
    let (made, other) = (file(&sound), file(&tone(466.0, 0.3, 80)));
    assert!(made.is(&made.bytes) && !made.is(&other.bytes));
    let repacked = Picture::decode(&made.bytes).packed_loosely();
    assert!(repacked != made.bytes && made.is(&repacked));
    let mut spoilt = Picture::decode(&made.bytes);
    spoilt.pixels[4_000] ^= 1;
    assert!(!made.is(&spoilt.packed_loosely()), "one pixel");
    let mut recoloured = Picture::decode(&made.bytes);
    recoloured.palette[0] ^= 1;
    assert!(!made.is(&recoloured.packed_loosely()), "one colour");
    assert!(!made.is(b"") && !made.is(&made.bytes[..made.bytes.len() / 2]));
    let text = File { name: "gallery.md".to_owned(), bytes: b"a".to_vec() };
    assert!(text.is(b"a") && !text.is(b"b"));
}

/// A sine of that peak and length.
fn tone(hertz: f64, peak: f64, ms: usize) -> Vec<i16> {
    let sample = |index: usize| (TAU * hertz * index as f64 / RATE).sin() * peak * f64::from(i16::MAX);
    (0..ms * SAMPLES / 2).map(|index| sample(index).round() as i16).collect()
}

/// A decoded PNG file of sixteen colours.
struct Picture {
    width: usize,
    height: usize,
    palette: Vec<u8>,
    /// Two in a byte, as the file has them.
    pixels: Vec<u8>,
}

impl Picture {
    fn of(samples: &[i16], marks: usize) -> Self {
        Self::decode(&picture::png(samples, marks))
    }

    fn decode(bytes: &[u8]) -> Self {
        let mut reader = png::Decoder::new(Cursor::new(bytes)).read_info().unwrap();
        let palette = reader.info().palette.as_ref().unwrap().to_vec();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        let frame = reader.next_frame(&mut pixels).unwrap();
        assert_eq!((frame.color_type, frame.bit_depth), (png::ColorType::Indexed, png::BitDepth::Four));
        Self { width: frame.width as usize, height: frame.height as usize, palette, pixels }
    }

    /// Every place, from the left and from the top, that has this colour.
    fn places(&self, colour: u8) -> Vec<(usize, usize)> {
        let row = self.width.div_ceil(2);
        let at = |x: usize, y: usize| self.pixels[y * row + x / 2] >> (4 * (1 - x % 2)) & 15;
        let everywhere = (0..self.height).flat_map(|y| (0..self.width).map(move |x| (x, y)));
        everywhere.filter(|(x, y)| at(*x, *y) == colour).collect()
    }

    /// The same as a PNG file that nobody tried to make small.
    fn packed_loosely(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, self.width as u32, self.height as u32);
        encoder.set_color(png::ColorType::Indexed);
        encoder.set_depth(png::BitDepth::Four);
        encoder.set_palette(&self.palette);
        encoder.set_compression(png::Compression::NoCompression);
        encoder.write_header().unwrap().write_image_data(&self.pixels).unwrap();
        bytes
    }
}
