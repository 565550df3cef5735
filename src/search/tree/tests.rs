use super::*;
use crate::exec::steps::Layout;
use std::sync::Arc;

/// All moves are as likely, and nothing is known of states.
struct Ignorant;

impl Advisor for Ignorant {
    fn advise(&self, positions: &[Position<'_>]) -> Result<Advice, ScorerError> {
        let moves = positions[0].game.rules.actions().len();
        let policy = Array2::from_elem((positions.len(), moves), -(moves as f32).ln());
        Ok(Advice { policy, values: vec![0.5; positions.len()] })
    }
}

fn game(program: &[u16], slots: usize) -> Game {
    let rules = Arc::new(Rules::usual(Layout::of_slots(slots)));
    let cells = rules.cells();
    let start: Vec<i32> = (0..2 * cells as i32).map(|at| at * 7 % 10).collect();
    let mut game = Game { rules, examples: 2, goal: start.clone(), start, asked: (1 << cells) - 1 };
    game.goal = game.after(program);
    game
}

fn solve(game: &Game, settings: &Settings) -> Option<Vec<u16>> {
    let mut found = None;
    let effort = search(game, &Ignorant, settings, &mut |program| {
        assert!(game.reached(&game.after(program)), "what is found reaches the goal");
        found = Some(program.to_vec());
        true
    })
    .expect("it always advises");
    let most = settings.evaluations + settings.batch * (settings.horizon + 1);
    assert!(effort.evaluations <= most, "{effort:?}");
    found
}

#[test]
fn tasks_of_one_instruction_are_found_without_knowledge() {
    let rules = Rules::usual(Layout::of_slots(0));
    assert_eq!(rules.actions().len(), 224);
    for action in (0..224).step_by(7) {
        let game = game(&[action], 0);
        let settings = Settings { evaluations: 8192, horizon: 3, widening: 16.0, ..Settings::default() };
        for rollouts in [false, true] {
            let program = solve(&game, &Settings { rollouts, ..settings }).expect("it is one of 224");
            assert!(program.len() <= 3);
        }
    }
}

/// Knows which moves are good for something, and likes states whose first cell is 9. Remembers how many of these it saw.
struct Knowing<'a> {
    moves: &'a [u16],
    liked: f32,
    seen: std::cell::Cell<usize>,
}

impl Advisor for Knowing<'_> {
    fn advise(&self, positions: &[Position<'_>]) -> Result<Advice, ScorerError> {
        let mut advice = Ignorant.advise(positions)?;
        for action in self.moves {
            advice.policy.column_mut(usize::from(*action)).fill(0.4f32.ln());
        }
        let liked: Vec<bool> = positions.iter().map(|position| position.state[..2] == [9, 9]).collect();
        self.seen.set(self.seen.get() + liked.iter().filter(|liked| **liked).count());
        advice.values = liked.iter().map(|liked| if *liked { self.liked } else { 0.1 }).collect();
        Ok(advice)
    }
}

#[test]
fn puct_goes_by_the_policy() {
    let program = [200u16, 37];
    let game = game(&program, 0);
    let settings =
        Settings { horizon: 2, rollouts: false, selection: Selection::Puct, batch: 4, ..Settings::default() };
    let seen = |moves| {
        let advisor = Knowing { moves, liked: 0.1, seen: Default::default() };
        let mut found = false;
        let effort = search(&game, &advisor, &settings, &mut |program| {
            found = game.reached(&game.after(program));
            true
        });
        assert!(found, "all programs of two instructions are few");
        effort.expect("it always advises").evaluations
    };
    let (known, unknown) = (seen(&program), seen(&[]));
    assert!(known <= 8 && unknown > 2 * known, "{known} {unknown}");
}

#[test]
fn puct_goes_by_values() {
    let mut game = game(&[], 0);
    game.goal = vec![-77; 8];
    let settings =
        Settings { evaluations: 400, horizon: 3, rollouts: false, selection: Selection::Puct, ..Settings::default() };
    let liked = |liked| {
        let advisor = Knowing { moves: &[], liked, seen: Default::default() };
        search(&game, &advisor, &settings, &mut |_| true).expect("it always advises");
        advisor.seen.get()
    };
    // However little states are worth: it is how they compare that counts.
    let [much, more, same] = [0.9, 0.11, 0.1].map(liked);
    assert!(much > 4 * same && more > 4 * same, "{much} {more} {same}");
}

#[test]
fn slots_have_moves_of_their_own_and_none_between_two_of_them() {
    let rules = Rules::usual(Layout::of_slots(4));
    let slots = |step: &crate::exec::steps::Step| step.to >= 4 && (4..8).contains(&step.from);
    assert!(rules.actions().iter().any(|step| step.to >= 4) && !rules.actions().iter().any(slots));
    let action = rules.actions().iter().position(|step| step.to == 6 && step.from == 1).expect("a store");
    let game = game(&[action as u16], 4);
    assert!(
        solve(&game, &Settings { evaluations: 16384, horizon: 2, widening: 32.0, ..Settings::default() }).is_some()
    );
}

#[test]
fn a_tree_that_holds_all_states_ends() {
    let mut game = game(&[], 0);
    game.goal = vec![-77; 8];
    let settings = Settings { evaluations: 1 << 20, horizon: 1, rollouts: false, ..Settings::default() };
    let effort = search(&game, &Ignorant, &settings, &mut |_| true).expect("it always advises");
    assert!(effort.nodes < 224 && effort.nodes > 50, "{effort:?}");
}

#[test]
fn attempts_find_what_is_likely() {
    let game = game(&[5], 0);
    let mut found = None;
    let settings = Settings { evaluations: 1 << 14, horizon: 2, ..Settings::default() };
    let effort = attempt(&game, &Ignorant, &settings, &[1.0, 2.0], &mut |program| {
        found = Some(game.shorten(program));
        true
    })
    .expect("it always advises");
    let program = found.unwrap_or_else(|| panic!("{effort:?}"));
    assert!(game.reached(&game.after(&program)));
    assert!(program.len() <= 2);
}

#[test]
fn nearer_states_are_worth_more() {
    let game = game(&[5], 0);
    let mut far = game.goal.clone();
    far[0] = far[0].wrapping_add(1 << 30);
    let positions = [&game.goal, &game.start, &far].map(|state| Position { game: &game, state });
    let values = Distance(&Ignorant).advise(&positions).expect("it always advises").values;
    assert!(values[0] == 1.0 && values[0] > values[1] && values[1] > values[2], "{values:?}");
}
