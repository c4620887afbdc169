//! The ways a voice reaches ears, or a file.
//!
//! An output opens, plays one voice to its end and closes. It asks [`Control::permission`] right before every buffer
//! it hands over, reports every sign that the other side moves, and waits for nothing without a deadline. It decides
//! nothing else: deadlines, watchdog and arbitration are its caller's.

#[cfg(feature = "device")]
mod device;
#[cfg(all(unix, not(target_os = "macos")))]
mod pulse;
mod resample;
pub(crate) mod wav;

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use herald::doctor::probe::Told;

use crate::control::Control;
use crate::voice::Voice;

/// A way to play.
pub(crate) trait Output {
    /// One word for journal and status: `pulse` or `device`.
    fn name(&self) -> &'static str;

    /// Plays `voice` until its last sample has been consumed, or until `control` orders otherwise.
    ///
    /// Nothing is pulled from `voice` before the output is open, so after `Unavailable` the next one can play it whole.
    /// Enters [`crate::control::Phase::Closed`] only where the stream is known to be gone.
    fn play(&mut self, voice: &mut Voice, control: &Arc<Control>) -> Result<OutputEnd, OutputError>;
}

/// How a playback ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OutputEnd {
    /// Every sample was consumed.
    Finished,
    /// It was faded or silenced by order.
    Cut,
}

/// Why an output did not play to the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum OutputError {
    /// It never opened; another may.
    Unavailable(String),
    /// It was open and broke.
    Lost(String),
}

impl fmt::Display for OutputError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unavailable(why) | Self::Lost(why) => f.write_str(why),
        }
    }
}

impl std::error::Error for OutputError {}

/// Whether a program records from a microphone; why it can't be told where the system doesn't, or not in time. Where a
/// `server` is named, its microphones are meant: those of whoever hears the sound.
pub(crate) fn microphone_in_use(server: Option<&Path>, patience: Duration) -> Result<bool, String> {
    #[cfg(all(unix, not(target_os = "macos")))]
    return pulse::recordings::microphone_in_use(server, patience);
    #[cfg(not(all(unix, not(target_os = "macos"))))]
    {
        let _ = (server, patience);
        Err("this system tells nobody".to_owned())
    }
}

/// The outputs to try on this system, best first. None of them is open yet.
///
/// A `server` that is named is the only one: whoever names it wants to hear it there, and a device of this machine may
/// stand in a room where nobody is.
pub(crate) fn candidates(server: Option<&Path>) -> Vec<Box<dyn Output>> {
    if let Some(server) = server {
        #[cfg(all(unix, not(target_os = "macos")))]
        return vec![Box::new(pulse::Pulse::at(server))];
        #[cfg(not(all(unix, not(target_os = "macos"))))]
        return vec![Box::new(Unknown(server.to_owned()))];
    }
    vec![
        #[cfg(all(unix, not(target_os = "macos")))]
        Box::new(pulse::Pulse::from_env()),
        #[cfg(feature = "device")]
        Box::new(device::Device),
    ]
}

/// A sound server on a system whose player knows none.
#[cfg(not(all(unix, not(target_os = "macos"))))]
struct Unknown(std::path::PathBuf);

#[cfg(not(all(unix, not(target_os = "macos"))))]
impl Output for Unknown {
    fn name(&self) -> &'static str {
        "pulse"
    }

    fn play(&mut self, _voice: &mut Voice, _control: &Arc<Control>) -> Result<OutputEnd, OutputError> {
        let server = self.0.display();
        Err(OutputError::Unavailable(format!("[output] server names {server}, but no server is known on this system")))
    }
}

/// Goes the same ways with silence, and tells what it meets.
pub(crate) fn probe(server: Option<&Path>, tell: &mut dyn FnMut(Told)) {
    #[cfg(all(unix, not(target_os = "macos")))]
    if server.map_or_else(pulse::Pulse::from_env, pulse::Pulse::at).probe(tell) {
        return;
    }
    if let Some(server) = server {
        #[cfg(not(all(unix, not(target_os = "macos"))))]
        tell(Told::Tried {
            path: server.display().to_string(),
            from: herald::doctor::probe::BY_CONFIG.to_owned(),
            fault: Some(herald::doctor::probe::Fault::Broken),
            why: Some("no sound server is known on this system".to_owned()),
        });
        let why = format!("[output] server names {}, so no device is tried", server.display());
        tell(Told::NoDevice { why });
        return;
    }
    #[cfg(feature = "device")]
    device::probe(tell);
    #[cfg(not(feature = "device"))]
    tell(Told::NoDevice { why: "this player was built without the way to devices".to_owned() });
}
