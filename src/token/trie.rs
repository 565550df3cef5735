//! The longest of many texts at a place of a source: a byte trie with dense rows, since `encode` and `count` run once
//! for each program of a corpus.

/// Bytes that identifiers, numbers and keywords are made of: no token may end amid them.
pub(super) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

const NONE: u16 = u16::MAX;

/// Texts by their bytes; each carries a number.
#[derive(Clone, Debug)]
pub(super) struct Trie {
    /// Where each of 128 bytes leads, one row a node.
    next: Vec<[u16; 128]>,
    /// The text that ends at the node.
    ends: Vec<u16>,
}

impl Trie {
    /// Texts must be ASCII and not empty; there are fewer than 2^16 nodes.
    pub(super) fn new<'a>(texts: impl IntoIterator<Item = (&'a str, u16)>) -> Self {
        let mut trie = Self { next: vec![[NONE; 128]], ends: vec![NONE] };
        for (text, number) in texts {
            let mut node = 0;
            for &byte in text.as_bytes() {
                assert!(byte < 128, "token texts are ASCII");
                if trie.next[node][byte as usize] == NONE {
                    trie.next[node][byte as usize] = trie.next.len() as u16;
                    trie.next.push([NONE; 128]);
                    trie.ends.push(NONE);
                }
                node = trie.next[node][byte as usize] as usize;
            }
            trie.ends[node] = number;
        }
        trie
    }

    /// The longest text that begins at `start` and does not end amid a word, with its length.
    #[inline]
    pub(super) fn longest(&self, source: &[u8], start: usize) -> Option<(u16, usize)> {
        let (mut node, mut found) = (0, None);
        for (i, &byte) in source[start..].iter().enumerate() {
            let next = if byte < 128 { self.next[node][byte as usize] } else { NONE };
            if next == NONE {
                break;
            }
            node = next as usize;
            let end = start + i + 1;
            let amid_word = is_word(byte) && source.get(end).is_some_and(|&after| is_word(after));
            if self.ends[node] != NONE && !amid_word {
                found = Some((self.ends[node], i + 1));
            }
        }
        found
    }
}
