//! The way of events to organizations' own systems.

use std::pin::pin;
use std::time::Duration;

use futures_util::future::{Either, join_all, select};
use worker::{
    AbortController, Delay, Fetch, Headers, Method, Request, RequestInit, RequestRedirect, Result,
};

use crate::events::{complain, now};
use crate::platform::allowance::Allowance;
use crate::platform::config::Config;
use crate::platform::db::{Db, DbError};
use crate::webhooks::{self, Due, Failure, Post};

/// A receiver that has not answered by then has not taken it.
const PATIENCE: Duration = Duration::from_secs(10);
/// For so long one tick of the clock begins another round, in milliseconds; the next tick
/// comes after a minute.
pub const A_TICK: i64 = 45_000;

/// Makes the deliveries that are due, round after round, while the allowance lasts and this
/// time; one round in any case.
pub async fn deliver(db: &Db, config: &Config, allowance: &Allowance, time: i64) {
    let until = now().plus(time);
    loop {
        match deliver_round(db, config, allowance).await {
            Ok(0) => return,
            Ok(_) if now() >= until => return,
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
    allowance: &Allowance,
) -> std::result::Result<usize, DbError> {
    let most = allowance.round(webhooks::A_ROUND);
    if most == 0 {
        return Ok(0);
    }
    let due = webhooks::claim(db, now(), most).await?;
    if due.is_empty() {
        return Ok(0);
    }
    allowance.spend(due.len());
    let settled = join_all(due.iter().map(|due| async move {
        match send(due, config).await {
            Ok(status) => webhooks::sent(due, status, now()),
            Err((status, why)) => webhooks::failed(due, status, why, now()),
        }
    }));
    db.batch(settled.await.concat()).await?;
    Ok(due.len())
}

/// One attempt; any 2xx means it arrived.
async fn send(due: &Due, config: &Config) -> std::result::Result<u16, (Option<u16>, Failure)> {
    let post = due.post(config, now()).ok_or((None, Failure::Unsigned))?;
    let request = request(&due.url, post).map_err(|_| (None, Failure::Other))?;
    let controller = AbortController::default();
    let signal = controller.signal();
    let fetch = Fetch::Request(request);
    let answer = pin!(fetch.send_with_signal(&signal));
    let status = match select(answer, pin!(Delay::from(PATIENCE))).await {
        Either::Left((Ok(response), _)) => response.status_code(),
        Either::Left((Err(_), _)) => return Err((None, Failure::Unreachable)),
        Either::Right(_) => {
            controller.abort();
            return Err((None, Failure::Timeout));
        }
    };
    match status {
        200..=299 => Ok(status),
        // Following would post what is signed for one address to another.
        300..=399 => Err((Some(status), Failure::Redirected)),
        _ => Err((Some(status), Failure::Refused)),
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
