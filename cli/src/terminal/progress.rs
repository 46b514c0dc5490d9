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
        if let Ok(style) = ProgressStyle::with_template("{spinner} {prefix}  {wide_msg} {bar:24.cyan/dim} {pos}/{len}")
        {
            bar.set_style(style.progress_chars("━━─"));
        }
        bar.set_prefix(one_line(title));
        if self.shown {
            bar.enable_steady_tick(Duration::from_millis(120));
        }
        bar
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
