//! Restricted C as the sampler, the lanes and the reducer see it: one function over `int a[]`, its names resolved to
//! slots, without spans. It is small, cheap to copy and compare, and goes to and from [`ast`] without loss.

use crate::lang::c::ast;
use compact_str::CompactString;

/// A declared variable; indexes [`Tree::names`]. Two declarations never share one, whatever they are called.
pub type Slot = u8;

/// How many slots a program may have.
pub const SLOTS: usize = 64;

/// The binary operators of restricted C.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Operator {
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterEqual,
    /// `&&`
    And,
    /// `||`
    Or,
}

impl Operator {
    /// Its text.
    pub fn text(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessEqual => "<=",
            Self::Greater => ">",
            Self::GreaterEqual => ">=",
            Self::And => "&&",
            Self::Or => "||",
        }
    }

    /// How strongly it binds; higher is stronger.
    pub fn precedence(self) -> u8 {
        match self {
            Self::Or => 1,
            Self::And => 2,
            Self::Equal | Self::NotEqual => 3,
            Self::Less | Self::LessEqual | Self::Greater | Self::GreaterEqual => 4,
            Self::Add | Self::Subtract => 5,
        }
    }

    fn to_ast(self) -> ast::BinaryOperator {
        match self {
            Self::Add => ast::BinaryOperator::Add,
            Self::Subtract => ast::BinaryOperator::Subtract,
            Self::Equal => ast::BinaryOperator::Equal,
            Self::NotEqual => ast::BinaryOperator::NotEqual,
            Self::Less => ast::BinaryOperator::Less,
            Self::LessEqual => ast::BinaryOperator::LessEqual,
            Self::Greater => ast::BinaryOperator::Greater,
            Self::GreaterEqual => ast::BinaryOperator::GreaterEqual,
            Self::And => ast::BinaryOperator::LogicalAnd,
            Self::Or => ast::BinaryOperator::LogicalOr,
        }
    }

    fn from_ast(operator: ast::BinaryOperator) -> Option<Self> {
        Some(match operator {
            ast::BinaryOperator::Add => Self::Add,
            ast::BinaryOperator::Subtract => Self::Subtract,
            ast::BinaryOperator::Equal => Self::Equal,
            ast::BinaryOperator::NotEqual => Self::NotEqual,
            ast::BinaryOperator::Less => Self::Less,
            ast::BinaryOperator::LessEqual => Self::LessEqual,
            ast::BinaryOperator::Greater => Self::Greater,
            ast::BinaryOperator::GreaterEqual => Self::GreaterEqual,
            ast::BinaryOperator::LogicalAnd => Self::And,
            ast::BinaryOperator::LogicalOr => Self::Or,
            _ => return None,
        })
    }
}

/// An expression. [`Expr::element`] chooses among the three spellings of an element.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Expr {
    /// `a[constant]`
    Cell(i32),
    /// `a[variable]`
    At(Slot),
    /// `a[e]` with any other index
    Index(Box<Expr>),
    /// A variable.
    Variable(Slot),
    /// `left op right`
    Binary(Operator, Box<(Expr, Expr)>),
    /// `-e`
    Negate(Box<Expr>),
    /// A constant.
    Constant(i32),
}

impl Expr {
    /// `a[index]`
    pub fn element(index: Self) -> Self {
        match index {
            Self::Constant(cell) => Self::Cell(cell),
            Self::Variable(slot) => Self::At(slot),
            index => Self::Index(Box::new(index)),
        }
    }

    /// `left op right`
    pub fn binary(operator: Operator, left: Self, right: Self) -> Self {
        Self::Binary(operator, Box::new((left, right)))
    }
}

/// What an assignment does with the old value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Assignment {
    /// `=`
    Set,
    /// `+=`
    Add,
    /// `-=`
    Subtract,
}

/// A statement.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Stmt {
    /// `int slot = value;`
    Declare(Slot, Expr),
    /// `target op value;`
    Assign(Assignment, Expr, Expr),
    /// `++target;` and its three relatives
    Step {
        /// `++` rather than `--`
        increment: bool,
        /// Before the target.
        prefix: bool,
        /// A variable or an element.
        target: Expr,
    },
    /// `if (condition) { then } else { otherwise }`
    If(Expr, Vec<Stmt>, Option<Vec<Stmt>>),
    /// A loop.
    For(Box<For>),
    /// `break;`
    Break,
    /// `continue;`
    Continue,
}

/// `for (start; condition; step) { body }`
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct For {
    /// A declaration or an assignment.
    pub start: Stmt,
    /// Before each turn.
    pub condition: Expr,
    /// An assignment or a step.
    pub step: Stmt,
    /// The body.
    pub body: Vec<Stmt>,
}

