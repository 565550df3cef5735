//! The languages: text to AST, AST to IR, AST back to text; one folder each, alike in shape
//! (`parse`, `check`, `lower`, `print`).

pub mod c;
pub mod karel;
pub mod x86;

use crate::diagnostic::Span;
use pest::RuleType;
use pest::iterators::Pair;

/// Where a pair stands, without the white space that pest leaves behind it.
fn span<R: RuleType>(pair: &Pair<'_, R>) -> Span {
    let span = pair.as_span();
    let text = span.as_str().trim_end();
    Span::new(span.start(), span.start() + text.len())
}
