#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;

#[test]
fn text_without_such_scripts_is_left_as_it_is() {
    for text in ["", "hello world", "Grüße, ça va, Привет, שלום"] {
        assert!(matches!(index_text(text), Cow::Borrowed(same) if same == text));
    }
}

#[test]
fn runs_of_cjk_become_overlapping_pairs_apart_from_their_surroundings() {
    let words = |text: &str| index_text(text).split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(words("日本語"), ["日本", "本語"]);
    assert_eq!(words("Re:日本語のメールabc"), ["Re:", "日本", "本語", "語の", "のメ", "メー", "ール", "abc"]);
    assert_eq!(words("日"), ["日"]);
    assert_eq!(words("a日b本"), ["a", "日", "b", "本"]);
    assert_eq!(words("안녕 하세요 — “x”"), ["안녕", "하세", "세요", "—", "“x”"]);
}
