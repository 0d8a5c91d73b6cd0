//! Which customer comes next? Drawn evenly, or by Zipf's law; the same in every run.

/// A number that looks like chance and is always the same for the same input (SplitMix64's finalizer).
pub(crate) fn mix(input: u64) -> u64 {
    let mut z = input.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Numbers in a row that looks like chance.
#[derive(Clone)]
pub(crate) struct Chance(u64);

impl Chance {
    pub(crate) fn seeded(seed: u64) -> Self {
        Self(mix(seed))
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(1);
        mix(self.0)
    }

    /// From 0 to 1, without 1.
    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// How records are chosen.
#[derive(Clone)]
pub(crate) enum Draws {
    Even { of: u64 },
    Zipf(Zipf),
}

impl Draws {
    pub(crate) fn even(of: u64) -> Self {
        Self::Even { of }
    }

    pub(crate) fn zipf(of: u64) -> Self {
        Self::Zipf(Zipf::new(of, 0.99))
    }

    pub(crate) fn draw(&self, chance: &mut Chance) -> u64 {
        match self {
            Self::Even { of } => chance.next() % of,
            Self::Zipf(zipf) => zipf.draw(chance),
        }
    }

    pub(crate) fn many(&self, count: usize, seed: u64) -> Vec<u64> {
        let mut chance = Chance::seeded(seed);
        (0..count).map(|_| self.draw(&mut chance)).collect()
    }
}

/// The generator of Gray et al., «Quickly generating billion-record synthetic databases» (1994), as YCSB uses it. The
/// ranks are spread over all records, so that the often read do not lie together.
#[derive(Clone)]
pub(crate) struct Zipf {
    of: u64,
    theta: f64,
    alpha: f64,
    zeta: f64,
    eta: f64,
}

/// A prime greater than any number of customers: multiplying by it spreads ranks and meets each record once.
const SPREAD: u128 = 2_147_483_647;

impl Zipf {
    fn new(of: u64, theta: f64) -> Self {
        let zeta = |n: u64| -> f64 { (1..=n).map(|rank| (rank as f64).powf(-theta)).sum() };
        let zeta_of = zeta(of);
        Self {
            of,
            theta,
            alpha: 1.0 / (1.0 - theta),
            zeta: zeta_of,
            eta: (1.0 - (2.0 / of as f64).powf(1.0 - theta)) / (1.0 - zeta(2) / zeta_of),
        }
    }

    fn draw(&self, chance: &mut Chance) -> u64 {
        let unit = chance.unit();
        let scaled = unit * self.zeta;
        let rank = if scaled < 1.0 {
            0
        } else if scaled < 1.0 + 0.5_f64.powf(self.theta) {
            1
        } else {
            let rank = self.of as f64 * (self.eta * unit - self.eta + 1.0).powf(self.alpha);
            (rank as u64).min(self.of - 1)
        };
        ((u128::from(rank) + 1) * SPREAD % u128::from(self.of)) as u64
    }
}
