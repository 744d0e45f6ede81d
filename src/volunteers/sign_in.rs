//! Signing in with a one-time code, the same from a page and from a program.

use axum::http::{HeaderValue, StatusCode, header};

use super::store::{self, Arrival, NewCode};
use super::{CODE_PAUSE, Code, Phone, SESSION_PREFIX};
use crate::platform::crypto::{Token, same, six_digits};
use crate::platform::i18n::Words;
use crate::platform::problem::Problem;
use crate::platform::visit::Visit;

/// Sends a code. The answer is the same whether or not the phone is known.
pub async fn send_code(visit: &Visit, phone: &Phone) -> Result<(), Problem> {
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
            address_hash: &keys.address_hash(&visit.address),
            code_hash: &keys.code_hash(&phone_hash, &code),
            code_sealed: &keys.seal(&code)?,
        },
    )
    .await?;
    if issued {
        return Ok(());
    }
    let pause = HeaderValue::from(CODE_PAUSE / 1000);
    Err(Problem::new(
        StatusCode::TOO_MANY_REQUESTS,
        "too_many_codes",
        Words::new(
            "验证码刚刚发过，请看短信；没有收到时一分钟后再试",
            "A code was sent a moment ago; if it does not arrive, try again in a minute",
        ),
    )
    .with_header(header::RETRY_AFTER, pause))
}

/// Opens a session for whoever shows the right code. Refuses with `wrong_code`, whatever
/// the reason: wrong, old, used, or tried too often.
pub async fn open_session(
    visit: &Visit,
    phone: &Phone,
    code: &Code,
    name: &str,
) -> Result<Token, Problem> {
    let keys = &visit.config.keys;
    let phone_hash = keys.phone_hash(phone.digits());
    let presented = keys.code_hash(&phone_hash, code.digits());
    let known = store::attempt(&visit.db, &phone_hash, visit.now)
        .await?
        .filter(|known| same(&known.code_hash, &presented))
        .ok_or_else(wrong_code)?;
    let token = Token::new(SESSION_PREFIX)?;
    let arrival = Arrival {
        code: known.id,
        phone_hash: &phone_hash,
        phone_sealed: &keys.seal(phone.digits())?,
        name,
        token_hash: &token.hash(),
    };
    match store::arrive(visit, &arrival).await {
        Ok(()) => Ok(token),
        Err(error) if error.is_refusal("code_used") => Err(wrong_code()),
        Err(error) => Err(error.into()),
    }
}

fn wrong_code() -> Problem {
    Problem::new(
        StatusCode::FORBIDDEN,
        "wrong_code",
        Words::new(
            "验证码不对或已失效，请核对，或重新获取",
            "The code is wrong or has expired; check it, or ask for a new one",
        ),
    )
}
