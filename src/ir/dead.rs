//! Removal of what nothing needs: operations without effect whose results are not read, and parameters of blocks that
//! are not read, round loops too.

use super::rewrite::renumber;
use super::{Function, Inst, Target, Value};

/// Where a value comes from.
#[derive(Clone, Copy)]
enum Source {
    None,
    Parameter(u32, u32),
    Inst(u32, u32),
}

/// Removes it from a verified function.
pub fn remove_dead(function: &mut Function) {
    let mut sources = vec![Source::None; function.types.len()];
    let mut edges: Vec<Vec<(u32, usize)>> = vec![Vec::new(); function.blocks.len()];
    let mut todo = Vec::new();
    for (number, block) in (0..).zip(&function.blocks) {
        for (place, parameter) in (0..).zip(&block.parameters) {
            sources[parameter.0 as usize] = Source::Parameter(number, place);
        }
        for (place, inst) in (0..).zip(&block.insts) {
            inst.results().iter().for_each(|result| sources[result.0 as usize] = Source::Inst(number, place));
            if has_effect(inst) {
                inst.uses(|value| todo.push(value));
            }
        }
        for (side, target) in block.terminator.targets().enumerate() {
            edges[target.block.0 as usize].push((number, side));
        }
        // Arguments of jumps are only needed where their parameters are.
        match &block.terminator {
            super::Terminator::Branch { condition, .. } => todo.push(*condition),
            super::Terminator::Return(values) => todo.extend(values),
            super::Terminator::Jump(_) | super::Terminator::Trap(_) => {}
        }
    }
    let mut needed = vec![false; function.types.len()];
    function.blocks[0].parameters.iter().for_each(|parameter| needed[parameter.0 as usize] = true);
    while let Some(value) = todo.pop() {
        let seen = std::mem::replace(&mut needed[value.0 as usize], true);
        match sources[value.0 as usize] {
            _ if seen => {}
            Source::None => {}
            Source::Inst(block, inst) => {
                function.blocks[block as usize].insts[inst as usize].uses(|value| todo.push(value));
            }
            Source::Parameter(block, place) => {
                for (from, side) in &edges[block as usize] {
                    let target = function.blocks[*from as usize].terminator.targets().nth(*side);
                    todo.extend(target.map(|target| target.arguments[place as usize]));
                }
            }
        }
    }
    let is_needed = |value: &Value| needed[value.0 as usize];
    let stays = |inst: &Inst| has_effect(inst) || inst.results().iter().any(is_needed);
    let whole = |block: &super::Block| block.parameters.iter().all(is_needed) && block.insts.iter().all(stays);
    if function.blocks.iter().all(whole) {
        return;
    }
    let kept: Vec<Vec<bool>> =
        function.blocks.iter().map(|block| block.parameters.iter().map(is_needed).collect()).collect();
    for block in &mut function.blocks {
        block.parameters.retain(is_needed);
        block.insts.retain(stays);
        block.terminator.targets_mut().for_each(|Target { block, arguments }| {
            let mut places = kept[block.0 as usize].iter();
            arguments.retain(|_| places.next().copied().unwrap_or(true));
        });
    }
    renumber(function);
}

/// Whether an instruction does more than give a value: it may trap, or something else may see that it ran.
fn has_effect(inst: &Inst) -> bool {
    !matches!(
        inst,
        Inst::Const { .. }
            | Inst::Binary { .. }
            | Inst::Overflows { .. }
            | Inst::Compare { .. }
            | Inst::Select { .. }
            | Inst::Convert { .. }
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ir::{parse, print, verify};

    #[test]
    fn what_a_loop_only_hands_round_goes() {
        let text = "fn f(i32) -> i32 {
            b0(v0: i32):
                v1 = const.i32 1
                v2 = add.i32 v0, v1
                jump b1(v0, v1, v2)
            b1(v3: i32, v4: i32, v5: i32):
                fuel 1 @0..1
                v6 = add.i32 v4, v5
                v7 = const.i32 0
                v8 = sgt v3, v7
                v9 = sub.i32 v3, v1
                branch v8, b1(v9, v6, v4), b2
            b2:
                return v3
            }";
        let mut program = parse(text).expect("it parses");
        remove_dead(&mut program.functions[0]);
        assert_eq!(verify(&program), Ok(()));
        let blocks = &program.functions[0].blocks;
        assert_eq!(blocks[1].parameters.len(), 1, "{}", print(&program));
        assert_eq!(blocks[0].insts.len(), 1, "{}", print(&program));
        let again = program.clone();
        remove_dead(&mut program.functions[0]);
        assert_eq!(program, again);
    }
}