/// A program: the statements before its `return a;`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Tree {
    /// The statements.
    pub body: Vec<Stmt>,
    /// What each slot is called.
    pub names: Vec<CompactString>,
}

impl Tree {
    /// The syntax tree, without spans.
    pub fn to_ast(&self) -> ast::Program {
        let mut body = self.statements(&self.body);
        let returned = ast::ExpressionKind::Variable("a".into());
        body.push(ast::StatementKind::Return(Some(returned.into())).into());
        ast::Program {
            includes: Vec::new(),
            declarations: Vec::new(),
            functions: vec![ast::Function {
                returns: ast::ReturnType::IntPointer,
                name: "func_1".into(),
                parameters: vec![ast::Parameter::new("a", ast::ParameterKind::Array(None))],
                body,
                span: Default::default(),
            }],
        }
    }

    fn statements(&self, body: &[Stmt]) -> Vec<ast::Statement> {
        body.iter().map(|statement| self.statement(statement)).collect()
    }

    fn block(&self, body: &[Stmt]) -> ast::Statement {
        ast::StatementKind::Block(self.statements(body)).into()
    }

    fn statement(&self, statement: &Stmt) -> ast::Statement {
        match statement {
            Stmt::Declare(slot, value) => ast::StatementKind::Declaration(vec![ast::Declarator {
                name: self.name(*slot),
                kind: ast::DeclaratorKind::Scalar(Some(self.expression(value))),
                span: Default::default(),
            }])
            .into(),
            Stmt::Assign(..) | Stmt::Step { .. } => ast::StatementKind::Expression(self.effect(statement)).into(),
            Stmt::If(condition, then, otherwise) => ast::StatementKind::If {
                condition: self.expression(condition),
                then: Box::new(self.block(then)),
                otherwise: otherwise.as_ref().map(|body| Box::new(self.block(body))),
            }
            .into(),
            Stmt::For(each) => ast::StatementKind::For {
                start: Box::new(self.statement(&each.start)),
                condition: Some(self.expression(&each.condition)),
                step: Some(self.effect(&each.step)),
                body: Box::new(self.block(&each.body)),
            }
            .into(),
            Stmt::Break => ast::StatementKind::Break.into(),
            Stmt::Continue => ast::StatementKind::Continue.into(),
        }
    }

    /// An assignment or a step as the expression that it is.
    fn effect(&self, statement: &Stmt) -> ast::Expression {
        match statement {
            Stmt::Assign(kind, target, value) => ast::ExpressionKind::Assign {
                operator: match kind {
                    Assignment::Set => None,
                    Assignment::Add => Some(ast::BinaryOperator::Add),
                    Assignment::Subtract => Some(ast::BinaryOperator::Subtract),
                },
                target: Box::new(self.expression(target)),
                value: Box::new(self.expression(value)),
            },
            Stmt::Step { increment, prefix, target } => ast::ExpressionKind::Step {
                increment: *increment,
                prefix: *prefix,
                target: Box::new(self.expression(target)),
            },
            _ => unreachable!("a loop's step is an assignment or a step"),
        }
        .into()
    }

    fn expression(&self, expression: &Expr) -> ast::Expression {
        let element =
            |index: ast::Expression| ast::ExpressionKind::Element { array: "a".into(), index: Box::new(index) };
        match expression {
            Expr::Constant(value) => ast::ExpressionKind::Constant(*value),
            Expr::Variable(slot) => ast::ExpressionKind::Variable(self.name(*slot)),
            Expr::Cell(cell) => element(ast::ExpressionKind::Constant(*cell).into()),
            Expr::At(slot) => element(ast::ExpressionKind::Variable(self.name(*slot)).into()),
            Expr::Index(index) => element(self.expression(index)),
            Expr::Binary(operator, operands) => ast::ExpressionKind::Binary {
                operator: operator.to_ast(),
                left: Box::new(self.expression(&operands.0)),
                right: Box::new(self.expression(&operands.1)),
            },
            Expr::Negate(operand) => ast::ExpressionKind::Unary {
                operator: ast::UnaryOperator::Negate,
                operand: Box::new(self.expression(operand)),
            },
        }
        .into()
    }

    fn name(&self, slot: Slot) -> ast::Name {
        ast::Name { text: self.names[usize::from(slot)].clone(), span: Default::default() }
    }

    /// The tree of a program, or `None` where it is not restricted C.
    pub fn from_ast(program: &ast::Program) -> Option<Self> {
        let [function] = program.functions.as_slice() else { return None };
        let [ast::Parameter { name, kind: ast::ParameterKind::Array(_), .. }] = function.parameters.as_slice() else {
            return None;
        };
        let (last, body) = function.body.split_last()?;
        let returns_array = matches!(
            &last.kind,
            ast::StatementKind::Return(Some(ast::Expression { kind: ast::ExpressionKind::Variable(returned), .. }))
                if returned.text == name.text
        );
        if name.text != "a" || function.returns != ast::ReturnType::IntPointer || !returns_array {
            return None;
        }
        let mut reader = Reader { names: Vec::new(), scope: Vec::new() };
        let body = reader.statements(body)?;
        Some(Self { body, names: reader.names })
    }
}

