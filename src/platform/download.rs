//! Files for whoever asks: rows of a spreadsheet, and bodies that are written while they
//! are sent.

use std::future::Future;

use axum::body::Body;
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use futures_util::stream::try_unfold;

use super::db::DbError;
use super::page::PRIVATE;

/// Marks a response whose body is too long to be held: it is written while it is sent.
#[derive(Clone, Copy, Debug)]
pub struct Streamed;

/// By this Excel knows that a file is UTF-8.
pub const BYTE_ORDER_MARK: &str = "\u{FEFF}";

/// Writes a row (RFC 4180).
pub fn write_row<T: AsRef<str>>(into: &mut String, cells: &[T]) {
    for (index, cell) in cells.iter().enumerate() {
        if index > 0 {
            into.push(',');
        }
        let cell = cell.as_ref();
        if cell.contains(['"', ',', '\n', '\r', ';', '\t']) {
            into.push('"');
            into.push_str(&cell.replace('"', "\"\""));
            into.push('"');
        } else {
            into.push_str(cell);
        }
    }
    into.push_str("\r\n");
}

/// A file under a name of ASCII letters.
pub fn download(media_type: &'static str, name: &str, body: impl Into<Body>) -> Response {
    let headers = [
        (header::CONTENT_TYPE, media_type.to_owned()),
        (
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"{name}\""),
        ),
        (header::CACHE_CONTROL, PRIVATE.to_owned()),
    ];
    (headers, body.into()).into_response()
}

/// A file that is written page by page while it is sent: `next` makes a page out of where
/// the one before ended, and nothing at the end. Should a page fail, the file breaks off
/// where its reader can tell.
pub fn streamed<T, F>(
    media_type: &'static str,
    name: &str,
    first: T,
    next: impl FnMut(T) -> F + Send + 'static,
) -> Response
where
    T: Send + 'static,
    F: Future<Output = Result<Option<(String, T)>, DbError>> + Send + 'static,
{
    let mut next = next;
    let pages = try_unfold(first, move |from| {
        let page = next(from);
        async move { page.await.map_err(|error| format!("{error:?}")) }
    });
    let mut response = download(media_type, name, Body::from_stream(pages));
    response.extensions_mut().insert(Streamed);
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_when_they_must_be() {
        let mut text = String::new();
        write_row(&mut text, &["a", "b,c", "say \"hi\"", "two\nlines", ""]);
        assert_eq!(text, "a,\"b,c\",\"say \"\"hi\"\"\",\"two\nlines\",\r\n");
    }
}
