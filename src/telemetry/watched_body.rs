//! A streamed body whose failure is logged. The status is out by then, so the server can only break the
//! connection off, and without this nobody would know why.

use std::pin::Pin;
use std::task::{Context, Poll};

use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::web::Bytes;

/// Watches over a streamed body; any other is complete already.
pub(crate) fn watch(body: BoxBody, request_id: String) -> BoxBody {
    match body.size() {
        BodySize::Stream => BoxBody::new(WatchedBody { body, request_id }),
        BodySize::None | BodySize::Sized(_) => body,
    }
}

struct WatchedBody {
    body: BoxBody,
    request_id: String,
}

impl MessageBody for WatchedBody {
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
            log::error!(cause:% = cause, request_id; "the body was broken off");
        }
        polled
    }
}
