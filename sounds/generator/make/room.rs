//! The small room all sounds stand in: four damped echoes and two diffusers, after Schroeder.
//!
//! It binds the family together and takes the electronic dryness off. It only ever adds a quiet tail; how much is the
//! score's choice.

use super::{RATE, samples_in};

/// Seconds per echo, of no common measure, so that no pitch of the room's own builds up.
const ECHOES: [f64; 4] = [0.0297, 0.0371, 0.0411, 0.0437];
/// What an echo keeps of itself per round: a tail of about a third of a second.
const KEPT: f64 = 0.58;
/// How much of the treble the walls take per round, 0 to 1.
const ABSORBED: f64 = 0.45;
/// Seconds per diffuser.
const DIFFUSERS: [f64; 2] = [0.0050, 0.0017];
const DIFFUSION: f64 = 0.6;

/// `dry` with `amount` of the room added.
pub(super) fn placed(dry: &[f64], amount: f64) -> Vec<f64> {
    let mut wet = vec![0.0; dry.len()];
    for seconds in ECHOES {
        echo(dry, &mut wet, samples_in(seconds));
    }
    for seconds in DIFFUSERS {
        diffuse(&mut wet, samples_in(seconds));
    }
    let share = amount / ECHOES.len() as f64;
    dry.iter().zip(&wet).map(|(dry, wet)| dry + share * wet).collect()
}

fn echo(dry: &[f64], wet: &mut [f64], delay: usize) {
    debug_assert!(delay < RATE as usize, "an echo is a fraction of a second");
    let mut line = vec![0.0; delay];
    let mut dulled = 0.0;
    for (index, (input, output)) in dry.iter().zip(wet).enumerate() {
        let slot = &mut line[index % delay];
        let returned = *slot;
        dulled = returned * (1.0 - ABSORBED) + dulled * ABSORBED;
        *slot = input + KEPT * dulled;
        *output += returned;
    }
}

fn diffuse(wet: &mut [f64], delay: usize) {
    let mut line = vec![0.0; delay];
    for (index, sample) in wet.iter_mut().enumerate() {
        let slot = &mut line[index % delay];
        let returned = *slot;
        let input = *sample + DIFFUSION * returned;
        *sample = returned - DIFFUSION * input;
        *slot = input;
    }
}
