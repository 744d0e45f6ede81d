//! The few files a page needs, inside the Wasm so that they always fit its HTML.

use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};

use super::input::Path;
use super::problem::Problem;

/// One file and the address that changes whenever it does.
#[derive(Debug)]
pub struct Asset {
    name: &'static str,
    mime: &'static str,
    body: &'static str,
}

/// The style sheet.
pub const STYLE: Asset = Asset {
    name: "app.css",
    mime: "text/css; charset=utf-8",
    body: include_str!("assets/app.css"),
};
/// What scripts add to pages that work without them.
pub const SCRIPT: Asset = Asset {
    name: "app.js",
    mime: "text/javascript; charset=utf-8",
    body: include_str!("assets/app.js"),
};
/// Scanning, keeping and sending check-ins.
pub const ATTENDANCE_SCRIPT: Asset = Asset {
    name: "attendance.js",
    mime: "text/javascript; charset=utf-8",
    body: include_str!("assets/attendance.js"),
};
/// Keeping a judge's scores on the phone until they are in.
pub const JUDGING_SCRIPT: Asset = Asset {
    name: "judging.js",
    mime: "text/javascript; charset=utf-8",
    body: include_str!("assets/judging.js"),
};
/// Scales and what they mean.
pub const JUDGING_STYLE: Asset = Asset {
    name: "judging.css",
    mime: "text/css; charset=utf-8",
    body: include_str!("assets/judging.css"),
};
/// Recomputing a published ranking in the browser.
pub const RESULTS_SCRIPT: Asset = Asset {
    name: "results.js",
    mime: "text/javascript; charset=utf-8",
    body: include_str!("assets/results.js"),
};
/// The icon of a tab and of a home screen.
pub const ICON: Asset = Asset {
    name: "icon.svg",
    mime: "image/svg+xml",
    body: include_str!("assets/icon.svg"),
};
/// The formal sheet, on screen and on A4.
pub const CERTIFICATE_STYLE: Asset = Asset {
    name: "certificate.css",
    mime: "text/css; charset=utf-8",
    body: include_str!("assets/certificate.css"),
};
/// Opens the viewer of the API's reference.
pub const REFERENCE_SCRIPT: Asset = Asset {
    name: "reference.js",
    mime: "text/javascript; charset=utf-8",
    body: include_str!("assets/reference.js"),
};
/// What the viewer lacks on a phone.
pub const REFERENCE_STYLE: Asset = Asset {
    name: "reference.css",
    mime: "text/css; charset=utf-8",
    body: include_str!("assets/reference.css"),
};
const WORKER: &str = include_str!("assets/sw.js");

impl Asset {
    /// `/assets/1f…/app.css`.
    pub fn href(&self) -> String {
        format!("/assets/{:016x}/{}", fingerprint(self.body), self.name)
    }
}

/// FNV-1a, 64 bits: tells versions of a file apart, nothing more.
const fn fingerprint(text: &str) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let mut rest = text.as_bytes();
    while let [byte, tail @ ..] = rest {
        hash = (hash ^ *byte as u64).wrapping_mul(0x0100_0000_01b3);
        rest = tail;
    }
    hash
}

/// Serves `/assets/{fingerprint}/{name}`, for ever under the current fingerprint and
/// hardly under an old one.
pub async fn serve(Path((print, name)): Path<(String, String)>) -> Result<Response, Problem> {
    let asset = [
        STYLE,
        SCRIPT,
        ATTENDANCE_SCRIPT,
        JUDGING_SCRIPT,
        JUDGING_STYLE,
        RESULTS_SCRIPT,
        ICON,
        CERTIFICATE_STYLE,
        REFERENCE_SCRIPT,
        REFERENCE_STYLE,
    ]
    .into_iter()
    .find(|asset| asset.name == name)
    .ok_or_else(Problem::not_found)?;
    let current = format!("{:016x}", fingerprint(asset.body)) == print;
    let cache = if current {
        "public, max-age=31536000, immutable"
    } else {
        "public, max-age=60"
    };
    Ok(file(asset.mime, cache, asset.body))
}

/// Serves `/favicon.ico` and `/icon.svg`.
pub async fn icon() -> Response {
    file(ICON.mime, "public, max-age=86400", ICON.body)
}

/// Serves `/sw.js`, which must stand at the root to serve the whole site. It names the
/// files it keeps.
pub async fn worker() -> Response {
    let mut worker = WORKER.to_owned();
    for (name, asset) in [
        ("{{style}}", STYLE),
        ("{{script}}", SCRIPT),
        ("{{attendance}}", ATTENDANCE_SCRIPT),
        ("{{icon}}", ICON),
    ] {
        worker = worker.replace(name, &asset.href());
    }
    file("text/javascript; charset=utf-8", "no-cache", worker)
}

/// Serves `/robots.txt`.
pub async fn robots() -> Response {
    let rules = "User-agent: *\nDisallow: /me\nDisallow: /shifts/\nDisallow: /check-in\nDisallow: /sheet/\nDisallow: /judge/\nDisallow: /api/v1/\n";
    file("text/plain; charset=utf-8", "public, max-age=86400", rules)
}

/// Serves `/manifest.webmanifest`: the name and the icon on a home screen.
pub async fn manifest() -> Response {
    let manifest = r##"{"name":"点单 · 志愿服务","short_name":"点单","start_url":"/","display":"minimal-ui","background_color":"#fbf7ee","theme_color":"#fbf7ee","icons":[{"src":"/icon.svg","type":"image/svg+xml","sizes":"any","purpose":"any maskable"}]}"##;
    file(
        "application/manifest+json",
        "public, max-age=86400",
        manifest,
    )
}

fn file(mime: &'static str, cache: &'static str, body: impl IntoResponse) -> Response {
    let mut response = body.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(mime));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    response
}
