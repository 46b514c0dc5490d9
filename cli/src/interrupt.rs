//! Ctrl-C: once to end cleanly, twice to end at once.

use tokio::sync::watch;

use crate::exit::Exit;

/// Tells that the person wants the command to end. Clones tell the same.
#[derive(Clone)]
pub(crate) struct Interrupt {
    wanted: watch::Receiver<bool>,
}

impl Interrupt {
    /// Takes the signals from now on: they are caught when this returns, not some time after.
    pub(crate) fn listen() -> Self {
        let (sender, wanted) = watch::channel(false);
        let signals = Signals::new();
        tokio::spawn(async move {
            if let Ok(mut signals) = signals {
                while signals.next().await {
                    if sender.send_replace(true) {
                        std::process::exit(Exit::Stopped.code().into());
                    }
                }
            }
            // Signals cannot be had here: without this the channel would look as if one had come.
            sender.closed().await;
        });
        Self { wanted }
    }

    /// Returns when the person wants the command to end.
    pub(crate) async fn wait(&self) {
        let mut wanted = self.wanted.clone();
        if wanted.wait_for(|wanted| *wanted).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn new() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    /// Waits for one; false where none can come any more.
    async fn next(&mut self) -> bool {
        tokio::select! {
            pressed = self.interrupt.recv() => pressed.is_some(),
            asked = self.terminate.recv() => asked.is_some(),
        }
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn new() -> std::io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) -> bool {
        tokio::signal::ctrl_c().await.is_ok()
    }
}
