//! What is wrong where the parser failed, said by looking at the token there and those before it, and what to take
//! away so that the rest can be parsed. Constructs of C that the subset leaves out are named.

use super::scan::{Kind, Token};
use crate::diagnostic::{Diagnostic, Span, codes};
use std::ops::Range;

/// How to go on after a mistake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fix {
    /// Not at all.
    None,
    /// Put a `;` where there is white space.
    Semicolon(usize),
    /// Blank this.
    Blank(Range<usize>),
    /// Put an empty statement in place of this.
    Statement(Range<usize>),
}

/// Byte offsets of what the parser could not read.
#[derive(Clone, Copy, Debug)]
pub struct Failure {
    /// Where the furthest rule began.
    pub rule: usize,
    /// Where the furthest sign or letter was looked for.
    pub sign: usize,
}

/// Where the parser failed.
pub struct Place<'a> {
    text: &'a str,
    tokens: &'a [Token],
    /// The token there; the number of tokens at the end of the file.
    at: usize,
    signature: bool,
}

/// What brackets the place is in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Around {
    File,
    Block,
    Parentheses,
    Index,
    Initializer,
}

impl<'a> Place<'a> {
    /// The place where the parser gave up. It names two: where the last of its rules began, and where it last looked
    /// for a sign or a letter. The second is further on and right, except that a keyword in the place of a name counts
    /// as read there.
    pub fn new(text: &'a str, tokens: &'a [Token], failure: Failure, signature: bool) -> Self {
        let token = |offset: usize| tokens.partition_point(|token| (token.span.end as usize) <= offset);
        let (rule, at) = (token(failure.rule), token(failure.sign));
        let place = Self { text, tokens, at, signature };
        let before = place.before(1);
        let named = matches!(place.before(2), "int" | "void");
        let waits_for_sign =
            matches!(before, "if" | "for" | "while" | "break" | "continue" | "switch" | "case" | "default" | "sizeof")
                && !named;
        let misread = rule + 1 == at && is_keyword(before) && !waits_for_sign;
        if misread { Self { at: rule, ..place } } else { place }
    }

    /// Whether this is the token there.
    pub fn is(&self, text: &str) -> bool {
        self.here() == text
    }

