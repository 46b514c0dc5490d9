//! Ctrl-C: once to end cleanly, twice to end at once.

use tokio::sync::watch;

use crate::exit::Exit;

/// Tells that the person wants the command to end. Clones tell the same.
#[derive(Clone)]
pub(crate) struct Interrupt {
    wanted: watch::Receiver<bool>,
}

impl Interrupt {
    /// Takes the signals from now on.
    pub(crate) fn listen() -> Self {
        let (sender, wanted) = watch::channel(false);
        tokio::spawn(async move {
            while signal().await.is_ok() {
                if sender.send_replace(true) {
                    std::process::exit(Exit::Stopped.code().into());
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
async fn signal() -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        pressed = tokio::signal::ctrl_c() => pressed,
        _ = terminate.recv() => Ok(()),
    }
}

#[cfg(not(unix))]
async fn signal() -> std::io::Result<()> {
    tokio::signal::ctrl_c().await
}
