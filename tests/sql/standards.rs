//! What programs read on public pages: linked data and the feed.

use diandan::menu;
use diandan::platform::clock::{DAY, Instant};
use pollster::FutureExt as _;
use serde_json::{Value, json};

use crate::support::answer::Answer;
use crate::support::desk::Desk;
use crate::support::notice::{Notice, morning, shift, with_waitlist};
use crate::support::place::Place as _;

/// The linked data of a page.
fn data(page: &Answer) -> Value {
    let html = page.text();
    let block = html
        .split("<script type=\"application/ld+json\">")
        .nth(1)
        .expect("linked data");
    serde_json::from_str(block.split("</script>").next().unwrap()).unwrap()
}

#[test]
fn a_project_is_an_event_a_shift() {
    let desk = Desk::new();
    let organization = desk.place().organization();
    let notice = Notice::of(&[
        shift("past", morning(desk.now(), 1), 3),
        with_waitlist(shift("full", morning(desk.now(), 5), 1), 2),
        shift("free", morning(desk.now(), 6), 3),
        shift("off", morning(desk.now(), 7), 3),
    ])
    .with_shift(3, "state", "cancelled")
    .with("title", "科学课</script><b>")
    .with("min_age", 16);
    let project = organization.publishes(&notice);
    desk.place()
        .adult()
        .takes(&project.shift("full"), "confirmed");
    desk.passes(2 * DAY);
    let page = desk.place().get(&format!("/projects/{}", project.id));
    let data = data(&page.is(200));
    assert_eq!(data["@context"], "https://schema.org");
    let events = data["@graph"].as_array().unwrap();
    assert_eq!(events.len(), 3, "what is over is no event any more");
    let [full, free, off] = events.as_slice() else {
        panic!("{events:?}")
    };
    for event in events {
        assert_eq!(event["@type"], "Event");
        assert_eq!(event["name"], "科学课</script><b>");
        assert_eq!(event["location"]["name"], notice.0["place"]);
        assert_eq!(event["organizer"]["name"], organization.name.as_str());
        assert_eq!(event["typicalAgeRange"], "16-");
    }
    assert_eq!(full["startDate"], notice.0["shifts"][1]["starts_at"]);
    assert_eq!(full["remainingAttendeeCapacity"], 0);
    assert_eq!(
        full["offers"]["availability"],
        "https://schema.org/BackOrder"
    );
    assert_eq!(free["remainingAttendeeCapacity"], 3);
    assert_eq!(free["offers"]["availability"], "https://schema.org/InStock");
    let sign_up = format!("/shifts/{}/sign-up", project.shift("free").id);
    let offered = free["offers"]["url"].as_str().unwrap();
    assert!(offered.starts_with("https://") && offered.ends_with(&sign_up));
    assert_eq!(off["eventStatus"], "https://schema.org/EventCancelled");
    assert_eq!(off["offers"], Value::Null);
}

#[test]
fn an_organization_says_who_it_is() {
    let desk = Desk::new();
    let organization = desk.place().organization();
    let page = desk
        .place()
        .get(&format!("/organizations/{}", organization.id));
    let data = data(&page.is(200));
    assert_eq!(data["@type"], "NGO");
    assert_eq!(data["name"], organization.name.as_str());
    let id = data["@id"].as_str().unwrap();
    assert!(id.starts_with("https://") && id.ends_with(&organization.id));
}

/// What an element of a feed says, each time it stands there.
fn elements(xml: &str, name: &str) -> Vec<String> {
    xml.split(&format!("<{name}>"))
        .skip(1)
        .map(|rest| rest.split(&format!("</{name}>")).next().unwrap().to_owned())
        .collect()
}

