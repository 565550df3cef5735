//! What the rules of C's grammar mean to the reader: what happens where a rule begins and ends, and what each of its
//! tokens does. Rules without an entry here cannot be read, so that a profile that selects them is refused.

/// What happens where a rule begins or ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Action {
    /// Something begins here whose beginning is needed at its end.
    Open,
    Function,
    ReturnsPointer,
    ReturnsInt,
    ReturnsNothing,
    ArrayParameter,
    ScalarParameter,
    Block,
    If,
    For,
    While,
    DoWhile,
    /// A `condition`.
    Condition,
    /// What a `for` does after each turn.
    ForStep,
    /// The value of a `return`.
    Returned,
    Return,
    Break,
    Continue,
    Declarator,
    Declaration,
}

/// What a token does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Shift {
    /// Nothing: the rules around it say everything.
    Nothing,
    FunctionName,
    NewName,
    ArrayLength,
    /// The `=` of a declaration.
    Initial,
    Constant,
    Variable,
    /// The array whose element follows.
    ArrayRef,
    /// The `]` of an element.
    Element,
    Parenthesis,
    Parenthesized,
    Binary,
    Assign,
    Prefix,
    PrefixStep,
    PostfixStep,
    Question,
    Colon,
    Comma,
    /// The `;` after an expression.
    ExpressionStatement,
    /// The `;` that is a statement.
    Empty,
}

/// What happens at both ends of a rule, if anything; nothing at all for a rule that cannot be read.
pub(super) fn ends(rule: &str) -> Option<(Option<Action>, Option<Action>)> {
    use Action::*;
    let opened = |close| Some((Some(Open), Some(close)));
    let closed = |close| Some((None, Some(close)));
    match rule {
        "function" => opened(Function),
        "int_pointer" => closed(ReturnsPointer),
        "int_type" => closed(ReturnsInt),
        "void_type" => closed(ReturnsNothing),
        "pointer_parameter" | "array_parameter" => closed(ArrayParameter),
        "scalar_parameter" => closed(ScalarParameter),
        "block" => opened(Block),
        "if_statement" => opened(If),
        "for_statement" => opened(For),
        "while_statement" => opened(While),
        "do_statement" => opened(DoWhile),
        "return_statement" => opened(Return),
        "break_statement" => opened(Break),
        "continue_statement" => opened(Continue),
        "declaration" => opened(Declaration),
        "scalar_declarator" => closed(Declarator),
        "condition" => closed(Condition),
        "for_step" => closed(ForStep),
        "returned" => closed(Returned),
        "program"
        | "return_type"
        | "function_name"
        | "parameters"
        | "no_parameters"
        | "parameter"
        | "array_length"
        | "body"
        | "returning_body"
        | "final_return"
        | "open_body"
        | "statement"
        | "else_part"
        | "branch"
        | "unbraced"
        | "for_start"
        | "loop_body"
        | "declarator"
        | "assign_statement"
        | "step_statement"
        | "expression_statement"
        | "empty_statement"
        | "assign"
        | "step"
        | "prefix_step"
        | "postfix_step"
        | "lvalue"
        | "expression"
        | "conditional"
        | "operation"
        | "unary"
        | "postfix"
        | "primary"
        | "element"
        | "parenthesized"
        | "assign_operator"
        | "binary_operator"
        | "prefix_operator"
        | "step_operator"
        | "constant"
        | "literal"
        | "new_variable"
        | "new_array"
        | "variable"
        | "array_ref"
        | "array_value" => Some((None, None)),
        word if word.ends_with("_word") => Some((None, None)),
        _ => None,
    }
}

/// What a token does that stands in `rule`, which stands in `parent`; nothing at all where that cannot be read.
pub(super) fn shift(rule: &str, parent: &str, text: &str) -> Option<Shift> {
    Some(match (rule, text) {
        ("function_name", _) => Shift::FunctionName,
        ("new_variable" | "new_array", _) => Shift::NewName,
        ("array_length", _) => Shift::ArrayLength,
        ("scalar_declarator", "=") => Shift::Initial,
        ("constant" | "literal", _) => Shift::Constant,
        ("variable" | "array_value", _) => Shift::Variable,
        ("array_ref", _) => Shift::ArrayRef,
        ("element", "]") => Shift::Element,
        ("parenthesized", "(") => Shift::Parenthesis,
        ("parenthesized", ")") => Shift::Parenthesized,
        ("parenthesized" | "expression_statement" | "for_step", ",") => Shift::Comma,
        ("binary_operator", _) => Shift::Binary,
        ("assign_operator", _) => Shift::Assign,
        ("prefix_operator", "++" | "--") => Shift::PrefixStep,
        ("prefix_operator", "-" | "+" | "!" | "~") => Shift::Prefix,
        ("step_operator", _) if parent == "prefix_step" => Shift::PrefixStep,
        ("step_operator", _) if parent == "postfix_step" => Shift::PostfixStep,
        // After `-5` the number is negative already, and `-5++` is something else.
        ("prefix_operator" | "step_operator", _) => return None,
        ("conditional", "?") => Shift::Question,
        ("conditional", ":") => Shift::Colon,
        ("assign_statement" | "step_statement" | "expression_statement", ";") => Shift::ExpressionStatement,
        ("empty_statement", _) => Shift::Empty,
        _ => Shift::Nothing,
    })
}
