//! The runtime that everything runs on. A call of the host only waits for it; where the host stops waiting, the call is
//! aborted.

use std::sync::Arc;

use postrider::api::CoreError;
use tokio::runtime::Builder;
use tokio::task::JoinHandle;

/// A phone's share of threads.
const THREADS: usize = 2;

/// A runtime. Dropping the last handle ends it without waiting, also from a thread of its own.
pub(crate) struct Runtime(Option<tokio::runtime::Runtime>);

impl Runtime {
    pub(crate) fn start() -> Result<Arc<Self>, CoreError> {
        let built = Builder::new_multi_thread().worker_threads(THREADS).thread_name("postrider").enable_all().build();
        let runtime = built.map_err(|_| internal("no thread can be started"))?;
        Ok(Arc::new(Self(Some(runtime))))
    }

    /// Runs a call to its end, or until nobody waits for it any more.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        call: impl Future<Output = Result<T, CoreError>> + Send + 'static,
    ) -> Result<T, CoreError> {
        let Some(runtime) = &self.0 else { return Err(internal("the runtime has ended")) };
        let mut task = AbortOnDrop(runtime.spawn(call));
        match (&mut task.0).await {
            Ok(outcome) => outcome,
            Err(error) if error.is_panic() => Err(internal("the call panicked")),
            Err(_) => Err(CoreError::Closed { text: "the core was closed".to_owned(), server_code: None }),
        }
    }
}

impl Drop for Runtime {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

/// Runs a call that needs no open store.
pub(crate) async fn run_once<T: Send + 'static>(
    call: impl Future<Output = Result<T, CoreError>> + Send + 'static,
) -> Result<T, CoreError> {
    Runtime::start()?.run(call).await
}

struct AbortOnDrop<T>(JoinHandle<T>);

impl<T> Drop for AbortOnDrop<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

fn internal(text: &str) -> CoreError {
    CoreError::Internal { text: text.to_owned(), server_code: None }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use tokio::sync::oneshot;

    use super::*;

    #[tokio::test]
    async fn a_call_that_nobody_waits_for_any_more_is_aborted() {
        let runtime = Runtime::start().unwrap();
        let (started, has_started) = oneshot::channel();
        // Dropped with the call that holds it.
        let (held, mut is_dropped) = oneshot::channel::<()>();
        let call = async move {
            let _held = held;
            let _ = started.send(());
            std::future::pending::<Result<(), CoreError>>().await
        };
        tokio::select! {
            _ = runtime.run(call) => unreachable!("it never ends"),
            started = has_started => started.unwrap(),
        }
        assert!((&mut is_dropped).await.is_err());
    }

    async fn panics() -> Result<(), CoreError> {
        std::panic::panic_any("planted")
    }

    #[tokio::test]
    async fn a_panic_is_an_error_of_our_own_and_the_next_call_goes_on() {
        let runtime = Runtime::start().unwrap();
        assert!(matches!(runtime.run(panics()).await, Err(CoreError::Internal { .. })));
        assert_eq!(runtime.run(async { Ok(7) }).await, Ok(7));
    }
}
