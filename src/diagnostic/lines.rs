//! Byte offsets to lines and columns.

/// Where the lines of a text begin.
#[derive(Clone, Debug)]
pub struct LineIndex {
    starts: Vec<u32>,
}

impl LineIndex {
    /// Reads the text once.
    pub fn new(text: &str) -> Self {
        let after = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at as u32 + 1);
        Self { starts: std::iter::once(0).chain(after).collect() }
    }

    /// The line of a byte offset, from 1.
    pub fn line(&self, offset: u32) -> u32 {
        self.starts.partition_point(|&start| start <= offset) as u32
    }

    /// Line and column (in characters) of a byte offset, both from 1. `text` is what the index was made of; an offset
    /// beyond its end or within a character is moved back to the nearest place that exists.
    pub fn line_column(&self, text: &str, offset: u32) -> (u32, u32) {
        let mut offset = (offset as usize).min(text.len());
        while !text.is_char_boundary(offset) {
            offset -= 1;
        }
        let line = self.line(offset as u32);
        let start = self.starts[line as usize - 1] as usize;
        (line, text[start..offset].chars().count() as u32 + 1)
    }

    /// The byte range of a line (from 1) of `text`, without its line break.
    pub fn line_range(&self, text: &str, line: u32) -> std::ops::Range<usize> {
        let start = self.starts[line as usize - 1] as usize;
        let end = self.starts.get(line as usize).map_or(text.len(), |&next| next as usize - 1);
        start..end
    }
}

#[cfg(test)]
mod tests {
    use super::LineIndex;

    #[test]
    fn lines_and_columns_count_from_one_and_in_characters() {
        let text = "ab\né = 1\n\nx";
        let index = LineIndex::new(text);
        let place = |needle: &str| index.line_column(text, text.find(needle).unwrap() as u32);
        assert_eq!(place("b"), (1, 2));
        assert_eq!(place("é"), (2, 1));
        assert_eq!(place("="), (2, 3));
        assert_eq!(place("x"), (4, 1));
        assert_eq!(index.line_column(text, 99), (4, 2), "beyond the end");
        assert_eq!(index.line_column(text, 4), (2, 1), "within a character");
        assert_eq!(&text[index.line_range(text, 2)], "é = 1");
        assert_eq!(index.line_range(text, 3), 10..10);
    }
}
