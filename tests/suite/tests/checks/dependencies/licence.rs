//! Licence expressions (SPDX): whether what a crate offers can be taken under what is allowed.

/// Whether the expression holds when only the allowed licences do. The old `A/B` means `A OR B`.
pub(crate) fn is_allowed(expression: &str, allowed: &[String]) -> bool {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut rest = words.as_slice();
    any(&mut rest, allowed) == Some(true) && rest.is_empty()
}

/// `A OR B …`; `None` where it is no expression.
fn any(rest: &mut &[&str], allowed: &[String]) -> Option<bool> {
    let mut holds = all(rest, allowed)?;
    while take(rest, "OR") {
        holds |= all(rest, allowed)?;
    }
    Some(holds)
}

/// `A AND B …`
fn all(rest: &mut &[&str], allowed: &[String]) -> Option<bool> {
    let mut holds = one(rest, allowed)?;
    while take(rest, "AND") {
        holds &= one(rest, allowed)?;
    }
    Some(holds)
}

/// One licence, with its exception as part of its name, or an expression in parentheses.
fn one(rest: &mut &[&str], allowed: &[String]) -> Option<bool> {
    if take(rest, "(") {
        let holds = any(rest, allowed);
        return if take(rest, ")") { holds } else { None };
    }
    let (first, after) = rest.split_first()?;
    *rest = after;
    let mut name = (*first).to_owned();
    if take(rest, "WITH") {
        let (exception, after) = rest.split_first()?;
        *rest = after;
        name = format!("{name} WITH {exception}");
    }
    Some(allowed.contains(&name))
}

fn take(rest: &mut &[&str], word: &str) -> bool {
    match rest.split_first() {
        Some((first, after)) if *first == word => {
            *rest = after;
            true
        }
        _ => false,
    }
}
