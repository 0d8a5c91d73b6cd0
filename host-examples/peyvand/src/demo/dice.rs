//! How does the demo roll its dice? The same seed, the same company, on every machine: SplitMix64 and whole numbers.

/// A row of numbers that belongs to its seed.
pub(super) struct Dice(u64);

impl Dice {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `count`; 0 when there is none. The bias of the remainder does not matter here.
    pub(super) fn below(&mut self, count: usize) -> usize {
        (self.next() % (count.max(1) as u64)) as usize
    }

    /// From the first to the second, both included.
    pub(super) fn between(&mut self, (low, high): (i64, i64)) -> i64 {
        low + (self.next() % (high.saturating_sub(low).max(0) as u64 + 1)) as i64
    }

    /// True so many times in a hundred.
    pub(super) fn chance(&mut self, percent: u64) -> bool {
        self.next() % 100 < percent
    }

    pub(super) fn pick<T: Copy, const N: usize>(&mut self, items: &[T; N]) -> T {
        const { assert!(N > 0) };
        items[self.below(N)]
    }

    pub(super) fn choose<'a, T>(&mut self, items: &'a [T]) -> Option<&'a T> {
        items.get(self.below(items.len()))
    }

    /// One of the items, each as often as its weight says.
    pub(super) fn weighted<T: Copy, const N: usize>(&mut self, items: &[(u64, T); N]) -> T {
        const { assert!(N > 0) };
        let mut at = self.next() % items.iter().map(|(weight, _)| *weight).sum::<u64>().max(1);
        for (weight, item) in items {
            if at < *weight {
                return *item;
            }
            at -= weight;
        }
        items[0].1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_row() {
        let row = |seed| {
            let mut dice = Dice::new(seed);
            [(); 8].map(|()| dice.between((-5, 1_000)))
        };
        assert_eq!(row(7), row(7));
        assert_ne!(row(7), row(8));
        assert!(row(9).iter().all(|number| (-5..=1_000).contains(number)));
    }

    #[test]
    fn weights_say_how_often() {
        let mut dice = Dice::new(1);
        let heads = (0..10_000)
            .filter(|_| dice.weighted(&[(3, true), (1, false)]))
            .count();
        assert!((7_200..7_800).contains(&heads), "{heads}");
        assert!((0..100).all(|_| dice.weighted(&[(0, false), (1, true)])));
    }
}
