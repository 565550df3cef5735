//! Random programs of the whole IR, for tests: every operation at every width, memory through pointers of every origin,
//! calls, recursion, statements that begin anywhere. They go wrong often, in every way.

use crate::diagnostic::Span;
use crate::exec::Argument;
use crate::ir::{
    BinaryOp, BlockId, Build, Condition, ConvertOp, FunctionBuilder, FunctionId, Global, GlobalId, Local, OverflowOp,
    Program, TrapKind, Type, Value,
};
use rand::Rng;
use rand_xoshiro::Xoshiro256PlusPlus;

const TYPES: [Type; 5] = [Type::I1, Type::I8, Type::I16, Type::I32, Type::I64];

/// A function's head.
#[derive(Clone)]
struct Head {
    /// With whether it is a pointer.
    parameters: Vec<(Type, bool)>,
    returns: Vec<Type>,
}

/// A random program; the last function is the one to run.
pub(in crate::exec) fn program(rng: &mut Xoshiro256PlusPlus) -> Program {
    let heads: Vec<Head> = (0..rng.random_range(1..=3)).map(|_| head(rng)).collect();
    let globals: Vec<Global> = (0..rng.random_range(0..=2)).map(|number| global(rng, number)).collect();
    let functions = (0..heads.len()).map(|number| Generator::new(rng, &heads, number, globals.len() as u32).function());
    let functions = functions.collect();
    Program { globals, functions }
}

/// Arguments for the last function of `program`; some pointers are not what they should be.
pub(in crate::exec) fn arguments(rng: &mut Xoshiro256PlusPlus, program: &Program) -> Vec<Argument> {
    let function = program.functions.last().expect("a program has functions");
    let argument = |ty: &Type| match ty {
        Type::I64 if rng.random_range(0..12) > 0 => {
            Argument::Array((0..rng.random_range(0..=7)).map(|_| number(rng, Type::I32) as i32).collect())
        }
        ty => Argument::Scalar(number(rng, *ty)),
    };
    function.parameters.iter().map(argument).collect()
}

fn global(rng: &mut Xoshiro256PlusPlus, number: u32) -> Global {
    let bytes = rng.random_range(0..=24);
    let data = (0..rng.random_range(0..=bytes)).map(|_| number_byte(rng)).collect();
    Global { name: format!("g{number}").into(), bytes, data }
}

fn number_byte(rng: &mut Xoshiro256PlusPlus) -> u8 {
    number(rng, Type::I8) as u8
}

fn head(rng: &mut Xoshiro256PlusPlus) -> Head {
    let parameter = |rng: &mut Xoshiro256PlusPlus| match rng.random_range(0..3) {
        0 => (Type::I64, true),
        _ => (TYPES[rng.random_range(0..5)], false),
    };
    Head {
        parameters: (0..rng.random_range(0..=4)).map(|_| parameter(rng)).collect(),
        returns: (0..rng.random_range(0..=3)).map(|_| TYPES[rng.random_range(0..5)]).collect(),
    }
}

/// A number of a type: small, on an edge, or any.
fn number(rng: &mut Xoshiro256PlusPlus, ty: Type) -> i64 {
    let unused = 64 - ty.bits();
    let value = match rng.random_range(0..8) {
        0 => rng.random(),
        1 => i64::MIN >> unused,
        2 => i64::MAX >> unused,
        3 => -1,
        _ => rng.random_range(-2..=9),
    };
    if ty == Type::I1 { value & 1 } else { (value << unused) >> unused }
}

struct Generator<'a> {
    rng: &'a mut Xoshiro256PlusPlus,
    heads: &'a [Head],
    number: usize,
    globals: u32,
    b: FunctionBuilder,
    /// Two of each type.
    locals: Vec<(Local, Type)>,
    /// Pointers that may come from anywhere.
    pointers: Vec<Local>,
    /// Parameters and objects, which are there all the time.
    roots: Vec<Value>,
    /// Where `break` goes.
    exits: Vec<BlockId>,
}

impl<'a> Generator<'a> {
    fn new(rng: &'a mut Xoshiro256PlusPlus, heads: &'a [Head], number: usize, globals: u32) -> Self {
        let types: Vec<Type> = heads[number].parameters.iter().map(|(ty, _)| *ty).collect();
        let b = FunctionBuilder::new(&format!("f{number}"), &types, &heads[number].returns);
        let (locals, pointers, roots, exits) = Default::default();
        Self { rng, heads, number, globals, b, locals, pointers, roots, exits }
    }

