//! Reads the text form that [`super::print`] writes. `//` begins a comment; blank lines are skipped. What is read is
//! not verified: [`super::verify`] finds what is well-formed but wrong.

use super::{
    BinaryOp, Block, BlockId, Call, Condition, ConvertOp, Function, FunctionId, Global, GlobalId, Inst, OverflowOp,
    Program, Target, Terminator, TrapKind, Type, Value, VariableId,
};
use crate::diagnostic::{Code, Diagnostic, Span};
use compact_str::{CompactString, format_compact};

/// The text of an IR program is not of the form that `iocc emit --stage ir` writes.
pub const SYNTAX: Code = Code(401);

/// Largest number of a value, so that a short text cannot ask for a long table.
const MAX_VALUE: u32 = (1 << 20) - 1;
/// Messages at most.
const MAX_ERRORS: usize = 20;

type Result<T> = std::result::Result<T, Diagnostic>;

/// The program that `text` describes.
pub fn parse(text: &str) -> std::result::Result<Program, Vec<Diagnostic>> {
    let mut parser = Parser { names: function_names(text), ..Parser::default() };
    let mut errors = Vec::new();
    let mut offset = 0;
    for line in text.split_inclusive('\n') {
        let code = line.split("//").next().unwrap_or_default();
        if let Err(error) = Line::new(code, offset).and_then(|line| parser.line(line)) {
            errors.push(error);
            if errors.len() == MAX_ERRORS {
                return Err(errors);
            }
        }
        offset += line.len();
    }
    if errors.is_empty() && parser.open.is_some() {
        errors.push(Diagnostic::error(SYNTAX, Span::new(text.len(), text.len()), "the last function has no `}`"));
    }
    if errors.is_empty() && parser.program.functions.is_empty() {
        errors.push(Diagnostic::error(SYNTAX, Span::new(0, text.len()), "there is no function here"));
    }
    if errors.is_empty() { Ok(parser.program) } else { Err(errors) }
}

/// The names of all functions, in order: calls may come before the function.
fn function_names(text: &str) -> Vec<&str> {
    let heads = text.lines().filter_map(|line| line.trim_start().strip_prefix("fn "));
    heads.map(|head| head.split('(').next().unwrap_or_default().trim()).collect()
}

/// A word, a number or a punctuation mark.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Token<'a> {
    text: &'a str,
    span: Span,
}

/// The tokens of one line that are still to be read.
struct Line<'a> {
    tokens: Vec<Token<'a>>,
    next: usize,
    end: Span,
}

