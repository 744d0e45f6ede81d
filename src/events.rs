//! The Worker's events: a request, the clock.

use std::cell::OnceCell;
use std::sync::Arc;

use axum::extract::Request as AxumRequest;
use axum::http::HeaderMap;
use futures_util::TryStreamExt as _;
use serde_json::json;
use worker::{
    Context, Date, Env, Headers, HttpRequest, Method, RateLimiter, Request, Response, Result,
    ScheduleContext, ScheduledEvent, console_error, console_log, event,
};

use crate::contests;
use crate::coordination;
use crate::delivery::{deliver, webhooks};
use crate::hours::{ledger, signals};
use crate::imports;
use crate::imports::work::Budget;
use crate::menu;
use crate::organizations;
use crate::platform::allowance::Allowance;
use crate::platform::clock::Instant;
use crate::platform::config::{Config, Environment, Plan};
use crate::platform::db::Db;
use crate::platform::forgetting;
use crate::platform::i18n::Lang;
use crate::platform::idempotency;
use crate::platform::limits::{self, Scope, Standing};
use crate::platform::memory::{self, Remembered};
use crate::platform::newcomers;
use crate::platform::outbox;
use crate::platform::page::PUBLIC;
use crate::platform::visit::{LANG_COOKIE, Visit, is_personal};
use crate::router::{self, Answer};
use crate::volunteers;

/// Now, by the clock of the platform.
pub fn now() -> Instant {
    Instant::from_millis(i64::try_from(Date::now().as_millis()).unwrap_or_default())
}

/// Logs what somebody should look into.
pub fn complain(message: &str, reason: &str) {
    let line = json!({"level": "error", "message": message, "reason": reason});
    console_error!("{line}");
}

/// Read once an isolate: a value in memory, not a binding.
fn config(env: &Env) -> std::result::Result<Arc<Config>, &'static str> {
    thread_local! {
        static CONFIG: OnceCell<Arc<Config>> = const { OnceCell::new() };
    }
    CONFIG.with(|cell| {
        if let Some(config) = cell.get() {
            return Ok(Arc::clone(config));
        }
        let read = Config::read(|name| env.var(name).ok().map(|value| value.to_string()))?;
        Ok(Arc::clone(cell.get_or_init(|| Arc::new(read))))
    })
}

#[event(fetch, respond_with_errors)]
async fn fetch(request: Request, env: Env, context: Context) -> Result<Response> {
    let began = now();
    let key = public_key(&request)?;
    if let Some(key) = &key {
        let if_none_match = request.headers().get("if-none-match")?;
        if let Some(response) = memory::recall(&key.text, began, |answer| {
            recalled(answer, if_none_match.as_deref())
        }) {
            return response;
        }
    }
    let config = match config(&env) {
        Ok(config) => config,
        Err(reason) => {
            complain("the service is not configured", reason);
            return Response::error("The service is not configured yet.", 500);
        }
    };
    let method = request.method();
    let url = request.url()?;
    let request_id = request
        .headers()
        .get("cf-ray")?
        .unwrap_or_else(|| uuid::Uuid::new_v4().to_string());
    let request: AxumRequest = HttpRequest::try_from(request)?.map(axum::body::Body::new);
    let db = Db::new(env.d1("DB")?);
    let visit = Visit::new(
        db.clone(),
        Arc::clone(&config),
        began,
        &request_id,
        url.as_str(),
        request.headers(),
    );
    let caller = visit.clone();
    let is_unsafe = !matches!(method, Method::Get | Method::Head | Method::Options);
    let standing = standing(&env, &visit, is_unsafe).await;
    let answer = router::answer(visit.counted(standing), request).await;
    let meter = Arc::clone(db.meter());
    let took = now().millis() - began.millis();
    let line = json!({
        "level": if answer.internal_reason.is_some() { "error" } else { "info" },
        "request_id": request_id,
        "method": method.to_string(),
        "route": route(url.path()),
        "status": answer.status.as_u16(),
        "duration_ms": took,
        "d1_calls": meter.calls(),
        "rows_read": meter.rows_read(),
        "rows_written": meter.rows_written(),
        "reason": answer.internal_reason,
    });
    if answer.internal_reason.is_some() {
        console_error!("{line}");
    } else {
        console_log!("{line}");
    }
    if let Some(key) = key {
        remember(key, began, &answer);
    }
    // After the answer, and once a day: nobody waits for it.
    if answer.status != 401 && organizations::first_use_today(&caller) {
        let caller = caller.clone();
        context.wait_until(async move {
            if let Err(error) = organizations::note_use(&caller).await {
                complain("the use of a key was not noted", &format!("{error:?}"));
            }
        });
    }
    // What somebody made up counts for their network, once it is known to be made up.
    if caller.config.rate_limits && newcomers::suspects(&caller) {
        let limiter = env.rate_limiter(Scope::Stranger.binding());
        context.wait_until(async move {
            match (newcomers::look_up(&caller).await, limiter) {
                (Ok(false), Ok(limiter)) => count_made_up(&caller, &limiter).await,
                (Err(error), _) => {
                    complain("a credential was not looked up", &format!("{error:?}"))
                }
                _ => {}
            }
        });
    }
    // What was just written to the outbox, or for webhooks, leaves at once; the clock
    // repeats what failed.
    if meter.rows_written() > 0 {
        let db = db.clone();
        let config = Arc::clone(&config);
        context.wait_until(async move {
            let allowance = Allowance::of(config.plan, &db);
            deliver(&db, &config, &allowance).await;
            webhooks::deliver(&db, &config, &allowance, 0).await;
        });
    }
    if imports::wakes(url.path()) && answer.status.as_u16() < 400 {
        let visit = nobody(db.clone(), Arc::clone(&config), &request_id);
        context.wait_until(async move { get_on_with_imports(&visit).await });
    }
    let mut response = respond(answer)?;
    if config.environment != Environment::Production {
        let timing = format!(
            "d1;desc=\"{} calls\", rows;desc=\"{} read, {} written\", total;dur={took}",
            meter.calls(),
            meter.rows_read(),
            meter.rows_written(),
        );
        response.headers_mut().set("server-timing", &timing)?;
    }
    Ok(response)
}

