//! A network between two ends that is as bad as it is told to be.

use std::io::{self, Read as _, Write as _};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// How it is at the moment.
#[derive(Default)]
struct Weather {
    /// Nothing gets through: to the broker, to its client.
    holds: [AtomicBool; 2],
    /// Nobody gets in.
    is_closed: AtomicBool,
    /// Each piece takes so long, in milliseconds.
    delay_ms: AtomicU64,
    is_over: AtomicBool,
    open: Mutex<Vec<TcpStream>>,
}

/// A way to a broker.
pub(crate) struct Proxy {
    port: u16,
    weather: Arc<Weather>,
}

impl Proxy {
    pub(crate) fn to(port: u16) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let own = listener.local_addr().expect("its number").port();
        let weather = Arc::new(Weather::default());
        let shared = Arc::clone(&weather);
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                if shared.is_over.load(SeqCst) {
                    return;
                }
                if !shared.is_closed.load(SeqCst) {
                    let _ = connect(&shared, client, port);
                }
            }
        });
        Self { port: own, weather }
    }

    pub(crate) fn address(&self) -> String {
        format!("mqtt://127.0.0.1:{}", self.port)
    }

    /// Nothing gets through any more, and nobody is told.
    pub(crate) fn stall(&self) {
        self.weather.holds.iter().for_each(|hold| hold.store(true, SeqCst));
    }

    /// Nothing gets to the broker any more.
    pub(crate) fn swallow(&self) {
        self.weather.holds[0].store(true, SeqCst);
    }

    /// All connections break, and there are no new ones.
    pub(crate) fn cut(&self) {
        self.weather.is_closed.store(true, SeqCst);
        for stream in self.weather.open.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    /// Each piece takes so long.
    pub(crate) fn slow(&self, delay: Duration) {
        self.weather.delay_ms.store(u64::try_from(delay.as_millis()).expect("a while"), SeqCst);
    }

    /// All is well again; what was held goes on, unless it was cut.
    pub(crate) fn mend(&self) {
        self.weather.holds.iter().for_each(|hold| hold.store(false, SeqCst));
        self.weather.is_closed.store(false, SeqCst);
        self.slow(Duration::ZERO);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.weather.is_over.store(true, SeqCst);
        self.cut();
        // Wakes whoever waits for the next one.
        let _ = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port));
    }
}

fn connect(weather: &Arc<Weather>, client: TcpStream, port: u16) -> io::Result<()> {
    let broker = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    let pairs = [(client.try_clone()?, broker.try_clone()?), (broker.try_clone()?, client.try_clone()?)];
    weather.open.lock().unwrap_or_else(PoisonError::into_inner).extend([client, broker]);
    for (way, (from, to)) in pairs.into_iter().enumerate() {
        from.set_nodelay(true)?;
        let weather = Arc::clone(weather);
        std::thread::spawn(move || {
            let _ = pass(&weather, way, &from, &to);
            let _ = to.shutdown(Shutdown::Both);
        });
    }
    Ok(())
}

fn pass(weather: &Weather, way: usize, mut from: &TcpStream, mut to: &TcpStream) -> io::Result<()> {
    let mut piece = [0; 4096];
    loop {
        let count = from.read(&mut piece)?;
        if count == 0 {
            return Ok(());
        }
        while weather.holds[way].load(SeqCst) {
            if weather.is_over.load(SeqCst) {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        std::thread::sleep(Duration::from_millis(weather.delay_ms.load(SeqCst)));
        to.write_all(&piece[..count])?;
    }
}
