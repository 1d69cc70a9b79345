//! A small HTTP client, one for each caller, and what it gets back.

use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use super::raw;

/// Never an `Err` for a status, never a proxy, never a redirect.
pub fn agent() -> ureq::Agent {
    ureq::Agent::config_builder()
        .http_status_as_error(false)
        .allow_non_standard_methods(true)
        .max_redirects(0)
        .proxy(None)
        .timeout_global(Some(Duration::from_secs(30)))
        .build()
        .into()
}

/// A response, read to its end.
#[derive(Clone, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Answer {
    /// The value of a header that may stand only once.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.iter().filter(|(n, _)| n.eq_ignore_ascii_case(name));
        let value = values.next().map(|(_, value)| value.as_str());
        assert!(values.next().is_none(), "{name} stands twice: {self:?}");
        value
    }

    /// All members of a header that is a list, in lower case.
    pub fn header_list(&self, name: &str) -> Vec<String> {
        let fields = self.headers.iter().filter(|(n, _)| n.eq_ignore_ascii_case(name));
        fields
            .flat_map(|(_, value)| value.split(','))
            .map(|entry| entry.trim().to_ascii_lowercase())
            .collect()
    }

    pub fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The `code` of a problem.
    pub fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }

    /// The fields of a 422 answer, each with the rule it broke.
    pub fn faults(&self) -> Vec<(String, String)> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let errors = self.json()["errors"].as_array().cloned().unwrap_or_default();
        errors.iter().map(|error| (text(&error["field"]), text(&error["code"]))).collect()
    }

    /// Fails unless the status is this one; gives itself back for more.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{self:?}");
        self
    }

    /// Everything a client can tell two answers apart by, short of the time. The CORS middleware
    /// writes its list of exposed headers in an order of its own in each worker.
    pub fn without_date(mut self) -> Self {
        const EXPOSED: &str = "access-control-expose-headers";
        let mut exposed = self.header_list(EXPOSED);
        exposed.sort_unstable();
        self.headers.retain(|(name, _)| !name.eq_ignore_ascii_case("date") && name != EXPOSED);
        self.headers.push((EXPOSED.to_owned(), exposed.join(", ")));
        self.headers.sort();
        self
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:?} {}", self.status, self.headers, String::from_utf8_lossy(&self.body))
    }
}

/// A caller: the bearer of a token, or anonymous.
#[derive(Clone)]
pub struct Client {
    agent: ureq::Agent,
    pub address: SocketAddr,
    token: Option<String>,
    headers: Vec<(String, String)>,
}

impl Client {
    pub fn new(agent: ureq::Agent, address: SocketAddr, token: Option<String>) -> Self {
        Self { agent, address, token, headers: Vec::new() }
    }

    /// The same caller with one more header on every request.
    pub fn with_header(&self, name: &str, value: &str) -> Self {
        let mut client = self.clone();
        client.headers.push((name.to_owned(), value.to_owned()));
        client
    }

    pub fn get(&self, path: &str) -> Answer {
        self.send("GET", path, None)
    }

    pub fn delete(&self, path: &str) -> Answer {
        self.send("DELETE", path, None)
    }

    pub fn post(&self, path: &str, body: &Value) -> Answer {
        self.json("POST", path, body)
    }

    pub fn put(&self, path: &str, body: &Value) -> Answer {
        self.json("PUT", path, body)
    }

    pub fn patch(&self, path: &str, body: &Value) -> Answer {
        self.json("PATCH", path, body)
    }

    /// Any method with a JSON body.
    pub fn json(&self, method: &str, path: &str, body: &Value) -> Answer {
        let client = self.with_header("Content-Type", "application/json");
        client.send(method, path, Some(body.to_string().as_bytes()))
    }

    /// Any method, with these bytes as its body or without one.
    pub fn send(&self, method: &str, path: &str, body: Option<&[u8]>) -> Answer {
        let answer = self.try_send(method, path, body);
        answer.unwrap_or_else(|error| panic!("{method} {path}: {error}"))
    }

    /// As [`Client::send`], for a server that may go away before its answer is complete. Nothing is
    /// sent a second time.
    pub fn try_send(
        &self,
        method: &str,
        path: &str,
        body: Option<&[u8]>,
    ) -> Result<Answer, ureq::Error> {
        let uri = format!("http://{}{path}", self.address);
        let mut request = ureq::http::Request::builder().method(method).uri(uri);
        if let Some(token) = &self.token {
            request = request.header("Authorization", format!("Bearer {token}"));
        }
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let response = match body {
            Some(bytes) => self.agent.run(request.body(bytes).unwrap()),
            None => self.agent.run(request.body(()).unwrap()),
        };
        let mut response = response?;
        let value = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Ok(Answer {
            status: response.status().as_u16(),
            headers: response
                .headers()
                .iter()
                .map(|(name, content)| (name.to_string(), value(content.as_bytes())))
                .collect(),
            body: response.body_mut().read_to_vec()?,
        })
    }

    /// The same caller, for requests that the client library refuses to make: `head` is the rest of
    /// the header section, line by line, and `body` goes out as it is.
    pub fn raw(&self, method: &str, path: &str, head: &[&str], body: &[u8]) -> Answer {
        let authorization =
            self.token.as_ref().map(|token| format!("Authorization: Bearer {token}"));
        let extra = self.headers.iter().map(|(name, value)| format!("{name}: {value}"));
        let lines: Vec<String> = authorization
            .into_iter()
            .chain(extra)
            .chain(head.iter().map(|&line| line.to_owned()))
            .collect();
        raw::exchange(self.address, &raw::request(method, path, &lines, body))
    }
}

/// The path of a user's tasks.
pub fn tasks_of(user: &str) -> String {
    format!("/api/{}/tasks", utf8_percent_encode(user, NON_ALPHANUMERIC))
}

/// Makes a task with this title and returns its path.
pub fn new_task(client: &Client, user: &str, title: &str) -> String {
    let answer = client.post(&tasks_of(user), &json!({"title": title})).expect(201);
    format!("{}/{}", tasks_of(user), answer.json()["id"])
}
