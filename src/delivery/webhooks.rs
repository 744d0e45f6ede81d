//! The way of events to organizations' own systems.

use std::pin::pin;
use std::time::Duration;

use futures_util::future::{Either, join_all, select};
use worker::{
    AbortController, Delay, Fetch, Headers, Method, Request, RequestInit, RequestRedirect, Result,
};

use crate::events::{complain, now};
use crate::platform::config::Config;
use crate::platform::db::Db;
use crate::webhooks::{self, Due, Post};

/// A receiver that has not answered by then has not taken it.
const PATIENCE: Duration = Duration::from_secs(10);
/// One tick of the clock makes at most so many rounds.
pub const ROUNDS: usize = 10;

/// Makes the deliveries that are due, round after round.
pub async fn deliver(db: &Db, config: &Config, rounds: usize) {
    for _ in 0..rounds {
        match deliver_round(db, config).await {
            Ok(0) => return,
            Ok(_) => {}
            Err(error) => {
                complain("webhooks cannot be read or written", &format!("{error:?}"));
                return;
            }
        }
    }
}

async fn deliver_round(
    db: &Db,
    config: &Config,
) -> std::result::Result<usize, crate::platform::db::DbError> {
    let due = webhooks::claim(db, now()).await?;
    if due.is_empty() {
        return Ok(0);
    }
    let settled = join_all(due.iter().map(|due| async move {
        match send(due, config).await {
            Ok(status) => webhooks::sent(due, status, now()),
            Err((status, reason)) => webhooks::failed(due, status, &reason, now()),
        }
    }));
    db.batch(settled.await.concat()).await?;
    Ok(due.len())
}

/// One attempt; any 2xx means it arrived.
async fn send(due: &Due, config: &Config) -> std::result::Result<u16, (Option<u16>, String)> {
    let post = due
        .post(config, now())
        .ok_or((None, "the secret cannot be read".to_owned()))?;
    let request = request(&due.url, post).map_err(|error| (None, error.to_string()))?;
    let controller = AbortController::default();
    let signal = controller.signal();
    let fetch = Fetch::Request(request);
    let answer = pin!(fetch.send_with_signal(&signal));
    let status = match select(answer, pin!(Delay::from(PATIENCE))).await {
        Either::Left((Ok(response), _)) => response.status_code(),
        Either::Left((Err(_), _)) => return Err((None, "it cannot be reached".to_owned())),
        Either::Right(_) => {
            controller.abort();
            return Err((None, "no answer within 10 seconds".to_owned()));
        }
    };
    match status {
        200..=299 => Ok(status),
        // Following would post what is signed for one address to another.
        300..=399 => Err((
            Some(status),
            format!("it answered {status}; redirects are not followed"),
        )),
        _ => Err((Some(status), format!("it answered {status}"))),
    }
}

fn request(url: &str, post: Post) -> Result<Request> {
    let headers = Headers::new();
    headers.set("user-agent", "Diandan-Webhooks/1")?;
    for (name, value) in &post.headers {
        headers.set(name, value)?;
    }
    let mut init = RequestInit::new();
    init.with_method(Method::Post)
        .with_headers(headers)
        .with_redirect(RequestRedirect::Manual)
        .with_body(Some(post.body.into()));
    Request::new_with_init(url, &init)
}
