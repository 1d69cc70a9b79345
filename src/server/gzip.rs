//! gzip (RFC 1952) in independent pieces. A compressor takes 300 kB, so each worker has one and no response keeps one:
//! every piece is compressed from a fresh start and ends on a byte, as blocks of one stream (RFC 1951, section 3.2).
//! Between two pieces a response keeps a checksum.

use std::cell::RefCell;

use flate2::{Compress, Compression, Crc, FlushCompress, Status};

/// No name, no time, no operating system.
const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];

/// The last block: compressed, fixed codes, nothing in it.
const LAST_BLOCK: [u8; 2] = [3, 0];

/// What a flush takes beside the content, in bytes, and more.
const ROOM: usize = 64;

thread_local! {
    static COMPRESSOR: RefCell<Compress> = RefCell::new(Compress::new(Compression::fast(), false));
}

/// A stream under way.
#[derive(Debug, Default)]
pub(super) struct Gzip {
    crc: Crc,
    has_begun: bool,
}

impl Gzip {
    /// Compresses the next piece, and ends the stream after the last one.
    ///
    /// # Errors
    /// Those of the library; it has none for compression into memory.
    pub(super) fn piece(&mut self, content: &[u8], is_last: bool) -> std::io::Result<Vec<u8>> {
        let mut out = Vec::with_capacity(content.len() / 2 + ROOM);
        if !self.has_begun {
            out.extend_from_slice(&HEADER);
            self.has_begun = true;
        }
        if !content.is_empty() {
            self.crc.update(content);
            COMPRESSOR.with_borrow_mut(|compressor| deflate(compressor, content, &mut out))?;
        }
        if is_last {
            out.extend_from_slice(&LAST_BLOCK);
            out.extend_from_slice(&self.crc.sum().to_le_bytes());
            out.extend_from_slice(&self.crc.amount().to_le_bytes());
        }
        Ok(out)
    }
}

fn deflate(compressor: &mut Compress, content: &[u8], out: &mut Vec<u8>) -> std::io::Result<()> {
    compressor.reset();
    loop {
        let taken = usize::try_from(compressor.total_in()).unwrap_or(content.len());
        let rest = content.get(taken..).unwrap_or_default();
        let status = compressor.compress_vec(rest, out, FlushCompress::Sync)?;
        // Room that is left says that the flush is complete.
        if out.len() < out.capacity() || status == Status::StreamEnd {
            return Ok(());
        }
        out.reserve(ROOM + content.len() / 4);
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use flate2::read::GzDecoder;
    use proptest::prelude::*;

    use super::*;

    fn decoded(bytes: &[u8]) -> Vec<u8> {
        let mut content = Vec::new();
        GzDecoder::new(bytes).read_to_end(&mut content).unwrap();
        content
    }

    proptest! {
        #[test]
        fn any_pieces_are_one_stream(
            pieces in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..5_000), 0..5)
        ) {
            let mut gzip = Gzip::default();
            let mut bytes = Vec::new();
            for piece in &pieces {
                bytes.extend(gzip.piece(piece, false).unwrap());
            }
            bytes.extend(gzip.piece(b"", true).unwrap());
            prop_assert_eq!(decoded(&bytes), pieces.concat());
        }
    }

    #[test]
    fn a_piece_may_be_the_last_and_repetitions_become_short() {
        let content = "the same again and again, ".repeat(1_000);
        let bytes = Gzip::default().piece(content.as_bytes(), true).unwrap();
        assert_eq!(decoded(&bytes), content.as_bytes());
        assert!(bytes.len() < 1_000, "{}", bytes.len());
    }
}
