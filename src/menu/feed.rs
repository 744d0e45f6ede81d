//! New projects as a feed (Atom, RFC 4287), whole or by field and region.

use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use deserr::Deserr;

use super::search::{MenuQuery, Sort};
use super::{Card, Field, store};
use crate::platform::clock::Instant;
use crate::platform::fields::FieldErrors;
use crate::platform::i18n::Lang;
use crate::platform::input::{PageQuery, invalid_parameters};
use crate::platform::page::PUBLIC;
use crate::platform::problem::Problem;
use crate::platform::visit::Visit;
use crate::regions::RegionCode;

/// So many entries has a feed.
const ENTRIES: i64 = 50;

/// What a feed is about.
#[derive(Debug, Default, Deserr)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct FeedQuery {
    #[deserr(default)]
    field: Option<Field>,
    #[deserr(default)]
    region: Option<RegionCode>,
}

/// The address of the feed about a field and a region.
pub fn address(field: Option<Field>, region: Option<&RegionCode>) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    if let Some(field) = field {
        query.append_pair("field", field.word());
    }
    if let Some(region) = region {
        query.append_pair("region", region.as_str());
    }
    match query.finish() {
        query if query.is_empty() => "/feeds/projects.atom".to_owned(),
        query => format!("/feeds/projects.atom?{query}"),
    }
}

/// Serves `/feeds/projects.atom`.
pub async fn serve(
    visit: Visit,
    PageQuery(query): PageQuery<FeedQuery>,
) -> Result<Response, Problem> {
    let address = address(query.field, query.region.as_ref());
    let asked = MenuQuery {
        field: query.field,
        region: query.region,
        sort: Some(Sort::Newest),
        ..MenuQuery::default()
    };
    let mut search = asked.search(visit.now).map_err(invalid_parameters)?;
    search.limit = ENTRIES;
    let page = store::list(&visit.db, &search, visit.now).await?;
    let cards: Vec<&Card> = page.lines.iter().map(|line| &line.card).collect();
    let body = atom(&visit, &address, query.field, &cards);
    let headers: [(HeaderName, HeaderValue); 3] = [
        (
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/atom+xml; charset=utf-8"),
        ),
        (header::CACHE_CONTROL, HeaderValue::from_static(PUBLIC)),
        (
            header::VARY,
            HeaderValue::from_static("Cookie, Accept-Language"),
        ),
    ];
    Ok((headers, body).into_response())
}

fn atom(visit: &Visit, address: &str, field: Option<Field>, cards: &[&Card]) -> String {
    let lang = visit.lang;
    let origin = &*visit.origin;
    let name = lang.pick(
        "点单：新的志愿服务项目",
        "Diandan: new volunteering projects",
    );
    let title = match field {
        None => name.to_owned(),
        Some(field) => format!("{name} · {}", field.name(lang)),
    };
    let newest = cards.iter().filter_map(|card| card.published_at).max();
    // A feed always says when it changed, also while there is nothing in it.
    let updated = newest.unwrap_or(Instant::from_millis(0));
    let this = escaped(&format!("{origin}{address}"));
    let menu = escaped(&format!(
        "{origin}{}",
        address.replacen("/feeds/projects.atom", "/", 1)
    ));
    let mut xml = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n\
         <feed xmlns=\"http://www.w3.org/2005/Atom\" xml:lang=\"zh-CN\">\n\
         <id>{this}</id>\n<title xml:lang=\"{}\">{}</title>\n<updated>{}</updated>\n\
         <link rel=\"self\" type=\"application/atom+xml\" href=\"{this}\"/>\n\
         <link rel=\"alternate\" type=\"text/html\" href=\"{menu}\"/>\n",
        lang.tag(),
        escaped(&title),
        updated.rfc3339(),
    );
    for card in cards {
        xml.push_str(&entry(origin, card));
    }
    xml.push_str("</feed>\n");
    xml
}

fn entry(origin: &str, card: &Card) -> String {
    let published = card
        .published_at
        .unwrap_or(Instant::from_millis(0))
        .rfc3339();
    format!(
        "<entry>\n<id>urn:uuid:{id}</id>\n<title>{title}</title>\n\
         <published>{published}</published>\n<updated>{published}</updated>\n\
         <author><name>{author}</name><uri>{origin}/organizations/{organization}</uri></author>\n\
         <link rel=\"alternate\" type=\"text/html\" href=\"{origin}/projects/{id}\"/>\n\
         <category term=\"{field}\" label=\"{label}\"/>\n\
         <summary>{summary}</summary>\n</entry>\n",
        id = escaped(&card.id),
        title = escaped(&card.title),
        author = escaped(&card.organization_name),
        origin = escaped(origin),
        organization = escaped(&card.organization_id),
        field = card.field.word(),
        label = escaped(card.field.name(Lang::Zh)),
        summary = escaped(&format!(
            "{}（{}，{}）",
            card.summary, card.region_name, card.place
        )),
    )
}

/// Text and attributes of XML 1.0, section 2.4. Characters XML has no room for are in no
/// text that organizations can write.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_feed_is_addressed_by_what_it_is_about() {
        let region = RegionCode::parse("3607");
        assert_eq!(address(None, None), "/feeds/projects.atom");
        assert_eq!(
            address(Some(Field::Health), region.as_ref()),
            "/feeds/projects.atom?field=health&region=3607"
        );
    }

    #[test]
    fn text_stays_text() {
        assert_eq!(
            escaped("<a href=\"x\">&"),
            "&lt;a href=&quot;x&quot;&gt;&amp;"
        );
    }
}