    fn token(&self, number: usize) -> &'a str {
        self.tokens.get(number).map_or("", |token| &self.text[token.span.start as usize..token.span.end as usize])
    }

    fn here(&self) -> &'a str {
        self.token(self.at)
    }

    /// The text `back` tokens before.
    fn before(&self, back: usize) -> &'a str {
        self.at.checked_sub(back).map_or("", |number| self.token(number))
    }

    fn kind(&self, number: usize) -> Option<Kind> {
        self.tokens.get(number).map(|token| token.kind)
    }

    fn span(&self) -> Span {
        match self.tokens.get(self.at) {
            Some(token) => token.span,
            None => self.tokens.last().map_or(Span::default(), |last| Span { start: last.span.end, ..last.span }),
        }
    }

    fn previous_span(&self) -> Span {
        self.at.checked_sub(1).map_or(self.span(), |number| self.tokens[number].span)
    }

    /// Whether the token before can end an operand.
    fn after_operand(&self) -> bool {
        match self.at.checked_sub(1).and_then(|number| self.kind(number)) {
            Some(Kind::Word) => !is_keyword(self.before(1)),
            Some(Kind::Number | Kind::Quoted) => true,
            _ => matches!(self.before(1), ")" | "]" | "++" | "--"),
        }
    }

    /// The innermost bracket around a token.
    fn opener(&self, number: usize) -> Option<usize> {
        let mut number = number;
        while let Some(before) = number.checked_sub(1) {
            let text = self.token(before);
            let partner = self.tokens[before].partner as usize;
            if matches!(text, "(" | "[" | "{") && self.tokens[before].kind == Kind::Sign {
                return Some(before);
            }
            number = if self.tokens[before].kind == Kind::Sign && matches!(text, ")" | "]" | "}") {
                partner
            } else {
                before
            };
        }
        None
    }

    fn is_initializer(&self, opener: usize) -> bool {
        match opener.checked_sub(1) {
            Some(before) if self.token(before) == "=" => true,
            // A brace within an initialiser.
            Some(before) if matches!(self.token(before), "{" | ",") => {
                self.opener(opener).is_some_and(|outer| self.token(outer) == "{" && self.is_initializer_shallow(outer))
            }
            _ => false,
        }
    }

    fn is_initializer_shallow(&self, opener: usize) -> bool {
        opener.checked_sub(1).is_some_and(|before| self.token(before) == "=")
    }

    fn around(&self) -> Around {
        match self.opener(self.at) {
            None => Around::File,
            Some(opener) => match self.token(opener) {
                "(" => Around::Parentheses,
                "[" => Around::Index,
                _ if self.is_initializer(opener) => Around::Initializer,
                _ => Around::Block,
            },
        }
    }

    /// The tokens of the broken statement, or of the broken function outside of any.
    fn statement(&self) -> Range<usize> {
        let mut inside = self.at.min(self.tokens.len().saturating_sub(1));
        let mut outer = self.opener(inside);
        while let Some(opener) = outer
            && (self.token(opener) != "{" || self.is_initializer(opener))
        {
            inside = opener;
            outer = self.opener(opener);
        }
        let start = self.start(inside);
        start..self.end(start, inside, outer.is_none())
    }

    /// Walks back to where the statement begins.
    fn start(&self, inside: usize) -> usize {
        let mut start = inside;
        while let Some(before) = start.checked_sub(1) {
            match self.token(before) {
                ";" | "{" => break,
                "}" => {
                    let opener = self.tokens[before].partner as usize;
                    if !self.is_initializer(opener) {
                        break;
                    }
                    start = opener;
                }
                ")" | "]" => start = self.tokens[before].partner as usize,
                _ if self.kind(before) == Some(Kind::Directive) => break,
                _ => start = before,
            }
        }
        start
    }

    /// Walks on to where the statement ends; blocks belong to it at the top level and after the words that want them.
    fn end(&self, start: usize, inside: usize, top: bool) -> usize {
        let whole = top || matches!(self.token(start), "struct" | "union" | "enum" | "typedef");
        let mut end = inside;
        while end < self.tokens.len() {
            let partner = self.tokens[end].partner as usize;
            match self.token(end) {
                ";" => return end + 1,
                "}" if partner < start => return end,
                "(" | "[" => end = partner,
                "{" if self.is_initializer(end) => end = partner,
                "{" if whole => {
                    let more = self.token(partner + 1) == ";";
                    return partner + 1 + usize::from(more);
                }
                "{" if end > start => return end,
                "{" => return partner + 1,
                _ => {}
            }
            end += 1;
        }
        end
    }

    /// Takes the broken statement away.
    fn without_statement(&self) -> Fix {
        let tokens = self.statement();
        if tokens.is_empty() {
            return Fix::None;
        }
        let range = self.tokens[tokens.start].span.start as usize..self.tokens[tokens.end - 1].span.end as usize;
        match self.opener(tokens.start) {
            None => Fix::Blank(range),
            Some(_) => Fix::Statement(range),
        }
    }

    fn without_token(&self) -> Fix {
        Fix::Blank(self.span().start as usize..self.span().end as usize)
    }
}

/// Keywords of the subset.
const KEYWORDS: [&str; 22] = [
    "int", "void", "if", "else", "for", "while", "do", "break", "continue", "return", "char", "short", "long",
    "signed", "unsigned", "_Bool", "const", "static", "switch", "case", "default", "sizeof",
];

/// Whether a type may end with this word.
fn is_type(word: &str) -> bool {
    matches!(word, "int" | "void" | "char" | "short" | "long" | "signed" | "unsigned" | "_Bool" | "const")
}

