//! Writes a moment as RFC 3339 without asking for memory: three of them stand in every task, and a
//! general formatter costs more than reading the row.

const SECOND: u64 = 1_000_000;
const DAY: u64 = 86_400;

/// The days from 1 March of the year -400 to the Unix epoch. Counted from there, every moment of the years 0000 to 9999 is a
/// positive number, and small ones are divided at half the cost.
const BEFORE_EPOCH: u64 = 719_468 + 146_097;

/// `2026-11-21T02:48:54Z`, with three or six digits of a second where they are needed.
pub(crate) struct Rfc3339 {
    bytes: [u8; 27],
    length: usize,
}

impl Rfc3339 {
    /// From microseconds since the Unix epoch, in the years 0000 to 9999.
    pub(super) fn of(micros: i64) -> Self {
        const OFFSET: i64 = (BEFORE_EPOCH * DAY * SECOND).cast_signed();
        let micros = micros.saturating_add(OFFSET).cast_unsigned();
        let (seconds, fraction) = (micros / SECOND, small(micros % SECOND));
        let (days, second) = (small(seconds / DAY), small(seconds % DAY));
        let (year, month, day) = civil(days);
        let ([y1, y2], [y3, y4]) = (digits(year / 100), digits(year % 100));
        let ([mo1, mo2], [d1, d2]) = (digits(month), digits(day));
        let ([h1, h2], [m1, m2]) = (digits(second / 3600), digits(second / 60 % 60));
        let ([s1, s2], [f1, f2]) = (digits(second % 60), digits(fraction / 10_000));
        let ([f3, f4], [f5, f6]) = (digits(fraction / 100 % 100), digits(fraction % 100));
        let mut text = Self {
            bytes: [
                y1, y2, y3, y4, b'-', mo1, mo2, b'-', d1, d2, b'T', h1, h2, b':', m1, m2, b':', s1,
                s2, b'.', f1, f2, f3, f4, f5, f6, b'Z',
            ],
            length: 27,
        };
        if fraction == 0 {
            text.end_at(19);
        } else if fraction % 1000 == 0 {
            text.end_at(23);
        }
        text
    }

    /// Its ASCII characters.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }

    /// Its text.
    pub(crate) fn as_str(&self) -> &str {
        str::from_utf8(self.as_bytes()).unwrap_or_default()
    }

    /// Leaves out the rest of the fraction.
    fn end_at(&mut self, place: usize) {
        if let Some(byte) = self.bytes.get_mut(place) {
            *byte = b'Z';
            self.length = place + 1;
        }
    }
}

fn small(number: u64) -> u32 {
    u32::try_from(number).unwrap_or_default()
}

/// Of a number below 100.
fn digits(number: u32) -> [u8; 2] {
    let ([tens, ..], [ones, ..]) = ((number / 10).to_le_bytes(), (number % 10).to_le_bytes());
    [b'0' + tens, b'0' + ones]
}

/// Year, month and day of a day since 1 March of the year -400 in the proleptic Gregorian calendar: years are
/// counted from March, so that the leap day is the last one, in eras of 400 years, which all have the same
/// 146,097 days (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms").
fn civil(days: u32) -> (u32, u32, u32) {
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let (month, next_year) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    ((year_of_era + era * 400 + next_year).saturating_sub(400), month, day)
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
