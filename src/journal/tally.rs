//! Something for each word, such as how often it came.
//!
//! Invariant: a word that is known already is not copied; lines come by the ten thousand, and words are few.

use std::collections::HashMap;
use std::ops::AddAssign;

/// So many words are looked for one after the other, which takes less time than to hash a word.
const FEW: usize = 16;

/// What belongs to each word.
#[derive(Debug, Default)]
pub struct Tally<T> {
    words: Vec<String>,
    values: Vec<T>,
    /// The places of those beyond the first few.
    places: HashMap<String, usize>,
}

impl<T: Default> Tally<T> {
    /// Where the word's value is; it is made where there is none.
    pub fn place(&mut self, word: &str) -> usize {
        let known = self.words.iter().take(FEW).position(|known| known == word);
        if let Some(place) = known.or_else(|| self.places.get(word).copied()) {
            return place;
        }
        let place = self.words.len();
        if place >= FEW {
            self.places.insert(word.to_owned(), place);
        }
        self.words.push(word.to_owned());
        self.values.push(T::default());
        place
    }

    /// The value at this place.
    pub fn at(&mut self, place: usize) -> &mut T {
        &mut self.values[place]
    }

    /// The word's value.
    pub fn of(&mut self, word: &str) -> &mut T {
        let place = self.place(word);
        self.at(place)
    }

    /// Adds what another has counted.
    pub fn add(&mut self, other: Self)
    where
        T: AddAssign,
    {
        for (word, value) in other.into_rows() {
            *self.of(&word) += value;
        }
    }

    /// Words and values, in the order of the words.
    pub fn into_rows(self) -> impl Iterator<Item = (String, T)> {
        let mut rows: Vec<_> = self.words.into_iter().zip(self.values).collect();
        rows.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
        rows.into_iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_word_has_one_value_and_its_place_stays() {
        let mut tally = Tally::<u64>::default();
        let first = tally.place("b");
        for word in ["c", "a", "b", "c"] {
            *tally.of(word) += 1;
        }
        *tally.at(first) += 10;
        let mut other = Tally::default();
        *other.of("c") = 5;
        *other.of("d") = 1;
        tally.add(other);
        let rows: Vec<_> = tally.into_rows().collect();
        let expected = [("a", 1), ("b", 11), ("c", 7), ("d", 1)].map(|(word, count)| (word.to_owned(), count));
        assert_eq!(rows, expected);
    }

    #[test]
    fn many_words_are_told_apart_as_few_are() {
        let mut tally = Tally::<usize>::default();
        let words: Vec<String> = (0..3 * FEW).map(|n| format!("{n:03}")).collect();
        for (n, word) in words.iter().chain(&words).enumerate() {
            *tally.of(word) += n;
        }
        let expected = words.iter().enumerate().map(|(n, word)| (word.clone(), 2 * n + words.len()));
        assert!(tally.into_rows().eq(expected));
    }
}
