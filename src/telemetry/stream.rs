//! Logs a streamed body that fails midway. Its status has been sent by then, so the server can only close the
//! connection, and this line is the only trace of the cause.

use std::pin::Pin;
use std::task::{Context, Poll};

use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::web::Bytes;

/// Wraps a streamed body so that its failure is logged. Any other body is complete and stays as it is.
pub(crate) fn log_broken_stream(body: BoxBody, request_id: String) -> BoxBody {
    match body.size() {
        BodySize::Stream => BoxBody::new(LoggedStream { body, request_id }),
        BodySize::None | BodySize::Sized(_) => body,
    }
}

struct LoggedStream {
    body: BoxBody,
    request_id: String,
}

impl MessageBody for LoggedStream {
    type Error = <BoxBody as MessageBody>::Error;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        let polled = self.body.as_pin_mut().poll_next(context);
        if let Poll::Ready(Some(Err(cause))) = &polled {
            let request_id = self.request_id.as_str();
            log::error!(cause:% = cause, request_id; "the response was cut off");
        }
        polled
    }
}
