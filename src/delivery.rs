//! The way from the outbox to people's phones: an HTTP gateway.

pub mod webhooks;

use serde_json::json;
use worker::{Fetch, Headers, Method, Request, RequestInit, Result};

use crate::events::{complain, now};
use crate::messages;
use crate::platform::allowance::Allowance;
use crate::platform::config::Config;
use crate::platform::db::Db;
use crate::platform::outbox::{self, Letter};

/// Delivers what is due, as far as half of the allowance goes. Without a gateway everything
/// stays in the outbox.
pub async fn deliver(db: &Db, config: &Config, allowance: &Allowance) {
    let Some(url) = &config.notifier_url else {
        return;
    };
    let most = allowance.round_of_half(outbox::A_ROUND);
    if most == 0 {
        return;
    }
    let letters = match outbox::claim(db, now(), most).await {
        Ok(letters) => letters,
        Err(error) => {
            complain(
                "the outbox cannot be read or written",
                &format!("{error:?}"),
            );
            return;
        }
    };
    allowance.spend(letters.len());
    let mut settled = Vec::new();
    for letter in &letters {
        settled.push(match send(url, config, letter).await {
            Ok(()) => outbox::sent(letter, now()),
            Err(reason) => {
                complain(
                    "a message was not delivered",
                    &format!("{}: {reason}", letter.seq),
                );
                outbox::failed(letter, &reason, now())
            }
        });
    }
    if !settled.is_empty()
        && let Err(error) = db.batch(settled).await
    {
        complain(
            "the outbox cannot be read or written",
            &format!("{error:?}"),
        );
    }
}

/// One message to the gateway: `POST` JSON `{"id", "kind", "to", "text"}` with a bearer
/// token; any 2xx means it is taken. The id stays the same when it is sent again.
async fn send(url: &str, config: &Config, letter: &Letter) -> std::result::Result<(), String> {
    let (Some(to), Some(text)) = (letter.phone(config), messages::text(letter, config)) else {
        return Err("the message cannot be read".to_owned());
    };
    let body = json!({"id": letter.seq, "kind": letter.kind, "to": to, "text": text}).to_string();
    let post = || -> Result<Request> {
        let headers = Headers::new();
        headers.set("content-type", "application/json")?;
        if let Some(token) = &config.notifier_token {
            headers.set("authorization", &format!("Bearer {token}"))?;
        }
        let mut init = RequestInit::new();
        init.with_method(Method::Post)
            .with_headers(headers)
            .with_body(Some(body.into()));
        Request::new_with_init(url, &init)
    };
    let request = post().map_err(|error| error.to_string())?;
    let response = Fetch::Request(request)
        .send()
        .await
        .map_err(|_| "the gateway cannot be reached".to_owned())?;
    match response.status_code() {
        200..=299 => Ok(()),
        status => Err(format!("the gateway answered {status}")),
    }
}