    fn function(mut self) -> crate::ir::Function {
        if self.chance(4, 5) {
            self.fuel();
        }
        for ty in TYPES.into_iter().chain(TYPES) {
            let local = self.b.local(ty);
            let value = number(self.rng, ty);
            let value = self.b.constant(ty, value);
            self.b.set(local, value);
            self.locals.push((local, ty));
        }
        let parameters = self.b.parameters();
        for (value, &(ty, pointer)) in parameters.into_iter().zip(&self.heads[self.number].parameters) {
            if pointer {
                self.roots.push(value);
            } else {
                let local = self.local(ty);
                self.b.set(local, value);
            }
        }
        for _ in 0..self.rng.random_range(0..=2) {
            let bytes = self.rng.random_range(0..=24);
            let object = self.b.allocate(bytes);
            self.roots.push(object);
            if self.chance(1, 2) {
                self.fill(object, bytes);
            }
        }
        for global in 0..self.globals {
            let pointer = self.b.global(GlobalId(global));
            self.roots.push(pointer);
        }
        for _ in 0..2 {
            let local = self.b.local(Type::I64);
            let pointer = self.pointer_source();
            self.b.set(local, pointer);
            self.pointers.push(local);
        }
        self.list(3);
        if !self.b.is_terminated() {
            self.ret();
        }
        self.b.finish()
    }

    fn chance(&mut self, of: u32, all: u32) -> bool {
        self.rng.random_ratio(of, all)
    }

    fn ty(&mut self) -> Type {
        TYPES[self.rng.random_range(0..5)]
    }

    fn fuel(&mut self) {
        let amount = [0, 1, 1, 1, 2, 3][self.rng.random_range(0..6)];
        let start = self.rng.random_range(0..1000);
        self.b.fuel(amount, Span::new(start, start + 3));
    }

    fn fill(&mut self, object: Value, bytes: u32) {
        for at in (0..bytes / 4).filter(|at| *at < 5) {
            let value = self.value(Type::I32);
            self.b.store(value, object, 4 * at as i32);
        }
    }

    fn local(&mut self, ty: Type) -> Local {
        let of_type: Vec<Local> = self.locals.iter().filter(|(_, of)| *of == ty).map(|(local, _)| *local).collect();
        of_type[self.rng.random_range(0..of_type.len())]
    }

    fn value(&mut self, ty: Type) -> Value {
        if self.chance(1, 3) {
            let value = number(self.rng, ty);
            return self.b.constant(ty, value);
        }
        let local = self.local(ty);
        self.b.get(local)
    }

    fn put(&mut self, ty: Type, value: Value) {
        let local = self.local(ty);
        self.b.set(local, value);
    }

    fn pointer_source(&mut self) -> Value {
        match self.rng.random_range(0..8) {
            0 => {
                let (object, offset) = (self.rng.random_range(0..5), self.rng.random_range(0..9));
                self.b.constant(Type::I64, object << 32 | offset)
            }
            1 => self.value(Type::I64),
            3 if self.globals > 0 => {
                let global = self.rng.random_range(0..self.globals);
                self.b.global(GlobalId(global))
            }
            2 if !self.pointers.is_empty() => {
                let local = self.pointers[self.rng.random_range(0..self.pointers.len())];
                self.b.get(local)
            }
            _ if self.roots.is_empty() => self.b.constant(Type::I64, 1 << 32),
            _ => self.roots[self.rng.random_range(0..self.roots.len())],
        }
    }

    /// A pointer, perhaps moved once or twice.
    fn address(&mut self) -> Value {
        let mut pointer = self.pointer_source();
        while self.chance(2, 5) {
            let ty = if self.chance(3, 4) { Type::I32 } else { Type::I64 };
            let index = match self.chance(3, 4) {
                true => {
                    let index = self.rng.random_range(0..=3);
                    let small = self.b.constant(ty, index);
                    let value = self.value(ty);
                    if self.chance(1, 2) { small } else { self.b.binary(BinaryOp::And, value, small) }
                }
                false => self.value(ty),
            };
            let scale = [4, 4, 4, 1, 2, 8, 3, 0, 1 << 30, u32::MAX][self.rng.random_range(0..10)];
            pointer = match self.chance(1, 3) {
                true => self.b.advance(pointer, index, scale),
                false => self.b.index(pointer, index, scale),
            };
        }
        pointer
    }

    fn offset(&mut self) -> i32 {
        match self.rng.random_range(0..12) {
            0 => -4,
            1 => self.rng.random_range(-3..=20),
            2 => i32::MAX,
            3..=6 => 0,
            _ => 4 * self.rng.random_range(0..=4),
        }
    }

