//! The codes of diagnostics about sources, with a line each. Codes are stable: a retired one is not used again.
//! Task files have their own from E0301 on (`task`).

use super::Code;

macro_rules! codes {
    ($($name:ident = $number:literal, $title:literal;)*) => {
        $(#[doc = $title] pub const $name: Code = Code($number);)*

        /// Every code with its line, in order.
        pub const ALL: &[(Code, &str)] = &[$((Code($number), $title)),*];
    };
}

codes! {
    SYNTAX = 1, "Something stands where the grammar has no place for it.";
    NOT_IN_SUBSET = 2, "A construct of C that the subset leaves out.";
    MISSING_SEMICOLON = 3, "A statement without its `;`.";
    UNBALANCED = 4, "A bracket without its partner.";
    TOO_DEEP = 5, "Nesting deeper than the compiler allows.";
    OPEN_COMMENT = 6, "A `/*` without its `*/`.";
    BAD_CHARACTER = 7, "A character that is no part of C.";
    EMPTY = 8, "A file without a function.";
    BEYOND_INT = 9, "A constant that does not fit in `int`.";
    FUNCTION_TWICE = 10, "Two functions of one name.";
    REDECLARED = 11, "Two variables of one name in one scope.";
    UNKNOWN_VARIABLE = 12, "A variable that is not declared here.";
    UNKNOWN_FUNCTION = 13, "A call of a function that is not defined before.";
    ARGUMENT_COUNT = 14, "A call with too few or too many arguments.";
    MISMATCH = 15, "An array, a function or nothing where an `int` is wanted, or the other way round.";
    NOT_ASSIGNABLE = 16, "An assignment to something that is no variable and no element.";
    OUTSIDE_LOOP = 17, "`break` or `continue` outside a loop.";
    RETURN_MISMATCH = 18, "A `return` that does not fit the function's type.";
    LOCAL_ESCAPES = 19, "A pointer outlives what it points to.";
    ARRAY_LENGTH = 20, "An array's length is missing, zero or too large.";
    TOO_MANY_VALUES = 21, "More initial values than elements.";
    UNSEQUENCED = 22, "The value depends on an order of evaluation that C leaves open.";
    LONE_DECLARATION = 23, "A declaration as the whole body of an `if` or a loop.";
    TOO_LARGE = 24, "A function with more of something than the compiler allows.";
    OWN_INITIALIZER = 25, "A variable is read in its own initialiser.";
    MAYBE_UNINITIALIZED = 30, "Warning: a variable may be read before it is written.";
    MISSING_RETURN = 31, "Warning: the end of a function that must return a value can be reached.";
    NO_EFFECT = 32, "Warning: a statement computes a value that nothing uses.";
    IGNORED = 33, "Warning: a line that means nothing here.";
    UNKNOWN_INSTRUCTION = 40, "A mnemonic that is no instruction, or none of the subset.";
    UNKNOWN_REGISTER = 41, "A name that is no register of the subset.";
    OPERANDS = 42, "Operands that the instruction does not take.";
    UNKNOWN_LABEL = 43, "A jump to a label that is not there.";
    LABEL_TWICE = 44, "Two labels of one name.";
    EMPTY_BLOCK = 50, "A block of Karel without a statement.";
    REPEAT_COUNT = 51, "A count of `REPEAT` beyond its limit.";
    UNKNOWN_WORD = 52, "A word that Karel does not know.";
    INDENTATION = 53, "A line that is indented like no block that is open.";
    NO_ELSE = 54, "An `ifelse` without its `else`.";
}
