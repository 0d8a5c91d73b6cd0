//! What does a consumption cost? Tiers whose limits and rates differ by season, as data say.
//!
//! A tier's limit is for thirty days, and a period is charged by the days that it has in each season. Quantities and
//! rates are counted in billionths, amounts in whole units of the currency.

const ONE: i128 = 1_000_000_000;
/// The days that a limit is for.
const MONTH: i128 = 30;

/// One tier of a season.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Step {
    /// The first and the last month of its season by the Persian calendar; 9 to 2 goes over the new year.
    pub(crate) months: (u8, u8),
    /// Where it ends, for thirty days; the last tier has no end.
    pub(crate) up_to: Option<i128>,
    /// For one unit.
    pub(crate) rate: i128,
}

impl Step {
    fn is_in(&self, month: u8) -> bool {
        let (first, last) = self.months;
        match first <= last {
            true => (first..=last).contains(&month),
            false => month >= first || month <= last,
        }
    }
}

/// What was consumed in one tier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) months: (u8, u8),
    pub(crate) days: i32,
    pub(crate) units: i128,
    pub(crate) rate: i128,
    pub(crate) amount: i128,
}

/// Why a tariff does not say what something costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Incomplete {
    /// No tier is for this month.
    Month(u8),
    /// The last tier of a season ends.
    Open,
    /// The period has no day.
    NoDays,
    /// The numbers are out of all proportion.
    TooLarge,
}

/// A share of an amount, to the nearest whole.
pub(crate) fn percent_of(amount: i128, percent: i128) -> i128 {
    rounded(amount.saturating_mul(percent), 100 * ONE)
}

fn rounded(number: i128, by: i128) -> i128 {
    (number.saturating_add(by / 2)).div_euclid(by)
}

/// The lines of a consumption over days by month: month and days, in order.
pub(crate) fn charge(
    steps: &[Step],
    consumption: i128,
    days_by_month: &[(u8, i32)],
) -> Result<Vec<Line>, Incomplete> {
    let mut seasons: Vec<((u8, u8), i32)> = Vec::new();
    for (month, days) in days_by_month.iter().filter(|(_, days)| *days > 0) {
        let step = steps.iter().find(|step| step.is_in(*month));
        let months = step.ok_or(Incomplete::Month(*month))?.months;
        match seasons.iter_mut().find(|(known, _)| *known == months) {
            Some((_, known)) => *known += days,
            None => seasons.push((months, *days)),
        }
    }
    let all: i32 = seasons.iter().map(|(_, days)| days).sum();
    if all <= 0 {
        return Err(Incomplete::NoDays);
    }
    let (mut lines, mut left, last) = (Vec::new(), consumption.max(0), seasons.len());
    for (place, (months, days)) in seasons.into_iter().enumerate() {
        let share = match place + 1 == last {
            // What a division leaves over goes somewhere.
            true => left,
            false => {
                let weighed = consumption.max(0).checked_mul(i128::from(days));
                weighed.ok_or(Incomplete::TooLarge)? / i128::from(all)
            }
        };
        left -= share;
        season(steps, months, days, share, &mut lines)?;
    }
    Ok(lines)
}

fn season(
    steps: &[Step],
    months: (u8, u8),
    days: i32,
    share: i128,
    lines: &mut Vec<Line>,
) -> Result<(), Incomplete> {
    let mut tiers: Vec<&Step> = steps.iter().filter(|step| step.months == months).collect();
    tiers.sort_by_key(|step| step.up_to.unwrap_or(i128::MAX));
    let mut done = 0;
    for tier in tiers {
        let end = match tier.up_to {
            Some(limit) => {
                limit
                    .checked_mul(i128::from(days))
                    .ok_or(Incomplete::TooLarge)?
                    / MONTH
            }
            None => share,
        };
        let units = (end.min(share) - done).max(0);
        done += units;
        let amount = units.checked_mul(tier.rate).ok_or(Incomplete::TooLarge)?;
        if units > 0 {
            lines.push(Line {
                months,
                days,
                units,
                rate: tier.rate,
                amount: rounded(amount, ONE * ONE),
            });
        }
    }
    match done == share {
        true => Ok(()),
        false => Err(Incomplete::Open),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use proptest::prelude::*;

    use super::*;

    fn step(months: (u8, u8), up_to: Option<i128>, rate: i128) -> Step {
        Step {
            months,
            up_to: up_to.map(|limit| limit * ONE),
            rate: rate * ONE,
        }
    }

    fn household() -> Vec<Step> {
        vec![
            step((3, 6), None, 4_000),
            step((3, 6), Some(300), 900),
            step((7, 2), Some(100), 1_000),
            step((7, 2), Some(200), 2_000),
            step((7, 2), None, 3_000),
        ]
    }

    fn total(lines: &[Line]) -> i128 {
        lines.iter().map(|line| line.amount).sum()
    }

    #[test]
    fn a_month_is_charged_tier_by_tier() {
        let lines = charge(&household(), 250 * ONE, &[(8, 30)]).unwrap();
        let parts: Vec<_> = lines
            .iter()
            .map(|line| (line.units / ONE, line.amount))
            .collect();
        assert_eq!(parts, [(100, 100_000), (100, 200_000), (50, 150_000)]);
    }

    #[test]
    fn a_period_over_two_seasons_is_split_by_days() {
        let lines = charge(&household(), 600 * ONE, &[(2, 20), (3, 31), (4, 9)]).unwrap();
        assert_eq!(lines[0].days, 20);
        assert_eq!(lines.last().unwrap().days, 40);
        let cold: i128 = lines
            .iter()
            .filter(|line| line.days == 20)
            .map(|line| line.units)
            .sum();
        assert_eq!(cold, 200 * ONE);
    }

    #[test]
    fn a_tariff_with_a_hole_is_told() {
        let steps = &household()[2..4];
        assert_eq!(charge(steps, ONE, &[(5, 30)]), Err(Incomplete::Month(5)));
        assert_eq!(charge(steps, 900 * ONE, &[(8, 30)]), Err(Incomplete::Open));
        assert_eq!(charge(steps, ONE, &[]), Err(Incomplete::NoDays));
    }

    proptest! {
        #[test]
        fn tiers_sum_to_the_consumption_and_more_never_costs_less(
            units in 0i128..5_000_000, more in 0i128..1_000_000, days in prop::collection::vec((1u8..13, 0i32..31), 1..6),
        ) {
            prop_assume!(days.iter().any(|(_, days)| *days > 0));
            let milli = ONE / 1_000;
            let lines = charge(&household(), units * milli, &days).unwrap();
            prop_assert_eq!(lines.iter().map(|line| line.units).sum::<i128>(), units * milli);
            let larger = charge(&household(), (units + more) * milli, &days).unwrap();
            // Every line is rounded to a whole rial.
            prop_assert!(total(&larger) + lines.len() as i128 >= total(&lines));
            prop_assert!(total(&lines) <= units * 4 + lines.len() as i128);
        }

        #[test]
        fn no_numbers_make_it_panic(consumption: i128, limit: i128, rate: i128, days in 0i32..100_000) {
            let steps = [
                Step { months: (1, 12), up_to: Some(limit), rate },
                Step { months: (1, 12), up_to: None, rate },
            ];
            let _ = charge(&steps, consumption, &[(1, days)]);
        }
    }
}
