//! Any bytes as the content of a cursor with a good digest, after one byte that chooses the order: no panic, and no
//! position that a database cannot compare.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| taskbridge::fuzzing::cursor(data));
