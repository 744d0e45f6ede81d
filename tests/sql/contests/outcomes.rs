//! What became of awarded entries: purchases, and stories with their consent.

use diandan::contests::rules::example;
use diandan::platform::clock::DAY;
use serde_json::{Value, json};

use crate::support::answer::Answer;
use crate::support::at;
use crate::support::contests::{announced, awarded, entered, purchase, story};
use crate::support::desk::Desk;
use crate::support::notice::{Notice, shift};
use crate::support::people::{Organization, Volunteer};
use crate::support::place::Place;
use crate::support::request::Request;

/// An office's contest with an awarded entry, and one that won nothing.
struct Won<'a> {
    contest: String,
    entrant: Organization<'a>,
    entry: String,
    other: String,
    coordinator: Volunteer<'a>,
}

fn won(place: &dyn Place) -> Won<'_> {
    let contest = announced(place, &example());
    let entrant = place.organization();
    let start = place.now().plus(5 * DAY);
    let enters = || {
        let project = entrant.publishes(&Notice::of(&[shift("a", start, 3)]));
        entered(&entrant, &contest, &project, "submitted")
    };
    let (entry, other) = (enters(), enters());
    awarded(place, &contest, &entry);
    Won {
        coordinator: place.coordinator("36"),
        contest,
        entrant,
        entry,
        other,
    }
}

impl Won<'_> {
    fn path(&self, rest: &str) -> String {
        format!("/api/v1/contests/{}/{rest}", self.contest)
    }

    fn of_entry(&self, rest: &str) -> String {
        self.path(&format!("entries/{}/{rest}", self.entry))
    }

    fn outcomes(&self) -> Value {
        let place = self.coordinator.place;
        place.get(&self.path("outcomes")).is(200).json()["items"].clone()
    }

    fn acts(&self) -> Vec<String> {
        let sql = "SELECT act FROM contest_log WHERE contest_id = ?1 ORDER BY seq";
        let rows = self.coordinator.place.rows(sql, json!([self.contest]));
        let acts = rows.iter().map(|row| row["act"].as_str().unwrap());
        acts.map(str::to_owned).collect()
    }

    fn tells(&self, story: &Value) -> Answer {
        let request = Request::put(self.of_entry("story")).bearer(&self.entrant.key);
        self.entrant.place.send(&request.json(story))
    }
}

fn sending(link: &str) -> Value {
    json!({"channel": "other", "name": "赣州文明网", "link": link, "on": "2026-11-20"})
}

fn opens(who: &Volunteer, target: &str) -> Answer {
    who.place.send(&Request::get(target).browser(&who.session))
}

fn fills_in(who: &Volunteer, target: &str, fields: &[(&str, &str)]) -> Answer {
    let request = Request::new("POST", target).browser(&who.session);
    who.place.send(&request.form(fields))
}

#[test]
fn each_word_on_a_purchase_is_kept_and_the_newest_stands() {
    let desk = Desk::new();
    let all = won(desk.place());
    let target = all.of_entry("purchase");
    desk.place().get(&target).refused(404, "not_found");
    assert_eq!(all.outcomes()[0]["purchase"], json!(null));
    let first = all.coordinator.sends("PUT", &target, &purchase()).is(201);
    assert_eq!(first.header("etag"), Some("\"v1\""));
    desk.passes(DAY);
    // The same again changes nothing.
    all.coordinator.sends("PUT", &target, &purchase()).is(200);
    let mut more = purchase();
    more["milestones"][1]["done_on"] = json!("2026-08-20");
    more["outcome"] = json!({"words": "两个村的课继续开。", "on": "2026-11-24"});
    let put = |tag: &str| {
        let request = all
            .coordinator
            .request("PUT", &target)
            .header("if-match", tag);
        desk.place().send(&request.json(&more))
    };
    put("\"v7\"").refused(412, "version_conflict");
    let second = put("\"v1\"").is(200);
    assert_eq!(second.header("etag"), Some("\"v2\""));
    put("\"v1\"").refused(412, "version_conflict");
    let history = desk.place().get(&target).is(200);
    assert_eq!(history.header("etag"), Some("\"v2\""));
    let history = history.json();
    assert_eq!(history["items"].as_array().unwrap().len(), 2);
    assert_eq!(history["items"][1]["outcome"], json!(null));
    assert_eq!(history["items"][1]["since"], "2026-11-23T09:00:00+08:00");
    let stands = &all.outcomes()[0]["purchase"];
    assert_eq!(stands, &history["items"][0]);
    assert_eq!(stands["since"], "2026-11-24T09:00:00+08:00");
    assert_eq!(stands["outcome"], more["outcome"]);
    assert_eq!(stands["milestones"], more["milestones"]);
    assert_eq!(all.acts(), ["purchase.written", "purchase.written"]);
    for sql in [
        "UPDATE contest_purchase SET fen = 1",
        "DELETE FROM contest_purchase",
        "INSERT OR REPLACE INTO contest_purchase SELECT * FROM contest_purchase WHERE version = 1",
    ] {
        assert!(desk.refuses(sql).contains("contest_purchase_"), "{sql}");
    }
}

