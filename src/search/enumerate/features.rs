//! What a ranker sees of a plan: a bag of hashed features, each one thing about it that may be true.

use super::conditions::Comparison;
use super::expressions::Linear;
use super::plan::{Plan, Tree};
use super::problem::{Mask, Problem};
use smallvec::SmallVec;

/// Different features, after hashing.
pub const BUCKETS: usize = 1 << 18;

/// A bag of features with a weight each.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Bag {
    /// Feature and its value, by feature.
    pub entries: Vec<(u32, f32)>,
}

impl Bag {
    fn add(&mut self, parts: &[i64]) {
        self.weigh(parts, 1.0);
    }

    fn weigh(&mut self, parts: &[i64], weight: f32) {
        let mut hash = 0xcbf2_9ce4_8422_2325_u64;
        for part in parts {
            hash = (hash ^ (*part as u64)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
            hash ^= hash >> 29;
        }
        let bucket = u32::try_from(hash % BUCKETS as u64).expect("fewer buckets");
        self.entries.push((bucket, weight));
    }

    /// One entry for each feature.
    fn merged(mut self) -> Self {
        self.entries.sort_by_key(|entry| entry.0);
        self.entries.dedup_by(|next, first| {
            let same = next.0 == first.0;
            if same {
                first.1 += next.1;
            }
            same
        });
        self
    }
}

fn clip(value: i64, limit: i64) -> i64 {
    value.clamp(-limit, limit)
}

/// The kind of a sum as the new value of a cell: factor of the old value, the others' factors, packed.
fn kind(linear: &Linear, own: Option<usize>) -> i64 {
    let mut others: SmallVec<[i32; 6]> = linear.terms.iter().filter(|t| Some(t.0) != own).map(|t| t.1).collect();
    others.sort_unstable();
    let own = own.map_or(0, |f| linear.factor(f));
    others.iter().take(3).fold(i64::from(own.clamp(-4, 4)) + 5, |code, f| code * 10 + i64::from(f.clamp(&-4, &4) + 5))
}

/// A sum told relative to the cell that it is written to, so that what a loop does to each cell looks the same.
fn relative(linear: &Linear, own: Option<usize>) -> i64 {
    let own = own.unwrap_or(0) as i64;
    linear.terms.iter().fold(1, |code, term| code * 1009 + (term.0 as i64 - own) * 11 + i64::from(term.1))
}

fn absolute(linear: &Linear) -> i64 {
    linear.terms.iter().fold(1, |code, term| code * 1013 + term.0 as i64 * 11 + i64::from(term.1))
}

/// A tree told relative to its cell: what a loop does to each cell looks the same.
pub fn shape(tree: &Tree, own: Option<usize>) -> i64 {
    outline(tree, own, true, true)
}

/// A tree as a number: relative to its cell or not, with or without the numbers in it.
fn outline(tree: &Tree, own: Option<usize>, numbers: bool, relative_to: bool) -> i64 {
    let of = |linear: &Linear| if relative_to { relative(linear, own) } else { absolute(linear) };
    let number = |value: i64| if numbers { clip(value, 9) + 10 } else { 0 };
    match tree {
        Tree::Sum(linear, constant) => of(linear).wrapping_mul(31).wrapping_add(number(*constant)),
        Tree::If(c, then, otherwise) => {
            let condition = of(&c.linear).wrapping_mul(37).wrapping_add(number(c.constant) * 2 + i64::from(c.equal));
            let then = outline(then, own, numbers, relative_to).wrapping_mul(41);
            let otherwise = outline(otherwise, own, numbers, relative_to).wrapping_mul(43);
            condition.wrapping_mul(7919).wrapping_add(then).wrapping_add(otherwise)
        }
    }
}

fn holds(problem: &Problem, comparison: &Comparison) -> Mask {
    (0..problem.examples).fold(0, |mask, example| {
        let terms = comparison.linear.terms.iter();
        let value: i64 = terms.map(|t| i64::from(t.1) * i64::from(problem.features[t.0].values[example])).sum();
        mask | (u64::from(comparison.accepts(value)) << example)
    })
}

struct Reader<'a> {
    problem: &'a Problem,
    /// By target; `None` where a cell keeps its value.
    trees: Vec<Option<&'a Tree>>,
    bag: Bag,
}

