//! Token ids to syntax tree, without text and without pest: an automaton that is compiled from the same grammar and
//! profile as the vocabulary ([`table`]) says which rules begin and end, and [`meaning`] what these are. Trees are
//! those that the parser makes of the decoded text, spans included: what the spans of a tree refer to is
//! [`Vocabulary::decode`].

mod meaning;
mod table;
mod tree;
mod words;

use super::{BEGIN, END, PAD, ProfileError, TokenId, Vocabulary};
use crate::diagnostic::{Diagnostic, Span, codes};
use crate::ir;
use crate::lang::c;
use crate::lang::c::tree::{Bump, Program, with_arena};
use bumpalo::collections::Vec as ArenaVec;
use table::{Place, Table};
use tree::Tree;
use words::Word;

/// Calls within calls, as `lang::c` bounds nesting.
const NESTING: usize = 200;
/// Operators of one expression.
const OPERATORS: usize = 1000;
/// Tokens that are named as what could stand at a place.
const NAMED: usize = 12;

/// Reads programs of a vocabulary; made once for it.
#[derive(Clone, Debug)]
pub struct Reader {
    table: Table,
    words: Vec<Word>,
}

#[inline]
fn is_mark(token: TokenId) -> bool {
    const { assert!(PAD.0 < END.0 && BEGIN.0 < END.0) };
    token.0 <= END.0
}

#[cold]
fn too_deep(at: Span) -> Diagnostic {
    let note = format!("at most {NESTING} levels, and {OPERATORS} operators in one expression");
    Diagnostic::error(codes::TOO_DEEP, at, "nesting too deep").note(note)
}

impl Reader {
    /// Compiles the grammar as the vocabulary's profile selects it. Profiles that select what the reader does not know
    /// are refused.
    pub fn new(vocabulary: &Vocabulary) -> Result<Self, ProfileError> {
        let words = (0..vocabulary.len()).map(|token| Word::new(vocabulary.text(TokenId(token as u16))));
        Ok(Self { table: Table::new(vocabulary)?, words: words.collect() })
    }

    /// Reads a program; marks mean nothing. How often a part may be repeated is not asked: the profile's bounds are the
    /// mask's.
    pub fn read<'t>(&'t self, tokens: &[TokenId], arena: &'t Bump) -> Result<Program<'t>, Vec<Diagnostic>> {
        let mut tree = Tree::new(arena);
        match self.read_into(tokens, &mut tree) {
            Ok(()) => Ok(tree.finish_program()),
            Err(fault) => Err(vec![fault]),
        }
    }

    /// From ids to a checked program, as [`c::check`] makes it of what [`c::parse`] makes of their text.
    pub fn check(&self, tokens: &[TokenId]) -> Result<c::Checked, Vec<Diagnostic>> {
        with_arena(|arena| c::check_tree(&self.read(tokens, arena)?))
    }

    /// From ids to IR, as [`c::compile`] from text.
    pub fn compile(&self, tokens: &[TokenId]) -> Result<ir::Program, Vec<Diagnostic>> {
        Ok(c::lower(&self.check(tokens)?.program, c::LowerOptions::default()))
    }

