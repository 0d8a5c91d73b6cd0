//! How much went through a meter between two readings, and which readings cannot be?

use peyvand_plugin::Date;

/// What is known of a meter. Units and quantities are counted in billionths.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Meter {
    /// Digits before the point on its register.
    pub(crate) digits: u32,
    /// Units that went through for one of its register.
    pub(crate) multiplier: i128,
    /// The most that its register can count in a day.
    pub(crate) daily_most: i128,
}

/// The reading before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Last {
    pub(crate) day: Date,
    pub(crate) register: i64,
    /// The last register that somebody has seen; below it no estimate can have been too high.
    pub(crate) seen: i64,
    pub(crate) is_estimated: bool,
}

/// What a possible reading says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Use {
    /// In billionths.
    pub(crate) consumption: i128,
    pub(crate) days: i32,
    pub(crate) rolled_over: bool,
    /// The estimate before was too high, so that what was billed is to be corrected.
    pub(crate) was_over_estimated: bool,
}

/// Why a reading cannot be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Impossible {
    /// The register has fewer digits.
    TooManyDigits,
    /// It is not later than the reading before.
    NotAfterLast,
    /// Less than the reading before, and no roll-over can explain it.
    BelowLast,
    /// More than can go through in these days: at most so many of the register.
    TooMuch(i64),
}

const ONE: i128 = 1_000_000_000;

impl Meter {
    /// What went through since the reading before.
    pub(crate) fn since(&self, last: &Last, register: i64, day: Date) -> Result<Use, Impossible> {
        let span = 10_i64.pow(self.digits.clamp(1, 9));
        if !(0..span).contains(&register) {
            return Err(Impossible::TooManyDigits);
        }
        let days = day.0.saturating_sub(last.day.0);
        if days <= 0 {
            return Err(Impossible::NotAfterLast);
        }
        let most = self.daily_most.saturating_mul(i128::from(days)) / ONE;
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let told = |counted: i64, rolled_over, was_over_estimated| Use {
            consumption: i128::from(counted).saturating_mul(self.multiplier),
            days,
            rolled_over,
            was_over_estimated,
        };
        let forward = register - last.register;
        if forward >= 0 {
            return match forward <= most {
                true => Ok(told(forward, false, false)),
                false => Err(Impossible::TooMuch(most)),
            };
        }
        if last.is_estimated && register >= last.seen {
            return Ok(told(0, false, true));
        }
        match forward + span <= most {
            true => Ok(told(forward + span, true, false)),
            false => Err(Impossible::BelowLast),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use proptest::prelude::*;

    use super::*;

    const METER: Meter = Meter {
        digits: 5,
        multiplier: ONE,
        daily_most: 132 * ONE,
    };

    fn last(register: i64) -> Last {
        Last {
            day: Date(20_000),
            register,
            seen: register,
            is_estimated: false,
        }
    }

    fn after_30_days(last: &Last, register: i64) -> Result<Use, Impossible> {
        METER.since(last, register, Date(20_030))
    }

    #[test]
    fn a_five_digit_register_rolls_over() {
        let rolled = after_30_days(&last(99_800), 150).unwrap();
        assert_eq!((rolled.consumption, rolled.rolled_over), (350 * ONE, true));
    }

    #[test]
    fn each_impossible_reading_has_its_reason() {
        let told = |register| after_30_days(&last(12_500), register).unwrap_err();
        assert_eq!(told(12_400), Impossible::BelowLast);
        assert_eq!(told(16_461), Impossible::TooMuch(3_960));
        assert_eq!(told(100_000), Impossible::TooManyDigits);
        assert_eq!(told(-1), Impossible::TooManyDigits);
        assert_eq!(
            METER.since(&last(1), 2, Date(20_000)),
            Err(Impossible::NotAfterLast)
        );
        assert!(after_30_days(&last(12_500), 16_460).is_ok());
    }

    #[test]
    fn an_estimate_that_was_too_high_is_no_roll_over() {
        let estimated = Last {
            is_estimated: true,
            seen: 12_000,
            ..last(12_500)
        };
        let read = after_30_days(&estimated, 12_300).unwrap();
        assert_eq!((read.consumption, read.was_over_estimated), (0, true));
        assert_eq!(
            after_30_days(&estimated, 11_999),
            Err(Impossible::BelowLast)
        );
    }

    proptest! {
        #[test]
        fn readings_add_up_to_what_went_through(
            start in 0i64..100_000, multiplier in 1i128..400, parts in prop::collection::vec((1i32..90, 0i64..130), 1..40),
        ) {
            let meter = Meter { multiplier: multiplier * ONE, ..METER };
            let (mut last, mut through, mut told) = (last(start), 0_i128, 0_i128);
            for (days, daily) in parts {
                let counted = daily * i64::from(days);
                let register = (last.register + counted) % 100_000;
                let day = last.day.plus_days(days);
                let read = meter.since(&last, register, day).unwrap();
                prop_assert_eq!(read.rolled_over, register < last.register);
                told += read.consumption;
                through += i128::from(counted);
                last = Last { day, register, seen: register, is_estimated: false };
            }
            prop_assert_eq!(told, through * multiplier * ONE);
        }

        #[test]
        fn no_reading_makes_it_panic(register: i64, seen: i64, before in 0i64..100_000, day: i32, digits: u32, most: i128) {
            let meter = Meter { digits, daily_most: most, ..METER };
            let last = Last { register: before, seen, is_estimated: true, day: Date(0) };
            let _ = meter.since(&last, register, Date(day));
        }
    }
}
