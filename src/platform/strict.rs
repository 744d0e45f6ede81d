//! An operation that takes no query parameter refuses every one, as those that take some
//! refuse unknown ones: a misspelt condition must not look as if it had been heard.

use std::any::type_name;
use std::future::Future;
use std::pin::Pin;

use axum::extract::Request;
use axum::handler::Handler;
use axum::response::{IntoResponse as _, Response};

use super::fields::FieldErrors;
use super::i18n::Words;
use super::input::invalid_parameters;

/// So many unknown parameters are told.
const MOST: usize = 100;

/// A handler of an operation, made strict.
#[derive(Clone, Copy, Debug)]
pub struct Strict<H>(pub H);

/// Whether a handler with these arguments reads the query. Names of types are not a
/// promise of the compiler: a test holds this against the document of every operation.
fn reads_query<T>() -> bool {
    type_name::<T>().contains("::input::Query<")
}

impl<H, T, S> Handler<T, S> for Strict<H>
where
    H: Handler<T, S>,
    T: 'static,
    S: Send + 'static,
{
    type Future = Pin<Box<dyn Future<Output = Response> + Send>>;

    fn call(self, request: Request, state: S) -> Self::Future {
        let query = request.uri().query().unwrap_or_default();
        let mut unknown = FieldErrors::default();
        if !reads_query::<T>() {
            for (name, _) in form_urlencoded::parse(query.as_bytes()).take(MOST) {
                let words = Words::new("没有这个参数", "is not a known parameter");
                unknown.push(format!("/{name}"), words);
            }
        }
        match unknown.into_result() {
            Ok(()) => Box::pin(self.0.call(request, state)),
            Err(unknown) => {
                let refused = invalid_parameters(unknown).into_response();
                Box::pin(std::future::ready(refused))
            }
        }
    }
}
