//! Which number do words and figures make together?

use rust_decimal::Decimal;

use super::super::fold::fold_text;
use super::super::variety::Variety;
use super::super::words::{Meaning, meaning};
use super::{Fault, Token, figures};

/// A part of the number that a scale has closed: «دو میلیون».
struct Part {
    value: Decimal,
    scale: Decimal,
}

impl Part {
    /// A part is less than one of the scale before it, or the thousand or two that Arabic says behind full hundreds of them.
    fn fits_behind(&self, before: &Self) -> bool {
        let hundreds = before.scale.checked_mul(Decimal::ONE_HUNDRED);
        let full = hundreds
            .and_then(|hundreds| before.value.checked_rem(hundreds))
            .is_some_and(|rest| rest.is_zero());
        let one_or_two = self.value.checked_div(self.scale) <= Some(Decimal::TWO);
        self.value < before.scale || self.scale == before.scale && full && one_or_two
    }
}

#[derive(Default)]
struct Sum {
    parts: Vec<Part>,
    /// What is said since the last scale.
    group: Option<Decimal>,
    /// The group is in figures, or has a half: nothing is added to it.
    closed: bool,
    /// The last word was a scale: another one multiplies it, as in «هزار میلیارد».
    after_scale: bool,
}

/// The number of words, of figures with words, and of nothing else.
pub(super) fn read(tokens: &[Token], variety: Option<Variety>) -> Result<String, Fault> {
    let mut sum = Sum::default();
    for token in tokens {
        match token {
            Token::Figures(written) if sum.group.is_none() => {
                let plain = figures::read(written, variety)?;
                sum.group = Some(Decimal::from_str_exact(&plain).map_err(|_| Fault::TooLarge)?);
                sum.closed = true;
                sum.after_scale = false;
            }
            Token::Word(word) => sum.word(word)?,
            _ => return Err(Fault::Unreadable),
        }
    }
    sum.total()
}

impl Sum {
    fn word(&mut self, word: &str) -> Result<(), Fault> {
        let folded = fold_text(word);
        // «ملايين وألف»: the Arabic «و» is part of its word, and what follows it multiplies nothing.
        self.after_scale &= !folded.starts_with('و');
        if let Some(power) = scale(&folded) {
            return self.scale(Decimal::from(10u64.pow(power)));
        }
        if let Some(part) = share(&folded) {
            return self.share(part);
        }
        match meaning(word).ok_or(Fault::Unreadable)? {
            Meaning::Adds(value) => self.adds(value),
            Meaning::Hundred => self.hundred(),
            Meaning::Scale(scale) => self.scale(Decimal::from(scale)),
            Meaning::TwoOf(scale) => {
                // Behind a number it is «ألفاً» without its nunation.
                self.group = self.group.or(Some(Decimal::TWO));
                self.scale(Decimal::from(scale))
            }
            Meaning::Nothing => {
                self.after_scale = false;
                Ok(())
            }
        }
    }

    fn adds(&mut self, value: u64) -> Result<(), Fault> {
        self.after_scale = false;
        let value = Decimal::from(value);
        let Some(group) = self.group else {
            self.group = Some(value);
            return Ok(());
        };
        if self.closed || !fits_behind(group, value) {
            return Err(Fault::Unreadable);
        }
        self.group = Some(group.checked_add(value).ok_or(Fault::TooLarge)?);
        Ok(())
    }

    fn hundred(&mut self) -> Result<(), Fault> {
        let group = self.group.unwrap_or(Decimal::ONE);
        if group >= Decimal::TEN {
            return Err(Fault::Unreadable);
        }
        self.group = group.checked_mul(Decimal::ONE_HUNDRED);
        Ok(())
    }

    /// A half or a quarter: of one behind a number, of the scale behind a scale, of what follows otherwise.
    fn share(&mut self, part: Decimal) -> Result<(), Fault> {
        match (self.group, self.parts.last()) {
            (Some(group), _) if group.fract().is_zero() => {
                self.group = group.checked_add(part);
            }
            (None, Some(last)) => self.group = last.scale.checked_mul(part),
            (None, None) => self.group = Some(part),
            _ => return Err(Fault::Unreadable),
        }
        (self.closed, self.after_scale) = (true, false);
        Ok(())
    }

    fn scale(&mut self, scale: Decimal) -> Result<(), Fault> {
        let part = match (self.group.take(), self.after_scale) {
            (None, true) => {
                let last = self.parts.pop().ok_or(Fault::Unreadable)?;
                if last.scale >= scale {
                    return Err(Fault::Unreadable);
                }
                Part {
                    value: last.value.checked_mul(scale).ok_or(Fault::TooLarge)?,
                    scale: last.scale.checked_mul(scale).ok_or(Fault::TooLarge)?,
                }
            }
            (group, _) => Part {
                value: group
                    .unwrap_or(Decimal::ONE)
                    .checked_mul(scale)
                    .ok_or(Fault::TooLarge)?,
                scale,
            },
        };
        self.parts.push(part);
        (self.closed, self.after_scale) = (false, true);
        Ok(())
    }

    fn total(self) -> Result<String, Fault> {
        if self.parts.is_empty() && self.group.is_none() {
            return Err(Fault::Unreadable);
        }
        let rest = self.group.map(|value| Part {
            value,
            scale: Decimal::ONE,
        });
        let mut total = Decimal::ZERO;
        let mut before: Option<Part> = None;
        for part in self.parts.into_iter().chain(rest) {
            if before.is_some_and(|before| !part.fits_behind(&before)) {
                return Err(Fault::Unreadable);
            }
            total = total.checked_add(part.value).ok_or(Fault::TooLarge)?;
            before = Some(part);
        }
        Ok(total.normalize().to_string())
    }
}

/// Whether a word for a number may stand behind what is said of a group: tens behind hundreds, units behind tens, and
/// the other way round as in Arabic.
fn fits_behind(group: Decimal, value: Decimal) -> bool {
    let number = |decimal: Decimal| u64::try_from(decimal).unwrap_or(u64::MAX);
    let (said, value) = (number(group) % 100, number(value));
    match value {
        0 => false,
        1..=9 => said == 0 || said >= 20 && said.is_multiple_of(10),
        10..=19 => said == 0 || value == 10 && said < 10,
        20..=99 => said < 10,
        _ => false,
    }
}

/// The power of ten of a scale as people abbreviate or spell it.
fn scale(folded: &str) -> Option<u32> {
    Some(match folded {
        "هزار" | "الف" | "الاف" | "الفا" | "k" | "thousand" => 3,
        "میلیون" | "ملیون" | "ملایین" | "ملیونا" | "m" | "mn" | "mio" | "mm" | "million"
        | "millions" => 6,
        "میلیارد" | "ملیارد" | "ملیار" | "ملیارات" | "ملیارا" | "بلیون" | "b" | "bn"
        | "billion" | "billions" => 9,
        "تریلیون" | "ترلیون" | "trillion" | "tn" => 12,
        _ => return None,
    })
}

fn share(folded: &str) -> Option<Decimal> {
    Some(match folded {
        "نیم" | "نصف" | "ونصف" | "ونیم" | "half" => Decimal::new(5, 1),
        "ربع" | "وربع" | "quarter" => Decimal::new(25, 2),
        _ => return None,
    })
}
