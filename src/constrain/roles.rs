//! What the rules of each language's grammar mean to the mask: which declare a name, which use one, which open a
//! scope. The one place to extend for another language; the grammars name their rules after these roles.

use crate::token::{ProfileError, Selection, Shape};

/// What a name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Kind {
    /// A scalar.
    Scalar,
    /// An array.
    Array,
    /// A function.
    Function,
}

impl Kind {
    pub(super) const ALL: [Kind; 3] = [Kind::Scalar, Kind::Array, Kind::Function];
}

/// What a token asks of the scope, and does to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Role {
    /// Nothing.
    Plain,
    /// It stands only within a loop.
    InLoop,
    /// It is a name of that kind in scope.
    Use(Kind),
    /// It is a name not yet declared in this scope, and declares it.
    Declare(Kind),
    /// The same, but the name can be used only after the rule with [`Boundary::Declares`] around it has ended.
    DeclareLater(Kind),
    /// It is a label that stands here, once in a program.
    Place,
    /// It is a label that stands somewhere, before or behind.
    Lead,
}

/// What happens where a rule begins and ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Boundary {
    /// Names declared in it are gone after it.
    Scope,
    /// It is the body of a loop.
    Loop,
    /// The name that was declared in it can be used from its end on.
    Declares(Kind),
}

/// The role of a rule's tokens; inherited by the rules within.
pub(super) fn role(language: &str, rule: &str) -> Option<Role> {
    match (language, rule) {
        ("c", "new_variable") => Some(Role::Declare(Kind::Scalar)),
        ("c", "new_array") => Some(Role::Declare(Kind::Array)),
        ("c", "function_name") => Some(Role::Declare(Kind::Function)),
        ("c", "variable") => Some(Role::Use(Kind::Scalar)),
        ("c", "array_ref" | "array_value") => Some(Role::Use(Kind::Array)),
        ("c", "break_word" | "continue_word") => Some(Role::InLoop),
        ("x86", "new_label") => Some(Role::Place),
        ("x86", "target") => Some(Role::Lead),
        _ => None,
    }
}

/// What happens where a rule begins and ends, if anything.
pub(super) fn boundary(language: &str, rule: &str) -> Option<Boundary> {
    match (language, rule) {
        // Parameters and the outermost body are one scope in C, so `body` opens none.
        ("c", "function" | "block" | "for_statement") => Some(Boundary::Scope),
        ("c", "loop_body") => Some(Boundary::Loop),
        // In C a name is in scope in its own initialiser, where reading it would be a trap.
        ("c", "scalar_declarator") => Some(Boundary::Declares(Kind::Scalar)),
        ("c", "array_declarator") => Some(Boundary::Declares(Kind::Array)),
        _ => None,
    }
}

/// Fails where the selection holds something whose rules of meaning the mask does not track.
pub(super) fn check(language: &str, selection: &Selection) -> Result<(), ProfileError> {
    match language {
        "c" => check_c(selection),
        "x86" => check_x86(selection),
        _ => Ok(()),
    }
}

/// Rules of C, a part that must not stand directly in them, and why.
const NOT_IN_C: &[(&str, &str, &str)] = &[
    ("primary", "call", "the number and the kinds of arguments are not tracked"),
    ("declarator", "array_declarator", "the length of local arrays is not tracked"),
    ("expression", "assign_operator", "what stands left of an assignment within an expression is not tracked"),
    ("postfix", "step_operator", "what a step within an expression applies to is not tracked"),
    ("prefix_operator", "++", "what a step within an expression applies to is not tracked"),
    ("prefix_operator", "--", "what a step within an expression applies to is not tracked"),
];

fn check_c(selection: &Selection) -> Result<(), ProfileError> {
    for (rule, part, why) in NOT_IN_C {
        if selection.rules.get(*rule).is_some_and(|shape| mentions(shape, part)) {
            return Err(ProfileError::new(format!("the mask cannot allow `{part}` in rule `{rule}`: {why}"))
                .help("leave it out in `alternatives`, or set `at_most` to 0"));
        }
    }
    let declares = selection.rules.get("statement").is_some_and(|shape| mentions(shape, "declaration"));
    for rule in ["branch", "loop_body"] {
        if declares && selection.rules.get(rule).is_some_and(|shape| mentions(shape, "unbraced")) {
            return Err(ProfileError::new(format!("in C a declaration cannot be the whole of a `{rule}`"))
                .help(format!("leave `unbraced` out of `alternatives.{rule}`, or `declaration` out of `statement`")));
        }
    }
    check_returns(selection)
}

/// Operands are tracked where the grammar says which ones an instruction takes.
fn check_x86(selection: &Selection) -> Result<(), ProfileError> {
    match selection.rules.contains_key("other") || selection.rules.contains_key("intel_instruction") {
        true => {
            Err(ProfileError::new("the mask cannot allow all instructions: which operands each takes is not tracked")
                .help("leave `other` out of `alternatives.instruction`"))
        }
        false => Ok(()),
    }
}

/// A selection has one return type, and every `return` has a value of that type.
fn check_returns(selection: &Selection) -> Result<(), ProfileError> {
    let Some(types) = selection.rules.get("return_type") else { return Ok(()) };
    let returns = |part: &str| selection.rules.get("returned").is_some_and(|shape| mentions(shape, part));
    let optional = match selection.rules.get("return_statement") {
        Some(shape) => !requires(shape, "returned"),
        None => false,
    };
    let open = selection.rules.get("body").is_some_and(|shape| mentions(shape, "open_body"));
    let fits = match ["int_pointer", "int_type", "void_type"].map(|kind| mentions(types, kind)) {
        [true, false, false] => !returns("expression") && !optional && !open,
        [false, true, false] => !returns("array_value") && !optional && !open,
        [false, false, true] => !selection.rules.contains_key("returned"),
        _ => false,
    };
    if fits {
        return Ok(());
    }
    Err(ProfileError::new("the mask needs one return type, and a value of that type in every return")
        .help("bound `return_type`, `body` and `returned` in `alternatives`, and set `required.return_statement`"))
}

/// Whether a rule or a literal stands in the shape itself.
fn mentions(shape: &Shape, part: &str) -> bool {
    match shape {
        Shape::Text(name) | Shape::Rule(name) => name == part,
        Shape::Sequence(parts) | Shape::Choice(parts) => parts.iter().any(|inner| mentions(inner, part)),
        Shape::Repeat { part: inner, .. } => mentions(inner, part),
    }
}

/// Whether every match of the shape holds that rule.
fn requires(shape: &Shape, part: &str) -> bool {
    match shape {
        Shape::Text(_) => false,
        Shape::Rule(name) => name == part,
        Shape::Sequence(parts) => parts.iter().any(|inner| requires(inner, part)),
        Shape::Choice(parts) => parts.iter().all(|inner| requires(inner, part)),
        Shape::Repeat { part: inner, least, .. } => *least > 0 && requires(inner, part),
    }
}