/// Keywords of C that the subset leaves out, and what they stand for.
fn left_out(word: &str) -> Option<&'static str> {
    Some(match word {
        "struct" => "structs are",
        "union" => "unions are",
        "enum" => "variables of an enumeration are",
        "typedef" => "`typedef` is",
        "float" | "double" => "floating-point numbers are",
        "volatile" | "restrict" => "type qualifiers other than `const` are",
        "extern" | "register" | "auto" | "inline" => "storage classes are",
        "goto" => "`goto` is",
        _ => return None,
    })
}

fn is_keyword(word: &str) -> bool {
    KEYWORDS.contains(&word) || left_out(word).is_some()
}

fn not_in_subset(span: Span, what: &str) -> Diagnostic {
    Diagnostic::error(codes::NOT_IN_SUBSET, span, format!("{what} not in the subset"))
}

/// Says what is wrong, and how to go on.
pub fn explain(place: &Place<'_>) -> (Diagnostic, Fix) {
    if let Some(found) = odd_token(place) {
        return found;
    }
    let mistake = end_of_file(place)
        .or_else(|| foreign_word(place))
        .or_else(|| foreign_sign(place))
        .or_else(|| if place.around() == Around::File { outside(place) } else { None });
    if let Some(mistake) = mistake {
        return (mistake, place.without_statement());
    }
    missing_semicolon(place).unwrap_or_else(|| (general(place), place.without_statement()))
}

/// Tokens that no C of the subset has.
fn odd_token(place: &Place<'_>) -> Option<(Diagnostic, Fix)> {
    let (text, span) = (place.here(), place.span());
    Some(match place.kind(place.at)? {
        Kind::Quoted if text.starts_with('\'') => {
            let mistake = Diagnostic::error(codes::SYNTAX, span, "a character constant holds one character");
            (mistake.help("it is written like `'a'` or `'\\n'`"), place.without_statement())
        }
        Kind::Directive => (
            not_in_subset(span, "preprocessor directives are").note("there are no headers and no library functions"),
            place.without_token(),
        ),
        Kind::Bad => {
            let message = format!("`{}` is no character of C", text.escape_debug());
            (Diagnostic::error(codes::BAD_CHARACTER, span, message), place.without_statement())
        }
        Kind::Number if text.bytes().any(|byte| !byte.is_ascii_digit()) => {
            let suffixed = text.strip_prefix("0x").or(text.strip_prefix("0X")).unwrap_or(text);
            let floating = text.contains('.') || (suffixed == text && text.contains(['e', 'E', 'p', 'P']));
            if !floating {
                let mistake = Diagnostic::error(codes::SYNTAX, span, format!("`{text}` is no number"));
                return Some((mistake, place.without_statement()));
            }
            let what = "floating-point numbers are";
            (not_in_subset(span, what), place.without_statement())
        }
        _ => return None,
    })
}

fn end_of_file(place: &Place<'_>) -> Option<Diagnostic> {
    if place.at < place.tokens.len() {
        return None;
    }
    let head = "int * func_1(int a[])";
    Some(match place.tokens.last() {
        None if place.signature => Diagnostic::error(codes::EMPTY, Span::default(), "an empty signature")
            .help(format!("a function's head is written `{head}`")),
        None => Diagnostic::error(codes::EMPTY, Span::default(), "there is no function in this file"),
        Some(last) if place.signature => {
            Diagnostic::error(codes::SYNTAX, last.span, "this function's head is not complete")
                .help(format!("it is written like `{head}`"))
        }
        Some(last) => Diagnostic::error(codes::SYNTAX, last.span, "the file ends here, within a function")
            .help("a function has a body in braces"),
    })
}

