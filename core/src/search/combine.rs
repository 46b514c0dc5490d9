//! From a tree of terms to alternatives, each of which a list of conditions can tell.

use super::InvalidQuery;
use super::parse::{Term, Terms};

/// The most alternatives that a query may come to.
const MAX_ALTERNATIVES: usize = 32;

pub(super) enum Node {
    Term(Term),
    Not(Box<Node>),
    All(Vec<Node>),
    Any(Vec<Node>),
}

impl Node {
    /// Any of these. Texts alone stay together: the index answers them at once.
    pub(super) fn any(mut nodes: Vec<Node>) -> Node {
        if nodes.len() == 1
            && let Some(only) = nodes.pop()
        {
            return only;
        }
        let texts: Option<Vec<_>> = nodes.iter().map(Node::texts).collect();
        match texts {
            Some(texts) => Node::Term(Term::Text(texts.concat())),
            None => Node::Any(nodes),
        }
    }

    fn texts(&self) -> Option<Vec<(super::Field, String)>> {
        match self {
            Node::Term(Term::Text(texts)) => Some(texts.clone()),
            Node::All(nodes) | Node::Any(nodes) if nodes.len() == 1 => nodes[0].texts(),
            _ => None,
        }
    }
}

/// The ways in which a tree can hold.
pub(super) fn alternatives(node: Node) -> Result<Vec<Terms>, InvalidQuery> {
    expand(node, false)
}

fn expand(node: Node, negated: bool) -> Result<Vec<Terms>, InvalidQuery> {
    match (node, negated) {
        (Node::Term(term), negated) => Ok(vec![vec![positive(negated, term)]]),
        (Node::Not(inner), negated) => expand(*inner, !negated),
        // Not all is any not; not any is all not.
        (Node::All(nodes), false) | (Node::Any(nodes), true) => {
            let mut ways: Vec<Terms> = vec![Vec::new()];
            for node in nodes {
                let more = expand(node, negated)?;
                if ways.len() * more.len() > MAX_ALTERNATIVES {
                    return Err(InvalidQuery::TooComplex);
                }
                ways = ways.iter().flat_map(|way| more.iter().map(|terms| [&way[..], terms].concat())).collect();
            }
            Ok(ways)
        }
        (Node::Any(nodes), false) | (Node::All(nodes), true) => {
            let mut ways = Vec::new();
            for node in nodes {
                ways.extend(expand(node, negated)?);
                if ways.len() > MAX_ALTERNATIVES {
                    return Err(InvalidQuery::TooComplex);
                }
            }
            Ok(ways)
        }
    }
}

/// What is not before a day is on it or later, and so on.
fn positive(negated: bool, term: Term) -> (bool, Term) {
    match term {
        Term::Before(day) if negated => (false, Term::Since(day)),
        Term::Since(day) if negated => (false, Term::Before(day)),
        Term::Larger(octets) if negated => (false, Term::Smaller(octets.saturating_add(1))),
        Term::Smaller(octets) if negated => match octets.checked_sub(1) {
            Some(octets) => (false, Term::Larger(octets)),
            // Nothing is smaller than that.
            None => (false, Term::Smaller(u64::MAX)),
        },
        term => (negated, term),
    }
}
