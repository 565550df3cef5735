//! A plan as C: orders the targets so that a cell is read before it is overwritten where that is possible, takes
//! temporaries where it is not, and writes each branch once for all targets that share it.

use super::plan::{Plan, Tree};
use super::problem::{Operand, Place, Problem};
use super::terms;
use crate::lang::c::ast::*;

/// Writes the plan as a function of this signature.
pub fn emit(problem: &Problem, plan: &Plan, signature: &Signature) -> Program {
    let mut writer =
        Writer { problem, signature, written: vec![false; problem.targets.len()], temporaries: Vec::new() };
    let jobs = plan.trees.iter().enumerate().filter_map(|(target, tree)| Some(Job { target, tree: tree.as_ref()? }));
    let mut jobs: Vec<Job<'_>> = jobs.filter(|job| !job.tree.keeps(problem.targets[job.target].own)).collect();
    let position = jobs.iter().position(|job| problem.targets[job.target].place == Place::Return);
    let last = position.map(|position| jobs.remove(position));
    let mut body = writer.block(&jobs);
    body.extend(writer.ending(last));
    let mut statements = writer.declarations();
    statements.append(&mut body);
    let parameters = signature.parameters.iter();
    let parameters = parameters.map(|(name, kind)| Parameter::new(name.as_str(), *kind)).collect();
    let function = Function {
        returns: signature.returns,
        name: Name::from(signature.name.as_str()),
        parameters,
        body: statements,
        span: Default::default(),
    };
    Program { functions: vec![function], ..Program::default() }
}

/// A target and the tree to compute it by.
#[derive(Clone, Copy)]
struct Job<'a> {
    target: usize,
    tree: &'a Tree,
}

struct Writer<'a> {
    problem: &'a Problem,
    signature: &'a Signature,
    /// Targets whose cells hold their new values at this point.
    written: Vec<bool>,
    /// Features that had to be saved before they were overwritten.
    temporaries: Vec<usize>,
}

