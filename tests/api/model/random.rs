//! Choices in the words of the steps.

/// A stream of choices; the same seed and number give the same.
pub struct Random(fastrand::Rng);

impl Random {
    pub fn new(seed: u64, stream: usize) -> Self {
        Self(fastrand::Rng::with_seed(seed.wrapping_add(u64::try_from(stream).unwrap())))
    }

    /// From 0 to one below the bound, which is not 0.
    pub fn below(&mut self, bound: usize) -> usize {
        self.0.usize(..bound)
    }

    /// True as often as this many times in a hundred.
    pub fn percent(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// One of several.
    pub fn one_of<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        &choices[self.below(choices.len())]
    }
}
