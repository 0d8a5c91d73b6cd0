//! Which instalments has a loan? Whole numbers only: units of the currency, and fractions of 10⁻¹⁸.

/// What one is in the fractions of this file.
const ONE: i128 = 1_000_000_000_000_000_000;
/// A yearly rate in billionths of a percent that is one a month, over one.
const MONTHLY: i128 = 1_200 * 1_000_000_000;
/// The largest principal: more than any loan, and small enough that nothing overflows.
const MOST: i128 = 10_000_000_000_000_000;
/// The longest term, in months.
pub(crate) const LONGEST: u32 = 240;
/// The highest yearly rate, in billionths of a percent.
const HIGHEST: i128 = 100 * 1_000_000_000;

/// How interest is reckoned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Method {
    /// Equal instalments `P·r / (1 − (1 + r)⁻ⁿ)`: the annuity of every textbook, compound.
    Annuity,
    /// Equal instalments of principal and the profit `P · rate · (n + 1) / 2400`.
    ///
    /// The formula that Iranian banks used for instalment sales by direction of the Central Bank before the
    /// annuity: simple interest on a balance that falls by P/n a month, P·r·(n + (n−1) + … + 1)/n with
    /// r = rate/1200. Month k bears its share n−k+1 of 1 + 2 + … + n.
    Flat,
}

impl Method {
    pub(crate) fn named(name: &str) -> Option<Self> {
        match name {
            "annuity" => Some(Self::Annuity),
            "flat" => Some(Self::Flat),
            _ => None,
        }
    }
}

/// What was agreed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Terms {
    /// In whole units of the currency.
    pub(crate) principal: i128,
    /// A year's percent, in billionths.
    pub(crate) rate: i128,
    pub(crate) months: u32,
    pub(crate) method: Method,
}

/// One instalment, in whole units of the currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Instalment {
    /// From 1.
    pub(crate) number: u32,
    pub(crate) principal: i128,
    pub(crate) profit: i128,
    /// The principal that is left after it.
    pub(crate) balance: i128,
}

impl Instalment {
    pub(crate) fn amount(&self) -> i128 {
        self.principal + self.profit
    }
}

/// Half up; both are positive.
fn rounded(number: i128, by: i128) -> i128 {
    (number + by / 2) / by
}

impl Terms {
    fn are_in_range(&self) -> bool {
        (1..=MOST).contains(&self.principal)
            && (0..=HIGHEST).contains(&self.rate)
            && (1..=LONGEST).contains(&self.months)
    }

    /// All instalments; none where the terms are beyond any loan, or so much profit falls into the first months that
    /// an instalment would pay none of the principal.
    pub(crate) fn instalments(&self) -> Option<Vec<Instalment>> {
        if !self.are_in_range() {
            return None;
        }
        let instalments = match self.method {
            Method::Annuity => self.annuity(),
            Method::Flat => self.flat(),
        };
        let is_paid_back = instalments.iter().all(|one| one.principal >= 0);
        is_paid_back.then_some(instalments)
    }

    fn monthly_rate(&self) -> i128 {
        rounded(self.rate * (ONE / 1_000_000_000), MONTHLY / 1_000_000_000)
    }

    /// Each pays the interest on what is left; the last one pays what is left.
    fn annuity(&self) -> Vec<Instalment> {
        let rate = self.monthly_rate();
        let payment = if rate == 0 {
            rounded(self.principal, i128::from(self.months))
        } else {
            let mut discount = ONE;
            for _ in 0..self.months {
                discount = rounded(discount * ONE, ONE + rate);
            }
            let factor = rounded(rate * ONE, (ONE - discount).max(1));
            rounded(self.principal * factor, ONE)
        };
        let mut balance = self.principal;
        let of_month = |number| {
            let profit = rounded(balance * rate, ONE);
            let principal = match number == self.months {
                true => balance,
                false => (payment - profit).min(balance),
            };
            balance -= principal;
            Instalment {
                number,
                principal,
                profit,
                balance,
            }
        };
        (1..=self.months).map(of_month).collect()
    }

