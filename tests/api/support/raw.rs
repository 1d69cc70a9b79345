//! Requests byte by byte over TCP, for everything that a well-behaved client cannot send.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::thread::JoinHandle;
use std::time::Duration;

use socket2::{Domain, Socket, Type};

use super::client::Answer;

/// A request's bytes. `lines` stand between `Host` and the empty line.
pub fn request(method: &str, path: &str, lines: &[impl AsRef<[u8]>], body: &[u8]) -> Vec<u8> {
    let mut bytes = format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\n").into_bytes();
    for line in lines {
        bytes.extend_from_slice(line.as_ref());
        bytes.extend_from_slice(b"\r\n");
    }
    bytes.extend_from_slice(b"\r\n");
    bytes.extend_from_slice(body);
    bytes
}

/// Sends the bytes on a new connection and reads one answer.
pub fn exchange(address: SocketAddr, bytes: &[u8]) -> Answer {
    let mut stream = connect(address);
    // A server that answers early may close before everything is sent.
    let _ = stream.write_all(bytes);
    let method = bytes.split(|byte| *byte == b' ').next().unwrap_or_default();
    read_answer(stream, method == b"HEAD")
}

pub fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream
}

/// A connection from this address that has hardly any room for an answer.
pub fn connect_narrow(from: IpAddr, address: SocketAddr) -> TcpStream {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    socket.bind(&SocketAddr::new(from, 0).into()).unwrap();
    socket.connect(&address.into()).unwrap();
    TcpStream::from(socket)
}

/// How every good answer begins.
pub const GOOD: &[u8] = b"HTTP/1.1 200";

/// Asks on such a connection with this token, and reads no more of the answer than that it is good.
pub fn begin(address: SocketAddr, path: &str, token: &str) -> TcpStream {
    let mut stream = connect_narrow(Ipv4Addr::LOCALHOST.into(), address);
    let authorization = format!("Authorization: Bearer {token}");
    stream.write_all(&request("GET", path, &[authorization], b"")).unwrap();
    let mut status = [0; GOOD.len()];
    stream.read_exact(&mut status).unwrap();
    assert_eq!(status, GOOD, "{}", String::from_utf8_lossy(&status));
    stream
}

/// A server of one connection: it sends this answer, and the handle gives the head it was asked with.
pub fn answering_once(answer: &'static str) -> (SocketAddr, JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") && reader.read_line(&mut head).unwrap() > 0 {}
        stream.write_all(answer.as_bytes()).unwrap();
        head
    });
    (address, server)
}

/// Reads one answer by its framing, so that the connection may stay open.
pub fn read_answer(stream: TcpStream, is_head: bool) -> Answer {
    read_headed(&mut BufReader::new(stream), is_head)
}

/// Reads one answer to anything but HEAD.
pub fn read_from(reader: &mut impl BufRead) -> Answer {
    read_headed(reader, false)
}

fn read_headed(mut reader: &mut impl BufRead, is_head: bool) -> Answer {
    let status_line = line(&mut reader);
    let status = status_line.split(' ').nth(1).and_then(|code| code.parse().ok());
    let status = status.unwrap_or_else(|| panic!("no status in {status_line:?}"));
    let mut headers = Vec::new();
    loop {
        let line = line(&mut reader);
        let Some((name, value)) = line.split_once(':') else { break };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let mut answer = Answer { status, headers, body: Vec::new() };
    if !is_head {
        answer.body = body(&mut reader, &answer);
    }
    answer
}

fn body(reader: &mut impl BufRead, answer: &Answer) -> Vec<u8> {
    let mut body = Vec::new();
    if let Some(length) = answer.header("content-length") {
        body.resize(length.parse().unwrap(), 0);
        reader.read_exact(&mut body).unwrap();
    } else if answer.header("transfer-encoding") == Some("chunked") {
        loop {
            let size = usize::from_str_radix(&line(reader), 16).unwrap();
            let mut chunk = vec![0; size];
            reader.read_exact(&mut chunk).unwrap();
            body.extend(chunk);
            line(reader);
            if size == 0 {
                break;
            }
        }
    }
    body
}

fn line(reader: &mut impl BufRead) -> String {
    let mut bytes = Vec::new();
    reader.read_until(b'\n', &mut bytes).unwrap();
    String::from_utf8_lossy(&bytes).trim_end_matches(['\r', '\n']).to_owned()
}

/// A body in the chunked transfer coding, so that its length is not announced.
pub fn chunked(body: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for chunk in body.chunks(8 * 1024) {
        bytes.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
        bytes.extend_from_slice(chunk);
        bytes.extend_from_slice(b"\r\n");
    }
    bytes.extend_from_slice(b"0\r\n\r\n");
    bytes
}
