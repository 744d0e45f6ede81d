//! Bodies: what they are, and their bytes as they arrive.

use std::future::poll_fn;
use std::pin::Pin;

use axum::body::{Body, Bytes, HttpBody as _};
use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode, header};

use crate::platform::i18n::Words;
use crate::platform::idempotency::note_body;
use crate::platform::problem::Problem;

/// Nobody sends more by mistake, in bytes.
const LONGEST_READ: usize = 32 * 1024 * 1024;

/// Whether the body is of a media type, in UTF-8 (RFC 9110, section 8.3).
pub fn has_type(headers: &HeaderMap, expected: &str) -> bool {
    let Some(value) = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
    else {
        return false;
    };
    let mut parts = value.split(';').map(str::trim);
    let mime = parts.next().unwrap_or_default();
    mime.eq_ignore_ascii_case(expected)
        && parts.all(|parameter| match parameter.split_once('=') {
            Some((name, charset)) if name.eq_ignore_ascii_case("charset") => {
                charset.trim_matches('"').eq_ignore_ascii_case("utf-8")
            }
            _ => true,
        })
}

/// Whether the body is sent as it is, not compressed.
pub fn is_plain(headers: &HeaderMap) -> bool {
    headers
        .get(header::CONTENT_ENCODING)
        .is_none_or(|encoding| encoding.as_bytes().eq_ignore_ascii_case(b"identity"))
}

/// A body of at most `max` bytes, of any type.
pub async fn body(request: Request, max: usize) -> Result<Bytes, Problem> {
    let (parts, body) = request.into_parts();
    let bytes = read(body, max).await?;
    note_body(&parts.extensions, &bytes);
    Ok(bytes)
}

pub(super) async fn read(body: Body, max: usize) -> Result<Bytes, Problem> {
    let mut pieces = Pieces::new(body, max);
    let mut bytes = Vec::new();
    while let Some(piece) = pieces.next().await? {
        bytes.extend_from_slice(&piece);
    }
    Ok(bytes.into())
}

/// A body as it arrives.
#[derive(Debug)]
pub struct Pieces {
    body: Body,
    length: usize,
    max: usize,
}

impl Pieces {
    /// Of a body of at most `max` bytes.
    pub fn new(body: Body, max: usize) -> Self {
        Self {
            body,
            length: 0,
            max,
        }
    }

    /// The next piece; none at the end. `body_too_large` when the body turns out to be
    /// longer than it may, once it has arrived.
    pub async fn next(&mut self) -> Result<Option<Bytes>, Problem> {
        let piece = self.frame().await?;
        if self.length <= self.max {
            return Ok(piece);
        }
        self.drain().await?;
        let kilobytes = self.max / 1024;
        Err(Problem::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "body_too_large",
            Words::new(
                format!("请求体不能超过 {kilobytes} KB"),
                format!("The body must be at most {kilobytes} KB"),
            ),
        ))
    }

    /// Reads what is left and keeps nothing: an answer before the end looks like a broken
    /// connection to proxies and to clients still sending.
    pub async fn drain(&mut self) -> Result<(), Problem> {
        while self.length <= LONGEST_READ && self.frame().await?.is_some() {}
        Ok(())
    }

    async fn frame(&mut self) -> Result<Option<Bytes>, Problem> {
        while let Some(frame) = poll_fn(|cx| Pin::new(&mut self.body).poll_frame(cx)).await {
            let frame = frame.map_err(|_| Problem::busy("the body broke off".to_owned()))?;
            if let Ok(data) = frame.into_data() {
                self.length = self.length.saturating_add(data.len());
                return Ok(Some(data));
            }
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_media_type_has_no_case_and_one_charset() {
        for (value, fits) in [
            ("application/json", true),
            ("Application/JSON; Charset=\"UTF-8\"", true),
            ("application/json;v=1", true),
            ("application/json; charset=gbk", false),
            ("application/jsonp", false),
            ("text/plain; application/json", false),
            ("", false),
        ] {
            let headers = [(header::CONTENT_TYPE, value.parse().unwrap())];
            let headers = HeaderMap::from_iter(headers);
            assert_eq!(has_type(&headers, "application/json"), fits, "{value}");
        }
    }
}
