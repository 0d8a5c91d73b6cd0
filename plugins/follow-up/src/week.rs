//! Which days are worked?

use peyvand_plugin::{BindError, Date, Weekday};

/// The days of the week without work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Week {
    off: Vec<Weekday>,
}

impl Week {
    /// The week without these days: `thu, fri`. At least one day must be left.
    pub(crate) fn without(days: &str) -> Result<Self, BindError> {
        let mut off = Vec::new();
        let names = days
            .split(',')
            .map(str::trim)
            .filter(|name| !name.is_empty());
        for name in names {
            let day = Weekday::named(&name.to_ascii_lowercase()).ok_or_else(|| {
                BindError::setting(
                    "weekend",
                    format!("{name} is no day; write fri or thu, fri"),
                )
            })?;
            if !off.contains(&day) {
                off.push(day);
            }
        }
        if off.len() == 7 {
            return Err(BindError::setting(
                "weekend",
                "leave at least one day for work",
            ));
        }
        Ok(Self { off })
    }

    fn is_worked(&self, day: Date) -> bool {
        !self.off.contains(&day.weekday())
    }

    /// The day so many working days after another. With 0 the day itself, or the next one
    /// worked.
    pub(crate) fn after(&self, day: Date, working_days: i32) -> Date {
        let mut day = day;
        let mut left = working_days;
        loop {
            if self.is_worked(day) && left <= 0 {
                return day;
            }
            day = day.plus_days(1);
            if self.is_worked(day) {
                left -= 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    fn day(month: u32, day: u32) -> Date {
        Date::new(2026, month, day).unwrap()
    }

    #[test]
    fn working_days_pass_over_the_weekend() {
        let iran = Week::without("fri").unwrap();
        // 19 March 2026 is a Thursday.
        assert_eq!(iran.after(day(3, 19), 0), day(3, 19));
        assert_eq!(iran.after(day(3, 19), 1), day(3, 21));
        assert_eq!(iran.after(day(3, 20), 0), day(3, 21));
        assert_eq!(iran.after(day(3, 20), 1), day(3, 21));
        assert_eq!(iran.after(day(3, 18), 7), day(3, 26));
        let longer = Week::without(" Thu, FRI,fri ").unwrap();
        assert_eq!(longer.after(day(3, 18), 1), day(3, 21));
        let none = Week::without("").unwrap();
        assert_eq!(none.after(day(3, 19), 10), day(3, 29));
    }

    #[test]
    fn a_week_without_work_and_a_day_that_is_none_are_refused() {
        assert!(Week::without("sat,sun,mon,tue,wed,thu,fri").is_err());
        let error = Week::without("friday, jomeh").unwrap_err().to_string();
        assert!(error.contains("jomeh is no day"), "{error}");
    }
}
