//! A drawing in sixteen colours, and its PNG file.

use std::io::Cursor;

use super::glyphs;

/// An index into the palette.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Colour(u8);

pub(super) const PAPER: Colour = Colour(0);
pub(super) const GRID: Colour = Colour(1);
pub(super) const TEXT: Colour = Colour(2);
pub(super) const WAVE: Colour = Colour(3);

/// How many shades a strength is drawn in.
pub(super) const SHADES: usize = 12;

/// Paper, grid, text and wave, then the shades from faint to strong.
const PALETTE: [[u8; 3]; 4 + SHADES] = [
    [0xfd, 0xfc, 0xf8],
    [0xe6, 0xe4, 0xdc],
    [0x50, 0x50, 0x58],
    [0x2f, 0x62, 0x8e],
    [0xf3, 0xee, 0xdd],
    [0xf0, 0xe0, 0xb8],
    [0xf1, 0xcd, 0x90],
    [0xf0, 0xb5, 0x6c],
    [0xea, 0x99, 0x57],
    [0xdd, 0x7c, 0x52],
    [0xca, 0x61, 0x55],
    [0xb0, 0x4a, 0x5c],
    [0x91, 0x38, 0x62],
    [0x6f, 0x2b, 0x63],
    [0x4b, 0x21, 0x5a],
    [0x27, 0x17, 0x46],
];

/// The shade of a strength from 0 to 1; nothing below that.
pub(super) fn shade(strength: f64) -> Option<Colour> {
    let step = (strength * SHADES as f64).floor();
    (step >= 0.0).then(|| Colour(4 + (step as usize).min(SHADES - 1) as u8))
}

/// A drawing.
pub(super) struct Canvas {
    width: usize,
    pixels: Vec<Colour>,
}

impl Canvas {
    pub(super) fn new(width: usize, height: usize) -> Self {
        Self { width, pixels: vec![PAPER; width * height] }
    }

    /// Colours one pixel; what lies outside is not drawn.
    pub(super) fn dot(&mut self, x: usize, y: usize, colour: Colour) {
        if x < self.width
            && let Some(pixel) = self.pixels.get_mut(y * self.width + x)
        {
            *pixel = colour;
        }
    }

    /// Writes a text whose top left corner is there.
    pub(super) fn text(&mut self, x: usize, y: usize, text: &str) {
        for (place, letter) in text.chars().enumerate() {
            for (row, bits) in glyphs::of(letter).into_iter().enumerate() {
                for column in (0..glyphs::WIDTH).filter(|column| bits >> (glyphs::WIDTH - 1 - column) & 1 == 1) {
                    self.dot(x + place * glyphs::ADVANCE + column, y + row, TEXT);
                }
            }
        }
    }

    /// The PNG file.
    pub(super) fn png(&self) -> Vec<u8> {
        let height = self.pixels.len() / self.width;
        let rows = self.pixels.chunks_exact(self.width);
        let data: Vec<u8> = rows
            .flat_map(|row| row.chunks(2).map(|pair| pair[0].0 << 4 | pair.get(1).map_or(0, |right| right.0)))
            .collect();
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, self.width as u32, height as u32);
        encoder.set_color(png::ColorType::Indexed);
        encoder.set_depth(png::BitDepth::Four);
        encoder.set_palette(PALETTE.concat());
        encoder.set_compression(png::Compression::High);
        encoder.set_filter(png::Filter::NoFilter);
        let written = encoder.write_header().and_then(|mut writer| writer.write_image_data(&data));
        written.expect("a vector takes everything, and the sizes agree");
        bytes
    }
}

/// Whether two PNG files show the same. How tightly they are packed is the library's choice, and changes with it.
pub(crate) fn show_the_same(one: &[u8], other: &[u8]) -> bool {
    let seen = |bytes: &[u8]| {
        let mut reader = png::Decoder::new(Cursor::new(bytes)).read_info().ok()?;
        let palette = reader.info().palette.as_ref()?.to_vec();
        let mut pixels = vec![0; reader.output_buffer_size()?];
        let frame = reader.next_frame(&mut pixels).ok()?;
        Some((frame, palette, pixels))
    };
    seen(one).is_some_and(|one| seen(other) == Some(one))
}
