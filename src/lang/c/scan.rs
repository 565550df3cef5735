//! A linear look at a source before the parser sees it: splits it into words, numbers and signs, and refuses what
//! would exhaust the stack of a recursive parser (or of the tree's other readers) or what is hopeless to parse. The
//! tokens also serve to say what is wrong where the parser failed.

use crate::diagnostic::{Diagnostic, Span, codes};

/// Brackets and statements within statements.
pub const NESTING: usize = 200;
/// Operators of one expression, with those around it.
const OPERATORS: usize = 1000;

/// What kind of token it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A name or keyword.
    Word,
    /// Anything that begins with a digit.
    Number,
    /// An operator or other sign.
    Sign,
    /// `"..."` or `'...'`.
    Quoted,
    /// `#...` to the end of the line.
    Directive,
    /// A character that C does not know.
    Bad,
}

/// A token of any C source, not only of the subset.
#[derive(Clone, Copy, Debug)]
pub struct Token {
    pub kind: Kind,
    pub span: Span,
    /// The token of the bracket that belongs to this one; itself where it is none.
    pub partner: u32,
}

/// Splits a source. Fails where brackets do not match, a comment does not end, or nesting is too deep.
pub fn scan(text: &str) -> Result<Vec<Token>, Diagnostic> {
    let mut scanner =
        Scanner { text, tokens: Vec::with_capacity(text.len() / 3), frames: vec![], depth: 0, operators: 0 };
    scanner.frames.push(Frame::default());
    let mut at = 0;
    while at < text.len() {
        at = scanner.token(at)?;
    }
    match scanner.frames.last() {
        Some(Frame { opener: Some(opener), .. }) => {
            let span = scanner.tokens[*opener as usize].span;
            let sign = scanner.str(span);
            Err(Diagnostic::error(codes::UNBALANCED, span, format!("this `{sign}` is never closed"))
                .help(format!("add the missing `{}`", closer(sign))))
        }
        _ => Ok(scanner.tokens),
    }
}

/// An open bracket, or the file itself.
#[derive(Default)]
struct Frame {
    opener: Option<u32>,
    /// Statements that wait for their last part: `if (x) while (y)`.
    statements: usize,
    /// `do`s among them.
    dos: usize,
    /// A `;` or `}` may have ended them; an `else` shows that it has not.
    ended: bool,
    operators: usize,
}

struct Scanner<'a> {
    text: &'a str,
    tokens: Vec<Token>,
    frames: Vec<Frame>,
    /// Frames and their statements.
    depth: usize,
    /// Of all frames.
    operators: usize,
}

const OPEN_FRAME: &str = "the file's own frame is never closed";

/// Signs of more than one character, the longer first.
const SIGNS: [&str; 24] = [
    "<<=", ">>=", "...", "++", "--", "<<", ">>", "<=", ">=", "==", "!=", "&&", "||", "+=", "-=", "*=", "/=", "%=",
    "&=", "^=", "|=", "->", "##", "::",
];

fn closer(opener: &str) -> &'static str {
    match opener {
        "(" => ")",
        "[" => "]",
        _ => "}",
    }
}