    fn flat(&self) -> Vec<Instalment> {
        let months = i128::from(self.months);
        let all = rounded(
            self.principal * self.rate * (months + 1),
            2_400 * 1_000_000_000,
        );
        // Rounded down, so that the last one is not less than nothing.
        let payment = (self.principal + all) / months;
        let shares = months * (months + 1) / 2;
        let (mut balance, mut told, mut borne) = (self.principal, 0, 0);
        let of_month = |number| {
            borne += months - i128::from(number) + 1;
            let profit = rounded(all * borne, shares) - told;
            told += profit;
            let principal = match number == self.months {
                true => balance,
                false => payment - profit,
            };
            balance -= principal;
            Instalment {
                number,
                principal,
                profit,
                balance,
            }
        };
        (1..=self.months).map(of_month).collect()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;
    use proptest::prelude::*;

    fn terms(principal: i128, percent: i128, months: u32, method: Method) -> Terms {
        let rate = percent * 1_000_000_000;
        Terms {
            principal,
            rate,
            months,
            method,
        }
    }

    fn sums(instalments: &[Instalment]) -> (i128, i128) {
        let principal = instalments.iter().map(|one| one.principal).sum();
        (principal, instalments.iter().map(|one| one.profit).sum())
    }

    #[test]
    fn an_annuity_is_that_of_the_tables() {
        // 100 million at 18 % over 12 months: the factor is 0.0916799929.
        let all = terms(100_000_000, 18, 12, Method::Annuity)
            .instalments()
            .unwrap();
        assert_eq!(all[0].amount(), 9_167_999);
        assert_eq!((all[0].profit, all[0].principal), (1_500_000, 7_667_999));
        assert_eq!(sums(&all).0, 100_000_000);
        assert!((all[11].amount() - all[0].amount()).abs() <= 12);
    }

    #[test]
    fn the_flat_profit_is_principal_by_rate_by_one_month_more_over_2400() {
        // 100 million at 18 % over 12 months: 100,000,000 × 18 × 13 / 2400.
        let all = terms(100_000_000, 18, 12, Method::Flat)
            .instalments()
            .unwrap();
        assert_eq!(sums(&all), (100_000_000, 9_750_000));
        assert_eq!(all[0].amount(), 9_145_833);
        // The first month bears a month's simple interest on everything.
        assert_eq!(all[0].profit, 1_500_000);
        assert_eq!(all[11].balance, 0);
    }

    #[test]
    fn without_interest_the_principal_is_divided() {
        for method in [Method::Annuity, Method::Flat] {
            let all = terms(1_000, 0, 3, method).instalments().unwrap();
            let amounts: Vec<_> = all.iter().map(Instalment::amount).collect();
            assert_eq!(amounts, [333, 333, 334], "{method:?}");
        }
    }

    #[test]
    fn terms_beyond_any_loan_have_no_instalments() {
        for (principal, percent, months) in [
            (0, 18, 12),
            (-5, 18, 12),
            (MOST + 1, 18, 12),
            (100, 101, 12),
            (100, -1, 12),
            (100, 18, 0),
            (100, 18, 241),
        ] {
            for method in [Method::Annuity, Method::Flat] {
                let terms = terms(principal, percent, months, method);
                assert_eq!(terms.instalments(), None, "{terms:?}");
            }
        }
        // The first month's profit would be more than the instalment.
        assert_eq!(
            terms(100_000_000, 24, 120, Method::Flat).instalments(),
            None
        );
    }

    proptest! {
        #[test]
        fn instalments_sum_to_principal_and_interest(
            principal in 1_000_000i128..=MOST, rate in 0i128..=40_000_000_000, months in 1u32..=LONGEST, flat: bool,
        ) {
            let method = if flat { Method::Flat } else { Method::Annuity };
            let terms = Terms { principal, rate, months, method };
            if let Some(all) = terms.instalments() {
                let (paid_back, profit) = sums(&all);
                prop_assert_eq!(all.len(), months as usize);
                prop_assert_eq!(paid_back, principal);
                prop_assert_eq!(all.iter().map(Instalment::amount).sum::<i128>(), principal + profit);
                prop_assert_eq!(all.last().unwrap().balance, 0);
                prop_assert!(all.iter().all(|one| one.principal >= 0 && one.profit >= 0));
                let mut left = principal;
                for one in &all {
                    left -= one.principal;
                    prop_assert_eq!(one.balance, left);
                }
                // All but the last are equal, which differs by what was rounded away: a unit a month,
                // and the interest on it.
                let first = all[0].amount();
                prop_assert!(all[..all.len() - 1].iter().all(|one| one.amount() == first));
                if flat {
                    let expected = (principal * rate * (i128::from(months) + 1) + 1_200_000_000_000) / 2_400_000_000_000;
                    prop_assert_eq!(profit, expected);
                    prop_assert!((all.last().unwrap().amount() - first).abs() <= i128::from(months));
                }
            } else {
                prop_assert!(flat);
            }
        }

        #[test]
        fn an_annuity_costs_more_with_rate_and_with_time(
            principal in 10_000_000i128..=1_000_000_000_000, percent in 1i128..=30, months in 2u32..=LONGEST - 1,
        ) {
            let profit = |percent, months| sums(&terms(principal, percent, months, Method::Annuity).instalments().unwrap()).1;
            prop_assert!(profit(percent + 1, months) > profit(percent, months));
            prop_assert!(profit(percent, months + 1) > profit(percent, months));
        }
    }
}
