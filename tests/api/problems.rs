//! The kinds of problem, and the pages their `type` leads to.

use diandan::platform::i18n::Lang;
use diandan::platform::problem::catalogue::KINDS;

use crate::support::app::{app, shared};
use crate::support::request::Request;

#[test]
fn a_problem_leads_to_a_page_that_explains_it() {
    let refused = app().get("/api/v1/me").refused(401, "unauthenticated");
    let leads_to = refused.member("type");
    let path = leads_to.strip_prefix(&shared().url);
    let path = path.unwrap_or_else(|| panic!("{leads_to} is elsewhere"));
    let page = app().get(path).is(200);
    assert_eq!(
        page.header("content-type"),
        Some("text/html; charset=utf-8")
    );
    assert!(
        page.text()
            .contains("<code>Authorization: Bearer &lt;token&gt;</code>")
    );
}

#[test]
fn every_kind_has_a_page_in_both_languages() {
    let read = |path: &str, tag: &str| app().send(&Request::get(path).language(tag)).is(200).text();
    for (lang, tag) in [(Lang::Zh, "zh-CN"), (Lang::En, "en")] {
        let index = read("/problems", tag);
        for kind in KINDS {
            let path = format!("/problems/{}", kind.code);
            assert!(index.contains(&format!("\"{path}\"")), "{path}");
            let page = read(&path, tag);
            assert!(
                page.contains(&format!("<h1>{}</h1>", kind.title(lang))),
                "{page}"
            );
            assert!(page.contains(&kind.status.to_string()));
        }
    }
    app().get("/problems/no_such_code").is(404);
    app().get("/problems/").is(404);
}
