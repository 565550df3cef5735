//! The name that a wrong one was probably meant to be.

/// The name that was probably meant: the nearest, if it is near for its length.
pub fn nearest<'a>(wanted: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if wanted.len() > 64 {
        return None;
    }
    let most = wanted.chars().count().div_ceil(3).min(3);
    names
        .into_iter()
        .filter(|name| name.len().abs_diff(wanted.len()) <= 3 && *name != wanted)
        .map(|name| (distance(wanted, name), name))
        .filter(|&(distance, name)| distance <= most && distance < name.chars().count().max(wanted.chars().count()))
        .min_by_key(|&(distance, _)| distance)
        .map(|(_, name)| name)
}

/// Edits from one to the other: insertions, deletions, replacements and swaps of neighbours.
fn distance(left: &str, right: &str) -> usize {
    let (left, right): (Vec<char>, Vec<char>) = (left.chars().collect(), right.chars().collect());
    let mut rows: [Vec<usize>; 3] = [vec![0; right.len() + 1], (0..=right.len()).collect(), vec![0; right.len() + 1]];
    for i in 1..=left.len() {
        rows[2][0] = i;
        for j in 1..=right.len() {
            let replace = rows[1][j - 1] + usize::from(left[i - 1] != right[j - 1]);
            let mut best = replace.min(rows[1][j] + 1).min(rows[2][j - 1] + 1);
            if i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1] {
                best = best.min(rows[0][j - 2] + 1);
            }
            rows[2][j] = best;
        }
        rows.rotate_left(1);
    }
    rows[1][right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_are_found() {
        let names = ["function", "for_statement", "body"];
        assert_eq!(nearest("functoin", names), Some("function"));
        assert_eq!(nearest("bdy", names), Some("body"));
        assert_eq!(nearest("program", names), None);
        assert_eq!(nearest("x", ["y"]), None);
    }
}