/// Counts a request by all that it is counted by: the limit that refuses it, else the
/// narrowest. A deployment without the bindings sets no limits.
async fn standing(env: &Env, visit: &Visit, is_unsafe: bool) -> Option<Standing> {
    let mut narrowest = None;
    let scopes = limits::counted_by(visit, is_unsafe);
    if let (false, Some(refused)) = (scopes.is_empty(), Standing::shut_out(visit)) {
        return Some(refused);
    }
    for (scope, key) in scopes {
        let Ok(limiter) = env.rate_limiter(scope.binding()) else {
            continue;
        };
        let passed = match limiter.limit(key.clone()).await {
            Ok(outcome) => outcome.success,
            Err(error) => {
                complain("requests are not counted", &error.to_string());
                continue;
            }
        };
        let standing = Standing::count(scope, key, passed, visit.now);
        if !passed {
            return standing;
        }
        narrowest = narrowest.or(standing);
    }
    narrowest
}

/// Counts a request with a made-up credential, and refuses the network's next ones when
/// it is one too many.
async fn count_made_up(visit: &Visit, limiter: &RateLimiter) {
    let network = visit.address_hash();
    let passed = match limiter.limit(network.clone()).await {
        Ok(outcome) => outcome.success,
        Err(error) => return complain("requests are not counted", &error.to_string()),
    };
    let standing = Standing::count(Scope::Stranger, network.clone(), passed, visit.now);
    if let (false, Some(standing)) = (passed, standing) {
        newcomers::shut_out(network, standing.ends(visit.now));
    }
}

/// What an answer is remembered under.
struct Key {
    lang: Lang,
    text: String,
}

/// Under which key an answer may be remembered: only what is asked for with GET by
/// somebody who presents nothing, in a language.
fn public_key(request: &Request) -> Result<Option<Key>> {
    if request.method() != Method::Get {
        return Ok(None);
    }
    let headers = request.headers();
    let cookies = headers.get("cookie")?.unwrap_or_default();
    if headers.has("authorization")? || is_personal(&cookies) {
        return Ok(None);
    }
    let chosen = cookies
        .split(';')
        .find_map(|pair| pair.trim().strip_prefix(LANG_COOKIE)?.strip_prefix('='));
    let accepted = headers.get("accept-language")?;
    let lang = Lang::negotiate(chosen, accepted.as_deref());
    let text = format!("{} {}", lang.code(), request.inner().url());
    Ok(Some(Key { lang, text }))
}

fn recalled(answer: &Remembered, if_none_match: Option<&str>) -> Result<Response> {
    let headers = Headers::new();
    for (name, value) in &answer.headers {
        headers.set(name, value)?;
    }
    if if_none_match.is_some_and(|list| router::matches_any(list, &answer.etag)) {
        headers.delete("content-type")?;
        return Ok(Response::empty()?.with_status(304).with_headers(headers));
    }
    Ok(Response::from_bytes(answer.body.clone())?.with_headers(headers))
}

fn remember(key: Key, now: Instant, answer: &Answer) {
    let header = |name: &str| {
        answer
            .headers
            .get(name)
            .and_then(|value| value.to_str().ok())
    };
    if answer.status.as_u16() != 200 || header("cache-control") != Some(PUBLIC) {
        return;
    }
    // A page is in the language its own reader asked for, whatever the key made of that.
    if header("content-language").is_some_and(|tag| tag != key.lang.tag()) {
        return;
    }
    let etag = header("etag").unwrap_or_default().to_owned();
    let headers = texts(&answer.headers)
        .filter(|(name, _)| name != "x-request-id" && !name.starts_with("ratelimit"))
        .collect();
    memory::remember(
        key.text,
        now,
        Remembered {
            headers,
            etag,
            body: answer.body.to_vec(),
        },
    );
}

fn texts(headers: &HeaderMap) -> impl Iterator<Item = (String, String)> {
    headers.iter().filter_map(|(name, value)| {
        Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))
    })
}