    fn list(&mut self, depth: u32) {
        for _ in 0..self.rng.random_range(1..=5) {
            if self.b.is_terminated() {
                return;
            }
            if self.chance(1, 2) {
                self.fuel();
            }
            self.statement(depth);
        }
    }

    fn statement(&mut self, depth: u32) {
        let ty = self.ty();
        match self.rng.random_range(0..24) {
            0..=2 => {
                let op = BinaryOp::ALL[self.rng.random_range(0..BinaryOp::ALL.len())];
                let (left, right) = (self.value(ty), self.value(ty));
                let value = self.b.binary(op, left, right);
                self.put(ty, value);
            }
            3 | 4 => self.checked(ty),
            5 => {
                let condition = Condition::ALL[self.rng.random_range(0..Condition::ALL.len())];
                let (left, right) = (self.value(ty), self.value(ty));
                let value = self.b.compare(condition, left, right);
                self.put(Type::I1, value);
            }
            6 => {
                let (condition, then, otherwise) = (self.value(Type::I1), self.value(ty), self.value(ty));
                let value = self.b.select(condition, then, otherwise);
                self.put(ty, value);
            }
            7 => self.convert(ty),
            8..=10 => {
                let (address, offset) = (self.address(), self.offset());
                let value = self.b.load(ty, address, offset);
                self.put(ty, value);
            }
            11..=13 => {
                // As the C front end does it: the place first, then the value.
                let (address, offset, value) = (self.address(), self.offset(), self.value(ty));
                if self.chance(1, 3) {
                    self.checked(ty);
                }
                self.b.store(value, address, offset);
                if self.chance(1, 2) {
                    let value = self.b.load(ty, address, offset);
                    self.put(ty, value);
                }
            }
            14 => {
                let local = self.pointers[self.rng.random_range(0..self.pointers.len())];
                let pointer = match self.chance(1, 2) {
                    true => self.address(),
                    // Pointers that loops move.
                    false => {
                        let (pointer, one) = (self.b.get(local), self.b.constant(Type::I32, 1));
                        self.b.advance(pointer, one, 4)
                    }
                };
                self.b.set(local, pointer);
            }
            15 => {
                let bytes = self.rng.random_range(0..=16);
                let object = self.b.allocate(bytes);
                if self.chance(1, 2) {
                    self.fill(object, bytes);
                }
                let local = self.pointers[self.rng.random_range(0..self.pointers.len())];
                self.b.set(local, object);
                let value = self.b.load(Type::I32, object, 4);
                self.put(Type::I32, value);
            }
            16 | 17 => self.call(),
            18 if self.chance(1, 3) => {
                let condition = self.value(Type::I1);
                let kind = TrapKind::ALL[self.rng.random_range(0..TrapKind::ALL.len())];
                self.b.trap_if(condition, kind);
            }
            19 | 20 if depth > 0 => self.branch(depth),
            21 | 22 if depth > 0 => self.repeat(depth),
            23 if self.chance(1, 4) => match self.exits.last().copied() {
                Some(exit) => self.b.jump(exit, &[]),
                None if self.chance(1, 2) => self.ret(),
                None => self.b.trap(TrapKind::MissingReturn),
            },
            _ => self.convert(ty),
        }
    }

    /// An operation behind the check that a front end would put before it.
    fn checked(&mut self, ty: Type) {
        let (left, right) = (self.value(ty), self.value(ty));
        match self.rng.random_range(0..5) {
            0..=2 => {
                let number = self.rng.random_range(0..3);
                let overflow = OverflowOp::ALL[number];
                let op = [BinaryOp::Add, BinaryOp::Sub, BinaryOp::Mul][number];
                let overflows = self.b.overflows(overflow, left, right);
                if self.chance(1, 2) {
                    self.b.trap_if(overflows, TrapKind::IntegerOverflow);
                } else {
                    self.put(Type::I1, overflows);
                }
                let value = self.b.binary(op, left, right);
                self.put(ty, value);
            }
            3 => {
                let zero = self.b.constant(ty, 0);
                let by_zero = self.b.compare(Condition::Eq, right, zero);
                self.b.trap_if(by_zero, TrapKind::DivideByZero);
                if self.chance(1, 2) && ty != Type::I1 {
                    let least = self.b.constant(ty, i64::MIN >> (64 - ty.bits()));
                    let minus_one = self.b.constant(ty, -1);
                    let (one, two) =
                        (self.b.compare(Condition::Eq, left, least), self.b.compare(Condition::Eq, right, minus_one));
                    let both = self.b.binary(BinaryOp::And, one, two);
                    self.b.trap_if(both, TrapKind::IntegerOverflow);
                }
                let ops = [BinaryOp::SDiv, BinaryOp::SRem, BinaryOp::UDiv, BinaryOp::URem];
                let value = self.b.binary(ops[self.rng.random_range(0..4)], left, right);
                self.put(ty, value);
            }
            _ => {
                if ty != Type::I1 {
                    let width = self.b.constant(ty, i64::from(ty.bits()));
                    let bad = self.b.compare(Condition::Uge, right, width);
                    self.b.trap_if(bad, TrapKind::BadShift);
                }
                let ops = [BinaryOp::Shl, BinaryOp::AShr, BinaryOp::LShr];
                let value = self.b.binary(ops[self.rng.random_range(0..3)], left, right);
                self.put(ty, value);
            }
        }
    }