    fn read_into<'t>(&'t self, tokens: &[TokenId], tree: &mut Tree<'t>) -> Result<(), Diagnostic> {
        let mut stack: ArenaVec<'t, Place> = ArenaVec::with_capacity_in(32, tree.arena);
        let (mut place, mut at, mut last) = (Table::START, 0, 0);
        let many = tokens.len() > OPERATORS;
        for (number, &token) in tokens.iter().enumerate() {
            if is_mark(token) {
                continue;
            }
            let Some(word) = self.words.get(token.0 as usize) else {
                return Err(self.unknown(token, number, at));
            };
            let span = Span { start: at, end: at + word.bytes };
            let mut cell = self.table.cell(place, token);
            while cell == 0 {
                let (Some(ends), Some(back)) = (self.table.end(place), stack.pop()) else {
                    return Err(self.unexpected(place, number, span, Some(word)));
                };
                ends.iter().for_each(|&action| tree.act(action, at, last));
                place = back;
                cell = self.table.cell(place, token);
            }
            let mut step = self.table.step(cell);
            // Most tokens only go on.
            if !step.plain {
                if step.other != 0 {
                    step = self.table.step(self.choose(cell, &stack, &tokens[number..]));
                }
                step.actions.iter().for_each(|&action| tree.act(action, at, last));
                step.calls.iter().for_each(|&call| stack.push(call));
                if stack.len() > NESTING {
                    return Err(too_deep(span));
                }
            }
            tree.shift(step.shift, word, span);
            if many && tree.operators > OPERATORS {
                return Err(too_deep(span));
            }
            place = step.target;
            (last, at) = (span.end, span.end + 1);
        }
        while let Some(ends) = self.table.end(place) {
            ends.iter().for_each(|&action| tree.act(action, last, last));
            match stack.pop() {
                Some(back) => place = back,
                None => return Ok(()),
            }
        }
        Err(self.unexpected(place, tokens.len(), Span { start: last, end: last }, None))
    }

    /// The first of several moves after which all that follows can be read; the last if none is. `rest` begins with
    /// the token at hand.
    fn choose(&self, cell: u16, stack: &[Place], rest: &[TokenId]) -> u16 {
        let mut cell = cell;
        loop {
            let step = self.table.step(cell);
            if step.other == 0 || self.goes_on(cell, stack, rest, &mut (64 * rest.len())) {
                return cell;
            }
            cell = step.other;
        }
    }

    /// Whether all of `rest` can be read where its first token takes that move; also no after so many tokens.
    fn goes_on(&self, cell: u16, stack: &[Place], rest: &[TokenId], patience: &mut usize) -> bool {
        let step = self.table.step(cell);
        let mut stack = [stack, &step.calls].concat();
        let mut place = step.target;
        for (number, &token) in rest.iter().enumerate().skip(1).filter(|(_, token)| !is_mark(**token)) {
            if token.0 as usize >= self.words.len() || *patience == 0 || stack.len() > NESTING {
                return false;
            }
            *patience -= 1;
            let mut cell = loop {
                let cell = self.table.cell(place, token);
                if cell != 0 {
                    break cell;
                }
                match (self.table.end(place), stack.pop()) {
                    (Some(_), Some(back)) => place = back,
                    _ => return false,
                }
            };
            while self.table.step(cell).other != 0 {
                if self.goes_on(cell, &stack, &rest[number..], patience) {
                    return true;
                }
                cell = self.table.step(cell).other;
            }
            let step = self.table.step(cell);
            stack.extend_from_slice(&step.calls);
            place = step.target;
        }
        while self.table.end(place).is_some() {
            match stack.pop() {
                Some(back) => place = back,
                None => return true,
            }
        }
        false
    }

    #[cold]
    fn unknown(&self, token: TokenId, number: usize, at: u32) -> Diagnostic {
        let message = format!("token {number} is {}, which the vocabulary does not have", token.0);
        let note = format!("its tokens are 0 to {}", self.words.len() - 1);
        Diagnostic::error(codes::SYNTAX, Span { start: at, end: at }, message).note(note)
    }

    #[cold]
    fn unexpected(&self, place: Place, number: usize, span: Span, word: Option<&Word>) -> Diagnostic {
        let message = match word {
            Some(word) => format!("token {number}, `{}`, cannot stand here", word.text()),
            None => format!("the program is not whole after its {number} tokens"),
        };
        let able = |token: &usize| self.table.cell(place, TokenId(*token as u16)) != 0;
        let named: Vec<String> =
            (0..self.words.len()).filter(able).map(|token| format!("`{}`", self.words[token].text())).collect();
        let more = if named.len() > NAMED { ", ..." } else { "" };
        let listed = named[..named.len().min(NAMED)].join(", ");
        let fault = Diagnostic::error(codes::SYNTAX, span, message);
        if listed.is_empty() { fault } else { fault.help(format!("what can stand here: {listed}{more}")) }
    }
}
