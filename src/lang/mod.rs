//! The languages: text to AST, AST to IR, AST back to text; one folder each, alike in shape
//! (`parse`, `check`, `lower`, `print`).

pub mod c;
pub mod karel;
pub mod x86;