#[test]
fn a_purchase_is_told_all_that_is_wrong_with_it() {
    let desk = Desk::new();
    let all = won(desk.place());
    let put = |entry: &str, body: &Value| {
        let target = all.path(&format!("entries/{entry}/purchase"));
        all.coordinator.sends("PUT", &target, body)
    };
    let bad = json!({
        "purchaser": " ", "fen": -5, "from": "2026-13-01", "until": 7, "more": 1,
        "milestones": vec![json!({"what": "x", "due_on": "2026-01-01"}); 21],
        "outcome": {"words": "", "on": null},
    });
    let told = put(&all.entry, &bad).refused(422, "invalid_fields");
    assert_eq!(
        told.pointers(),
        [
            "/fen",
            "/from",
            "/milestones",
            "/more",
            "/outcome/on",
            "/outcome/words",
            "/purchaser",
            "/until"
        ]
    );
    let mut turned = purchase();
    turned["until"] = json!("2026-02-28");
    turned["milestones"][0]["done_on"] = json!("2026-11-24");
    let told = put(&all.entry, &turned).refused(422, "invalid_fields");
    assert_eq!(told.pointers(), ["/milestones/0/done_on", "/until"]);
    put(&all.other, &purchase()).refused(409, "entry_not_awarded");
    put(&uuid::Uuid::now_v7().to_string(), &purchase()).refused(404, "not_found");
    // An entry of another contest is none of this one.
    let elsewhere = won(desk.place());
    put(&elsewhere.entry, &purchase()).refused(404, "not_found");
    let mut emoji = purchase();
    emoji["purchaser"] = json!("𠮷村👍");
    put(&all.entry, &emoji).is(201);
    assert_eq!(all.outcomes()[0]["purchase"]["purchaser"], "𠮷村👍");
}

#[test]
fn only_those_who_run_the_contest_and_have_no_interest_write_purchases_and_send() {
    let desk = Desk::new();
    let place = desk.place();
    let all = won(place);
    all.tells(&story()).is(201);
    let [organizer, chair, supervisor, stranger] = [(); 4].map(|()| place.adult());
    for (who, role) in [
        (&organizer, "organizer"),
        (&chair, "chair"),
        (&supervisor, "supervisor"),
    ] {
        place.rows(
            "INSERT INTO contest_officer (id, contest_id, role, phone_hash, phone_sealed, created_at)
             SELECT ?1, ?2, ?3, phone_hash, phone_sealed, 0 FROM volunteer WHERE id = ?4",
            json!([uuid::Uuid::now_v7(), all.contest, role, who.id]),
        );
    }
    let sendings = all.of_entry("story/sendings");
    let owner = all.entrant.member("owner");
    for who in [
        &chair,
        &supervisor,
        &stranger,
        &owner,
        &place.coordinator("3601"),
    ] {
        who.sends("PUT", &all.of_entry("purchase"), &purchase())
            .refused(403, "forbidden");
        who.sends("POST", &sendings, &sending("https://a.example/1"))
            .refused(403, "forbidden");
        who.reads(&all.path("stories")).refused(403, "forbidden");
        who.reads(&all.path("stories.csv"))
            .refused(403, "forbidden");
        opens(who, &format!("/contests/{}/run/outcomes", all.contest)).is(403);
    }
    organizer
        .sends("PUT", &all.of_entry("purchase"), &purchase())
        .is(201);
    organizer
        .sends("POST", &sendings, &sending("https://a.example/1"))
        .is(201);
    // Whoever joins an entrant does no more of it.
    place.rows(
        "INSERT INTO member (organization_id, volunteer_id, role, created_at) VALUES (?1, ?2, 'viewer', 0)",
        json!([all.entrant.id, organizer.id]),
    );
    organizer
        .sends("PUT", &all.of_entry("purchase"), &purchase())
        .refused(403, "own_entry");
    organizer
        .sends("POST", &sendings, &sending("https://a.example/2"))
        .refused(403, "own_entry");
    organizer
        .reads(&all.path("stories"))
        .refused(403, "own_entry");
    organizer
        .reads(&all.of_entry("story"))
        .refused(403, "forbidden");
    let page = format!("/contests/{}/run/outcomes/{}", all.contest, all.entry);
    opens(&organizer, &page).is(403);
    fills_in(&organizer, &page, &[("act", "purchase")]).is(403);
    assert_eq!(
        place.number("SELECT count(*) FROM contest_purchase", json!([])),
        1
    );
    assert_eq!(
        place.number("SELECT count(*) FROM contest_story_sending", json!([])),
        1
    );
}