impl<'a> Line<'a> {
    fn new(text: &'a str, offset: usize) -> Result<Self> {
        let mut tokens = Vec::new();
        let mut at = 0;
        while let Some(first) = text[at..].chars().next() {
            let rest = &text[at..];
            let length = match first {
                _ if first.is_whitespace() => {
                    at += first.len_utf8();
                    continue;
                }
                'a'..='z' | 'A'..='Z' | '_' | '0'..='9' => {
                    rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len())
                }
                '-' if rest.starts_with("->") => 2,
                '.' if rest.starts_with("..") => 2,
                '(' | ')' | '[' | ']' | '{' | '}' | ',' | ':' | '=' | '.' | '@' | '*' | '&' | '+' | '-' => 1,
                _ => {
                    let span = Span::new(offset + at, offset + at + first.len_utf8());
                    return Err(Diagnostic::error(SYNTAX, span, format!("unexpected character `{first}`")));
                }
            };
            tokens.push(Token { text: &rest[..length], span: Span::new(offset + at, offset + at + length) });
            at += length;
        }
        let end = offset + text.trim_end().len();
        Ok(Self { tokens, next: 0, end: Span::new(end, end) })
    }

    fn peek(&self) -> &'a str {
        self.tokens.get(self.next).map_or("", |token| token.text)
    }

    fn span(&self) -> Span {
        self.tokens.get(self.next).map_or(self.end, |token| token.span)
    }

    fn is(&mut self, text: &str) -> bool {
        let found = self.peek() == text;
        self.next += usize::from(found);
        found
    }

    fn error<T>(&self, expected: &str) -> Result<T> {
        let found = match self.peek() {
            "" => "the end of the line".to_owned(),
            text => format!("`{text}`"),
        };
        Err(Diagnostic::error(SYNTAX, self.span(), format!("expected {expected}, found {found}")))
    }

    fn expect(&mut self, text: &str) -> Result<()> {
        if self.is(text) { Ok(()) } else { self.error(&format!("`{text}`")) }
    }

    /// The next token as `read` understands it.
    fn take<T>(&mut self, expected: &str, read: impl FnOnce(&'a str) -> Option<T>) -> Result<T> {
        match read(self.peek()) {
            Some(value) => {
                self.next += 1;
                Ok(value)
            }
            None => self.error(expected),
        }
    }

    fn name(&mut self) -> Result<&'a str> {
        let is_name = |text: &str| text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        self.take("a name", |text| is_name(text).then_some(text))
    }

    /// The name of a variable: `x`, `&x`, `*p` or `a[4]`.
    fn variable(&mut self) -> Result<CompactString> {
        let sign = if self.is("*") {
            "*"
        } else if self.is("&") {
            "&"
        } else {
            ""
        };
        let name = self.name()?;
        if !self.is("[") {
            return Ok(format_compact!("{sign}{name}"));
        }
        let size: u32 = self.number()?;
        self.expect("]")?;
        Ok(format_compact!("{sign}{name}[{size}]"))
    }

    fn number<T: std::str::FromStr>(&mut self) -> Result<T> {
        self.take("a number in range", |text| text.parse().ok())
    }

    fn ty(&mut self) -> Result<Type> {
        self.take("a type", Type::from_name)
    }

    fn value(&mut self) -> Result<Value> {
        let expected = "a value, `v0` or so";
        let read = |text: &str| text.strip_prefix('v')?.parse().ok().filter(|number| *number <= MAX_VALUE);
        self.take(expected, read).map(Value)
    }

    fn block(&mut self) -> Result<BlockId> {
        self.take("a block, `b0` or so", |text| text.strip_prefix('b')?.parse().ok()).map(BlockId)
    }

    fn trap_kind(&mut self) -> Result<TrapKind> {
        self.take("a kind of trap", TrapKind::from_name)
    }

    /// Items with commas between.
    fn list<T>(&mut self, mut item: impl FnMut(&mut Self) -> Result<T>) -> Result<Vec<T>> {
        let mut items = vec![item(self)?];
        while self.is(",") {
            items.push(item(self)?);
        }
        Ok(items)
    }

    /// Items in parentheses, or nothing at all.
    fn parenthesized<T>(&mut self, item: impl FnMut(&mut Self) -> Result<T>) -> Result<Vec<T>> {
        if !self.is("(") || self.is(")") {
            return Ok(Vec::new());
        }
        let items = self.list(item)?;
        self.expect(")")?;
        Ok(items)
    }

    fn target(&mut self) -> Result<Target> {
        Ok(Target { block: self.block()?, arguments: self.parenthesized(Self::value)? })
    }

    /// `v0`, `v0+4` or `v0-4`.
    fn place(&mut self) -> Result<(Value, i32)> {
        let address = self.value()?;
        let offset: i64 = match self.peek() {
            "+" | "-" => {
                let sign = if self.is("+") { 1 } else { -i64::from(self.is("-")) };
                sign * i64::from(self.number::<u32>()?)
            }
            _ => 0,
        };
        match i32::try_from(offset) {
            Ok(offset) => Ok((address, offset)),
            Err(_) => self.error("an offset within 32 bits"),
        }
    }

    fn end(&self) -> Result<()> {
        if self.next == self.tokens.len() { Ok(()) } else { self.error("the end of the line") }
    }
}

/// A block that has no terminator yet.
struct OpenBlock {
    parameters: Vec<Value>,
    insts: Vec<Inst>,
}

#[derive(Default)]
struct Parser<'a> {
    names: Vec<&'a str>,
    program: Program,
    /// The function between its braces.
    open: Option<Function>,
    block: Option<OpenBlock>,
}

