//! How does a number that is mostly small lie in few bytes? In groups of seven bits, lowest first.

pub(super) fn push_number(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

pub(super) fn take_number(bytes: &mut &[u8]) -> Option<u64> {
    if let [byte @ 0..=0x7F, rest @ ..] = *bytes {
        *bytes = rest;
        return Some(u64::from(*byte));
    }
    let mut number = 0_u64;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u64::from(byte & 0x7F) << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

/// The same, for a length.
pub(super) fn take_length(bytes: &mut &[u8]) -> Option<usize> {
    usize::try_from(take_number(bytes)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_comes_back_and_no_other_bytes_are_taken() {
        for number in [0, 1, 0x7F, 0x80, 0x3FFF, 0x4000, 1 << 35, u64::MAX] {
            let mut bytes = Vec::new();
            push_number(&mut bytes, number);
            for cut in 0..bytes.len() {
                assert_eq!(take_number(&mut bytes.get(..cut).unwrap_or_default()), None);
            }
            bytes.push(7);
            let mut rest = bytes.as_slice();
            assert_eq!((take_number(&mut rest), rest), (Some(number), &[7][..]));
        }
        assert_eq!(take_number(&mut &[0xFF; 20][..]), None);
    }
}
