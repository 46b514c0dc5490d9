//! What the tour says between the commands.

use console::Style;
use serde_json::json;

use crate::exit::Failure;
use crate::terminal::Out;

/// Tells the tour's story: to people in words, to machines where it is.
pub(super) struct Narrator<'a> {
    out: &'a Out,
    steps: u32,
}

impl<'a> Narrator<'a> {
    pub(super) fn new(out: &'a Out) -> Self {
        Self { out, steps: 0 }
    }

    /// A new step.
    pub(super) fn step(&mut self, title: &str) -> Result<(), Failure> {
        self.steps += 1;
        if self.out.is_json() {
            return self.out.object(&json!({"event": "step", "number": self.steps, "title": title}));
        }
        self.out.line(format!("\n{}\n", Style::new().cyan().bold().apply_to(format!("{}. {title}", self.steps))))
    }

    /// Some words.
    pub(super) fn say(&self, words: &str) -> Result<(), Failure> {
        if self.out.is_json() { Ok(()) } else { self.out.words(words) }
    }

    /// The command that is run next, as it would be typed.
    pub(super) fn command(&self, arguments: &[&str]) -> Result<(), Failure> {
        let typed: Vec<String> = arguments.iter().map(|argument| quoted(argument)).collect();
        let typed = format!("postrider {}", typed.join(" "));
        if self.out.is_json() {
            return self.out.object(&json!({"event": "command", "command": typed}));
        }
        let shown = wrapped(&typed, self.out.width().unwrap_or(100));
        self.out.line(format!("\n{}", Style::new().green().apply_to(format!("$ {shown}"))))?;
        self.out.flush()
    }
}

/// As a shell needs it.
fn quoted(argument: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_.:/@+=".contains(c);
    if argument.chars().all(plain) { argument.to_owned() } else { format!("'{argument}'") }
}

/// Over several lines, as a shell takes it, where it is too wide. Breaks only before an option.
fn wrapped(typed: &str, width: usize) -> String {
    let mut lines = vec![String::new()];
    for piece in typed.split_inclusive(" --").map(|piece| piece.strip_suffix("--").unwrap_or(piece)) {
        let first = lines.len() == 1 && lines.iter().all(String::is_empty);
        let piece = if first { piece.to_owned() } else { format!("--{piece}") };
        match lines.last_mut() {
            Some(line) if line.len() + piece.len() + 4 <= width => line.push_str(&piece),
            _ => lines.push(format!("    {piece}")),
        }
    }
    lines.iter().map(|line| line.trim_end()).collect::<Vec<_>>().join(" \\\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_that_is_too_wide_goes_on_below_as_a_shell_takes_it() {
        let typed = "postrider account add a@b.c --imap imaps://b.c --password-command 'pass show mail'";
        assert_eq!(wrapped(typed, 200), typed);
        assert_eq!(
            wrapped(typed, 60),
            "postrider account add a@b.c --imap imaps://b.c \\\n    --password-command 'pass show mail'"
        );
    }
}
