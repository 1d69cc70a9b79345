//! The `taskbridge` program: hands over to the library and turns its error into an exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    match taskbridge::cli::run() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("taskbridge: {error:#}");
            ExitCode::FAILURE
        }
    }
}