impl Writer<'_> {
    fn declarations(&mut self) -> Vec<Statement> {
        let mut out = Vec::new();
        for number in 0..self.temporaries.len() {
            let name = Name::from(self.temporary_name(number).as_str());
            let value = terms::place(self.signature, self.problem.features[self.temporaries[number]].place);
            let kind = DeclaratorKind::Scalar(Some(value));
            let declarator = Declarator { name, kind, span: Default::default() };
            out.push(StatementKind::Declaration(vec![declarator]).into());
        }
        out
    }

    /// `l_0`, or the next name that no parameter has.
    fn temporary_name(&self, number: usize) -> String {
        let taken = |name: &str| self.signature.parameters.iter().any(|p| p.0 == name) || self.signature.name == name;
        let mut free = (0..).map(|i| format!("l_{i}")).filter(|name| !taken(name));
        free.nth(number).expect("names do not end")
    }

    /// The return statement, or the branches that each return.
    fn ending(&mut self, job: Option<Job<'_>>) -> Vec<Statement> {
        match (self.signature.returns, job) {
            (ReturnType::Void, _) => Vec::new(),
            (ReturnType::IntPointer | ReturnType::Pointer(_) | ReturnType::ConstantPointer(_), _) => {
                let arrays = |p: &&(compact_str::CompactString, ParameterKind)| matches!(p.1, ParameterKind::Array(_));
                let array = self.signature.parameters.iter().find(arrays);
                let value = array.map(|p| ExpressionKind::Variable(Name::from(p.0.as_str())).into());
                vec![StatementKind::Return(value).into()]
            }
            (ReturnType::Int | ReturnType::Integer(_), None) => vec![terms::ret(ExpressionKind::Constant(0).into())],
            (ReturnType::Int | ReturnType::Integer(_), Some(job)) => self.returns(job.tree),
        }
    }

    fn returns(&mut self, tree: &Tree) -> Vec<Statement> {
        match tree {
            Tree::Sum(linear, constant) => {
                let value = terms::sum(&linear.terms, *constant, &mut |feature| self.read(feature));
                vec![terms::ret(value)]
            }
            Tree::If(comparison, then, otherwise) => {
                let condition = terms::comparison(comparison, false, &mut |feature| self.read(feature));
                let then = terms::block(self.returns(then));
                let branch = StatementKind::If { condition, then: Box::new(then), otherwise: None };
                let mut out = vec![branch.into()];
                out.extend(self.returns(otherwise));
                out
            }
        }
    }

    /// An expression that reads a feature at this point.
    fn read(&mut self, feature: usize) -> Expression {
        let column = &self.problem.features[feature];
        if let Place::Derived(operator, left, right) = column.place {
            let left = Box::new(self.read(left));
            let right = Box::new(match right {
                Operand::Feature(right) => self.read(right),
                Operand::Constant(value) => ExpressionKind::Constant(value).into(),
            });
            return ExpressionKind::Binary { operator, left, right }.into();
        }
        let overwritten =
            column.target.is_none() && self.overwriting(feature).is_some_and(|target| self.written[target]);
        if !overwritten {
            return terms::place(self.signature, column.place);
        }
        let known = self.temporaries.iter().position(|&f| f == feature);
        let number = known.unwrap_or_else(|| {
            self.temporaries.push(feature);
            self.temporaries.len() - 1
        });
        ExpressionKind::Variable(Name::from(self.temporary_name(number).as_str())).into()
    }

    fn overwriting(&self, feature: usize) -> Option<usize> {
        self.problem.targets.iter().position(|target| target.own == Some(feature))
    }

    /// Statements for these jobs, each branch written once for the jobs that share its condition.
    fn block(&mut self, jobs: &[Job<'_>]) -> Vec<Statement> {
        let mut units = group(jobs);
        let mut order = self.order(&units);
        if order.is_none() {
            units = jobs.iter().map(|job| vec![*job]).collect();
            order = self.order(&units);
        }
        let order = order.unwrap_or_else(|| (0..units.len()).collect());
        let mut out = Vec::new();
        for unit in order {
            out.extend(self.unit(&units[unit]));
            for job in &units[unit] {
                self.written[job.target] = true;
            }
        }
        out
    }

    fn unit(&mut self, jobs: &[Job<'_>]) -> Option<Statement> {
        let Tree::If(comparison, ..) = jobs[0].tree else {
            return self.assignment(jobs[0]);
        };
        let condition = |writer: &mut Self, negate| terms::comparison(comparison, negate, &mut |f| writer.read(f));
        let straight = condition(self, false);
        let negated = condition(self, true);
        let before = self.written.clone();
        let then = self.block(&side(jobs, true));
        self.written.clone_from(&before);
        let otherwise = self.block(&side(jobs, false));
        self.written = before;
        let (condition, then, otherwise) = match (then.is_empty(), otherwise.is_empty()) {
            (true, true) => return None,
            (true, false) => (negated, otherwise, None),
            (false, true) => (straight, then, None),
            (false, false) if terms::size(&negated) < terms::size(&straight) => (negated, otherwise, Some(then)),
            (false, false) => (straight, then, Some(otherwise)),
        };
        let otherwise = otherwise.map(|o| Box::new(terms::block(o)));
        Some(StatementKind::If { condition, then: Box::new(terms::block(then)), otherwise }.into())
    }

    fn assignment(&mut self, job: Job<'_>) -> Option<Statement> {
        let Tree::Sum(linear, constant) = job.tree else { unreachable!("units with branches go through `unit`") };
        let target = &self.problem.targets[job.target];
        let place = terms::place(self.signature, target.place);
        let mut read = |feature: usize| self.read(feature);
        terms::assignment(place, target.own, &linear.terms, *constant, &mut read)
    }

    /// The order of units with the fewest temporaries; `None` where a new value would be read before it is there.
    fn order(&self, units: &[Vec<Job<'_>>]) -> Option<Vec<usize>> {
        let reads: Vec<Vec<usize>> = units.iter().map(|unit| reads_of(self.problem, unit)).collect();
        let before = |unit: usize, feature: usize| {
            let target = self.problem.features[feature].target?;
            units.iter().position(|u| u.iter().any(|job| job.target == target)).filter(|&other| other != unit)
        };
        let spoils = |unit: usize, feature: usize| {
            let target = self.overwriting(feature).filter(|_| self.problem.features[feature].target.is_none())?;
            units.iter().position(|u| u.iter().any(|job| job.target == target)).filter(|&other| other != unit)
        };
        let needs: Vec<Vec<usize>> =
            reads.iter().enumerate().map(|(u, r)| r.iter().filter_map(|&f| before(u, f)).collect()).collect();
        let harms: Vec<Vec<usize>> =
            reads.iter().enumerate().map(|(u, r)| r.iter().filter_map(|&f| spoils(u, f)).collect()).collect();
        let mut order = Vec::new();
        while order.len() < units.len() {
            let open = (0..units.len()).filter(|u| !order.contains(u));
            let ready = open.filter(|&u| needs[u].iter().all(|n| order.contains(n)));
            // Taking a unit spoils what the units still to come read of its cells.
            let cost =
                |u: usize| (0..units.len()).filter(|&o| o != u && !order.contains(&o) && harms[o].contains(&u)).count();
            let next = ready.min_by_key(|&u| (cost(u), u))?;
            order.push(next);
        }
        Some(order)
    }
}

/// The jobs of one side of the branch that these jobs share.
fn side<'a>(jobs: &[Job<'a>], which: bool) -> Vec<Job<'a>> {
    let pick = |job: &Job<'a>| match job.tree {
        Tree::If(_, then, otherwise) => Job { target: job.target, tree: if which { then } else { otherwise } },
        Tree::Sum(..) => unreachable!("jobs are grouped by their condition"),
    };
    jobs.iter().map(pick).collect()
}

/// Jobs by their conditions: those that branch on the same one stand together.
fn group<'a>(jobs: &[Job<'a>]) -> Vec<Vec<Job<'a>>> {
    let mut units: Vec<Vec<Job<'a>>> = Vec::new();
    for job in jobs {
        let shared = units.iter_mut().find(|unit| match (unit[0].tree, job.tree) {
            (Tree::If(known, ..), Tree::If(new, ..)) => known == new,
            _ => false,
        });
        match shared {
            Some(unit) => unit.push(*job),
            None => units.push(vec![*job]),
        }
    }
    units
}

/// The places that a unit reads.
fn reads_of(problem: &Problem, unit: &[Job<'_>]) -> Vec<usize> {
    let mut found = Vec::new();
    for job in unit {
        job.tree.reads(&mut found);
    }
    let mut next = 0;
    while let Some(&feature) = found.get(next) {
        if let Place::Derived(_, left, right) = problem.features[feature].place {
            found.push(left);
            found.extend(if let Operand::Feature(right) = right { Some(right) } else { None });
        }
        next += 1;
    }
    found.sort_unstable();
    found.dedup();
    found
}