    fn convert(&mut self, to: Type) {
        let from = self.ty();
        let value = self.value(from);
        let op = match from.bits().cmp(&to.bits()) {
            std::cmp::Ordering::Less if self.chance(1, 2) => ConvertOp::SignExtend,
            std::cmp::Ordering::Less => ConvertOp::ZeroExtend,
            std::cmp::Ordering::Equal => return,
            std::cmp::Ordering::Greater => ConvertOp::Truncate,
        };
        let value = self.b.convert(op, value, to);
        self.put(to, value);
    }

    fn call(&mut self) {
        // Mostly those before, seldom itself or a later one: both may never end.
        let last = if self.chance(1, 4) { self.heads.len() - 1 } else { self.number };
        let callee = self.rng.random_range(0..=last);
        if callee >= self.number {
            self.fuel();
        }
        let head = self.heads[callee].clone();
        let arguments: Vec<Value> = head
            .parameters
            .iter()
            .map(|(ty, pointer)| if *pointer { self.address() } else { self.value(*ty) })
            .collect();
        let results = self.b.call(FunctionId(callee as u32), &arguments, &head.returns);
        for (value, ty) in results.into_iter().zip(head.returns) {
            self.put(ty, value);
            if ty == Type::I64 && self.chance(1, 2) {
                let local = self.pointers[self.rng.random_range(0..self.pointers.len())];
                self.b.set(local, value);
            }
        }
    }

    fn branch(&mut self, depth: u32) {
        let (yes, no, join) = (self.b.block(), self.b.block(), self.b.block());
        let condition = self.value(Type::I1);
        self.b.branch(condition, (yes, &[]), (no, &[]));
        for block in [yes, no] {
            self.b.seal(block);
            self.b.switch_to(block);
            self.list(depth - 1);
            if !self.b.is_terminated() {
                self.b.jump(join, &[]);
            }
        }
        self.b.seal(join);
        self.b.switch_to(join);
    }

    fn repeat(&mut self, depth: u32) {
        let (head, body, exit) = (self.b.block(), self.b.block(), self.b.block());
        self.b.jump(head, &[]);
        self.b.switch_to(head);
        let start = self.rng.random_range(0..1000);
        self.b.fuel(1, Span::new(start, start + 1));
        let (left, right) = (self.value(Type::I8), self.value(Type::I8));
        let condition = self.b.compare(Condition::Slt, left, right);
        self.b.branch(condition, (body, &[]), (exit, &[]));
        self.b.seal(body);
        self.b.switch_to(body);
        self.exits.push(exit);
        self.list(depth - 1);
        self.exits.pop();
        if !self.b.is_terminated() {
            self.b.jump(head, &[]);
        }
        self.b.seal(head);
        self.b.seal(exit);
        self.b.switch_to(exit);
    }

    fn ret(&mut self) {
        let types = self.heads[self.number].returns.clone();
        let values: Vec<Value> = types
            .iter()
            .map(|ty| if *ty == Type::I64 && self.chance(1, 2) { self.address() } else { self.value(*ty) })
            .collect();
        self.b.ret(&values);
    }
}

/// A program that traps where `body` does, at its second statement, if its number is 0. `v0` is the array, `v1` the
/// number, `v3` whether it is 0.
pub(in crate::exec) fn trapping(body: &str) -> Program {
    let text = format!(
        "fn f(i64, i32) -> i32 {{
        b0(v0: i64, v1: i32):
            fuel 1 @1..2
            v2 = const.i32 0
            v3 = eq v1, v2
            fuel 1 @3..4
            {body}
            fuel 1 @5..6
            return v1
        }}"
    );
    let program = crate::ir::parse(&text).expect("it parses");
    assert_eq!(crate::ir::verify(&program), Ok(()), "{body}");
    program
}
