//! The prepared requests, and what each must be answered.

use std::error::Error;
use std::io::{BufRead, BufReader, Read};

use memchr::memmem;

/// Each task of an answer has one owner.
const OWNER: &[u8] = b"\"user_id\":\"";

/// A request as it is sent, and its answer.
pub struct Request {
    pub text: Vec<u8>,
    status: u16,
    tasks: usize,
    /// The user's name and the quotation mark after it.
    user: Vec<u8>,
    /// The member `id` of the only task; empty when it is not known.
    id: Vec<u8>,
}

/// All requests of a workload, sent in turn.
pub struct Requests {
    all: Vec<Request>,
    owned: bool,
    owner: memmem::Finder<'static>,
}

impl Requests {
    /// Each request in the file is a line `LENGTH STATUS TASKS USER ID`, with ID 0 for any, and LENGTH bytes to send.
    pub fn read(file: &str, owned: bool) -> Result<Self, Box<dyn Error>> {
        let mut file = BufReader::new(std::fs::File::open(file)?);
        let (mut all, mut line) = (Vec::new(), String::new());
        while file.read_line(&mut line)? > 0 {
            let fields: Vec<&str> = line.split_whitespace().collect();
            let [length, status, tasks, user, id] = fields[..] else {
                return Err(format!("{line:?} has not five fields").into());
            };
            let mut text = vec![0; length.parse()?];
            file.read_exact(&mut text)?;
            all.push(Request {
                text,
                status: status.parse()?,
                tasks: tasks.parse()?,
                user: format!("{user}\"").into_bytes(),
                id: if id == "0" { Vec::new() } else { format!("\"id\":{id},").into_bytes() },
            });
            line.clear();
        }
        if all.is_empty() {
            return Err("the file holds no request".into());
        }
        Ok(Self { all, owned, owner: memmem::Finder::new(OWNER) })
    }

    /// The request with this number, from the first again after the last.
    pub fn get(&self, number: usize) -> &Request {
        &self.all[number % self.all.len()]
    }

    /// Why this is not the answer to the request, if it is not.
    pub fn complaint(&self, request: &Request, status: u16, body: &[u8]) -> Option<String> {
        if status != request.status {
            return Some(format!("status {status} instead of {}", request.status));
        }
        let mut tasks = 0;
        for place in self.owner.find_iter(body) {
            tasks += 1;
            if self.owned && !body[place + OWNER.len()..].starts_with(&request.user) {
                return Some("a task of another user".to_owned());
            }
        }
        if tasks != request.tasks {
            return Some(format!("{tasks} tasks instead of {}", request.tasks));
        }
        if self.owned && memmem::find(body, &request.id).is_none() {
            return Some("another task".to_owned());
        }
        None
    }
}
