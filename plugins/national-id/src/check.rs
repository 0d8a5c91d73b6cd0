//! Which digits can an identifier have? Pure checks of canonical forms; README.md says where the
//! rules come from and what has no check digit.

/// What is wrong with an identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wrong {
    /// Something else than digits is in it.
    NotDigits,
    /// It has so many digits.
    Length(usize),
    /// All its digits are the same.
    SameDigits,
    /// The check digits do not fit the others.
    CheckDigit,
    /// A postal code with a digit where it is not in use.
    PostalPattern,
    /// A Sheba number that does not begin with IR.
    Country,
}

impl Wrong {
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::NotDigits => "not-digits",
            Self::Length(_) => "length",
            Self::SameDigits => "same-digits",
            Self::CheckDigit => "check-digit",
            Self::PostalPattern => "postal-pattern",
            Self::Country => "country",
        }
    }
}

/// The digits of a text that has nothing else.
pub(crate) fn digits(text: &str) -> Option<Vec<u32>> {
    text.chars()
        .map(|c| c.is_ascii_digit().then(|| c.to_digit(10))?)
        .collect()
}

/// The digits, where there are as many as there may be and they are not all the same.
fn plain(value: &str, lengths: impl Fn(usize) -> bool) -> Result<Vec<u32>, Wrong> {
    let digits = digits(value).ok_or(Wrong::NotDigits)?;
    if !lengths(digits.len()) {
        return Err(Wrong::Length(digits.len()));
    }
    // 1111111111 fits its check digit, as does every such national id, and nobody has one.
    if digits.iter().all(|digit| Some(digit) == digits.first()) {
        return Err(Wrong::SameDigits);
    }
    Ok(digits)
}

fn fits(fits: bool) -> Result<(), Wrong> {
    if fits { Ok(()) } else { Err(Wrong::CheckDigit) }
}

/// Weights 10 to 2 for the first nine digits; the remainder by 11 gives the tenth.
pub(crate) fn person_id(value: &str) -> Result<(), Wrong> {
    let digits = plain(value, |length| length == 10)?;
    let weighted = digits.iter().zip((2..=10).rev());
    let remainder = weighted.map(|(digit, weight)| digit * weight).sum::<u32>() % 11;
    let expected = if remainder < 2 {
        remainder
    } else {
        11 - remainder
    };
    fits(digits.last() == Some(&expected))
}

/// The tenth digit and two more are added to each of the first ten, which are weighted; the
/// remainder by 11 gives the eleventh, 10 counting as 0.
pub(crate) fn company_id(value: &str) -> Result<(), Wrong> {
    let digits = plain(value, |length| length == 11)?;
    let added = digits.get(9).copied().unwrap_or_default() + 2;
    let weighted = digits.iter().zip([29, 27, 23, 19, 17].into_iter().cycle());
    let sum: u32 = weighted
        .take(10)
        .map(|(digit, weight)| (digit + added) * weight)
        .sum();
    fits(digits.last() == Some(&(sum % 11 % 10)))
}

/// 12 digits are the old form; 11 are a company's id; 14 are a person's, Iranian or not. Only
/// the second has a check digit that is known here.
pub(crate) fn economic_code(value: &str, check_company: bool) -> Result<(), Wrong> {
    let digits = plain(value, |length| matches!(length, 11 | 12 | 14))?;
    match digits.len() {
        11 if check_company => company_id(value),
        _ => Ok(()),
    }
}

pub(crate) fn postal_code(value: &str, strict: bool) -> Result<(), Wrong> {
    let digits = plain(value, |length| length == 10)?;
    if !strict {
        return Ok(());
    }
    let unused = digits.iter().enumerate().any(|(place, digit)| match place {
        0..4 => matches!(digit, 0 | 2),
        4 => matches!(digit, 0 | 2 | 5),
        _ => *digit == 2,
    });
    let start_is_one_digit = digits
        .iter()
        .take(4)
        .all(|digit| Some(digit) == digits.first());
    if unused || start_is_one_digit {
        return Err(Wrong::PostalPattern);
    }
    Ok(())
}

/// Luhn: from the right, every second digit doubled, the digits' sum a multiple of 10.
pub(crate) fn bank_card(value: &str) -> Result<(), Wrong> {
    let digits = plain(value, |length| length == 16)?;
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, digit)| match (place % 2, digit * 2) {
            (0, _) => *digit,
            (_, doubled) if doubled > 9 => doubled - 9,
            (_, doubled) => doubled,
        })
        .sum();
    fits(sum.is_multiple_of(10))
}

/// An IBAN of Iran: the country and the check digits go to the end, letters become numbers, and
/// the remainder by 97 is 1.
pub(crate) fn sheba(value: &str) -> Result<(), Wrong> {
    let Some(number) = value.strip_prefix("IR") else {
        return Err(match value.starts_with(|c: char| c.is_ascii_digit()) {
            true => Wrong::Length(value.chars().count()),
            false => Wrong::Country,
        });
    };
    let digits = plain(number, |length| length == 24)?;
    let (check, account) = digits
        .split_at_checked(2)
        .ok_or(Wrong::Length(digits.len()))?;
    // I is 18 and R is 27.
    let moved = account.iter().chain(&[1, 8, 2, 7]).chain(check);
    fits(moved.fold(0, |remainder, digit| (remainder * 10 + digit) % 97) == 1)
}

pub(crate) fn foreign_id(value: &str, strict: bool) -> Result<(), Wrong> {
    plain(value, |length| match strict {
        true => length == 12,
        false => (8..=16).contains(&length),
    })?;
    Ok(())
}