fn respond(answer: Answer) -> Result<Response> {
    let headers = Headers::new();
    for (name, value) in texts(&answer.headers) {
        headers.append(&name, &value)?;
    }
    let response = if let Some(stream) = answer.stream {
        let broke_off = |error: axum::Error| {
            complain("an answer broke off", &error.to_string());
            worker::Error::RustError(error.to_string())
        };
        Response::from_stream(stream.into_data_stream().map_err(broke_off))?
    } else if answer.body.is_empty() {
        Response::empty()?
    } else {
        Response::from_bytes(answer.body.to_vec())?
    };
    Ok(response
        .with_status(answer.status.as_u16())
        .with_headers(headers))
}

/// A path without the ids in it: what a log may group by, and no secret address.
fn route(path: &str) -> String {
    let hide = |part: &str| part.len() > 20 || part.parse::<u64>().is_ok();
    let parts: Vec<&str> = path
        .split('/')
        .map(|part| if hide(part) { "*" } else { part })
        .collect();
    parts.join("/")
}

#[event(scheduled)]
async fn scheduled(_: ScheduledEvent, env: Env, _: ScheduleContext) {
    match (config(&env), env.d1("DB")) {
        (Ok(config), Ok(binding)) => {
            let db = Db::new(binding);
            let allowance = Allowance::of(config.plan, &db);
            tick(&db, config.plan).await;
            seal(&nobody(db.clone(), Arc::clone(&config), "clock")).await;
            look(&nobody(db.clone(), Arc::clone(&config), "clock")).await;
            chain(&nobody(db.clone(), Arc::clone(&config), "clock")).await;
            deliver(&db, &config, &allowance).await;
            // Before what takes all that is left.
            get_on_with_imports(&nobody(db.clone(), Arc::clone(&config), "clock")).await;
            webhooks::deliver(&db, &config, &allowance, webhooks::A_TICK).await;
        }
        (Err(reason), _) => complain("the clock cannot work", reason),
        (_, Err(error)) => complain("the clock cannot work", &error.to_string()),
    }
}

/// A visit by nobody, for what goes on when nobody asks.
fn nobody(db: Db, config: Arc<Config>, request_id: &str) -> Visit {
    Visit::new(db, config, now(), request_id, "", &HeaderMap::new())
}

async fn get_on_with_imports(visit: &Visit) {
    let budget = Budget::of(visit.config.plan);
    match imports::work::get_on(visit, budget).await {
        Ok(progress) if progress.lines == 0 => {}
        Ok(progress) => {
            let meter = visit.db.meter();
            let line = json!({
                "level": "info",
                "message": "imported",
                "request_id": &*visit.request_id,
                "lines": progress.lines,
                "d1_calls": meter.calls(),
                "duration_ms": now().millis() - visit.now.millis(),
            });
            console_log!("{line}");
        }
        Err(error) => complain("an import did not get on", &format!("{error:?}")),
    }
}

/// Seals records in the ledger.
async fn seal(visit: &Visit) {
    let budget = ledger::sealing::Budget::of(visit.config.plan);
    match ledger::sealing::seal(visit, budget).await {
        Ok(0) => {}
        Ok(records) => {
            let line = json!({"level": "info", "message": "sealed", "records": records});
            console_log!("{line}");
        }
        Err(error) => complain("the ledger was not sealed", &format!("{error:?}")),
    }
}

/// Gets on with the daily look at new records.
async fn look(visit: &Visit) {
    match signals::work::get_on(visit).await {
        Ok(progress) if progress.records == 0 => {}
        Ok(progress) => {
            let line = json!({
                "level": "info",
                "message": "looked at records",
                "records": progress.records,
                "signals": progress.signals,
            });
            console_log!("{line}");
        }
        Err(error) => complain("records were not looked at", &format!("{error:?}")),
    }
}

/// Chains what contests have logged.
async fn chain(visit: &Visit) {
    match contests::log::chain(visit).await {
        Ok(0) => {}
        Ok(lines) => {
            let line = json!({"level": "info", "message": "chained", "lines": lines});
            console_log!("{line}");
        }
        Err(error) => complain("the log of contests was not chained", &format!("{error:?}")),
    }
}

/// Moves the menu on and forgets what need not be kept.
async fn tick(db: &Db, plan: Plan) {
    let now = now();
    match menu::move_on(db, now).await {
        Ok(0) => {}
        Ok(projects) => {
            let line = json!({"level": "info", "message": "moved on", "projects": projects});
            console_log!("{line}");
        }
        Err(error) => complain("the menu was not moved on", &format!("{error:?}")),
    }
    let mut slices = vec![
        idempotency::forget_before(now),
        outbox::forget(now),
        organizations::forget(now),
        coordination::forget(now),
        crate::webhooks::forget(now),
        crate::hours::attendance::forget(now),
    ];
    slices.extend(volunteers::forget(now));
    slices.extend(imports::forget(now));
    let slices = forgetting::in_turn(plan, now, slices);
    for error in forgetting::forget(db, slices, forgetting::rounds(plan)).await {
        complain("something was not forgotten", &format!("{error:?}"));
    }
}