#[test]
fn a_story_is_published_with_consent_and_once_it_was_sent() {
    let desk = Desk::new();
    let place = desk.place();
    let all = won(place);
    let (stories, mark) = (all.path("stories"), all.of_entry("story/sendings"));
    let listed = || all.coordinator.reads(&stories).is(200).json()["items"].clone();
    let send = |link: &str| all.coordinator.sends("POST", &mark, &sending(link));
    send("https://a.example/1").refused(409, "story_not_consented");
    let mut quiet = story();
    quiet["consent"] = json!(false);
    let written = all.tells(&quiet).is(201);
    assert_eq!(written.json()["consented_at"], json!(null));
    send("https://a.example/1").refused(409, "story_not_consented");
    assert_eq!(listed(), json!([]));
    all.coordinator
        .reads(&all.of_entry("story"))
        .refused(404, "not_found");
    all.tells(&story()).is(200);
    all.coordinator.reads(&all.of_entry("story")).is(200);
    assert_eq!(listed()[0]["story"]["title"], "山村里的第一堂科学课");
    assert_eq!(
        all.outcomes()[0]["story"],
        json!(null),
        "it was not sent yet"
    );
    let sent = send("https://a.example/1").is(201).json();
    assert_eq!(sent["name"], "赣州文明网");
    send("https://a.example/1").refused(409, "already_sent");
    send("https://a.example/2").is(201);
    let shown = all.outcomes()[0]["story"].clone();
    let sendings = shown["sendings"].as_array().unwrap();
    assert!(sendings.len() == 2 && sendings.contains(&sent));
    // Withdrawn, it leaves lists and exports; that it was sent stays.
    all.tells(&quiet).is(200);
    assert_eq!(listed(), json!([]));
    assert_eq!(all.outcomes()[0]["story"], json!(null));
    for export in [all.path("outcomes.csv"), all.path("stories.csv")] {
        let text = all.coordinator.reads(&export).is(200).text();
        assert!(
            !text.contains("第一堂科学课") && !text.contains("a.example"),
            "{text}"
        );
    }
    let page = place
        .get(&format!("/contests/{}/outcomes", all.contest))
        .is(200)
        .text();
    assert!(!page.contains("第一堂科学课"));
    send("https://a.example/3").refused(409, "story_not_consented");
    let own = Request::get(all.of_entry("story")).bearer(&all.entrant.key);
    let own = place.send(&own).is(200).json();
    assert_eq!(own["sendings"].as_array().unwrap().len(), 2);
    assert_eq!(
        all.acts(),
        [
            "story.written",
            "story.written",
            "story.sent",
            "story.sent",
            "story.consent_withdrawn"
        ]
    );
    // Past the product neither.
    let past = "INSERT INTO contest_story_sending SELECT 'x', contest_id, entry_id, 3, channel, name, 'y', on_day, 0 FROM contest_story_sending LIMIT 1";
    assert!(desk.refuses(past).contains("story_not_consented"));
    for sql in [
        "UPDATE contest_story_sending SET link = 'x'",
        "DELETE FROM contest_story_sending",
        "DELETE FROM contest_story",
    ] {
        assert!(desk.refuses(sql).contains("contest_story_"), "{sql}");
    }
}

