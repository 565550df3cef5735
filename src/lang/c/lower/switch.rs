//! `switch`: comparisons with one label after the other, then the body, into which the labels' blocks lead.

use super::{Loop, Lowering};
use crate::ir::{Build, Condition};
use crate::lang::c::hir::{ExpressionId, List, StatementId, StatementKind};

impl<B: Build> Lowering<'_, B> {
    pub(super) fn switch(&mut self, value: ExpressionId, body: List, labels: List) {
        let program = self.program;
        let ty = program.expressions[value.0 as usize].ty;
        let value = self.value(value);
        let exit = self.builder.block();
        let mut default = exit;
        let met = self.labels.len();
        for &label in program.list(labels) {
            let block = self.builder.block();
            self.labels.push((StatementId(label), block));
            match program.statements[label as usize].kind {
                StatementKind::Case(Some(constant)) => {
                    let more = self.builder.block();
                    let constant = self.integer(ty, constant);
                    let same = self.builder.compare(Condition::Eq, value, constant);
                    self.builder.branch(same, (block, &[]), (more, &[]));
                    self.enter(more);
                }
                _ => default = block,
            }
        }
        self.builder.jump(default, &[]);
        self.loops.push(Loop { exit, next: None });
        for &statement in program.list(body) {
            self.statement(StatementId(statement));
        }
        self.loops.pop();
        self.labels.truncate(met);
        self.leave_to(exit);
        self.enter(exit);
    }

    /// Goes on in the label's block, also from the statement before it.
    pub(super) fn label(&mut self, id: StatementId) {
        let (_, block) = *self.labels.iter().rfind(|(label, _)| *label == id).expect("the switch gave it a block");
        self.leave_to(block);
        self.enter(block);
    }
}