/// The features of a plan that costs this many nats, and `behind` more than the likeliest; `accepted` is the share of
/// random inputs whose outputs are in range.
pub fn features(problem: &Problem, plan: &Plan, cost: f32, behind: f32, accepted: f32) -> Bag {
    let own = |target: usize| problem.targets[target].own;
    let trees = plan.trees.iter().enumerate();
    let trees = trees.map(|(target, tree)| tree.as_ref().filter(|tree| !tree.keeps(own(target)))).collect();
    let mut reader = Reader { problem, trees, bag: Bag::default() };
    reader.bag.weigh(&[1], cost / 10.0);
    reader.bag.weigh(&[2], behind);
    // An example is likelier to be there the fewer inputs the program keeps in range: evidence, in nats.
    let rate = (accepted + 1e-2).ln();
    reader.bag.weigh(&[13], rate);
    reader.bag.add(&[14, clip((-rate * 4.0) as i64, 16)]);
    reader.whole();
    for target in 0..reader.trees.len() {
        reader.target(target);
    }
    reader.pairs();
    reader.bag.merged()
}

impl<'a> Reader<'a> {
    fn own(&self, target: usize) -> Option<usize> {
        self.problem.targets[target].own
    }

    /// Whether an example shows that this cell changes.
    fn changes(&self, feature: usize) -> bool {
        self.problem.targets[..self.problem.changed].iter().any(|target| target.own == Some(feature))
    }

    fn whole(&mut self) {
        let trees: Vec<&Tree> = self.trees.iter().copied().flatten().collect();
        let targets = trees.len() as i64;
        let branches = trees.iter().filter(|tree| matches!(tree, Tree::If(..))).count() as i64;
        let mut conditions: Vec<&Comparison> = Vec::new();
        for tree in &trees {
            tree.conditions(&mut conditions);
        }
        let all = conditions.len() as i64;
        conditions.sort_by_key(|c| (absolute(&c.linear), c.constant, c.equal));
        conditions.dedup();
        let different = conditions.len() as i64;
        self.bag.add(&[10, branches, different]);
        self.bag.add(&[11, targets, branches]);
        self.bag.add(&[12, all, different]);
        // Whether each example that is there tests each side of each condition.
        // The whole program, told relative to its first cell: what all its cells do together.
        let mut cells: Vec<(Option<usize>, &Tree)> =
            (0..self.trees.len()).filter_map(|target| Some((self.own(target), self.trees[target]?))).collect();
        cells.sort_by_key(|cell| cell.0);
        let first = cells.first().and_then(|cell| cell.0).unwrap_or(0) as i64;
        let last = cells.last().and_then(|cell| cell.0).unwrap_or(0) as i64;
        let hidden = self.trees.iter().skip(self.problem.changed).flatten().count() as i64;
        self.bag.add(&[60, hidden, branches]);
        self.bag.add(&[61, first, last, hidden.min(1), branches.min(1)]);
        for numbers in [false, true] {
            let code = cells.iter().fold(0_i64, |code, &(own, tree)| {
                let place = own.map_or(-1, |own| own as i64 - first);
                let tree = outline(tree, own, numbers, true);
                code.wrapping_mul(0x2545_F491_4F6C_DD1D).wrapping_add(tree).wrapping_mul(61).wrapping_add(place)
            });
            self.bag.add(&[16, i64::from(numbers), code]);
        }
        for condition in conditions {
            let users = trees.iter().filter(|tree| uses(tree, condition)).count() as i64;
            let form = kind(&condition.linear, None);
            self.bag.add(&[17, users, targets, form, i64::from(condition.equal)]);
            self.bag.add(&[18, users, targets, different]);
            self.bag.add(&[62, hidden, form, i64::from(condition.equal), clip(condition.constant, 6)]);
            let held = holds(self.problem, condition).count_ones() as i64;
            let least = held.min(self.problem.examples as i64 - held);
            self.bag.add(&[15, least, i64::from(condition.equal), kind(&condition.linear, None)]);
        }
    }

