//! A TCP proxy that can be told to misbehave, to stand between the server and its database.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use socket2::SockRef;

/// What the proxy does with connections, those already open included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing: bytes go through.
    None,
    /// Each chunk is held back this long, in both directions.
    Slow(Duration),
    /// Accepts, and nothing goes through any more; it is delivered after the fault.
    Stalled,
    /// Accepts, and swallows what is sent. Connections that have lost something stay silent for ever.
    BlackHole,
    /// Resets what is open and what is opened.
    Reset,
}

struct State {
    fault: Fault,
    /// How often it has changed, for threads that wait for a change.
    change: u64,
    /// Kept here as well, so that a connection whose threads have ended is not closed by it.
    open: Vec<TcpStream>,
}

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

/// The proxy. Its threads end with the test process.
pub struct Proxy {
    pub address: SocketAddr,
    shared: Arc<Shared>,
}

impl Proxy {
    /// Listens on a free port and forwards to this address.
    pub fn start(to: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let state = State { fault: Fault::None, change: 0, open: Vec::new() };
        let shared = Arc::new(Shared { state: Mutex::new(state), changed: Condvar::new() });
        let accepting = Arc::clone(&shared);
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                accepting.serve(client, to);
            }
        });
        Self { address, shared }
    }

    /// The same URL through the proxy.
    pub fn url(database_url: &str) -> (Self, String) {
        let (scheme, rest) = database_url.split_once('@').unwrap();
        let (to, database) = rest.split_once('/').unwrap();
        let proxy = Self::start(to.parse().unwrap());
        let url = format!("{scheme}@{}/{database}", proxy.address);
        (proxy, url)
    }

    /// From now on.
    pub fn set(&self, fault: Fault) {
        let mut state = self.shared.state.lock().unwrap();
        state.fault = fault;
        state.change += 1;
        if fault == Fault::Reset {
            state.open.drain(..).for_each(|stream| reset(&stream));
        }
        drop(state);
        self.shared.changed.notify_all();
    }
}

impl Shared {
    fn fault(&self) -> Fault {
        self.state.lock().unwrap().fault
    }

    fn serve(self: &Arc<Self>, client: TcpStream, to: SocketAddr) {
        if self.fault() == Fault::Reset {
            return reset(&client);
        }
        // The database may be away altogether.
        let Ok(server) = TcpStream::connect(to) else { return reset(&client) };
        for stream in [&client, &server] {
            stream.set_nodelay(true).unwrap();
        }
        {
            let mut state = self.state.lock().unwrap();
            state.open.retain(|stream| stream.peer_addr().is_ok());
            state.open.extend([client.try_clone().unwrap(), server.try_clone().unwrap()]);
        }
        let (from_client, from_server) = (client.try_clone().unwrap(), server.try_clone().unwrap());
        for (from, to) in [(from_client, server), (from_server, client)] {
            let shared = Arc::clone(self);
            std::thread::spawn(move || shared.forward(from, to));
        }
    }

    fn forward(&self, mut from: TcpStream, mut to: TcpStream) {
        let mut chunk = [0; 16 * 1024];
        let mut has_lost = false;
        while let Ok(length) = from.read(&mut chunk) {
            if length == 0 {
                break;
            }
            match self.wait_for_passage() {
                Passage::Through if !has_lost => {
                    if to.write_all(&chunk[..length]).is_err() {
                        break;
                    }
                }
                _ => has_lost = true,
            }
        }
        // A hole does not tell that the other side is gone, and a reset sends no end before.
        if !has_lost && self.fault() != Fault::Reset {
            let _ = to.shutdown(Shutdown::Write);
        }
    }

    /// Holds a chunk for as long as the fault wants it.
    fn wait_for_passage(&self) -> Passage {
        let mut state = self.state.lock().unwrap();
        loop {
            match state.fault {
                Fault::None | Fault::Reset => return Passage::Through,
                Fault::BlackHole => return Passage::Lost,
                Fault::Slow(pause) => {
                    drop(state);
                    std::thread::sleep(pause);
                    return Passage::Through;
                }
                Fault::Stalled => {
                    let change = state.change;
                    state = self.changed.wait_while(state, |state| state.change == change).unwrap();
                }
            }
        }
    }
}

enum Passage {
    Through,
    Lost,
}

/// Has a connection end with a reset, as soon as the threads that forward it let go of it.
fn reset(stream: &TcpStream) {
    // It may be closed already.
    let _ = SockRef::from(stream).set_linger(Some(Duration::ZERO));
    let _ = stream.shutdown(Shutdown::Read);
}
