//! Any bytes as a task's body: no panic, and a task that is sent back as it came makes the same task.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| taskbridge::fuzzing::task_body(data));
