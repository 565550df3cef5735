//! Tables: one row a method, as text for a terminal, as Markdown, as CSV.

use super::{Row, Share};

const TITLES: [&str; 9] =
    ["method", "tasks", "solved", "generalises", "equivalent", "exact match", "length/source", "median", "p90"];
/// Further ones where a corpus was asked for the tasks' behaviours.
const SEEN: [&str; 2] = ["seen", "never seen"];

/// For a terminal: columns in line.
pub fn text(rows: &[Row]) -> String {
    let cells = cells(rows);
    let width = |column: usize| cells.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..cells[0].len()).map(width).collect();
    let mut text = String::new();
    for row in &cells {
        let line: Vec<String> = row
            .iter()
            .zip(&widths)
            .enumerate()
            .map(|(i, (cell, &width))| if i == 0 { format!("{cell:<width$}") } else { format!("{cell:>width$}") })
            .collect();
        text.push_str(line.join("  ").trim_end());
        text.push('\n');
    }
    text
}

/// For a README.
pub fn markdown(rows: &[Row]) -> String {
    let cells = cells(rows);
    let line = |row: &Vec<String>| format!("| {} |\n", row.join(" | "));
    let mut text = line(&cells[0]);
    text.push_str("|---|");
    text.push_str(&"---:|".repeat(cells[0].len() - 1));
    text.push('\n');
    text.extend(cells[1..].iter().map(line));
    text
}

/// For a spreadsheet: counts and numbers as they are.
pub fn csv(rows: &[Row]) -> String {
    let mut text = String::from(
        "method,tasks,solved,generalises,generalises_of,generalises_low,generalises_high,equivalent,equivalent_of,\
         exact_match,exact_match_of,length,source_length,median_seconds,p90_seconds,\
         seen,seen_of,never_seen,never_seen_of\n",
    );
    for row in rows {
        let (length, source) =
            row.lengths.map_or_else(Default::default, |(l, s)| (format!("{l:.3}"), format!("{s:.3}")));
        let pair = |share: Share| format!("{},{}", share.count, share.of);
        let interval =
            row.generalises.interval().map_or_else(|| ",".to_owned(), |(low, high)| format!("{low:.3},{high:.3}"));
        let seen = row.seen.map_or_else(|| ",,,".to_owned(), |(seen, never)| format!("{},{}", pair(seen), pair(never)));
        text.push_str(&format!(
            "{},{},{},{},{interval},{},{},{length},{source},{:.6},{:.6},{seen}\n",
            field(&row.method),
            row.tasks,
            row.solved.count,
            pair(row.generalises),
            pair(row.equivalent),
            pair(row.exact_match),
            row.median,
            row.p90,
        ));
    }
    text
}

/// The titles, then a line for each row.
fn cells(rows: &[Row]) -> Vec<Vec<String>> {
    let asked = rows.iter().any(|row| row.seen.is_some());
    let titles = TITLES.iter().chain(SEEN.iter().filter(|_| asked)).map(|title| (*title).to_owned()).collect();
    std::iter::once(titles).chain(rows.iter().map(|row| line(row, asked))).collect()
}

/// A field of CSV, quoted where it has to be.
pub(super) fn field(text: &str) -> String {
    if text.contains([',', '"', '\n']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
}

/// A share with its counts, for people.
pub fn share(share: Share) -> String {
    match share.percent() {
        Some(percent) => format!("{percent:.1} % ({}/{})", share.count, share.of),
        None => "-".to_owned(),
    }
}

fn line(row: &Row, asked: bool) -> Vec<String> {
    let mut cells = vec![
        row.method.clone(),
        row.tasks.to_string(),
        share(row.solved),
        share(row.generalises),
        share(row.equivalent),
        share(row.exact_match),
        row.lengths.map_or_else(|| "-".to_owned(), |(program, source)| format!("{program:.1}/{source:.1}")),
        seconds(row.median),
        seconds(row.p90),
    ];
    if asked {
        let (seen, never) = row.seen.unwrap_or_default();
        cells.extend([share(seen), share(never)]);
    }
    cells
}

fn seconds(value: f64) -> String {
    if value < 0.1 { format!("{:.2} ms", value * 1e3) } else { format!("{value:.2} s") }
}

#[cfg(test)]
mod tests {
    use super::super::Score;
    use super::*;

    #[test]
    fn every_form_shows_counts() {
        let scores =
            [Score { solved: true, generalises: Some(true), seconds: 0.0123, ..Score::default() }, Score::default()];
        let rows = [Row::new("enumerate", &scores)];
        assert!(text(&rows).contains("50.0 % (1/2)  100.0 % (1/1)"), "{}", text(&rows));
        assert_eq!(markdown(&rows).lines().count(), 3);
        assert!(
            csv(&rows).ends_with("enumerate,2,1,1,1,20.655,100.000,0,0,0,0,,,0.000000,0.012300,,,,\n"),
            "{}",
            csv(&rows)
        );
    }
}
