//! A built-in generator of plain messages for very large mailboxes.

use super::message::{Generator, Uid};

/// Short plain messages, each different from the others, from a handful of senders; every tenth answers the one
/// before it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Newsletter {
    /// Octets of text after the header, about.
    pub body: usize,
}

impl Generator for Newsletter {
    fn bytes(&self, uid: Uid) -> Vec<u8> {
        let (sender, day) = (uid % 7, uid % 28 + 1);
        let answer = if uid.is_multiple_of(10) {
            format!("In-Reply-To: <{}@news.example>\r\nReferences: <{}@news.example>\r\n", uid - 1, uid - 1)
        } else {
            String::new()
        };
        let mut text = format!(
            "From: Sender {sender} <sender{sender}@news.example>\r\nTo: Reader <reader@example.org>\r\n\
             Subject: Issue number {uid}\r\nDate: {day} Mar 2021 {:02}:{:02}:00 +0000\r\n\
             Message-ID: <{uid}@news.example>\r\n{answer}MIME-Version: 1.0\r\n\
             Content-Type: text/plain; charset=utf-8\r\n\r\nThis is issue number {uid}.\r\n",
            uid % 24,
            uid % 60,
        );
        let mut line = 0;
        while text.len() < self.body {
            line += 1;
            text.push_str(&format!("Line {line} of issue {uid} says nothing that matters to anybody.\r\n"));
        }
        text.into_bytes()
    }
}
