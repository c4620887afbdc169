//! The fourth program: carries occurrences to other machines and brings theirs, and tells phones.
#![cfg_attr(not(unix), allow(missing_docs))]
#[cfg(unix)]
mod broker;
#[cfg(unix)]
mod push;
#[cfg(unix)]
mod secret;
#[cfg(unix)]
mod tls;
#[cfg(unix)]
mod trouble;

/// Carries what happens to other machines and to phones
#[cfg(unix)]
#[derive(Debug, clap::Parser)]
#[command(name = "herald-link", version, max_term_width = 100)]
enum Cli {
    /// Try whether notices reach your phone
    Push(push::Args),
    /// Carry what waits
    Send,
}

#[cfg(unix)]
fn main() -> std::process::ExitCode {
    match clap::Parser::parse() {
        Cli::Push(args) => push::trial(&args),
        Cli::Send => {
            let paths = herald::paths::Paths::from_env().unwrap();
            let outbox = herald::link::Outbox::of(&paths);
            let courier = push::Courier::start(paths.clone());
            let taken: Vec<_> = outbox
                .waiting()
                .unwrap()
                .into_iter()
                .filter_map(|one| match one.letter {
                    herald::link::Letter::Pushed(pushed) => Some((one.name, pushed.clone(), courier.take(pushed))),
                    _ => None,
                })
                .collect();
            for (name, pushed, ended) in taken {
                push::tell(&paths, &pushed, &ended.blocking_recv().unwrap());
                outbox.remove(&name);
            }
            std::process::ExitCode::SUCCESS
        }
    }
}

#[cfg(not(unix))]
fn main() {}