    fn target(&mut self, target: usize) {
        let Some(tree) = self.trees[target] else { return };
        let own = self.own(target);
        let mask = self.problem.targets[target].care;
        self.tree(target, tree, mask, 0, own);
    }

    fn tree(&mut self, target: usize, tree: &Tree, mask: Mask, depth: i64, own: Option<usize>) {
        let covered = mask.count_ones() as i64;
        match tree {
            Tree::Sum(linear, constant) => {
                let kind = kind(linear, own);
                let c = clip(*constant, 9);
                self.bag.add(&[20, depth, kind]);
                self.bag.add(&[21, kind, c]);
                self.bag.add(&[22, depth.min(1), kind, covered]);
                self.bag.add(&[23, kind, c, covered]);
                if let Some(own) = own
                    && linear.terms.is_empty()
                {
                    self.bag.add(&[27, clip(constant - own as i64, 3), depth.min(1)]);
                }
                for term in &linear.terms {
                    let feature = &self.problem.features[term.0];
                    let of = feature.target.map_or(-1, |t| (t != target) as i64);
                    self.bag.add(&[24, of, depth.min(1)]);
                    if Some(term.0) != own {
                        let changed = self.changes(term.0);
                        self.bag.add(&[25, i64::from(changed), of, depth.min(1)]);
                        if let Some(own) = own {
                            self.bag.add(&[26, clip(term.0 as i64 - own as i64, 5)]);
                        }
                    }
                }
            }
            Tree::If(c, then, otherwise) => {
                let held = holds(self.problem, c) & mask;
                let (yes, no) = (held.count_ones() as i64, (mask & !held).count_ones() as i64);
                let form = kind(&c.linear, None);
                let (equal, k) = (i64::from(c.equal), clip(c.constant, 6));
                let about = own.map_or(0, |own| i64::from(c.linear.factor(own) != 0));
                let changed = c.linear.terms.iter().any(|t| self.changes(t.0));
                let new = c.linear.terms.iter().any(|t| self.problem.features[t.0].target.is_some());
                self.bag.add(&[30, form, equal, k]);
                self.bag.add(&[31, form, equal, about, i64::from(changed), i64::from(new)]);
                self.bag.add(&[32, form, equal, yes, no]);
                self.bag.add(&[33, depth, about, form]);
                self.bag.add(&[34, equal, k, yes, no, i64::from(form == 56)]);
                let (a, b) = (self.side(then, own), self.side(otherwise, own));
                let (low, high) = (a.min(b), a.max(b));
                self.bag.add(&[35, low, high]);
                self.bag.add(&[36, a, b, equal]);
                self.bag.add(&[37, low, high, about]);
                self.bag.add(&[44, form, equal, about, low, high]);
                self.bag.add(&[45, form, equal, k, about, a, b]);
                self.bag.add(&[46, outline(tree, own, false, true)]);
                self.bag.add(&[47, outline(tree, own, true, true)]);
                self.bag.add(&[38, a, yes, b, no]);
                if let (Tree::Sum(l, x), Tree::Sum(m, y)) = (&**then, &**otherwise) {
                    self.bag.add(&[39, i64::from(l == m), clip(x - y, 5)]);
                    self.bag.add(&[40, kind(l, own), clip(*x, 5), kind(m, own), clip(*y, 5)]);
                }
                let mut read = Vec::new();
                then.reads(&mut read);
                otherwise.reads(&mut read);
                let again = c.linear.terms.iter().any(|t| Some(t.0) != own && read.contains(&t.0));
                self.bag.add(&[43, form, i64::from(again), about]);
                let sharers = self.trees.iter().flatten().filter(|tree| uses(tree, c)).count() as i64;
                self.bag.add(&[41, sharers, depth]);
                self.bag.add(&[42, sharers, low, high]);
                self.bag.add(&[48, form, equal, k, yes.min(no), sharers.min(3)]);
                self.bag.add(&[49, sharers, yes, no, a, b]);
                self.tree(target, then, held, depth + 1, own);
                self.tree(target, otherwise, mask & !held, depth + 1, own);
            }
        }
    }