#[test]
fn new_projects_are_told_in_a_feed_the_latest_first() {
    let desk = Desk::new();
    let organization = desk.place().organization();
    let mut published = Vec::new();
    for (title, field, region) in [
        ("义诊 <一>", "health", "360731"),
        ("义诊 & 二", "health", "360102"),
        ("科学课", "education", "360731"),
    ] {
        desk.passes(DAY / 24);
        let notice = Notice::of(&[shift("a", morning(desk.now(), 5), 3)])
            .with("title", title)
            .with("field", field)
            .with("region", region);
        published.push(organization.publishes(&notice));
    }
    organization
        .puts("draft", &json!({"title": "还没想好"}))
        .is(201);
    let feed = |query: &str| {
        let feed = desk
            .place()
            .get(&format!("/feeds/projects.atom{query}"))
            .is(200);
        let media = feed.header("content-type").unwrap();
        assert!(media.starts_with("application/atom+xml"), "{media}");
        assert!(feed.header("etag").is_some());
        feed.text()
    };
    let all = feed("");
    assert_eq!(
        elements(&all, "title"),
        ["科学课", "义诊 &amp; 二", "义诊 &lt;一&gt;"]
    );
    let ids: Vec<_> = published
        .iter()
        .rev()
        .map(|project| format!("urn:uuid:{}", project.id))
        .collect();
    assert_eq!(elements(&all, "id")[1..], ids);
    let updated: Vec<_> = elements(&all, "updated")
        .iter()
        .map(|at| Instant::parse(at).unwrap())
        .collect();
    assert_eq!(updated[0], updated[1], "as late as the latest");
    assert!(updated[1] > updated[2] && updated[2] > updated[3]);
    assert_eq!(elements(&all, "name"), vec![organization.name.clone(); 3]);

    assert_eq!(elements(&feed("?field=health"), "title").len(), 2);
    assert_eq!(elements(&feed("?region=3607"), "title").len(), 2);
    assert_eq!(
        elements(&feed("?field=health&region=3607"), "title"),
        ["义诊 &lt;一&gt;"]
    );
    let empty = feed("?field=village");
    assert!(elements(&empty, "title").is_empty());
    assert_eq!(elements(&empty, "updated").len(), 1);
    // Feeds about different things are different feeds, and say so.
    assert_ne!(elements(&all, "id")[0], elements(&empty, "id")[0]);
    assert!(elements(&empty, "id")[0].ends_with("/feeds/projects.atom?field=village"));
}

#[test]
fn the_menu_names_the_feed_about_what_it_shows() {
    let desk = Desk::new();
    for (page, feed) in [
        ("/", "/feeds/projects.atom"),
        (
            "/?field=health&region=3607",
            "/feeds/projects.atom?field=health&amp;region=3607",
        ),
    ] {
        let html = desk.place().get(page).is(200).text();
        let link = html.split("application/atom+xml").nth(1).unwrap();
        assert!(
            link.split('>')
                .next()
                .unwrap()
                .contains(&format!("href=\"{feed}\"")),
            "{page}: {link}"
        );
    }
}

#[test]
fn what_an_organization_offers_is_told_in_the_terms_of_the_standard() {
    let desk = Desk::new();
    let organization = desk.place().organization();
    let mut cook = shift("c", morning(desk.now(), 6), 3);
    cook["role"] = json!("做饭");
    let notice = Notice::of(&[
        shift("past", morning(desk.now(), 1), 3),
        shift("a", morning(desk.now(), 5), 3),
        cook,
        shift("off", morning(desk.now(), 7), 3),
    ])
    .with_shift(3, "state", "cancelled");
    let project = organization.publishes(&notice);
    let care = Notice::of(&[shift("a", morning(desk.now(), 3), 3)]).with("field", "care");
    let care = organization.publishes(&care);
    for state in ["draft", "closed"] {
        organization.publishes(&notice.clone().with("state", state));
    }
    desk.passes(2 * DAY);
    menu::move_on(&desk.db, desk.now()).block_on().unwrap();
    let target = format!("/api/v1/organizations/{}/opportunities", organization.id);
    let told = desk.place().get(&target).is(200).json();
    assert_eq!(
        told["@context"],
        "https://api.volunteeringdata.io/context/v1"
    );
    assert_eq!(told["name"], organization.name.as_str());
    let terms = |names: &[&str]| -> Value {
        let iri = |name: &&str| format!("https://ns.volunteeringdata.io/{name}");
        names.iter().map(iri).collect()
    };
    assert_eq!(told["cause"], terms(&["Care", "EducationLanguages"]));
    let activities = told["activity"].as_array().unwrap();
    let ids: Vec<_> = activities.iter().map(|activity| &activity["id"]).collect();
    assert!(
        ids[0].as_str().unwrap().ends_with(&care.id),
        "the next ones first"
    );
    assert!(ids[1].as_str().unwrap().ends_with(&project.id));
    assert_eq!(ids.len(), 2);
    let activity = &activities[1];
    assert_eq!(activity["title"], notice.0["title"]);
    let roles: Vec<_> = activity["role"]
        .as_array()
        .unwrap()
        .iter()
        .map(|role| &role["title"])
        .collect();
    assert_eq!(roles, ["做饭", "课堂助教"]);
    let sessions = activity["session"].as_array().unwrap();
    assert_eq!(sessions.len(), 2);
    assert_eq!(sessions[0]["location"]["name"], notice.0["place"]);
    assert_eq!(sessions[0]["time"][0], terms(&["SaturdayMorning"])[0]);
    assert_eq!(
        sessions[0]["time"][1]["time:hasBeginning"]["time:inXSDDateTimeStamp"],
        notice.0["shifts"][1]["starts_at"]
    );
    // Whoever is not verified offers nothing.
    desk.place().rows(
        "UPDATE organization SET state = 'suspended' WHERE id = ?1",
        json!([organization.id]),
    );
    let told = desk.place().get(&target).is(200).json();
    assert_eq!(told["activity"], json!([]));
}
