//! Sends prepared requests to a server on this machine from one thread and checks every answer.
//!
//! `load PORT FILE CONNECTIONS RATE SECONDS owned|any`. With RATE 0 each connection sends its next request as soon as
//! it has its answer (a closed loop). Otherwise requests are due at even intervals, RATE of them per second, whatever
//! the server does, and an answer's latency counts from the moment its request was due, so that a slow moment is not
//! left out (no coordinated omission). `any` does not look at the owner and the id: for a server whose answers are
//! constant.
//!
//! Prints one line of JSON. Latencies are microseconds. `as_wrk` holds percentiles as wrk computes them: for an answer
//! that took longer than twice the mean it adds the requests that its connection would have sent meanwhile.

mod connection;
mod meter;
mod requests;
mod run;

use std::error::Error;

use crate::requests::Requests;
use crate::run::{Plan, run};

const USAGE: &str = "usage: load PORT FILE CONNECTIONS RATE SECONDS owned|any";

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [port, file, connections, rate, seconds, check] = &arguments[..] else {
        return Err(USAGE.into());
    };
    let requests = Requests::read(file, check == "owned")?;
    let plan = Plan {
        port: port.parse()?,
        connections: connections.parse()?,
        rate: rate.parse()?,
        seconds: seconds.parse()?,
    };
    println!("{}", run(&plan, &requests)?.to_json(&plan));
    Ok(())
}