impl Scanner<'_> {
    fn str(&self, span: Span) -> &str {
        &self.text[span.start as usize..span.end as usize]
    }

    /// Reads what begins at `at`; returns where the next begins.
    fn token(&mut self, at: usize) -> Result<usize, Diagnostic> {
        let rest = &self.text[at..];
        let first = rest.as_bytes()[0];
        let run = |accept: fn(u8) -> bool| rest.bytes().position(|byte| !accept(byte)).unwrap_or(rest.len());
        let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        let line = || rest.find('\n').unwrap_or(rest.len());
        let (kind, length) = match first {
            b' ' | b'\t' | b'\r' | b'\n' => return Ok(at + 1),
            b'/' if rest.starts_with("//") => return Ok(at + line()),
            b'/' if rest.starts_with("/*") => {
                return rest[2..].find("*/").map(|end| at + end + 4).ok_or_else(|| {
                    Diagnostic::error(codes::OPEN_COMMENT, Span::new(at, at + 2), "this comment never ends")
                        .help("add the missing `*/`")
                });
            }
            b'#' => (Kind::Directive, line()),
            b'"' | b'\'' => (Kind::Quoted, quoted(rest)),
            b'0'..=b'9' => (Kind::Number, run(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'.')),
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => (Kind::Word, run(word)),
            _ => match SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
                Some(sign) => (Kind::Sign, sign.len()),
                None if b"()[]{};,<>=+-*/%&|^!~?:.".contains(&first) => (Kind::Sign, 1),
                None => (Kind::Bad, rest.chars().next().map_or(1, char::len_utf8)),
            },
        };
        let number = self.tokens.len() as u32;
        self.tokens.push(Token { kind, span: Span::new(at, at + length), partner: number });
        self.measure(number)?;
        Ok(at + length)
    }

    /// Keeps account of nesting.
    fn measure(&mut self, number: u32) -> Result<(), Diagnostic> {
        let Token { kind, span, .. } = self.tokens[number as usize];
        let text = &self.text[span.start as usize..span.end as usize];
        let frame = self.frames.last_mut().expect(OPEN_FRAME);
        let after_do = frame.ended && text == "while" && frame.dos > 0;
        if frame.ended && text != "else" && !after_do {
            self.depth -= std::mem::take(&mut frame.statements);
            frame.dos = 0;
        }
        frame.ended = false;
        match (kind, text) {
            (Kind::Word, "while") if after_do => frame.dos -= 1,
            (Kind::Word, "if" | "for" | "while" | "do") => {
                frame.statements += 1;
                frame.dos += usize::from(text == "do");
                self.depth += 1;
            }
            (Kind::Sign, ";" | ",") => {
                self.operators -= std::mem::take(&mut frame.operators);
                frame.ended = text == ";";
            }
            (Kind::Sign, "(" | "[" | "{") => {
                self.frames.push(Frame { opener: Some(number), ..Frame::default() });
                self.depth += 1;
            }
            (Kind::Sign, ")" | "]" | "}") => self.close(number)?,
            (Kind::Sign, _) => {
                frame.operators += 1;
                self.operators += 1;
            }
            _ => {}
        }
        if self.depth > NESTING || self.operators > OPERATORS {
            let note = format!("at most {NESTING} levels, and {OPERATORS} operators in one expression");
            return Err(Diagnostic::error(codes::TOO_DEEP, span, "nesting too deep").note(note));
        }
        Ok(())
    }

    fn close(&mut self, number: u32) -> Result<(), Diagnostic> {
        let span = self.tokens[number as usize].span;
        let frame = self.frames.last().expect(OPEN_FRAME);
        let Some(opener) = frame.opener else {
            let message = format!("this `{}` closes nothing", self.str(span));
            return Err(Diagnostic::error(codes::UNBALANCED, span, message));
        };
        let opened = self.tokens[opener as usize].span;
        let wanted = closer(self.str(opened));
        if wanted != self.str(span) {
            let message = format!("`{}` where `{wanted}` is wanted", self.str(span));
            let label = format!("this `{}` is still open", self.str(opened));
            return Err(Diagnostic::error(codes::UNBALANCED, span, message).label(opened, label));
        }
        self.depth -= 1 + frame.statements;
        self.operators -= frame.operators;
        self.frames.pop();
        self.tokens[number as usize].partner = opener;
        self.tokens[opener as usize].partner = number;
        if wanted == "}" {
            let frame = self.frames.last_mut().expect(OPEN_FRAME);
            frame.ended = true;
            self.operators -= std::mem::take(&mut frame.operators);
        }
        Ok(())
    }
}

/// The length of a string or character constant; it ends with its line at the latest.
fn quoted(rest: &str) -> usize {
    let bytes = rest.as_bytes();
    let mut at = 1;
    while at < bytes.len() && bytes[at] != b'\n' {
        match bytes[at] {
            b'\\' if at + 1 < bytes.len() => at += 2,
            byte if byte == bytes[0] => return at + 1,
            _ => at += 1,
        }
    }
    let mut at = at.min(bytes.len());
    while !rest.is_char_boundary(at) {
        at += 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::scan;

    fn code(text: &str) -> u16 {
        scan(text).map_or_else(|error| error.code.0, |_| 0)
    }

    #[test]
    fn brackets_match_and_comments_end() {
        assert_eq!(code("int f() { a[(1)]; } // ) \" \n /* } */"), 0);
        assert_eq!(code("f(]"), 4);
        assert_eq!(code("f("), 4);
        assert_eq!(code("f)"), 4);
        assert_eq!(code("/* x"), 6);
        assert_eq!(code("\"a(\\\" ( \n'\\é \""), 0);
    }

    #[test]
    fn nesting_is_bounded_however_it_is_made() {
        let deep = |part: &str| part.repeat(100_000);
        let parts = [
            "(",
            "[",
            "{",
            "if (x) ",
            "for (;;) ",
            "while (x) ",
            "do ",
            "if (x) ; else ",
            "x ? y : ",
            "x ? ",
            "x = ",
            "-",
            "1 + ",
            "a[",
            "f(",
            "!",
            "do if (x) do ; while (1); else ",
            "if (x) {} else ",
            "if (x) { if (x) ",
            "x + (y ? ",
            "do { if (x) ; else ",
        ];
        for part in parts {
            assert_eq!(code(&deep(part)), 5, "{part}");
        }
    }

    #[test]
    fn length_is_not_depth() {
        let long = |part: &str| part.repeat(10_000);
        let parts = [
            "x = 1;",
            "if (x) y;",
            "if (x) y; else z;",
            "do x; while (1);",
            "do {} while (1);",
            "while (x) {}",
            "{}",
            "{ if (x) {} else {} }",
            "f(1 + 1, 1),",
            "while (x);",
            "for (;;) { x; }",
            "int a[2] = {1 + 1, 2};",
        ];
        for part in parts {
            assert_eq!(code(&long(part)), 0, "{part}");
        }
    }
}
