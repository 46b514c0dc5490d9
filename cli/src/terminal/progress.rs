//! Bars on standard error, where a person looks at it.

use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::{Out, one_line};

/// Several bars, one below the other. Without a terminal they are not drawn.
pub(crate) struct Progress {
    bars: MultiProgress,
    shown: bool,
}

impl Progress {
    pub(crate) fn new(out: &Out) -> Self {
        let shown = out.shows_progress();
        let target = if shown { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        Self { bars: MultiProgress::with_draw_target(target), shown }
    }

    /// A bar for something whose size is not known yet.
    pub(crate) fn bar(&self, title: &str) -> ProgressBar {
        let bar = self.bars.add(ProgressBar::no_length());
        if let Ok(style) = ProgressStyle::with_template("{spinner} {prefix}  {wide_msg}") {
            bar.set_style(style);
        }
        bar.set_prefix(one_line(title));
        if self.shown {
            bar.enable_steady_tick(Duration::from_millis(120));
        }
        bar
    }

    /// Shows how far it is, once there is something to count.
    pub(crate) fn show(&self, bar: &ProgressBar, done: u64, total: u64) {
        if bar.length().is_none()
            && let Ok(style) =
                ProgressStyle::with_template("{spinner} {prefix}  {wide_msg} {bar:24.cyan/dim} {pos}/{len}")
        {
            bar.set_style(style.progress_chars("━━─"));
        }
        // Both at once: drawn in between, the one would be larger than the other.
        bar.update(|state| {
            state.set_len(total.max(done));
            state.set_pos(done);
        });
    }

    /// Says something without tearing the bars.
    pub(crate) fn say(&self, out: &Out, text: &str) {
        self.bars.suspend(|| out.hint(text));
    }

    /// Takes the bars away.
    pub(crate) fn clear(&self) {
        // A bar that cannot be wiped stays on the screen; nothing is lost.
        let _ = self.bars.clear();
    }
}
