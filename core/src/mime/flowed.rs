//! Paragraphs that were broken for the way (`format=flowed`, RFC 3676), whole again.

/// Joins the lines that belong together. With `del_sp` the blank that marks a broken line goes too, for scripts without
/// blanks.
pub(super) fn unflow(text: &str, del_sp: bool) -> String {
    let mut out = String::with_capacity(text.len());
    // The quote depth of the paragraph that goes on.
    let mut open: Option<usize> = None;
    for line in text.lines() {
        let depth = line.bytes().take_while(|byte| *byte == b'>').count();
        let content = &line[depth..];
        let content = content.strip_prefix(' ').unwrap_or(content);
        let signature = content == "-- ";
        if signature || open != Some(depth) {
            if open.is_some() || !out.is_empty() && !out.ends_with('\n') {
                out.push('\n');
            }
            out.extend(std::iter::repeat_n('>', depth));
            if depth > 0 {
                out.push(' ');
            }
        }
        let flows = content.ends_with(' ') && !signature;
        out.push_str(if flows && del_sp { &content[..content.len() - 1] } else { content });
        if !flows {
            out.push('\n');
        }
        open = flows.then_some(depth);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paragraphs_are_joined_as_they_were_broken() {
        assert_eq!(unflow("one \r\ntwo\r\n\r\nthree\r\n", false), "one two\n\nthree\n");
        assert_eq!(unflow("日本 \r\n語\r\n", true), "日本語\n");
        assert_eq!(unflow("> a \r\n> b\r\n>> c\r\nd\r\n", false), "> a b\n>> c\nd\n");
        assert_eq!(unflow(" >not quoted\r\n  two\r\n", false), ">not quoted\n two\n");
        assert_eq!(unflow("text \r\n-- \r\nAnn\r\n", false), "text \n-- \nAnn\n");
        assert_eq!(unflow("open ", false), "open ");
    }
}
