//! What an output cell shows of the inputs besides its value: rows of a table for each sum and difference.

use super::config::{Config, Relations};
use super::encoder::{VALUES, value_row};
use super::parameters::Shape;

pub(super) fn shapes(config: &Config) -> Option<Shape> {
    let count = relation_count(config);
    let size = [config.cells * count * VALUES, config.embedding];
    (count > 0).then(|| Shape::new("encoder.relation", &size, 0.5 / (count as f64).sqrt()))
}

/// How many relations an output cell has.
pub fn relation_count(config: &Config) -> i64 {
    let cells = config.cells;
    match config.relations {
        Relations::None => 0,
        Relations::Differences => cells,
        Relations::Sums => cells + cells * (cells + 1) / 2 + cells * (cells - 1),
    }
}

/// Appends the rows of the relation table for one example: for each output cell one for each relation.
pub fn relation_rows(config: &Config, input: &[i64], output: &[i64], rows: &mut Vec<i64>) {
    let mut table = 0;
    let mut push = |value: i64| {
        rows.push(table * VALUES + value_row(value));
        table += 1;
    };
    for &wanted in output {
        if config.relations != Relations::None {
            input.iter().for_each(|left| push(wanted - left));
        }
        if config.relations == Relations::Sums {
            for (j, left) in input.iter().enumerate() {
                input[j..].iter().for_each(|right| push(wanted - left - right));
                let others = input.iter().enumerate().filter(|(k, _)| *k != j);
                others.for_each(|(_, right)| push(wanted - left + right));
            }
        }
    }
}
