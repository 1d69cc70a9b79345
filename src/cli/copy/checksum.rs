//! What a table holds, in 40 bytes that both databases agree on.

use std::fmt::{self, Write};

use aws_lc_rs::digest::{SHA256, digest};
use serde::Serialize;

/// The number of rows, and the sum of their SHA-256 digests modulo 2^256. A sum does not depend on the
/// order and follows every row that comes or goes, so that each transaction can store the new one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Checksum {
    rows: i64,
    /// The least significant part first.
    sum: [u64; 4],
}

impl Checksum {
    /// As it was written: the number of rows and 64 hexadecimal digits. `None` for anything else.
    pub(super) fn parse(rows: i64, hex: &str) -> Option<Self> {
        let part = |index: usize| {
            let digits = hex.get(index * 16..index * 16 + 16)?;
            u64::from_str_radix(digits, 16).ok()
        };
        (hex.len() == 64).then_some(())?;
        Some(Self { rows, sum: [part(3)?, part(2)?, part(1)?, part(0)?] })
    }

    /// Takes a row in.
    pub(super) fn add(&mut self, row: &impl Serialize) {
        self.rows += 1;
        self.combine(digest_of(row), u64::overflowing_add);
    }

    /// Takes a row out again.
    pub(super) fn remove(&mut self, row: &impl Serialize) {
        self.rows -= 1;
        self.combine(digest_of(row), u64::overflowing_sub);
    }

    /// How many rows there are.
    pub(crate) const fn rows(&self) -> i64 {
        self.rows
    }

    /// The sum in 64 hexadecimal digits.
    pub(crate) fn hex(&self) -> String {
        self.sum.iter().rev().fold(String::with_capacity(64), |mut hex, part| {
            // Writing to a string cannot fail.
            let _ = write!(hex, "{part:016x}");
            hex
        })
    }

    fn combine(&mut self, other: [u64; 4], operation: fn(u64, u64) -> (u64, bool)) {
        let mut carry = false;
        for (part, other) in self.sum.iter_mut().zip(other) {
            let (half, first) = operation(*part, other);
            let (whole, second) = operation(half, u64::from(carry));
            (*part, carry) = (whole, first || second);
        }
    }
}

/// JSON is the canonical form: one spelling for each value, and no value runs into the next one.
fn digest_of(row: &impl Serialize) -> [u64; 4] {
    // Strings, numbers and booleans always serialise.
    let canonical = serde_json::to_vec(row).unwrap_or_default();
    let mut parts = [0; 4];
    for (part, bytes) in parts.iter_mut().zip(digest(&SHA256, &canonical).as_ref().chunks_exact(8))
    {
        *part = bytes.iter().fold(0, |number, byte| (number << 8) | u64::from(*byte));
    }
    parts
}

impl fmt::Display for Checksum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} row(s), checksum {}", self.rows, self.hex())
    }
}

#[cfg(test)]
mod tests {
    use super::Checksum;

    fn of(rows: &[(&str, Option<&str>)]) -> Checksum {
        let mut checksum = Checksum::default();
        rows.iter().for_each(|row| checksum.add(row));
        checksum
    }

    #[test]
    fn it_follows_rows_in_any_order_and_back() {
        let rows = [("a", None), ("b", Some("")), ("c", Some("x"))];
        let mut all = of(&rows);
        assert_eq!(all, of(&[rows[2], rows[0], rows[1]]));
        all.remove(&rows[1]);
        assert_eq!(all, of(&[rows[0], rows[2]]));
        all.remove(&rows[0]);
        all.remove(&rows[2]);
        assert_eq!(all, Checksum::default());
    }

    #[test]
    fn every_difference_counts() {
        let reference = of(&[("ab", Some("c"))]);
        for other in [
            of(&[]),
            of(&[("ab", None)]),
            of(&[("ab", Some(""))]),
            of(&[("a", Some("bc"))]),
            of(&[("ab", Some("c")), ("ab", Some("c"))]),
        ] {
            assert_ne!(other, reference);
        }
    }

    #[test]
    fn a_carry_goes_through_all_parts() {
        let ones = Checksum::parse(0, &"f".repeat(64)).unwrap();
        let mut checksum = ones;
        checksum.combine([1, 0, 0, 0], u64::overflowing_add);
        assert_eq!(checksum.sum, [0; 4]);
        checksum.combine([1, 0, 0, 0], u64::overflowing_sub);
        assert_eq!(checksum, ones);
    }

    #[test]
    fn what_was_written_is_read_again() {
        let checksum = of(&[("a", None), ("b", None)]);
        assert_eq!(Checksum::parse(2, &checksum.hex()), Some(checksum));
        for text in ["", "0", &"g".repeat(64), &"é".repeat(32), &"0".repeat(65)] {
            assert_eq!(Checksum::parse(2, text), None, "{text}");
        }
    }
}