    fn side(&self, tree: &Tree, own: Option<usize>) -> i64 {
        match tree {
            Tree::Sum(linear, constant) => {
                let kind = kind(linear, own);
                kind * 4 + if *constant == 0 { 0 } else { 1 }
            }
            Tree::If(..) => -1,
        }
    }

    /// What two targets have in common: loops do the same to neighbours.
    fn pairs(&mut self) {
        let targets: Vec<Outlined<'a>> = (0..self.trees.len()).filter_map(|target| self.outlined(target)).collect();
        for (i, left) in targets.iter().enumerate() {
            for right in &targets[i + 1..] {
                let gap = clip(right.cell as i64 - left.cell as i64, 4);
                let branch = i64::from(left.mask.is_some()) + i64::from(right.mask.is_some());
                let [exact, form, there, form_there]: [i64; 4] =
                    std::array::from_fn(|which| i64::from(left.outlines[which] == right.outlines[which]));
                self.bag.add(&[50, gap, branch, exact, form, there]);
                self.bag.add(&[51, branch, exact, form, there, form_there]);
                let (a, b) = (Some(left.cell), Some(right.cell));
                match (left.tree, right.tree) {
                    (Tree::If(c, l, m), Tree::If(d, n, o)) => {
                        if c == d {
                            // What stands in one block, and what in the other.
                            let kept = |tree, own| i64::from(Tree::keeps(tree, own));
                            self.bag.add(&[54, kept(l, a), kept(m, a), kept(n, b), kept(o, b), 0]);
                            self.bag.add(&[55, self.side(l, a), self.side(n, b), gap, 0, 0]);
                            self.bag.add(&[55, self.side(m, a), self.side(o, b), gap, 0, 0]);
                        }
                        let form = i64::from(c.equal == d.equal) * 2 + i64::from(c.constant == d.constant);
                        let shifted = relative(&c.linear, a) == relative(&d.linear, b);
                        let overlap = left.mask == right.mask;
                        self.bag.add(&[52, i64::from(c == d), form, i64::from(shifted), i64::from(overlap), 0]);
                    }
                    (Tree::Sum(l, c), Tree::Sum(m, d)) => {
                        self.bag.add(&[53, kind(l, a), kind(m, b), clip(c - d, 5), gap, 0]);
                    }
                    _ => {}
                }
            }
        }
    }

    /// A target that is a cell, and has a tree.
    fn outlined(&self, target: usize) -> Option<Outlined<'a>> {
        let tree = self.trees[target]?;
        let cell = self.own(target)?;
        let outlines = [(true, true), (false, true), (true, false), (false, false)]
            .map(|(numbers, relative_to)| outline(tree, Some(cell), numbers, relative_to));
        let mask = match tree {
            Tree::If(condition, ..) => Some(holds(self.problem, condition)),
            Tree::Sum(..) => None,
        };
        Some(Outlined { tree, cell, outlines, mask })
    }
}

/// A tree with what comparing it with others takes.
struct Outlined<'a> {
    tree: &'a Tree,
    cell: usize,
    /// With the numbers in it and without, relative to its cell; then the same as it is.
    outlines: [i64; 4],
    /// Where its condition holds; a branch has one.
    mask: Option<Mask>,
}

fn uses(tree: &Tree, comparison: &Comparison) -> bool {
    match tree {
        Tree::Sum(..) => false,
        Tree::If(c, then, otherwise) => c == comparison || uses(then, comparison) || uses(otherwise, comparison),
    }
}
