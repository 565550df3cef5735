//! Statements to blocks.

use super::{Loop, Lowering};
use crate::diagnostic::Span;
use crate::ir::{BlockId, Build, Condition, Type, Value};
use crate::lang::c::ast::Integer;
use crate::lang::c::hir::{ExpressionId, ExpressionKind, List, LocalId, LocalKind, StatementId, StatementKind};

/// Up to this many elements are set to zero one by one; beyond, by a loop.
const UNROLLED: u32 = 16;

impl<B: Build> Lowering<'_, B> {
    pub(super) fn statement(&mut self, id: StatementId) {
        let statement = self.program.statements[id.0 as usize];
        if let StatementKind::Case(_) = statement.kind {
            return self.label(id);
        }
        if self.builder.is_terminated() {
            return;
        }
        if let StatementKind::Block(list) = statement.kind {
            let program = self.program;
            program.list(list).iter().for_each(|&inner| self.statement(StatementId(inner)));
            return;
        }
        self.builder.fuel(1, statement.span);
        match statement.kind {
            StatementKind::Switch { value, body, labels } => self.switch(value, body, labels),
            StatementKind::Block(_) | StatementKind::Empty => {}
            StatementKind::If { condition, then, otherwise } => self.if_statement(condition, then, otherwise),
            StatementKind::For { start, condition, step, body } => {
                self.declaration_or_expression(start);
                self.top_tested(condition, statement.span, step, body);
            }
            StatementKind::While { condition, body } => self.top_tested(Some(condition), statement.span, None, body),
            StatementKind::DoWhile { body, condition } => self.do_while(body, condition),
            StatementKind::Break => {
                let exit = self.loops.last().expect("check saw that a loop is around").exit;
                self.builder.jump(exit, &[]);
            }
            StatementKind::Continue => {
                let next = self.loops.iter().rev().find_map(|around| around.next);
                let next = next.expect("check saw that a loop is around");
                self.builder.jump(next, &[]);
            }
            StatementKind::Return(None) => self.builder.ret(&[]),
            StatementKind::Return(Some(value)) => {
                let value = self.value(value);
                self.builder.ret(&[value]);
            }
            _ => self.declaration_or_expression(id),
        }
    }

    /// What can stand at the start of a `for`; uses no fuel of its own.
    fn declaration_or_expression(&mut self, id: StatementId) {
        let program = self.program;
        match program.statements[id.0 as usize].kind {
            StatementKind::Declaration(list) => {
                program.list(list).iter().for_each(|&one| self.declaration_or_expression(StatementId(one)));
            }
            StatementKind::Scalar { local, value } => {
                // The name is in scope in its own initialiser, which may write it: `int x = (x = 1);`.
                self.scalar(local, None);
                if let Some(value) = value {
                    let value = self.value(value);
                    self.scalar(local, Some(value));
                }
            }
            StatementKind::Array { local, values, places } => self.array_declaration(local, values, places),
            StatementKind::Expression(expression) => self.effect(expression),
            _ => {}
        }
    }

    fn array_declaration(&mut self, local: LocalId, values: Option<List>, places: Option<List>) {
        let LocalKind::Array { length, hoisted } = self.function.locals[local.0 as usize].kind else {
            unreachable!("only arrays are declared as such")
        };
        let (ty, program) = (self.type_of(local), self.program);
        let values = values.map(|values| program.list(values));
        // All values are computed before the array has any.
        let values: Option<Vec<Value>> =
            values.map(|values| values.iter().map(|&value| self.value(ExpressionId(value))).collect());
        if !hoisted {
            let pointer = self.builder.allocate(ty.size() * length);
            self.name_array(local.0 as usize, pointer);
        }
        let Some(values) = values else { return };
        let base = self.array(local);
        if let Some(places) = places {
            // Some lie behind gaps.
            self.fill_with_zeros(ty, base, 0, length);
            for (&place, &value) in program.list(places).iter().zip(&values) {
                self.builder.store(value, base, ty.size() as i32 * place as i32);
            }
            return;
        }
        for (number, &value) in values.iter().enumerate() {
            self.builder.store(value, base, ty.size() as i32 * number as i32);
        }
        self.fill_with_zeros(ty, base, values.len() as u32, length);
    }

    fn fill_with_zeros(&mut self, ty: Integer, base: Value, from: u32, to: u32) {
        if from == to {
            return;
        }
        let (zero, size) = (self.builder.constant(ty.lowered(), 0), ty.size());
        if to - from <= UNROLLED {
            for number in from..to {
                self.builder.store(zero, base, size as i32 * number as i32);
            }
            return;
        }
        let (head, exit) = (self.builder.block(), self.builder.block());
        let number = self.builder.block_parameter(head, Type::I32);
        let first = self.builder.constant(Type::I32, from.into());
        self.builder.jump(head, &[first]);
        self.builder.switch_to(head);
        let element = self.builder.index(base, number, size);
        self.builder.store(zero, element, 0);
        let one = self.builder.constant(Type::I32, 1);
        let next = self.builder.binary(crate::ir::BinaryOp::Add, number, one);
        let end = self.builder.constant(Type::I32, to.into());
        let more = self.builder.compare(Condition::Slt, next, end);
        self.builder.branch(more, (head, &[next]), (exit, &[]));
        self.builder.seal(head);
        self.enter(exit);
    }

    pub(super) fn enter(&mut self, block: BlockId) {
        self.builder.seal(block);
        self.builder.switch_to(block);
    }

    pub(super) fn leave_to(&mut self, block: BlockId) {
        if !self.builder.is_terminated() {
            self.builder.jump(block, &[]);
        }
    }

    fn if_statement(&mut self, condition: ExpressionId, then: StatementId, otherwise: Option<StatementId>) {
        let yes = self.builder.block();
        let join = self.builder.block();
        let no = if otherwise.is_some() { self.builder.block() } else { join };
        self.condition(condition, yes, no);
        self.enter(yes);
        self.statement(then);
        self.leave_to(join);
        if let Some(otherwise) = otherwise {
            self.enter(no);
            self.statement(otherwise);
            self.leave_to(join);
        }
        self.enter(join);
    }

    /// `for` without its start, and `while`. A loop without a condition still uses fuel on each turn.
    fn top_tested(
        &mut self,
        condition: Option<ExpressionId>,
        head_span: Span,
        step: Option<ExpressionId>,
        body: StatementId,
    ) {
        let (head, inside, exit) = (self.builder.block(), self.builder.block(), self.builder.block());
        let next = if step.is_some() { self.builder.block() } else { head };
        self.builder.jump(head, &[]);
        self.builder.switch_to(head);
        self.test(condition, head_span, inside, exit);
        self.enter(inside);
        self.loops.push(Loop { exit, next: Some(next) });
        self.statement(body);
        self.loops.pop();
        self.leave_to(next);
        if let Some(step) = step {
            self.enter(next);
            // Costs nothing, but tells where the program is.
            self.builder.fuel(0, self.program.expressions[step.0 as usize].span);
            self.effect(step);
            self.builder.jump(head, &[]);
        }
        self.builder.seal(head);
        self.enter(exit);
    }

    fn do_while(&mut self, body: StatementId, condition: ExpressionId) {
        let (inside, test, exit) = (self.builder.block(), self.builder.block(), self.builder.block());
        self.builder.jump(inside, &[]);
        self.builder.switch_to(inside);
        self.loops.push(Loop { exit, next: Some(test) });
        self.statement(body);
        self.loops.pop();
        self.leave_to(test);
        self.enter(test);
        self.test(Some(condition), Span::default(), inside, exit);
        self.builder.seal(inside);
        self.enter(exit);
    }

    /// A loop test; an endless loop has no way out here.
    fn test(&mut self, condition: Option<ExpressionId>, head_span: Span, inside: BlockId, exit: BlockId) {
        let expression = condition.map(|condition| self.program.expressions[condition.0 as usize]);
        self.builder.fuel(1, expression.map_or(head_span, |expression| expression.span));
        match (condition, expression.map(|expression| expression.kind)) {
            (Some(condition), Some(kind)) if !matches!(kind, ExpressionKind::Constant(1..)) => {
                self.condition(condition, inside, exit);
            }
            _ => self.builder.jump(inside, &[]),
        }
    }
}