/// Resolves names while it reads a syntax tree.
struct Reader {
    names: Vec<CompactString>,
    /// The slots in scope, innermost last.
    scope: Vec<Slot>,
}

impl Reader {
    fn statements(&mut self, body: &[ast::Statement]) -> Option<Vec<Stmt>> {
        let outer = self.scope.len();
        let mut statements = Vec::with_capacity(body.len());
        for statement in body {
            match &statement.kind {
                ast::StatementKind::Declaration(declarators) => {
                    for declarator in declarators {
                        statements.push(self.declaration(declarator)?);
                    }
                }
                ast::StatementKind::Empty => {}
                _ => statements.push(self.statement(statement)?),
            }
        }
        self.scope.truncate(outer);
        Some(statements)
    }

    fn block(&mut self, statement: &ast::Statement) -> Option<Vec<Stmt>> {
        match &statement.kind {
            ast::StatementKind::Block(body) => self.statements(body),
            _ => self.statements(std::slice::from_ref(statement)),
        }
    }

    fn declaration(&mut self, declarator: &ast::Declarator) -> Option<Stmt> {
        let ast::DeclaratorKind::Scalar(Some(value)) = &declarator.kind else { return None };
        let slot = Slot::try_from(self.names.len()).ok().filter(|slot| usize::from(*slot) < SLOTS)?;
        let value = self.expression(value)?;
        self.names.push(declarator.name.text.clone());
        self.scope.push(slot);
        Some(Stmt::Declare(slot, value))
    }

    fn statement(&mut self, statement: &ast::Statement) -> Option<Stmt> {
        Some(match &statement.kind {
            ast::StatementKind::Declaration(declarators) => match declarators.as_slice() {
                [declarator] => self.declaration(declarator)?,
                _ => return None,
            },
            ast::StatementKind::Expression(expression) => self.effect(expression)?,
            ast::StatementKind::If { condition, then, otherwise } => Stmt::If(
                self.expression(condition)?,
                self.block(then)?,
                match otherwise {
                    Some(otherwise) => Some(self.block(otherwise)?),
                    None => None,
                },
            ),
            ast::StatementKind::For { start, condition: Some(condition), step: Some(step), body } => {
                let outer = self.scope.len();
                let start = self.statement(start)?;
                let condition = self.expression(condition)?;
                let step = self.effect(step)?;
                let body = self.block(body)?;
                self.scope.truncate(outer);
                Stmt::For(Box::new(For { start, condition, step, body }))
            }
            ast::StatementKind::Break => Stmt::Break,
            ast::StatementKind::Continue => Stmt::Continue,
            _ => return None,
        })
    }

    fn effect(&self, expression: &ast::Expression) -> Option<Stmt> {
        match &expression.kind {
            ast::ExpressionKind::Assign { operator, target, value } => {
                let kind = match operator {
                    None => Assignment::Set,
                    Some(ast::BinaryOperator::Add) => Assignment::Add,
                    Some(ast::BinaryOperator::Subtract) => Assignment::Subtract,
                    Some(_) => return None,
                };
                Some(Stmt::Assign(kind, self.expression(target)?, self.expression(value)?))
            }
            ast::ExpressionKind::Step { increment, prefix, target } => {
                Some(Stmt::Step { increment: *increment, prefix: *prefix, target: self.expression(target)? })
            }
            _ => None,
        }
    }

    fn expression(&self, expression: &ast::Expression) -> Option<Expr> {
        Some(match &expression.kind {
            ast::ExpressionKind::Constant(value) => Expr::Constant(*value),
            ast::ExpressionKind::Variable(name) => Expr::Variable(self.slot(name)?),
            ast::ExpressionKind::Element { array, index } if array.text == "a" => {
                Expr::element(self.expression(index)?)
            }
            ast::ExpressionKind::Binary { operator, left, right } => {
                Expr::binary(Operator::from_ast(*operator)?, self.expression(left)?, self.expression(right)?)
            }
            ast::ExpressionKind::Unary { operator: ast::UnaryOperator::Negate, operand } => {
                Expr::Negate(Box::new(self.expression(operand)?))
            }
            _ => return None,
        })
    }

    fn slot(&self, name: &ast::Name) -> Option<Slot> {
        self.scope.iter().rev().copied().find(|slot| self.names[usize::from(*slot)] == name.text)
    }
}
