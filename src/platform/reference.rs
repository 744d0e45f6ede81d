//! `/api/docs`: the OpenAPI document as a page to read and to try. The viewer, swagger-ui,
//! is served from this site beside the Worker (`site/reference`), and nothing else is
//! loaded.

use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use maud::{DOCTYPE, html};

use super::assets::{REFERENCE_SCRIPT, REFERENCE_STYLE};
use super::visit::Visit;

/// As that of all pages; the viewer's icons are in its style sheet.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; \
img-src 'self' data:; connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'";

/// Serves `/api/docs`.
pub async fn show(visit: Visit) -> Response {
    let lang = visit.lang;
    let page = html! {
        (DOCTYPE)
        html lang=(lang.tag()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (lang.pick("点单接口文档", "Diandan API reference")) }
                link rel="icon" href="/icon.svg" type="image/svg+xml";
                link rel="stylesheet" href="/reference/swagger-ui.css";
                link rel="stylesheet" href=(REFERENCE_STYLE.href());
                script src="/reference/swagger-ui-bundle.js" defer {}
                script src=(REFERENCE_SCRIPT.href()) defer {}
            }
            body {
                header {
                    b { (lang.pick("点单接口文档", "Diandan API")) }
                    a href="/" { (lang.pick("菜单", "Menu")) }
                    a href="/problems" { (lang.pick("问题代码", "Problem codes")) }
                    a href="/api/openapi.json" { "openapi.json" }
                }
                main #reference {
                    p { (lang.pick(
                        "正在打开接口文档，它需要 JavaScript。程序可以直接读取 ",
                        "Opening the reference, which needs JavaScript. Programs read ",
                    )) a href="/api/openapi.json" { "/api/openapi.json" } (lang.pick("。", ".")) }
                }
            }
        }
    };
    let headers = [
        (header::CACHE_CONTROL, "public, max-age=300"),
        (header::VARY, "Cookie, Accept-Language"),
        (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
        (header::CONTENT_LANGUAGE, lang.tag()),
    ]
    .map(|(name, value)| (name, HeaderValue::from_static(value)));
    (headers, page).into_response()
}
