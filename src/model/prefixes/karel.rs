//! Fronts of Karel programs.

use crate::ir;
use crate::lang::karel::ast::Action;
use crate::lang::karel::compile;
use crate::token::{TokenId, Vocabulary};

/// Makes programs of them.
pub(super) struct Fronts {
    texts: Vec<String>,
}

impl Fronts {
    pub(super) fn new(vocabulary: &Vocabulary) -> Self {
        let text = |token: usize| vocabulary.text(TokenId(token as u16)).to_owned();
        Self { texts: (0..vocabulary.len()).map(text).collect() }
    }

    /// The program so far, made whole, if a statement ends with its last token.
    pub(super) fn program(&self, front: &[TokenId]) -> Option<ir::Program> {
        let words: Vec<&str> = front.iter().map(|token| self.texts[usize::from(token.0)].as_str()).collect();
        compile(&whole(words)?).ok()
    }
}

/// Closes the blocks that are open; an `IFELSE` whose first block is open becomes an `IF`.
fn whole(mut words: Vec<&str>) -> Option<String> {
    let last = *words.last()?;
    // What is open: its end, and where the head of a choice stands.
    let (mut open, mut head) = (Vec::new(), 0);
    let mut waits = false;
    for (at, word) in words.iter().enumerate() {
        waits = false;
        match *word {
            "IF" | "IFELSE" => head = at,
            "m(" => open.push(("m)", None)),
            "w(" => open.push(("w)", None)),
            "r(" => open.push(("r)", None)),
            "i(" => open.push(("i)", Some(head))),
            "e(" => open.push(("e)", None)),
            "m)" | "w)" | "r)" | "e)" => _ = open.pop(),
            // After the first block of an `IFELSE` its `ELSE` must follow.
            "i)" => waits = open.pop().is_some_and(|(_, head)| head.is_some_and(|at| words[at] == "IFELSE")),
            _ => {}
        }
    }
    let ends = matches!(last, "w)" | "r)" | "e)" | "i)") || Action::from_name(last).is_some();
    if !ends || waits || open.is_empty() {
        return None;
    }
    for (end, head) in open.into_iter().rev() {
        words.push(end);
        if let Some(at) = head {
            words[at] = "IF";
        }
    }
    Some(words.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(front: &str) -> Option<String> {
        whole(front.split(' ').collect())
    }

    #[test]
    fn fronts_are_closed_where_a_statement_ends() {
        assert_eq!(made("DEF run m( move").as_deref(), Some("DEF run m( move m)"));
        let choice = "DEF run m( IFELSE c( frontIsClear c) i( REPEAT R=2 r( move";
        let expected = "DEF run m( IF c( frontIsClear c) i( REPEAT R=2 r( move r) i) m)";
        assert_eq!(made(choice).as_deref(), Some(expected));
        let other = "DEF run m( IFELSE c( frontIsClear c) i( move i) ELSE e( turnLeft";
        assert_eq!(made(other), Some(format!("{other} e) m)")));
        let choice = "DEF run m( IF c( markersPresent c) i( move i)";
        assert_eq!(made(choice), Some(format!("{choice} m)")));
        for front in [
            "DEF",
            "DEF run m(",
            "DEF run m( REPEAT R=2 r(",
            "DEF run m( IFELSE c( frontIsClear c) i( move i)",
            "DEF run m( WHILE c( frontIsClear c)",
            "DEF run m( move m)",
        ] {
            assert_eq!(made(front), None, "{front}");
        }
    }
}
