//! Signing in with a one-time code, the same from a page and from a program.

use std::net::Ipv6Addr;

use axum::http::{HeaderValue, StatusCode, header};

use super::store::{self, Arrival, NewCode};
use super::{CODE_PAUSE, Code, Phone, SESSION_PREFIX};
use crate::platform::clock::MINUTE;
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
    let next = store::issue_code(
        visit,
        &NewCode {
            phone_hash: &phone_hash,
            phone_sealed: &keys.seal(phone.digits())?,
            address_hash: &address_hash(visit),
            code_hash: &keys.code_hash(&phone_hash, &code),
            code_sealed: &keys.seal(&code)?,
        },
    )
    .await?;
    next.map_or(Ok(()), |next| {
        Err(too_many(next.millis() - visit.now.millis()))
    })
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

/// By which requests from one place are counted. One subscriber holds a whole /64 of
/// IPv6 (RFC 6177).
fn address_hash(visit: &Visit) -> String {
    visit.config.keys.address_hash(&network(&visit.address))
}

fn network(address: &str) -> String {
    match address
        .parse::<Ipv6Addr>()
        .map(|v6| (v6, v6.to_ipv4_mapped()))
    {
        Ok((_, Some(v4))) => v4.to_string(),
        Ok((v6, None)) => {
            let [a, b, c, d, ..] = v6.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).to_string()
        }
        Err(_) => address.to_owned(),
    }
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
    let known = store::attempt(visit, &phone_hash, &address_hash(visit))
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

#[cfg(test)]
mod tests {
    use super::network;

    #[test]
    fn one_subscriber_is_one_network() {
        assert_eq!(network("2001:db8:1:2::81"), network("2001:db8:1:2:ffff::1"));
        assert_ne!(network("2001:db8:1:2::81"), network("2001:db8:1:3::81"));
        assert_eq!(network("::ffff:192.0.2.1"), "192.0.2.1");
        assert_eq!(network("192.0.2.1"), "192.0.2.1");
        assert_eq!(network("unknown"), "unknown");
    }
}
