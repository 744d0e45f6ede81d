//! A Worker that does nothing: the least an answer from Rust can cost.

use worker::{Context, Env, Request, Response, Result, event};

#[event(fetch)]
async fn fetch(_: Request, _: Env, _: Context) -> Result<Response> {
    Response::ok("ok")
}
