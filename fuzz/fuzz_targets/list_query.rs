//! Any text as the query string of a list: no panic, and the link to the next page asks for the same list.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &str| taskbridge::fuzzing::list_query(data));
