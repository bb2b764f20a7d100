//! Numbers on labels: EAN-13, with its check digit (GS1 General Specifications, 7.9).

/// Return the check digit of twelve digits, or nothing where these are none.
pub fn check_digit(digits: &str) -> Option<u8> {
    if digits.len() != 12 {
        return None;
    }
    let mut sum = 0;
    for (place, digit) in digits.chars().enumerate() {
        let value = digit.to_digit(10)?;
        sum += if place % 2 == 0 { value } else { 3 * value };
    }
    u8::try_from((10 - sum % 10) % 10).ok()
}

/// Tell whether thirteen digits are a number that a scanner takes.
pub fn is_valid(number: &str) -> bool {
    let Some((digits, last)) = number.split_at_checked(12) else {
        return false;
    };
    check_digit(digits).is_some_and(|digit| last == digit.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_ends_with_its_check_digit() {
        assert_eq!(check_digit("400638133393"), Some(1));
        assert_eq!(check_digit("978014300723"), Some(4));
    }

    #[test]
    fn what_is_no_number_has_none() {
        assert_eq!(check_digit("40063813339"), None);
        assert_eq!(check_digit("40063813339x"), None);
    }

    #[test]
    fn a_wrong_digit_is_seen() {
        assert!(is_valid("4006381333931"));
        assert!(!is_valid("4006381333932"));
        assert!(!is_valid("400638133393"));
        assert!(!is_valid(""));
    }
}
