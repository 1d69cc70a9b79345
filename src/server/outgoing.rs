//! The body of every response as it goes to the connection: in pieces, compressed if the client wants it. The library
//! copies what a body gives into its buffer and asks again while that is short, so that a client that does not read
//! makes the server hold a piece or two, whatever it has asked for.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::web::Bytes;

use super::connection::state::Exchange;
use super::gzip::Gzip;

/// While the library's buffer is shorter it asks for more, in bytes.
pub(super) const BUFFER: usize = 8 * 1024;

/// What is handed over at once, in bytes.
const PIECE: usize = 16 * 1024;

/// A body that is not longer is handed over as a whole, in bytes: it is copied once and freed.
const WHOLE: u64 = 48 * 1024;

/// See the module's documentation.
pub(super) struct Outgoing {
    body: BoxBody,
    /// What the body has given and was not handed over yet.
    rest: Bytes,
    piece: usize,
    /// What is still to come before the body's end; `None` where that is not known.
    left: Option<u64>,
    /// What compresses it, until the stream has ended.
    gzip: Option<Gzip>,
    size: BodySize,
    exchange: Option<Exchange>,
}

impl Outgoing {
    /// The response to this request; `exchange` is `None` without a connection, as in tests.
    pub(super) fn new(body: BoxBody, compress: bool, exchange: Option<Exchange>) -> Self {
        let size = body.size();
        let left = match size {
            BodySize::Sized(bytes) => Some(bytes),
            BodySize::None => Some(0),
            BodySize::Stream => None,
        };
        let is_short = left.is_some_and(|bytes| bytes <= WHOLE);
        Self {
            body,
            rest: Bytes::new(),
            piece: if is_short { usize::MAX } else { PIECE },
            left,
            gzip: compress.then(Gzip::default),
            size: if compress { BodySize::Stream } else { size },
            exchange,
        }
    }

    fn next_piece(&mut self) -> Bytes {
        // A small remainder would keep all of it in memory.
        let is_little_more = self.rest.len() <= self.piece.saturating_add(PIECE / 2);
        let piece = match is_little_more {
            true => std::mem::take(&mut self.rest),
            false => self.rest.split_to(self.piece),
        };
        if let Some(left) = &mut self.left {
            *left = left.saturating_sub(u64::try_from(piece.len()).unwrap_or(u64::MAX));
        }
        piece
    }

    fn hand_over(&self, bytes: Bytes) -> Bytes {
        if let Some(exchange) = &self.exchange {
            exchange.hand_over(bytes.len());
        }
        bytes
    }
}

impl MessageBody for Outgoing {
    type Error = <BoxBody as MessageBody>::Error;

    fn size(&self) -> BodySize {
        self.size
    }

    fn poll_next(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        let this = self.get_mut();
        if this.rest.is_empty() {
            match ready!(this.body.as_pin_mut().poll_next(context)) {
                Some(Ok(bytes)) => this.rest = bytes,
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => {
                    let end = this.gzip.take().map(|mut gzip| gzip.piece(b"", true));
                    let end = end.map(|end| Ok(this.hand_over(end?.into())));
                    return Poll::Ready(end);
                }
            }
        }
        let piece = this.next_piece();
        let is_last = this.left == Some(0);
        let Some(gzip) = &mut this.gzip else {
            return Poll::Ready(Some(Ok(this.hand_over(piece))));
        };
        let compressed = gzip.piece(&piece, is_last);
        if is_last {
            this.gzip = None;
        }
        Poll::Ready(Some(compressed.map(|bytes| this.hand_over(bytes.into())).map_err(Into::into)))
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use futures_util::{FutureExt, stream};

    use super::*;

    fn pieces(mut body: Outgoing) -> Vec<Bytes> {
        let mut pieces = Vec::new();
        while let Some(piece) = poll_fn(|context| Pin::new(&mut body).poll_next(context))
            .now_or_never()
            .expect("it never waits")
        {
            pieces.push(piece.unwrap());
        }
        pieces
    }

    fn lengths(bytes: usize) -> Vec<usize> {
        let body = Outgoing::new(BoxBody::new(vec![b'a'; bytes]), false, None);
        pieces(body).iter().map(Bytes::len).collect()
    }

    #[test]
    fn a_long_body_comes_in_pieces_and_a_short_one_whole() {
        assert_eq!(lengths(0), [0; 0]);
        assert_eq!(lengths(49_152), [49_152]);
        assert_eq!(lengths(49_153), [16_384, 16_384, 16_385]);
    }

    #[test]
    fn long_parts_of_a_stream_come_in_pieces() {
        let parts =
            [30_000, 0, 1].map(|bytes| Ok::<_, std::io::Error>(Bytes::from(vec![0; bytes])));
        let stream = BoxBody::new(actix_web::body::BodyStream::new(stream::iter(parts)));
        let pieces = pieces(Outgoing::new(stream, false, None));
        let lengths: Vec<usize> =
            pieces.iter().map(Bytes::len).filter(|length| *length > 0).collect();
        assert_eq!(lengths, [16_384, 13_616, 1]);
    }

    #[test]
    fn the_last_piece_of_a_compressed_body_ends_the_stream() {
        let body = Outgoing::new(BoxBody::new("abc".repeat(1_000)), true, None);
        assert_eq!(body.size(), BodySize::Stream);
        let pieces = pieces(body);
        assert_eq!(pieces.len(), 1);
        assert!(pieces[0].ends_with(&3_000_u32.to_le_bytes()));
    }
}
