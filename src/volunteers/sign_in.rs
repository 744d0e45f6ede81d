//! Signing in with a one-time code, the same from a page and from a program.

use axum::http::{HeaderValue, StatusCode, header};

use super::store::{self, Arrival, Attempted, Issued, NewCode};
use super::{CODE_PAUSE, Code, Phone, SESSION_PREFIX};
use crate::platform::clock::MINUTE;
use crate::platform::crypto::{Token, same, six_digits};
use crate::platform::db::Statement;
use crate::platform::i18n::Words;
use crate::platform::idempotency::{Earlier, IdempotencyKey};
use crate::platform::problem::Problem;
use crate::platform::visit::Visit;

/// Sends a code. The answer is the same whether or not the phone is known.
pub async fn send_code(visit: &Visit, phone: &Phone) -> Result<(), Problem> {
    let key = IdempotencyKey::default();
    let keep = key.point_at(visit, "");
    send_code_once(visit, phone, &key, keep).await.map(drop)
}

/// Sends a code, unless its key was taken before; `keep` takes the key.
pub async fn send_code_once(
    visit: &Visit,
    phone: &Phone,
    key: &IdempotencyKey,
    keep: Statement,
) -> Result<Option<Earlier>, Problem> {
    if !visit.config.can_notify() {
        return Err(Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "codes_unavailable",
            Words::new("暂时无法发送验证码", "Codes cannot be sent at the moment"),
        ));
    }
    let keys = &visit.config.keys;
    let phone_hash = keys.phone_hash(phone.digits());
    let code = six_digits()?;
    let issued = store::issue_code(
        visit,
        &NewCode {
            phone_hash: &phone_hash,
            phone_sealed: &keys.seal(phone.digits())?,
            address_hash: &visit.address_hash(),
            code_hash: &keys.code_hash(&phone_hash, &code),
            code_sealed: &keys.seal(&code)?,
        },
        key,
        keep,
    )
    .await?;
    match issued {
        Issued::Now => Ok(None),
        Issued::Before(earlier) => Ok(Some(earlier)),
        Issued::NotUntil(next) => Err(too_many(next.millis() - visit.now.millis())),
    }
}

/// A code was sent too short a time ago, or too many were; in milliseconds until the next.
fn too_many(wait: i64) -> Problem {
    let words = if wait <= CODE_PAUSE {
        Words::new(
            "验证码刚刚发过，请看短信；没有收到时一分钟后再试",
            "A code was sent a moment ago; if it does not arrive, try again in a minute",
        )
    } else {
        let minutes = wait / MINUTE + 1;
        Words::new(
            format!("验证码要得太频繁了，请 {minutes} 分钟后再试；已收到的仍可用"),
            format!(
                "Too many codes were asked for; try again in {minutes} minutes, or use the one you have"
            ),
        )
    };
    let seconds = HeaderValue::from(wait.max(0) / 1000 + 1);
    Problem::new(StatusCode::TOO_MANY_REQUESTS, "too_many_codes", words)
        .with_header(header::RETRY_AFTER, seconds)
}

/// Opens a session for whoever shows the right code. Refuses with `wrong_code`, whatever
/// the reason: wrong, old, used, or tried too often.
pub async fn open_session(
    visit: &Visit,
    phone: &Phone,
    code: &Code,
    name: &str,
) -> Result<Token, Problem> {
    let token = Token::new(SESSION_PREFIX)?;
    let key = IdempotencyKey::default();
    let keep = key.point_at(visit, "");
    open_session_once(visit, phone, code, name, &token, &key, keep).await?;
    Ok(token)
}

/// Opens a session with this token, unless its key was taken before; `keep` takes the key.
pub async fn open_session_once(
    visit: &Visit,
    phone: &Phone,
    code: &Code,
    name: &str,
    token: &Token,
    key: &IdempotencyKey,
    keep: Statement,
) -> Result<Option<Earlier>, Problem> {
    let keys = &visit.config.keys;
    let phone_hash = keys.phone_hash(phone.digits());
    let presented = keys.code_hash(&phone_hash, code.digits());
    let known = match store::attempt(visit, &phone_hash, &visit.address_hash(), key).await? {
        Attempted::Before(earlier) => return Ok(Some(earlier)),
        Attempted::Now(known) => known,
    };
    let known = known
        .filter(|known| same(&known.code_hash, &presented))
        .ok_or_else(wrong_code)?;
    let arrival = Arrival {
        code: known.id,
        phone_hash: &phone_hash,
        phone_sealed: &keys.seal(phone.digits())?,
        name,
        token_hash: &token.hash(),
    };
    match store::arrive(visit, &arrival, key, keep).await {
        Ok(earlier) => Ok(earlier),
        Err(error) if error.is_refusal("code_used") => Err(wrong_code()),
        Err(error) => Err(error.into()),
    }
}

/// Which code somebody shows who is signed in already, for what cannot be undone. Refuses
/// with `wrong_code`, whatever the reason.
pub(super) async fn shown_again(
    visit: &Visit,
    phone_hash: &str,
    code: &Code,
) -> Result<i64, Problem> {
    let presented = visit.config.keys.code_hash(phone_hash, code.digits());
    let once = IdempotencyKey::default();
    match store::attempt(visit, phone_hash, &visit.address_hash(), &once).await? {
        Attempted::Now(Some(known)) if same(&known.code_hash, &presented) => Ok(known.id),
        _ => Err(wrong_code()),
    }
}

pub(super) fn wrong_code() -> Problem {
    Problem::new(
        StatusCode::FORBIDDEN,
        "wrong_code",
        Words::new(
            "验证码不对或已失效，请核对，或重新获取",
            "The code is wrong or has expired; check it, or ask for a new one",
        ),
    )
}
