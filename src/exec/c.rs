//! Checked programs of C on many inputs: few of them together in lanes, for which most programs need no IR.

use super::batch::Batch;
use super::lockstep::Emitter;
use super::rows::{Call, RowRun};
use crate::lang::c::{self, LowerOptions, hir};

/// Makes a call of a checked program on every row of `rows`, as [`Batch::run_rows`] does of its IR: with the same
/// outcomes, traps, spans and fuel.
pub fn run_rows(
    batch: &mut Batch,
    program: &hir::Program,
    call: &Call,
    rows: &mut [i32],
    tell: impl FnMut(usize, RowRun),
) {
    let function = &program.functions[call.function.0 as usize];
    let build = |emitter: &mut Emitter| {
        let begun = emitter.begin(&c::parameter_types(function), call.shape);
        if begun {
            c::lower_into(program, function, LowerOptions::default(), emitter);
        }
        begun
    };
    batch.run_built(call, rows, build, || c::lower(program, LowerOptions::default()), tell);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exec::SYNTHESIS_FUEL;
    use crate::exec::batch::Choice;
    use crate::exec::rows::RowArgument;
    use crate::ir::FunctionId;

    /// Both ways must agree on `body`, a function of an array of three and a number; without the IR where `direct`.
    #[track_caller]
    fn agree(body: &str, direct: bool) {
        let source = format!("int f(int a[3], int n) {{ {body} }}");
        let checked = c::check(&c::parse(&source).expect("it parses")).expect("it is sound").program;
        let lowered = c::lower(&checked, LowerOptions::default());
        let shape = [RowArgument::Array(3), RowArgument::Scalar];
        let call = Call { function: FunctionId(0), shape: &shape, fuel: SYNTHESIS_FUEL };
        let inputs: Vec<i32> = (0..12).flat_map(|n| [n - 4, 2 * n % 5 - 1, 7 - n, n % 4 - 1]).collect();
        let (mut ours, mut runs, mut batch) = (inputs.clone(), Vec::new(), Batch::new(Choice::Lockstep));
        run_rows(&mut batch, &checked, &call, &mut ours, |_, run| runs.push(run));
        let (mut theirs, mut expected) = (inputs, Vec::new());
        Batch::new(Choice::Interpreter).run_rows(&lowered, &call, &mut theirs, |_, run| expected.push(run));
        assert_eq!((runs, ours), (expected, theirs), "{source}");
        let mut emitter = Emitter::default();
        emitter.begin(&c::parameter_types(&checked.functions[0]), &shape);
        c::lower_into(&checked, &checked.functions[0], LowerOptions::default(), &mut emitter);
        assert_eq!(emitter.is_whole(), direct, "{source}");
    }

    /// What is read of a variable must not change where the variable does, before it is used.
    #[test]
    fn values_of_variables_that_change() {
        for body in [
            "int x = n; int y = x++; return 10 * y + x;",
            "int x = n; int y = x--; a[0] = y; return x;",
            "int x = 1; a[x++] = n; a[x--] += 5; return x;",
            "int x = n; return x++ * 3 - a[0];",
            "int x = n; int y = (x++, x); return 10 * y + x;",
            "int x = n, y = x; x = 3; return 10 * y + x;",
            "int x, y; x = y = n; y = y + 1; return 10 * x + y;",
            "int x = n; int y = (x = x + 1) * 2; return 10 * y + x;",
            "int x = n; int y = ++x + 1; return 10 * y + x;",
            "int x = n; x += x; x -= a[0]; return x;",
            "int x = n; int y = x > 1 ? x++ : x--; return 10 * y + x;",
            "int x = n; int y = x > 0 && (x = 0) == 0; return 10 * y + x;",
            "int x = n; int y = x || (x = 5); return 10 * y + x;",
            "int x = n, y = 2; int z = x; x = y; y = z; return 10 * x + y;",
            "int y = 2, z = 3, x; x = n > 1 ? y : z; return x;",
            "int x = n > 1 ? n : 5; x = x == 2 && n; return x;",
            "int i = 0; i = a[i]; return i;",
            "int i = 0; while (i < 3) a[i++] = n; return i;",
            "int i; for (i = 2; i >= 0; i--) { int t = a[i]; a[i] = a[0]; a[0] = t; } return i;",
            "int x = n; do { x = x - 1; if (x == 2) continue; if (x == -1) break; } while (x > 0); return x;",
            "int x = n; { int x = 5; x++; a[1] = x; } return x;",
            "int x = !n; int y = !(n == 1); return 10 * x + y;",
            "int x = n == 1; int y = -x; x = ~x; return 10 * x + y;",
            "int s = 0; for (;;) { s += n + 2; if (s > 20) return s; }",
            "switch (n) { case 0: n = 5; case 1: n++; break; default: n = -n; } return n;",
        ] {
            agree(body, true);
        }
    }

    #[test]
    fn traps_and_endless_loops() {
        for body in [
            "int x; if (n > 0) x = 1; return x;",
            "int x = 2147483647; if (n > 0) x++; return x;",
            "return 7 / n;",
            "return 7 % n + (n - 1 << 3);",
            "a[n] = 1; return a[n + 1];",
            "if (n == 1) while (1) ; return a[n];",
            "if (n == 1) return 3; if (n == 2) a[3] = 1; a[0] = 1;",
            "return a[5];",
            "a[-1] = 2; return 0;",
            "a[n] = 7 / n; return 0;",
            "a[n - 3] = 2147483647 + n; return 0;",
            "a[n] += 2147483640; a[n] -= 7 / n; return a[n]--;",
        ] {
            agree(body, true);
        }
    }

    #[test]
    fn what_needs_the_ir() {
        for body in [
            "int b[2] = {1, 2}; b[0] = n; return b[0] + b[1];",
            "int *p = a; *p = 3; return p[1];",
            "long x = n; return x * 2;",
            "char c = n; return c + 1;",
            "a++; return a[0];",
        ] {
            agree(body, false);
        }
    }

    /// An array that is no one's, and one of as many cells as there may be.
    #[test]
    fn shapes_that_lanes_do_not_take() {
        let checked = c::check(&c::parse("void f(int a[]) { a[0] = 1; }").expect("it parses")).expect("it is sound");
        for cells in [0, 1, 4_096, 4_097, 70_000] {
            let call = Call { function: FunctionId(0), shape: &[RowArgument::Array(cells)], fuel: SYNTHESIS_FUEL };
            let mut rows = vec![0; cells as usize];
            let mut runs = 0;
            run_rows(&mut Batch::default(), &checked.program, &call, &mut rows, |_, _| runs += 1);
            assert!(runs == 1 && rows.first().is_none_or(|first| *first == 1), "{cells}");
        }
    }
}
