//! Makes a failing program small before it is reported. Knows no language: it takes away lines, blocks and words, and
//! keeps what still fails.

/// The smallest text found for which `fails` holds, as it does for `text`; `fails` is asked so many times at most.
pub fn reduce(text: &str, tries: usize, fails: impl FnMut(&str) -> bool) -> String {
    let mut reducer = Reducer { best: text.to_owned(), tries, fails };
    loop {
        let before = reducer.best.len();
        reducer.lines();
        reducer.brackets();
        reducer.words();
        if reducer.best.len() == before || reducer.tries == 0 {
            return reducer.best;
        }
    }
}

struct Reducer<F> {
    best: String,
    tries: usize,
    fails: F,
}

impl<F: FnMut(&str) -> bool> Reducer<F> {
    /// Takes a shorter text where it fails too.
    fn take(&mut self, text: String) -> bool {
        if self.tries == 0 || text.len() >= self.best.len() {
            return false;
        }
        self.tries -= 1;
        let fails = (self.fails)(&text);
        if fails {
            self.best = text;
        }
        fails
    }

    /// Leaves out runs of pieces, long ones first.
    fn leave_out(&mut self, split: fn(&str) -> Vec<&str>) {
        let mut size = split(&self.best).len().next_power_of_two() / 2;
        while size > 0 {
            let mut start = 0;
            loop {
                let pieces = split(&self.best);
                if start >= pieces.len() {
                    break;
                }
                let end = (start + size).min(pieces.len());
                let text = [pieces[..start].concat(), pieces[end..].concat()].concat();
                if !self.take(text) {
                    start += size;
                }
            }
            size /= 2;
        }
    }

    fn lines(&mut self) {
        self.leave_out(|text| text.split_inclusive('\n').collect());
    }

    fn words(&mut self) {
        self.leave_out(words);
    }

    /// A pair of brackets goes, with what is in it or without; or a number stands for it; or a block's head goes too.
    fn brackets(&mut self) {
        let mut start = 0;
        while let Some(open) = self.best.get(start..).and_then(|rest| rest.find(['(', '{', '['])).map(|at| start + at) {
            start = open + 1;
            let Some(close) = partner(&self.best, open) else { continue };
            let (before, inner, after) = (&self.best[..open], &self.best[open + 1..close], &self.best[close + 1..]);
            let head = before.rfind([';', '{', '}']).map_or(0, |at| at + 1);
            let shorter = [
                format!("{before}0{after}"),
                format!("{before}1{after}"),
                format!("{}{inner}{after}", &before[..head]),
                format!("{before}{inner}{after}"),
                format!("{before}{after}"),
            ];
            if shorter.into_iter().any(|text| self.take(text)) {
                start = open;
            }
        }
    }
}

/// Where the bracket that stands at `open` closes.
fn partner(text: &str, open: usize) -> Option<usize> {
    let mut depth = 0;
    text.bytes().enumerate().skip(open).find_map(|(at, byte)| {
        match byte {
            b'(' | b'{' | b'[' => depth += 1,
            b')' | b'}' | b']' => depth -= 1,
            _ => {}
        }
        (depth == 0).then_some(at)
    })
}

/// Names and numbers, and all else by characters, each with the white space behind it.
fn words(text: &str) -> Vec<&str> {
    let named = |c: char| c.is_alphanumeric() || c == '_';
    let mut words = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let word = if named(first) { rest.find(|c| !named(c)).unwrap_or(rest.len()) } else { first.len_utf8() };
        let end = rest[word..].find(|c: char| !c.is_whitespace()).map_or(rest.len(), |space| word + space);
        words.push(&rest[..end]);
        rest = &rest[end..];
    }
    words
}