impl<'a> Parser<'a> {
    fn line(&mut self, mut line: Line<'a>) -> Result<()> {
        if line.tokens.is_empty() {
            return Ok(());
        }
        let Some(function) = &mut self.open else {
            if line.is("global") {
                self.program.globals.push(global(&mut line)?);
                return line.end();
            }
            self.open = Some(head(&mut line)?);
            return line.end();
        };
        if self.block.is_none() && line.is("}") {
            if function.blocks.is_empty() {
                return line.error("a block before it");
            }
            self.program.functions.extend(self.open.take());
        } else if let Some(block) = &mut self.block {
            match terminator(&mut line)? {
                Some(terminator) => {
                    let OpenBlock { parameters, insts } = self.block.take().expect("a block is open");
                    function.blocks.push(Block { parameters, insts, terminator });
                }
                None => block.insts.push(inst(&mut line, function, &self.names)?),
            }
        } else {
            let expected = BlockId(function.blocks.len() as u32);
            if line.block()? != expected {
                line.next -= 1;
                return line.error(&format!("`b{}`, as blocks are numbered in order", expected.0));
            }
            let parameters = line.parenthesized(|line| {
                let value = line.value()?;
                line.expect(":")?;
                define(function, value, line.ty()?);
                Ok(value)
            })?;
            line.expect(":")?;
            self.block = Some(OpenBlock { parameters, insts: Vec::new() });
        }
        line.end()
    }
}

/// `global name bytes = data`
fn global(line: &mut Line) -> Result<Global> {
    let (name, bytes) = (line.variable()?, line.number()?);
    let mut data = Vec::new();
    if line.is("=") {
        let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
        let even = |text: &str| text.len().is_multiple_of(2) && !text.is_empty();
        data = line.take("bytes, two digits each", |text| {
            even(text).then(|| text.as_bytes().chunks(2).map(byte).collect()).flatten()
        })?;
    }
    Ok(Global { name, bytes, data })
}

/// `fn name(types) -> types {`
fn head(line: &mut Line) -> Result<Function> {
    line.expect("fn")?;
    let name = line.name()?.into();
    if line.peek() != "(" {
        return line.error("`(`");
    }
    let parameters = line.parenthesized(Line::ty)?;
    let returns = if line.is("->") { line.list(Line::ty)? } else { Vec::new() };
    line.expect("{")?;
    Ok(Function { name, parameters, returns, blocks: Vec::new(), types: Vec::new(), variables: Vec::new() })
}

fn terminator(line: &mut Line) -> Result<Option<Terminator>> {
    Ok(Some(match line.peek() {
        "jump" => {
            line.next += 1;
            Terminator::Jump(line.target()?)
        }
        "branch" => {
            line.next += 1;
            let condition = line.value()?;
            line.expect(",")?;
            let then = line.target()?;
            line.expect(",")?;
            Terminator::Branch { condition, then, otherwise: line.target()? }
        }
        "return" => {
            line.next += 1;
            Terminator::Return(if line.peek().is_empty() { Vec::new() } else { line.list(Line::value)? })
        }
        "trap" => {
            line.next += 1;
            Terminator::Trap(line.trap_kind()?)
        }
        _ => return Ok(None),
    }))
}

/// Gives `value` its type. Gaps get one that nobody asks for.
fn define(function: &mut Function, value: Value, ty: Type) {
    let number = value.0 as usize;
    if function.types.len() <= number {
        function.types.resize(number + 1, Type::I32);
    }
    function.types[number] = ty;
}

/// An instruction that is no terminator.
fn inst(line: &mut Line, function: &mut Function, names: &[&str]) -> Result<Inst> {
    match line.peek() {
        "store" => {
            line.next += 1;
            let value = line.value()?;
            line.expect(",")?;
            let (address, offset) = line.place()?;
            Ok(Inst::Store { value, address, offset })
        }
        "trap_if" => {
            line.next += 1;
            Ok(Inst::TrapIf { condition: line.value()?, kind: line.trap_kind()? })
        }
        "fuel" => {
            line.next += 1;
            let amount = line.number()?;
            line.expect("@")?;
            let start = line.number()?;
            line.expect("..")?;
            Ok(Inst::Fuel { amount, span: Span { start, end: line.number()? } })
        }
        "note" => {
            line.next += 1;
            let name = line.variable()?;
            let known = function.variables.iter().position(|variable| *variable == name);
            let variable = VariableId(known.unwrap_or(function.variables.len()) as u32);
            if known.is_none() {
                function.variables.push(name);
            }
            Ok(Inst::Note { variable, value: line.value()? })
        }
        "call" => call(line, function, names, Vec::new()),
        _ => {
            let results = line.list(Line::value)?;
            line.expect("=")?;
            if line.peek() == "call" {
                return call(line, function, names, results);
            }
            if let [result] = *results {
                return operation(line, function, result);
            }
            line.error("`call`, as only calls have more than one result")
        }
    }
}

