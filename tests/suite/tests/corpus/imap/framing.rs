//! Cuts what a server sent into responses, as the guard does on the wire.

use postrider::wire::{Frame, Literal};

/// The responses in the bytes. Line ends may be CRLF or LF; literals are counted with the line ends of the wire.
pub(crate) fn responses(bytes: &[u8]) -> Vec<Frame> {
    let mut wire = Vec::with_capacity(bytes.len());
    for (index, byte) in bytes.iter().enumerate() {
        if *byte == b'\n' && (index == 0 || bytes[index - 1] != b'\r') {
            wire.push(b'\r');
        }
        wire.push(*byte);
    }
    let mut frames = Vec::new();
    let mut rest = wire.as_slice();
    while !rest.is_empty() {
        let mut frame = Frame::default();
        loop {
            let end = rest.windows(2).position(|pair| pair == b"\r\n");
            let (line, after) = rest.split_at(end.unwrap_or(rest.len()));
            frame.text.extend_from_slice(line);
            rest = after.get(2..).unwrap_or_default();
            let Some(length) = announced(line).filter(|length| *length <= rest.len()) else { break };
            frame.text.extend_from_slice(b"\r\n");
            frame.literals.push(Literal::Memory(rest[..length].to_vec().into()));
            rest = &rest[length..];
        }
        if !frame.text.is_empty() {
            frames.push(frame);
        }
    }
    frames
}

fn announced(line: &[u8]) -> Option<usize> {
    let text = std::str::from_utf8(line.strip_suffix(b"}")?).ok()?;
    let digits = text.rsplit('{').next()?;
    digits.strip_suffix('+').unwrap_or(digits).parse().ok()
}