fn foreign_word(place: &Place<'_>) -> Option<Diagnostic> {
    let (text, span) = (place.here(), place.span());
    if place.kind(place.at) != Some(Kind::Word) {
        return None;
    }
    if place.before(2) == "enum" {
        let mistake = not_in_subset(span, "variables of an enumeration are");
        return Some(mistake.help("declare an `int`; the enumeration's constants are of that type"));
    }
    if let Some(what) = left_out(text) {
        let mistake = not_in_subset(span, what);
        return Some(match text {
            "goto" => mistake.help("use loops, `break` and `continue`"),
            "enum" => mistake.help("declare an `int`; the enumeration's constants are of that type"),
            _ => mistake,
        });
    }
    let before = place.before(1);
    if text == "const" && before == "*" {
        return Some(not_in_subset(span, "`const` pointers are").help("`const int *p` points to what is not written"));
    }
    let declared = matches!(before, "int" | "void") || before == "*" && place.before(2) == "int";
    if declared && is_keyword(text) {
        return Some(Diagnostic::error(codes::SYNTAX, span, format!("`{text}` is a keyword and cannot be a name")));
    }
    if text == "void" && place.token(place.at + 1) == "*" {
        return Some(not_in_subset(span, "pointers to `void` are"));
    }
    if text == "void" {
        return Some(
            Diagnostic::error(codes::SYNTAX, span, "`void` only says that a function returns nothing")
                .help("a variable is declared with `int`"),
        );
    }
    if text == "static" {
        return Some(
            Diagnostic::error(codes::SYNTAX, span, "`static` has no place here")
                .help("it stands first in the declaration of a variable or a function"),
        );
    }
    if text == "else" && matches!(before, ";" | "}" | "{") {
        return Some(Diagnostic::error(codes::SYNTAX, span, "`else` without an `if` before it"));
    }
    foreign_type(place)
}

/// `bool x;`, `size_t n`: a name where only a type makes sense.
fn foreign_type(place: &Place<'_>) -> Option<Diagnostic> {
    let before = place.at.checked_sub(1)?;
    let name = place.token(before);
    let begins = before == 0 || matches!(place.token(before - 1), ";" | "{" | "}" | "(" | ",");
    let same_line = !place.text[place.tokens[before].span.end as usize..place.span().start as usize].contains('\n');
    let words = place.tokens[before].kind == Kind::Word && !is_keyword(name) && !is_keyword(place.here());
    (begins && same_line && words).then(|| {
        let message = format!("`{name}` is not a type");
        Diagnostic::error(codes::NOT_IN_SUBSET, place.tokens[before].span, message)
            .help("variables are integers, such as `int` and `unsigned char`, arrays of them or pointers to them")
    })
}

fn foreign_sign(place: &Place<'_>) -> Option<Diagnostic> {
    let (text, span, before) = (place.here(), place.span(), place.before(1));
    let in_file = place.around() == Around::File;
    let what = match text {
        "*" if is_type(before) && place.around() == Around::Parentheses => "casts to pointers are",
        "(" if is_type(before) && place.token(place.at + 1) == "*" => "pointers to functions and to arrays are",
        "[" if place.before(2) == "*" && is_type(place.before(3)) => "arrays of pointers are",
        "[" | "." if place.around() == Around::Initializer && matches!(before, "{" | ",") => {
            "initial values with the places that they are for are"
        }
        "." | "->" if place.after_operand() => "structs are",
        "..." => "variable numbers of arguments are",
        "," if place.after_operand() && matches!(place.around(), Around::Block | Around::Parentheses) => {
            return Some(not_in_subset(span, "the comma operator is").help("write two statements"));
        }
        ":" if place.around() == Around::Block && place.kind(place.at - 1) == Some(Kind::Word) => {
            "labels and `goto` are"
        }
        "(" if matches!(place.before(2), "int" | "void") && place.around() == Around::Block => {
            "functions within functions and declarations of functions are"
        }
        "(" if matches!(before, ")" | "]") && !in_file => "calls through pointers are",
        _ => return None,
    };
    Some(not_in_subset(span, what))
}

