//! `labels NUMBER…`: say which numbers a scanner would not take.

use std::process::ExitCode;

fn main() -> ExitCode {
    let wrong: Vec<String> = std::env::args()
        .skip(1)
        .filter(|number| !labels::is_valid(number))
        .collect();
    for number in &wrong {
        println!("{number}: wrong");
    }
    ExitCode::from(u8::from(!wrong.is_empty()))
}
