//! Values by number: a state of the world is small, and two are compared fast.

use core::hash::Hash;
use core::ops::Index;

use rustc_hash::FxHashMap as HashMap;

/// Each value once, in the order they came.
pub(crate) struct Table<T> {
    values: Vec<T>,
    numbers: HashMap<T, u32>,
}

impl<T: Clone + Eq + Hash> Table<T> {
    pub(crate) fn new() -> Self {
        Self { values: Vec::new(), numbers: HashMap::default() }
    }

    /// The number of a value, which is kept if it is new.
    pub(crate) fn number(&mut self, value: T) -> u32 {
        if let Some(number) = self.numbers.get(&value) {
            return *number;
        }
        let number = u32::try_from(self.values.len()).expect("fewer than four billion values");
        self.values.push(value.clone());
        self.numbers.insert(value, number);
        number
    }
}

impl<T> Index<u32> for Table<T> {
    type Output = T;

    fn index(&self, number: u32) -> &T {
        &self.values[number as usize]
    }
}