/// Outside of any function.
fn outside(place: &Place<'_>) -> Option<Diagnostic> {
    let (text, span, before) = (place.here(), place.span(), place.before(1));
    if place.signature {
        return Some(
            Diagnostic::error(codes::SYNTAX, span, format!("`{text}` has no place in a function's head"))
                .help("it is written like `int * func_1(int a[])`"),
        );
    }
    let start = place.statement().start;
    let typed = matches!(place.token(start), "int" | "void") && place.at > start;
    Some(match text {
        ";" if before == ")" => not_in_subset(span, "declarations of functions without a body are")
            .help("define each function before it is called; a function may call itself"),
        ";" => Diagnostic::error(codes::SYNTAX, span, "a `;` outside of any function").help("remove it"),
        _ if typed && before == ")" => {
            Diagnostic::error(codes::SYNTAX, span, format!("the function's body is wanted here, not `{text}`"))
                .help("a body stands in braces")
        }
        _ if typed => Diagnostic::error(codes::SYNTAX, span, format!("`{text}` has no place in a function's head")),
        _ => Diagnostic::error(codes::SYNTAX, span, format!("a function is wanted here, not `{text}`"))
            .help("a function begins with `int`, `int *` or `void`"),
    })
}

/// A statement that is whole but for its end.
fn missing_semicolon(place: &Place<'_>) -> Option<(Diagnostic, Fix)> {
    let (text, previous) = (place.here(), place.previous_span());
    let ends = place.after_operand()
        || matches!(place.before(1), "break" | "continue" | "return")
        || place.before(1) == "}" && place.is_initializer(place.tokens[place.at - 1].partner as usize);
    let gap = &place.text[previous.end as usize..place.span().start as usize];
    let begins = matches!(text, "}" | "{") || is_keyword(text) || gap.contains('\n');
    if place.around() != Around::Block || !ends || !begins || !place.after_operand() && text == ";" {
        return None;
    }
    // A sign on the next line rather goes on with the expression.
    if place.kind(place.at) == Some(Kind::Sign) && !matches!(text, "}" | "{" | "++" | "--" | "(" | "*") {
        return None;
    }
    let end = previous.end as usize;
    let mistake = Diagnostic::error(codes::MISSING_SEMICOLON, Span::new(end - 1, end), "a `;` is missing")
        .at("after this")
        .help("each statement ends with `;`");
    let fix = if gap.is_empty() {
        let tokens = place.statement();
        Fix::Statement(place.tokens[tokens.start].span.start as usize..end)
    } else {
        Fix::Semicolon(end)
    };
    Some((mistake, fix))
}

/// All else.
fn general(place: &Place<'_>) -> Diagnostic {
    let (text, span, before) = (place.here(), place.span(), place.before(1));
    let message = if matches!(before, "if" | "while" | "for") && text != "(" {
        format!("a `(` is wanted after `{before}`, not `{text}`")
    } else if text == ")" && place.opener(place.at).is_some_and(|opener| opener > 0 && place.token(opener - 1) == "for")
    {
        return Diagnostic::error(codes::SYNTAX, span, "the head of a `for` is not complete")
            .help("it has three parts: `for (int i = 0; i < n; i++)`");
    } else if matches!(before, "int" | "void") {
        format!("a name is wanted after `{before}`, not `{text}`")
    } else if matches!(text, "=") && !place.after_operand() {
        "this cannot be assigned to".to_owned()
    } else if place.after_operand() {
        let end = match place.around() {
            Around::Block => "`;`",
            Around::Parentheses => "`)`",
            Around::Index => "`]`",
            Around::Initializer | Around::File => "`}`",
        };
        format!("an operator or {end} is wanted here, not `{text}`")
    } else {
        let statement = matches!(before, ";" | "{" | "}") && place.around() == Around::Block;
        let what = if statement { "a statement" } else { "an expression" };
        format!("{what} is wanted here, not `{text}`")
    };
    Diagnostic::error(codes::SYNTAX, span, message)
}
