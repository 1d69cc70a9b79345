//! A JWKS endpoint that can be told to misbehave, and the keys that it lists.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, crypto};
use serde_json::{Value, json};

use super::tokens::{ORIGIN, now};

/// A signing key as Better Auth makes them.
pub struct Key {
    kid: &'static str,
    pair: Ed25519KeyPair,
}

impl Key {
    pub fn new(kid: &'static str) -> Self {
        Self { kid, pair: Ed25519KeyPair::generate().unwrap() }
    }

    /// The public half, as it stands in a key set.
    pub fn public(&self) -> Value {
        let x = URL_SAFE_NO_PAD.encode(self.pair.public_key().as_ref());
        json!({"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "kid": self.kid, "x": x})
    }

    /// A valid token of this user.
    pub fn token(&self, user: &str) -> String {
        self.token_with_kid(user, self.kid)
    }

    /// A valid token of an app at this origin.
    pub fn token_from(&self, user: &str, origin: &str) -> String {
        self.sign(user, self.kid, origin)
    }

    /// A good signature under the name of another key.
    pub fn token_with_kid(&self, user: &str, kid: &str) -> String {
        self.sign(user, kid, ORIGIN)
    }

    fn sign(&self, user: &str, kid: &str, origin: &str) -> String {
        let encode = |part: Value| URL_SAFE_NO_PAD.encode(part.to_string());
        let header = json!({"alg": "EdDSA", "kid": kid});
        let payload =
            json!({"sub": user, "iss": origin, "aud": origin, "iat": now(), "exp": now() + 900});
        let message = format!("{}.{}", encode(header), encode(payload));
        let private = self.pair.to_pkcs8v1().unwrap();
        let key = EncodingKey::from_ed_der(private.as_ref());
        let signature = crypto::sign(message.as_bytes(), &key, Algorithm::EdDSA).unwrap();
        format!("{message}.{signature}")
    }
}

/// What the endpoint does with a request.
#[derive(Clone, Debug)]
pub enum Behaviour {
    /// 200 with these keys.
    Keys(Vec<Value>),
    /// This status and body.
    Answer(&'static str, String),
    /// A redirect to somewhere that would answer with good keys.
    Redirect(String),
    /// Nothing for longer than any fetch may take.
    Silence,
}

/// The endpoint. Its thread ends with the test process.
pub struct JwksEndpoint {
    pub url: String,
    behaviour: Arc<Mutex<Behaviour>>,
    requests: Arc<AtomicUsize>,
}

impl JwksEndpoint {
    pub fn start(behaviour: Behaviour) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/api/auth/jwks", listener.local_addr().unwrap());
        let behaviour = Arc::new(Mutex::new(behaviour));
        let requests = Arc::new(AtomicUsize::new(0));
        let (told, counted) = (Arc::clone(&behaviour), Arc::clone(&requests));
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                counted.fetch_add(1, Ordering::SeqCst);
                let behaviour = told.lock().unwrap().clone();
                std::thread::spawn(move || answer(stream, &behaviour));
            }
        });
        Self { url, behaviour, requests }
    }

    /// An endpoint that lists these keys.
    pub fn with_keys(keys: &[&Key]) -> Self {
        Self::start(listing(keys))
    }

    pub fn set(&self, behaviour: Behaviour) {
        *self.behaviour.lock().unwrap() = behaviour;
    }

    /// How often it was asked.
    pub fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }
}

/// 200 with the public halves of these keys.
pub fn listing(keys: &[&Key]) -> Behaviour {
    Behaviour::Keys(keys.iter().map(|key| key.public()).collect())
}

fn answer(mut stream: TcpStream, behaviour: &Behaviour) {
    let mut request = [0; 4096];
    if stream.read(&mut request).is_err() {
        return;
    }
    let (status, extra, body) = match behaviour {
        Behaviour::Keys(keys) => ("200 OK", String::new(), json!({"keys": keys}).to_string()),
        Behaviour::Answer(status, body) => (*status, String::new(), body.clone()),
        Behaviour::Redirect(to) => ("302 Found", format!("Location: {to}\r\n"), String::new()),
        Behaviour::Silence => return std::thread::sleep(Duration::from_secs(5)),
    };
    let head = format!(
        "HTTP/1.1 {status}\r\n{extra}Content-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    // The other side may hang up as soon as it has seen enough.
    let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body.as_bytes()));
}
