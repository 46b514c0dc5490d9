//! Input made to hurt: on a small stack, in bounded time and memory.

use super::super::untagged;
use crate::imap::Untagged;
use crate::wire::Frame;

fn on_small_stack(lines: Vec<Vec<u8>>) {
    #[allow(clippy::disallowed_methods, reason = "a stack as small as a phone's threads have")]
    let thread = std::thread::Builder::new().stack_size(512 * 1024).spawn(move || {
        for text in lines {
            let frame = Frame { text, literals: Vec::new() };
            if let Untagged::Fetch(fetch) = untagged(&frame) {
                assert!(fetch.structure.is_none_or(|part| part.children.is_empty()));
            }
        }
    });
    thread.unwrap().join().unwrap();
}

#[test]
fn case_020_nesting_to_a_million_needs_no_stack() {
    let depths = [100, 10_000, 1_000_000];
    let wrap = |open: &str, depth: usize, close: &str| {
        format!("* 1 FETCH (BODYSTRUCTURE {}{} UID 1)", open.repeat(depth), close.repeat(depth)).into_bytes()
    };
    let mut lines = Vec::new();
    for depth in depths {
        lines.push(wrap("(", depth, ")"));
        lines.push(wrap("(", depth, ""));
        lines.push(wrap("(\"a\" \"b\" NIL NIL NIL \"7bit\" 1 NIL ", depth, ")"));
        lines.push(wrap("(\"message\" \"rfc822\" NIL NIL NIL \"7bit\" 1 (NIL) ", depth, ")"));
        lines.push(format!("* 1 FETCH (FLAGS {}", "(".repeat(depth)).into_bytes());
        lines.push(format!("* LIST {}", "(".repeat(depth)).into_bytes());
        lines.push(format!("* NAMESPACE {}", "(".repeat(depth)).into_bytes());
        lines.push(format!("* OK [X {}", "[".repeat(depth)).into_bytes());
    }
    on_small_stack(lines);
}

/// The time that a processor gave to this thread: unlike the clock's, it does not grow with what else the machine does.
fn spent_by_thread() -> std::time::Duration {
    // The count is brought up to date when the thread gives way.
    std::thread::yield_now();
    let on_linux = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanoseconds = on_linux.and_then(|text| text.split(' ').next()?.parse().ok());
    #[allow(clippy::disallowed_methods, reason = "a measurement of real time")]
    nanoseconds.map_or_else(
        || {
            static START: std::sync::OnceLock<std::time::Instant> = std::sync::OnceLock::new();
            START.get_or_init(std::time::Instant::now).elapsed()
        },
        std::time::Duration::from_nanos,
    )
}

/// How many steps a line of `size` costs is seen by time: ten times the line may cost some ten times, not a hundred.
fn grows_linearly(line: impl Fn(usize) -> Vec<u8>) {
    let time = |size: usize| {
        let frame = Frame { text: line(size), literals: Vec::new() };
        let runs = (0..3).map(|_| {
            let start = spent_by_thread();
            std::hint::black_box(untagged(&frame));
            spent_by_thread() - start
        });
        runs.min().unwrap()
    };
    let (small, large) = (time(100_000), time(1_000_000));
    assert!(large <= small * 40 + std::time::Duration::from_millis(5), "{small:?} then {large:?}");
}

#[test]
fn case_021_long_lines_cost_linear_time() {
    let repeat = |head: &'static str, unit: &'static str| {
        move |size: usize| [head.as_bytes(), unit.repeat(size / unit.len()).as_bytes()].concat()
    };
    grows_linearly(repeat("* 1 FETCH (X \"", "\\a"));
    grows_linearly(repeat("* 1 FETCH (BODYSTRUCTURE (", "(\"a\" \"b\" NIL NIL NIL \"7bit\" 1)"));
    grows_linearly(repeat("* 1 FETCH (BODYSTRUCTURE ", "(\"message\" \"rfc822\" NIL NIL NIL \"7bit\" 1 (NIL) "));
    grows_linearly(repeat("* 1 FETCH (BODY[", "A \"b\" "));
    grows_linearly(repeat("* LIST (", "\\a "));
    grows_linearly(repeat("* STATUS ", "a ("));
    grows_linearly(repeat("* OK [X ", "\"]"));
    grows_linearly(repeat("* CAPABILITY ", "A "));
    grows_linearly(|size| {
        let numbers: Vec<String> = (0..size / 8).rev().map(|number| (number * 2).to_string()).collect();
        format!("* SEARCH {}", numbers.join(" ")).into_bytes()
    });
    grows_linearly(|size| {
        let ranges: Vec<String> = (0..size / 8).rev().map(|number| (number * 2).to_string()).collect();
        format!("* VANISHED {}", ranges.join(",")).into_bytes()
    });
}
