//! Runs a file of test vectors and compares every result with the expected one. [`DIFFERENCES`] lists the
//! vectors whose results differ on purpose, and why; an entry that does not differ fails the test too.

use std::collections::BTreeSet;

use serde_json::Value;

/// A file, the numbers of its tests, and why their results differ from the expected ones.
const DIFFERENCES: &[(&str, &[u64], &str)] = &[
    (
        "json_web_signature_test.json",
        &[264, 265, 266, 267, 268, 269, 270, 271],
        "RS384 and RS512 are not among the algorithms of the token contract.",
    ),
    (
        "json_web_signature_test.json",
        &[320, 321, 322, 323, 325, 326, 327, 328],
        "PS384 and PS512 are not among the algorithms of the token contract.",
    ),
    (
        "json_web_signature_test.json",
        &[346, 350],
        "The file pairs a PS384 token with a key for PS256, and the algorithm belongs to the key.",
    ),
    (
        "json_web_signature_test.json",
        &[347, 351],
        "ES512 is not among the algorithms of the token contract, and the file's key says ES521.",
    ),
    (
        "json_web_signature_test.json",
        &[367, 370],
        "Mislabelled in the file: byte for byte the same token as its valid test 357.",
    ),
    (
        "json_web_signature_test.json",
        &[372, 373],
        "A question mark is not in the base64url alphabet, and a token has one spelling only.",
    ),
    (
        "json_web_crypto_test.json",
        &[46],
        "Moduli are not tested for the ROCA weakness: the operator of the endpoint is trusted to generate good keys.",
    ),
    ("json_web_crypto_test.json", &[50, 67], "Encrypted tokens are never accepted."),
    (
        "json_web_key_test.json",
        &[4],
        "Shared secrets have no kid: during a rotation each secret is tried.",
    ),
    (
        "json_web_key_test.json",
        &[7],
        "Moduli are not tested for the ROCA weakness: the operator of the endpoint is trusted to generate good keys.",
    ),
    (
        "json_web_key_test.json",
        &[14, 15],
        "HS384 and HS512 are not among the algorithms of the token contract.",
    ),
    (
        "hmac_sha256_test.json",
        &[
            82, 83, 84, 85, 86, 87, 88, 89, 90, 91, 92, 93, 94, 95, 96, 97, 98, 99, 100, 101, 102,
            103, 104, 105, 106, 107, 108, 166, 167, 168, 172, 173, 174,
        ],
        "The tag has half its length, and HS256 has no truncated tags.",
    ),
    (
        "hmac_sha256_test.json",
        &[163, 164, 165],
        "The key has 16 bytes, and keys below 32 are refused (RFC 7518, section 3.2).",
    ),
];

/// How many vectors ran, and how many of them were accepted.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) run: usize,
    pub(super) accepted: usize,
}

/// A file below `tests/vectors`.
pub(super) fn read(path: &str) -> Value {
    let path = format!("{}/tests/vectors/{path}", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_slice(&std::fs::read(&path).expect(&path)).expect(&path)
}

/// Runs every test of every group of a Wycheproof file. The result `acceptable` counts as invalid: tokens need
/// none of the legacy behaviour that it allows.
pub(super) fn run(file: &str, accepts: impl Fn(&Value, &Value) -> bool) -> Tally {
    let document = read(&format!("wycheproof/{file}"));
    let mut tally = Tally { run: 0, accepted: 0 };
    let mut differing = BTreeSet::new();
    for group in document["testGroups"].as_array().unwrap() {
        for test in group["tests"].as_array().unwrap() {
            let accepted = accepts(group, test);
            tally.run += 1;
            tally.accepted += usize::from(accepted);
            if accepted != (test["result"] == "valid") {
                differing.insert(test["tcId"].as_u64().unwrap());
            }
        }
    }
    assert_eq!(document["numberOfTests"], tally.run, "{file}");
    let of_file = DIFFERENCES.iter().filter(|(name, ..)| *name == file);
    let named: BTreeSet<u64> = of_file.flat_map(|(_, tests, _)| *tests).copied().collect();
    let unnamed: Vec<_> = differing.difference(&named).collect();
    let obsolete: Vec<_> = named.difference(&differing).collect();
    assert!(unnamed.is_empty(), "{file}: results differ without a reason: {unnamed:?}");
    assert!(obsolete.is_empty(), "{file}: listed as differing, but they do not: {obsolete:?}");
    tally
}

/// Bytes written as hexadecimal digits.
pub(super) fn hex(value: &Value) -> Vec<u8> {
    let digits = value.as_str().unwrap().as_bytes();
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    digits.chunks(2).map(byte).collect()
}

#[test]
fn every_difference_is_listed_once_with_a_reason() {
    let mut seen = BTreeSet::new();
    for (file, tests, reason) in DIFFERENCES {
        assert!(reason.ends_with('.') && !tests.is_empty(), "{file} {tests:?}");
        for test in *tests {
            assert!(seen.insert((file, test)), "{file} {test} is listed twice");
        }
    }
}
