//! Something for each word, such as how often it came.
//!
//! Invariant: a word that is known already is not copied; lines come by the ten thousand, and words are few.

use std::collections::HashMap;
use std::ops::AddAssign;

/// What belongs to each word.
#[derive(Debug, Default)]
pub struct Tally<T> {
    places: HashMap<String, usize>,
    values: Vec<T>,
}

impl<T: Default> Tally<T> {
    /// Where the word's value is; it is made where there is none.
    pub fn place(&mut self, word: &str) -> usize {
        if let Some(place) = self.places.get(word) {
            return *place;
        }
        self.places.insert(word.to_owned(), self.values.len());
        self.values.push(T::default());
        self.values.len() - 1
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
    pub fn into_rows(mut self) -> impl Iterator<Item = (String, T)> {
        let mut places: Vec<_> = self.places.into_iter().collect();
        places.sort_unstable();
        places.into_iter().map(move |(word, place)| (word, std::mem::take(&mut self.values[place])))
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
}
