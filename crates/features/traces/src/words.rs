//! Words of a trace, each kept once: of a hundred thousand spans few have names of their own.

use std::collections::HashMap;
use std::sync::Arc;

/// A word of a trace, by its place in [`Words`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Word(u32);

/// Words in order of first sight.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Words {
    list: Vec<Arc<str>>,
    places: HashMap<Arc<str>, Word>,
}

impl Word {
    /// Its place among the words of its trace.
    pub fn place(self) -> usize {
        self.0 as usize
    }
}

impl Words {
    /// The word of a text, kept from now on.
    pub fn word(&mut self, text: &str) -> Word {
        if let Some(word) = self.places.get(text) {
            return *word;
        }
        let word = Word(u32::try_from(self.list.len()).expect("a trace has fewer rows than that"));
        let text: Arc<str> = text.into();
        self.list.push(text.clone());
        self.places.insert(text, word);
        word
    }

    /// The same where it is likely the one that was asked for last, which `last` remembers.
    pub(crate) fn word_like(&mut self, text: &str, last: &mut Option<Word>) -> Word {
        if let Some(word) = *last
            && self.text(word) == text
        {
            return word;
        }
        *last.insert(self.word(text))
    }

    /// The text of a word of these.
    pub fn text(&self, word: Word) -> &str {
        &self.list[word.place()]
    }

    /// How many words.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }
}