#[test]
fn a_story_is_its_organizations_alone() {
    let desk = Desk::new();
    let place = desk.place();
    let all = won(place);
    let target = all.of_entry("story");
    let by =
        |token: &str, body: &Value| place.send(&Request::put(&target).bearer(token).json(body));
    let other = place.organization();
    for token in [
        &other.key,
        &all.entrant.new_key(&["projects:write"]),
        &all.entrant.member("recorder").session,
        &other.member("owner").session,
        &all.coordinator.session,
    ] {
        by(token, &story()).refused(403, "forbidden");
        place.send(&Request::get(&target).bearer(token)).is(
            match **token == *all.coordinator.session {
                true => 404,
                false => 403,
            },
        );
    }
    place
        .send(&Request::put(&target).json(&story()))
        .refused(401, "unauthenticated");
    let manager = all.entrant.member("manager");
    let bad = json!({
        "title": "长".repeat(61), "text": "𠮷".repeat(4001), "consent": "yes",
        "pictures": [{"url": "http://a.example/1.jpg", "caption": ""}, {"url": "javascript:alert(1)", "caption": "x"}],
    });
    let told = by(&manager.session, &bad).refused(422, "invalid_fields");
    assert_eq!(
        told.pointers(),
        [
            "/consent",
            "/pictures/0/caption",
            "/pictures/0/url",
            "/pictures/1/url",
            "/text",
            "/title"
        ]
    );
    let won_nothing = all.path(&format!("entries/{}/story", all.other));
    manager
        .sends("PUT", &won_nothing, &story())
        .refused(409, "entry_not_awarded");
    let first = by(&manager.session, &story()).is(201);
    let mut more = story();
    more["text"] = json!("二");
    let put = |tag: &str| {
        let request = manager.request("PUT", &target).header("if-match", tag);
        place.send(&request.json(&more))
    };
    assert_eq!(first.header("etag"), Some("\"v1\""));
    put("\"v1\"").is(200);
    put("\"v1\"").refused(412, "version_conflict");
    // Sent twice, it is written once.
    by(&manager.session, &more).is(200);
    assert_eq!(
        place.value("SELECT version FROM contest_story", json!([])),
        2
    );
}

#[test]
fn nothing_that_was_written_runs_in_a_spreadsheet() {
    let desk = Desk::new();
    let place = desk.place();
    let all = won(place);
    let mut bought = purchase();
    bought["purchaser"] = json!("=HYPERLINK(\"https://evil.example\")");
    bought["outcome"] = json!({"words": "+1\n第二行", "on": "2026-11-20"});
    all.coordinator
        .sends("PUT", &all.of_entry("purchase"), &bought)
        .is(201);
    let mut told = story();
    told["title"] = json!("-2+3");
    told["text"] = json!("@SUM(1)");
    told["pictures"][0]["caption"] = json!("＝1");
    all.tells(&told).is(201);
    let sending = json!({"channel": "other", "name": "=1", "link": "https://a.example/1", "on": "2026-11-20"});
    all.coordinator
        .sends("POST", &all.of_entry("story/sendings"), &sending)
        .is(201);
    for target in ["outcomes.csv", "stories.csv"] {
        let answer = all.coordinator.reads(&all.path(target)).is(200);
        assert!(
            answer
                .header("content-type")
                .unwrap()
                .starts_with("text/csv")
        );
        assert!(
            answer
                .header("content-disposition")
                .unwrap()
                .contains(".csv")
        );
        let text = answer.text();
        assert!(text.starts_with("\u{FEFF}编号,"), "{text}");
        for cell in ["'-2+3", "'@SUM(1)", "'＝1 https", "'=1 2026-11-20 https"] {
            assert!(text.contains(cell), "{cell} in {text}");
        }
        let starts = |c: char| "=+-@".contains(c);
        let cells = text
            .split([',', '\n'])
            .map(|cell| cell.trim_start_matches('"'));
        assert!(
            cells.clone().all(|cell| !cell.starts_with(starts)),
            "{text}"
        );
    }
    let text = place.get(&all.path("outcomes.csv")).is(200).text();
    assert!(
        text.contains("\"'=HYPERLINK")
            && text.contains("'+1\n第二行")
            && text.contains(",120000.00,")
    );
}

