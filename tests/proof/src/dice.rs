//! How are things picked at random, and the same in every run?

/// A row of numbers that follows from its seed (splitmix64).
#[derive(Clone, Debug)]
pub struct Dice(u64);

impl Dice {
    /// The row of this seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The row that belongs to several numbers together.
    #[must_use]
    pub fn of(numbers: &[u64]) -> Self {
        numbers.iter().fold(Self(0x5eed), |dice, number| {
            Self(dice.clone().roll() ^ number.wrapping_mul(0x9e37_79b9_7f4a_7c15))
        })
    }

    /// The next number.
    pub fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`; 0 when there is none.
    pub fn below(&mut self, end: u64) -> u64 {
        self.roll().checked_rem(end).unwrap_or(0)
    }

    /// A place in something of this length.
    pub fn place(&mut self, length: usize) -> usize {
        self.below(length as u64) as usize
    }

    /// Yes, once in so many.
    pub fn once_in(&mut self, many: u64) -> bool {
        self.below(many) == 0
    }
}
