//! Server-sent events: "something of this center changed". What changed is not said: the page asks for its part
//! again, with its own rights, so nothing personal is in the stream.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::extract::{Query, State};
use axum::http::{HeaderName, HeaderValue};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use domain::id::CenterId;
use serde::Deserialize;
use tokio_stream::wrappers::BroadcastStream;
use tokio_stream::{Stream, StreamExt};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

use super::ConsoleState;
use super::signed_in::SignedInPart;
use crate::web::error::Error;

#[derive(Deserialize)]
pub(super) struct Asked {
    center: CenterId,
}

/// How long a browser waits before it comes again after a lost connection.
const RETRY: Duration = Duration::from_secs(2);

/// How often a silent stream says that it lives, so that proxies keep it.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

pub(super) async fn events(
    State(app): State<ConsoleState>,
    SignedInPart(signed_in): SignedInPart,
    Query(Asked { center }): Query<Asked>,
) -> Result<Response, Error> {
    signed_in.may_see_rounds()?;
    // From now on, before anything is answered: what happens after the page was made is not missed.
    let listening = app.changes.listen();
    let centers = signed_in.centers(&mut app.store.read().await?).await?;
    signed_in.choose(&centers, Some(center))?;

    let hello = event("hello").retry(RETRY);
    let changes = BroadcastStream::new(listening).filter_map(move |change| match change {
        Ok(changed) if changed == center => Some(event("change")),
        Ok(_) => None,
        // This browser is slow and some changes are gone; it reads the state again all the same.
        Err(_) => Some(event("lagged")),
    });
    let stream = Until::new(tokio_stream::once(hello).chain(changes).map(Ok::<_, Infallible>), app.shutdown.clone());
    let mut response = Sse::new(stream).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)).into_response();
    // Otherwise nginx would collect events before it passes them on.
    response.headers_mut().insert(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    Ok(response)
}

/// An event of which only the name matters. Browsers throw away what has no data.
fn event(name: &str) -> Event {
    Event::default().event(name).data(name)
}

/// A stream that ends when a token is canceled: an endless one would hold up a stop of the service.
struct Until<S> {
    stream: Pin<Box<S>>,
    canceled: Pin<Box<WaitForCancellationFutureOwned>>,
}

impl<S> Until<S> {
    fn new(stream: S, token: CancellationToken) -> Self {
        Self { stream: Box::pin(stream), canceled: Box::pin(token.cancelled_owned()) }
    }
}

impl<S: Stream> Stream for Until<S> {
    type Item = S::Item;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<S::Item>> {
        if self.canceled.as_mut().poll(context).is_ready() {
            return Poll::Ready(None);
        }
        self.stream.as_mut().poll_next(context)
    }
}