#[test]
fn awarded_entries_are_listed_page_by_page() {
    let desk = Desk::new();
    let place = desk.place();
    let all = won(place);
    awarded(place, &all.contest, &all.other);
    let start = place.now().plus(5 * DAY);
    let project = all.entrant.publishes(&Notice::of(&[shift("a", start, 3)]));
    let third = entered(&all.entrant, &all.contest, &project, "submitted");
    awarded(place, &all.contest, &third);
    let first = place.get(&all.path("outcomes?limit=2")).is(200);
    assert!(first.header("link").unwrap().contains("rel=\"next\""));
    let first = first.json();
    assert_eq!(first["items"].as_array().unwrap().len(), 2);
    let next = first["next"].as_str().unwrap();
    let second = place.get(next).is(200).json();
    assert_eq!(second["items"][0]["entry"]["id"], third.as_str());
    assert_eq!(second["next"], json!(null));
    let csv = place.get(&all.path("outcomes.csv?limit=2")).is(200);
    assert!(csv.header("link").unwrap().contains("cursor=2"));
    for bad in ["limit=0", "limit=201", "cursor=x", "after=1"] {
        place
            .get(&all.path(&format!("outcomes?{bad}")))
            .refused(400, "invalid_parameters");
    }
    let nowhere = format!("/api/v1/contests/{}/outcomes", uuid::Uuid::now_v7());
    place.get(&nowhere).refused(404, "not_found");
    let draft = crate::support::contests::drafted(place, &example());
    place
        .get(&format!("/api/v1/contests/{draft}/outcomes"))
        .refused(404, "not_found");
    place.get(&format!("/contests/{draft}/outcomes")).is(404);
}

#[test]
fn purchases_are_written_on_pages_and_due_outcomes_are_called_in() {
    let desk = Desk::new();
    let place = desk.place();
    let all = won(place);
    let list = format!("/contests/{}/run/outcomes", all.contest);
    assert!(
        place
            .get(&list)
            .is(303)
            .header("location")
            .unwrap()
            .starts_with("/sign-in")
    );
    let page = opens(&all.coordinator, &list).is(200).text();
    assert!(page.contains("E0001") && !page.contains("E0002") && page.contains("未登记购买"));
    let here = format!("{list}/{}", all.entry);
    let blank = opens(&all.coordinator, &here).is(200).text();
    assert!(
        blank.contains("data-limit=\"1000\"")
            && blank.contains("60 字以内")
            && blank.contains("没有同意公开")
    );
    let mut fields = vec![
        ("version", "0"),
        ("purchaser", "于都县教育局"),
        ("fen", "12万"),
        ("from", "2026-03-01"),
        ("until", "2026-08-31"),
        ("milestone-0-what", "走访"),
        ("milestone-0-due", ""),
        ("act", "purchase"),
    ];
    let told = fills_in(&all.coordinator, &here, &fields).is(422).text();
    assert!(told.contains("12万") && told.contains("此项必填") && told.contains("role=\"alert\""));
    fields[2].1 = "120,000.5";
    fields[6].1 = "2026-04-30";
    fills_in(&all.coordinator, &here, &fields).is(303);
    fills_in(&all.coordinator, &here, &fields).is(412);
    assert_eq!(all.outcomes()[0]["purchase"]["fen"], 12_000_050);
    let public = place
        .get(&format!("/contests/{}/outcomes", all.contest))
        .is(200)
        .text();
    for shown in [
        "于都县教育局",
        "120,000.50 元",
        "应于 2026-04-30",
        "金奖",
        "E0001",
    ] {
        assert!(public.contains(shown), "{shown}");
    }
    // Six months after its end somebody is to say what it came to.
    let run = format!("/contests/{}/run", all.contest);
    desk.it_is(at("2027-02-27T23:00:00+08:00"));
    let host = place.coordinator("36");
    let session = |page: &str| opens(&host, page).is(200).text();
    let reminded = || [&list, &run].map(|page| session(page).contains("已满六个月"));
    assert_eq!(reminded(), [false, false]);
    desk.it_is(at("2027-03-03T09:00:00+08:00"));
    assert_eq!(reminded(), [true, true]);
    assert!(session(&list).contains("待填写成效") && session(&here).contains("已满六个月"));
    // Nobody else is reminded.
    let chair = place.adult();
    place.rows(
        "INSERT INTO contest_officer (id, contest_id, role, phone_hash, phone_sealed, created_at)
         SELECT ?1, ?2, 'chair', phone_hash, phone_sealed, 0 FROM volunteer WHERE id = ?3",
        json!([uuid::Uuid::now_v7(), all.contest, chair.id]),
    );
    assert!(!opens(&chair, &run).is(200).text().contains("已满六个月"));
    fields[0].1 = "1";
    fields.extend([
        ("outcome-words", "课还在开。"),
        ("outcome-on", "2027-03-02"),
    ]);
    fills_in(&host, &here, &fields).is(303);
    assert_eq!(reminded(), [false, false]);
    assert!(session(&here).contains("以前的登记"));
}

