//! Writes a moment as RFC 3339 without asking for memory: three of them stand in every task, and a
//! general formatter costs more than reading the row.

const SECOND: i64 = 1_000_000;
const DAY: i64 = 86_400;

/// `2026-11-21T02:48:54Z`, with three or six digits of a second where they are needed.
pub(super) struct Rfc3339 {
    bytes: [u8; 27],
    length: usize,
}

impl Rfc3339 {
    /// From microseconds since the Unix epoch, in the years 0000 to 9999.
    pub(super) fn of(micros: i64) -> Self {
        let (seconds, fraction) = (micros.div_euclid(SECOND), micros.rem_euclid(SECOND));
        let (days, second) = (seconds.div_euclid(DAY), seconds.rem_euclid(DAY));
        let (year, month, day) = civil(days);
        let mut text = Self { bytes: [0; 27], length: 0 };
        text.number(year / 100).number(year % 100).byte(b'-');
        text.number(month).byte(b'-').number(day).byte(b'T');
        text.number(second / 3600).byte(b':').number(second / 60 % 60).byte(b':');
        text.number(second % 60);
        if fraction != 0 {
            // Digits in pairs: two and one are three, two and two and two are six.
            text.byte(b'.').number(fraction / 10_000);
            if fraction % 1000 == 0 {
                text.digit(fraction / 1000 % 10);
            } else {
                text.number(fraction / 100 % 100).number(fraction % 100);
            }
        }
        text.byte(b'Z');
        text
    }

    pub(super) fn as_str(&self) -> &str {
        // Only ASCII was written.
        self.bytes
            .get(..self.length)
            .and_then(|written| std::str::from_utf8(written).ok())
            .unwrap_or_default()
    }

    fn byte(&mut self, byte: u8) -> &mut Self {
        if let Some(place) = self.bytes.get_mut(self.length) {
            *place = byte;
            self.length += 1;
        }
        self
    }

    fn digit(&mut self, digit: i64) -> &mut Self {
        self.byte(b'0' + u8::try_from(digit).unwrap_or_default())
    }

    /// Two digits.
    fn number(&mut self, number: i64) -> &mut Self {
        self.digit(number / 10 % 10).digit(number % 10)
    }
}

/// Year, month and day of a day since the Unix epoch in the proleptic Gregorian calendar: years are
/// counted from March, so that the leap day is the last one, in eras of 400 years, which all have the same
/// 146,097 days (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms").
fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let (month, next_year) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    (year_of_era + era * 400 + next_year, month, day)
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, SecondsFormat};
    use proptest::prelude::*;

    use super::Rfc3339;

    fn by_chrono(micros: i64) -> String {
        let moment = DateTime::from_timestamp_micros(micros).unwrap();
        moment.to_rfc3339_opts(SecondsFormat::AutoSi, true)
    }

    #[test]
    fn ten_thousand_years_are_written_as_chrono_does() {
        let first = DateTime::parse_from_rfc3339("0000-01-01T00:00:00Z").unwrap();
        let last = DateTime::parse_from_rfc3339("9999-12-31T23:59:59.999999Z").unwrap();
        let (mut micros, last) = (first.timestamp_micros(), last.timestamp_micros());
        let mut written = 0;
        while micros <= last {
            assert_eq!(Rfc3339::of(micros).as_str(), by_chrono(micros));
            // Days and a bit, so that hours, minutes and seconds change too.
            micros += 9 * 86_461_000_000 + written % 3;
            written += 1;
        }
        assert!(written > 400_000, "{written}");
        assert_eq!(Rfc3339::of(last).as_str(), by_chrono(last));
    }

    proptest! {
        #[test]
        fn every_moment_is_written_as_chrono_does(
            seconds in -62_167_219_200_i64..253_402_300_800,
            fraction in prop_oneof![0_i64..1_000_000, (0_i64..1000).prop_map(|ms| ms * 1000)],
        ) {
            let micros = seconds * 1_000_000 + fraction;
            let written = Rfc3339::of(micros);
            prop_assert_eq!(written.as_str(), by_chrono(micros));
        }
    }
}