/// `call name(arguments): types`
fn call(line: &mut Line, function: &mut Function, names: &[&str], results: Vec<Value>) -> Result<Inst> {
    line.expect("call")?;
    let callee =
        line.take("the name of a function of this program", |text| names.iter().position(|name| *name == text))?;
    if line.peek() != "(" {
        return line.error("`(`");
    }
    let arguments = line.parenthesized(Line::value)?;
    let types = if line.is(":") { line.list(Line::ty)? } else { Vec::new() };
    if types.len() != results.len() {
        return line.error("one type for each result");
    }
    results.iter().zip(types).for_each(|(result, ty)| define(function, *result, ty));
    Ok(Inst::Call(Box::new(Call { results, function: FunctionId(callee as u32), arguments })))
}

/// What stands to the right of `result =`, but for calls.
fn operation(line: &mut Line, function: &mut Function, result: Value) -> Result<Inst> {
    let span = line.span();
    let name = line.name()?;
    if let Some(op) = OverflowOp::from_name(name) {
        define(function, result, Type::I1);
        let (left, right) = pair(line)?;
        return Ok(Inst::Overflows { result, op, left, right });
    }
    if let Some(condition) = Condition::from_name(name) {
        define(function, result, Type::I1);
        let (left, right) = pair(line)?;
        return Ok(Inst::Compare { result, condition, left, right });
    }
    match name {
        "allocate" => {
            define(function, result, Type::I64);
            return Ok(Inst::Allocate { result, bytes: line.number()? });
        }
        "index" | "advance" => {
            define(function, result, Type::I64);
            let (base, index) = pair(line)?;
            line.expect("*")?;
            let scale = line.number()?;
            return Ok(match name {
                "index" => Inst::Index { result, base, index, scale },
                _ => Inst::Advance { result, base, index, scale },
            });
        }
        "global" => {
            define(function, result, Type::I64);
            return Ok(Inst::Global { result, global: GlobalId(line.number()?) });
        }
        _ => {}
    }
    let binary = BinaryOp::from_name(name);
    let convert = ConvertOp::from_name(name);
    if binary.is_none() && convert.is_none() && !matches!(name, "const" | "select" | "load") {
        return Err(Diagnostic::error(SYNTAX, span, format!("unknown operation `{name}`")));
    }
    line.expect(".")?;
    define(function, result, line.ty()?);
    if let Some(op) = binary {
        let (left, right) = pair(line)?;
        return Ok(Inst::Binary { result, op, left, right });
    }
    if let Some(op) = convert {
        return Ok(Inst::Convert { result, op, operand: line.value()? });
    }
    match name {
        "const" => Ok(Inst::Const { result, value: constant(line)? }),
        "select" => {
            let condition = line.value()?;
            line.expect(",")?;
            let (then, otherwise) = pair(line)?;
            Ok(Inst::Select { result, condition, then, otherwise })
        }
        _ => {
            let (address, offset) = line.place()?;
            Ok(Inst::Load { result, address, offset })
        }
    }
}

fn pair(line: &mut Line) -> Result<(Value, Value)> {
    let left = line.value()?;
    line.expect(",")?;
    Ok((left, line.value()?))
}

fn constant(line: &mut Line) -> Result<i64> {
    let negative = line.is("-");
    let size: u64 = line.number()?;
    let value = if negative { -i128::from(size) } else { i128::from(size) };
    match i64::try_from(value) {
        Ok(value) => Ok(value),
        Err(_) => line.error("a constant within 64 bits"),
    }
}