#[test]
fn a_story_is_written_agreed_to_and_sent_on_pages() {
    let desk = Desk::new();
    let place = desk.place();
    let all = won(place);
    let manager = all.entrant.member("manager");
    let own = format!("/organizations/{}/entries/{}", all.entrant.id, all.entry);
    let here = format!("{own}/story");
    assert!(
        opens(&manager, &own)
            .is(200)
            .text()
            .contains(&format!("href=\"{here}\""))
    );
    let lost = format!("/organizations/{}/entries/{}", all.entrant.id, all.other);
    assert!(!opens(&manager, &lost).is(200).text().contains("/story\""));
    opens(&manager, &format!("{lost}/story")).is(409);
    opens(&all.entrant.member("viewer"), &here).is(403);
    opens(&place.organization().member("owner"), &here).is(403);
    let other = place.organization();
    opens(
        &other.member("owner"),
        &format!("/organizations/{}/entries/{}/story", other.id, all.entry),
    )
    .is(404);
    assert!(
        opens(&manager, &here)
            .is(200)
            .text()
            .contains("data-limit=\"4000\"")
    );
    let mut fields = vec![
        ("version", "0"),
        ("title", "第一课<b>"),
        ("text", ""),
        ("picture-0-url", "http://a.example/1"),
    ];
    let told = fills_in(&manager, &here, &fields).is(422).text();
    assert!(
        told.contains("第一课&lt;b&gt;")
            && told.contains("https:// 开头的网址")
            && told.contains("不能为空")
    );
    fields[2].1 = "走进村小。";
    fields[3].1 = "https://a.example/1";
    fields.push(("picture-0-caption", "电路"));
    fills_in(&manager, &here, &fields).is(303);
    fills_in(&manager, &here, &fields).is(412);
    let run = format!("/contests/{}/run/outcomes/{}", all.contest, all.entry);
    assert!(
        opens(&all.coordinator, &run)
            .is(200)
            .text()
            .contains("没有同意公开")
    );
    fields[0].1 = "1";
    fields.push(("consent", "yes"));
    fills_in(&manager, &here, &fields).is(303);
    assert!(opens(&manager, &here).is(200).text().contains("已同意公开"));
    assert!(
        opens(&all.coordinator, &run)
            .is(200)
            .text()
            .contains("第一课&lt;b&gt;")
    );
    let mut sent = vec![
        ("act", "send"),
        ("channel", "other"),
        ("link", "https://b.example/1"),
        ("on", "2026-11-24"),
    ];
    let told = fills_in(&all.coordinator, &run, &sent).is(422).text();
    assert!(
        told.contains("请填写渠道名称")
            && told.contains("不能晚于今天")
            && told.contains("value=\"https://b.example/1\"")
    );
    sent[1].1 = "china_volunteer";
    sent[3].1 = "2026-11-23";
    fills_in(&all.coordinator, &run, &sent).is(303);
    let told = fills_in(&all.coordinator, &run, &sent).is(409).text();
    assert!(told.contains("已经标记过"));
    let public = format!("/contests/{}/outcomes", all.contest);
    let page = place.get(&public).is(200).text();
    assert!(
        page.contains("走进村小。")
            && page.contains("中国志愿服务网")
            && page.contains("https://a.example/1")
    );
    assert!(
        opens(&manager, &here)
            .is(200)
            .text()
            .contains("中国志愿服务网")
    );
}
