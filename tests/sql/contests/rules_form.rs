//! The rules of a contest by forms alone, as a clerk fills them in without scripts.

use diandan::contests::rules::example;
use serde_json::{Value, json};

use crate::support::answer::Answer;
use crate::support::at;
use crate::support::contests::{announced, drafted};
use crate::support::desk::Desk;
use crate::support::filled::Filled;
use crate::support::people::Volunteer;
use crate::support::place::Place;
use crate::support::request::Request;

/// Somebody at the rules of a contest.
struct Clerk<'a> {
    who: Volunteer<'a>,
    rules: String,
}

impl<'a> Clerk<'a> {
    fn of(place: &'a dyn Place, contest: &str) -> Self {
        Self {
            who: place.coordinator("36"),
            rules: format!("/contests/{contest}/run/rules"),
        }
    }

    fn opens(&self, section: &str) -> Answer {
        let target = format!("{}{section}", self.rules);
        self.who
            .place
            .send(&Request::get(target).browser(&self.who.session))
    }

    fn form(&self, section: &str) -> Filled {
        Filled::of(&self.opens(section).is(200))
    }

    fn sends(&self, section: &str, form: &Filled) -> Answer {
        let fields: Vec<(&str, &str)> = form
            .0
            .iter()
            .map(|(name, value)| (&**name, &**value))
            .collect();
        let request = Request::new("POST", format!("{}{section}", self.rules));
        self.who
            .place
            .send(&request.browser(&self.who.session).form(&fields))
    }

    /// Presses a button that shows the form again.
    fn presses(&self, section: &str, form: Filled, act: &str) -> Filled {
        let page = self.sends(section, &form.with("act", act)).is(200);
        Filled::of(&page)
    }

    #[track_caller]
    fn saves(&self, section: &str, form: Filled) {
        let answer = self.sends(section, &form.with("act", "save")).is(303);
        let to = answer.header("location").unwrap();
        assert!(
            to.starts_with(&format!("{}?done=saved", self.rules)),
            "{to}"
        );
    }

    fn draft(&self) -> Value {
        let draft = self.who.place.value("SELECT draft FROM contest", json!([]));
        serde_json::from_str(draft.as_str().unwrap()).unwrap()
    }
}

/// What a person reads of a page.
fn read(page: &str) -> String {
    let texts = page.split('<').filter_map(|piece| piece.split_once('>'));
    texts.map(|(_, text)| text).collect()
}

/// What stands beside a field.
fn beside(page: &str, field: &str) -> String {
    let mark = format!("id=\"{field}-wrong\">");
    let rest = page
        .split(&mark)
        .nth(1)
        .unwrap_or_else(|| panic!("nothing beside {field}: {page}"));
    rest.split('<').next().unwrap().to_owned()
}

#[test]
fn from_a_preset_to_an_announced_contest() {
    let desk = Desk::new();
    let place = desk.place();
    let coordinator = place.coordinator("36");
    let prepare = Request::new("POST", "/contests").browser(&coordinator.session);
    let made = place
        .send(&prepare.form(&[("host", "region:36"), ("name", "省赛")]))
        .is(303);
    let run = made.header("location").unwrap().to_owned();
    let rules = format!("{run}/rules");
    let clerk = Clerk {
        who: coordinator,
        rules,
    };
    // Nothing to edit yet: the way leads to the presets.
    assert_eq!(
        clerk.opens("/tracks").is(303).header("location"),
        Some(&*clerk.rules)
    );
    let page = clerk.opens("").is(200).text();
    assert!(page.contains("书面评审 40% + 路演 60%") && page.contains("高级：JSON"));
    assert!(!page.contains("<textarea") && !page.contains("<details class=\"row\" open"));
    let begin = Filled(vec![
        ("version".into(), "1".into()),
        ("preset".into(), "paper_and_roadshow".into()),
    ]);
    for _ in 0..2 {
        clerk.sends("", &begin).is(303);
    }
    let page = clerk.opens("?done=begun").is(200).text();
    assert!(page.contains("规则完整。逐项核对后") && page.contains("逐项核对"));
    for words in [
        "占总分 40%",
        "每个项目 7 名评委",
        "每个赛道前 12 名晋级",
        "500 字以内",
        "结果公示 7 天",
        "11月30日 周一 09:00",
    ] {
        assert!(page.contains(words), "{words}");
    }
    // A clerk reads no key, no permille, no offset.
    let page = read(&page);
    for machine in [
        "paper_and",
        "criterion",
        "permille",
        "千分",
        "+08:00",
        "eligibility",
    ] {
        assert!(!page.contains(machine), "{machine}");
    }
    // Every section is sent back as it was shown, and nothing changes.
    let before = clerk.draft();
    for section in [
        "/schedule",
        "/tracks",
        "/entries",
        "/stage-2",
        "/rubric-2",
        "/stage-3",
        "/rubric-3",
        "/awards",
    ] {
        clerk.saves(section, clerk.form(section));
    }
    assert_eq!(clerk.draft(), before);
    let form = clerk.presses("/tracks", clerk.form("/tracks"), "more:tracks");
    let form = form
        .with("tracks-1-name", "𠮷野家🌾")
        .with("tracks-1-field", "education");
    clerk.saves("/tracks", form);
    let form = clerk
        .form("/schedule")
        .with("stages-1-weight", "35.5")
        .with("stages-2-weight", "64.5％");
    clerk.saves(
        "/schedule",
        form.with("entries-closes_at", "2026-12-29T12:00"),
    );
    clerk.saves(
        "/stage-2",
        clerk.form("/stage-2").with("judges_per_entry", "９"),
    );
    clerk.saves(
        "/schedule",
        clerk.form("/schedule").with("notice_days", "10"),
    );
    let draft = clerk.draft();
    assert_eq!(
        draft["tracks"][1],
        json!({"key": "track_2", "name": "𠮷野家🌾", "field": "education"})
    );
    assert_eq!(draft["stages"][1]["weight"], 355);
    assert_eq!(draft["stages"][2]["weight"], 645);
    assert_eq!(draft["stages"][1]["judges_per_entry"], 9);
    assert_eq!(draft["entries"]["closes_at"], "2026-12-29T12:00:00+08:00");
    assert_eq!(draft["entries"]["fields"], before["entries"]["fields"]);
    let page = clerk.opens("").is(200);
    let text = page.text();
    let announce = text.split("/run/announce").nth(1).unwrap();
    let version = announce
        .split("value=\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap();
    let request = Request::new("POST", format!("{run}/announce")).browser(&clerk.who.session);
    place.send(&request.form(&[("version", version)])).is(303);
    assert_eq!(
        place.value("SELECT state FROM contest", json!([])),
        "announced"
    );
    let public = place.get(run.trim_end_matches("/run")).is(200).text();
    assert!(public.contains("𠮷野家🌾") && public.contains("35.5%"));
}

#[test]
fn rows_come_and_go_and_nothing_typed_is_lost() {
    let desk = Desk::new();
    let clerk = Clerk::of(desk.place(), &drafted(desk.place(), &example()));
    let before = clerk.draft();
    let form = clerk
        .form("/rubric-2")
        .with("criteria-0-name", "需<求>")
        .with("criteria-0-weight", "四十");
    let form = form.with("criteria-0-levels-0-words", "第一版说明");
    let form = clerk.presses("/rubric-2", form, "more:criteria");
    assert_eq!(form.get("criteria-count"), "3");
    assert_eq!(form.get("criteria-2-key"), "criterion_3");
    let form = clerk.presses(
        "/rubric-2",
        form.with("criteria-2-name", "影响"),
        "more:criteria-0-levels",
    );
    assert_eq!(form.get("criteria-0-levels-count"), "3");
    let form = form
        .with("criteria-0-levels-2-score", "5")
        .with("criteria-0-levels-2-words", "一般");
    let form = clerk.presses("/rubric-2", form, "up:criteria-2");
    assert_eq!(form.get("criteria-1-name"), "影响");
    let form = clerk.presses("/rubric-2", form, "drop:criteria-0-levels-1");
    for (field, typed) in [
        ("criteria-0-name", "需<求>"),
        ("criteria-0-weight", "四十"),
        ("criteria-0-levels-0-words", "第一版说明"),
        ("criteria-0-levels-1-words", "一般"),
        ("criteria-1-key", "criterion_3"),
        ("criteria-2-name", "成效"),
    ] {
        assert_eq!(form.get(field), typed, "{field}");
    }
    // Nothing of it is saved.
    assert_eq!(clerk.draft(), before);
    // What a tie was decided by goes, and that is said before and after.
    let page = clerk
        .sends("/rubric-2", &form.with("act", "drop:criteria-2"))
        .is(200);
    assert!(page.text().contains("“书面评审 · 成效”也会一并删去"));
    let form = Filled::of(&page)
        .with("criteria-0-weight", "60")
        .with("criteria-1-weight", "40");
    let form = form
        .with("criteria-1-levels-0-words", "没有")
        .with("criteria-1-levels-1-words", "有")
        .with("criteria-1-levels-2-words", "很大");
    let answer = clerk.sends("/rubric-2", &form.with("act", "save")).is(303);
    assert!(
        answer
            .header("location")
            .unwrap()
            .ends_with("done=saved_without_ties")
    );
    assert!(
        clerk
            .opens("?done=saved_without_ties")
            .is(200)
            .text()
            .contains("一并删去了")
    );
    let draft = clerk.draft();
    assert_eq!(draft["ties"], json!([{"stage": "roadshow"}]));
    assert_eq!(draft["stages"][1]["criteria"][1]["key"], "criterion_3");
    assert_eq!(draft["stages"][1]["criteria"][0]["key"], "need");
    // A stage goes with what is said of it.
    let form = clerk.presses("/schedule", clerk.form("/schedule"), "drop:stages-2");
    let told = clerk
        .sends("/schedule", &form.clone().with("act", "save"))
        .is(422)
        .text();
    assert!(told.contains("现在是 40%"));
    clerk.saves("/schedule", form.with("stages-1-weight", "100"));
    let draft = clerk.draft();
    assert_eq!(draft["ties"], json!([]));
    assert_eq!(draft["stages"].as_array().unwrap().len(), 2);
    clerk.opens("/stage-3").is(404);
    clerk.opens("/stage-1").is(404);
}

#[test]
fn a_new_stage_can_be_announced_as_soon_as_it_is_named_and_weighed() {
    let desk = Desk::new();
    let clerk = Clerk::of(desk.place(), &drafted(desk.place(), &example()));
    let form = clerk.presses("/schedule", clerk.form("/schedule"), "more:stages");
    assert_eq!(form.get("stages-3-opens_at"), "2027-01-11T09:00");
    assert_eq!(form.get("stages-3-key"), "stage_4");
    let form = form
        .with("stages-3-name", "终评")
        .with("stages-3-weight", "20")
        .with("stages-2-weight", "40");
    for _ in 0..2 {
        clerk.saves("/schedule", form.clone());
    }
    assert!(
        clerk
            .opens("")
            .is(200)
            .text()
            .contains("规则完整。逐项核对后")
    );
    assert!(
        clerk
            .opens("/rubric-4")
            .is(200)
            .text()
            .contains("终评：评分标准")
    );
    let changes = desk
        .place()
        .value("SELECT count(*) FROM contest_log", json!([]));
    assert_eq!(changes, 1);
}

#[test]
fn every_fault_stands_beside_its_field() {
    let desk = Desk::new();
    let clerk = Clerk::of(desk.place(), &drafted(desk.place(), &example()));
    let before = clerk.draft();
    let long = "长".repeat(41);
    let cases = [
        ("/tracks", "tracks-0-name", &*long, "不能超过 40 个字"),
        (
            "/tracks",
            "tracks-0-name",
            "a\u{202e}b",
            "含有无法显示的字符，请删去后重填",
        ),
        (
            "/entries",
            "entries-fields-0-limit",
            "0",
            "应为 1 到 4000 之间的整数",
        ),
        (
            "/entries",
            "entries-attachments",
            "-1",
            "应为 0 到 10 之间的整数",
        ),
        (
            "/schedule",
            "entries-opens_at",
            "2026-11-01T09:00",
            "应晚于现在：规则要在报名开始前公布",
        ),
        (
            "/schedule",
            "stages-1-weight",
            "12.55",
            "应为 0.1 到 100 之间的数，最多一位小数，如 40 或 12.5",
        ),
        (
            "/schedule",
            "stages-2-closes_at",
            "2027-01-10T08:00",
            "应晚于开始时间",
        ),
        (
            "/stage-2",
            "judges_per_entry",
            "51",
            "应为 1 到 50 之间的整数",
        ),
        (
            "/stage-3",
            "trim",
            "5",
            "只在去掉最高、最低分时填写，去掉的总数应少于评委人数",
        ),
        (
            "/rubric-2",
            "criteria-0-max",
            "0",
            "应为 1 到 1000 之间的整数",
        ),
        (
            "/awards",
            "awards-0-quota",
            "很多",
            "应为 1 到 1000 之间的整数",
        ),
        ("/schedule", "notice_days", "", "请填写"),
    ];
    for (section, field, typed, told) in cases {
        let form = clerk.form(section).with(field, typed).with("act", "save");
        let page = clerk.sends(section, &form).is(422);
        assert_eq!(beside(&page.text(), field), told, "{field}");
        assert!(
            page.text().contains(&format!("href=\"#{field}\"")),
            "{field}"
        );
        // What was typed stays typed.
        assert_eq!(Filled::of(&page).get(field), typed, "{field}");
    }
    // All at once.
    let form = clerk
        .form("/schedule")
        .with("stages-0-name", "")
        .with("stages-1-weight", "50");
    let page = clerk.sends("/schedule", &form).is(422).text();
    assert_eq!(beside(&page, "stages-0-name"), "请填写");
    assert!(page.contains("共 2 处") && page.contains("占比（权重）相加应为 100%，现在是 110%"));
    assert_eq!(clerk.draft(), before);
}

#[test]
fn a_stale_page_is_refused_with_the_text_kept() {
    let desk = Desk::new();
    let clerk = Clerk::of(desk.place(), &drafted(desk.place(), &example()));
    let stale = clerk.form("/tracks");
    clerk.saves(
        "/tracks",
        clerk.form("/tracks").with("tracks-0-name", "教育"),
    );
    let page = clerk
        .sends("/tracks", &stale.with("tracks-1-name", "全部"))
        .is(412);
    assert!(page.text().contains("您打开之后，有人改动了这届大赛"));
    let form = Filled::of(&page);
    assert_eq!(form.get("tracks-1-name"), "全部");
    assert_eq!(form.get("tracks-0-name"), "乡村教育");
    clerk.saves("/tracks", form);
    assert_eq!(clerk.draft()["tracks"][0]["name"], "乡村教育");
    // A page of a stage that has another place now is still of that stage.
    let stale = clerk.form("/stage-3");
    clerk.saves(
        "/schedule",
        clerk.presses("/schedule", clerk.form("/schedule"), "drop:stages-0"),
    );
    let page = clerk
        .sends("/stage-3", &stale.with("judges_per_entry", "11"))
        .is(412);
    assert!(page.text().contains("路演：评审办法"));
    clerk.saves("/stage-2", Filled::of(&page));
    assert_eq!(clerk.draft()["stages"][1]["judges_per_entry"], 11);
    // And of one that is gone it is none.
    let stale = clerk.form("/rubric-2");
    let form = clerk.presses("/schedule", clerk.form("/schedule"), "drop:stages-1");
    clerk.saves("/schedule", form.with("stages-0-weight", "100"));
    clerk.sends("/rubric-2", &stale).is(404);
}

#[test]
fn an_amendment_is_seen_before_it_is_published() {
    let desk = Desk::new();
    let place = desk.place();
    let clerk = Clerk::of(place, &announced(place, &example()));
    desk.it_is(at("2026-12-05T09:00:00+08:00"));
    assert!(
        clerk
            .opens("")
            .is(200)
            .text()
            .contains("第 1 版规则已经公布")
    );
    let form = clerk
        .form("/schedule")
        .with("entries-closes_at", "2026-12-27T18:00");
    let form = form
        .with("stages-0-opens_at", "2026-12-27T18:00")
        .with("stages-0-closes_at", "2026-12-28T18:00");
    let form = form
        .with("stages-1-opens_at", "2026-12-29T09:00")
        .with("act", "review");
    let page = clerk.sends("/schedule", &form).is(422).text();
    assert_eq!(beside(&page, "reason"), "请填写");
    let form = form.with("reason", "应多地要求，\r\n报名延长一周 <b>");
    let page = clerk.sends("/schedule", &form).is(200);
    let text = page.text();
    for words in [
        "核对改动",
        "12月20日 周日 18:00 截止",
        "12月27日 周日 18:00 截止",
        "书面评审 · 开始",
        "&lt;b&gt;",
    ] {
        assert!(text.contains(words), "{words}");
    }
    assert!(!text.contains("路演 · 开始"));
    let versions = || place.value("SELECT count(*) FROM contest_rules", json!([]));
    assert_eq!(versions(), 1);
    let review = Filled::of(&page);
    let back = Filled::of(
        &clerk
            .sends("/schedule", &review.clone().with("act", "back"))
            .is(200),
    );
    assert_eq!(back.get("entries-closes_at"), "2026-12-27T18:00");
    assert!(back.get("reason").contains("报名延长一周 <b>"));
    for _ in 0..2 {
        let answer = clerk
            .sends("/schedule", &review.clone().with("act", "publish"))
            .is(303);
        assert!(
            answer
                .header("location")
                .unwrap()
                .ends_with("?done=amended")
        );
    }
    assert_eq!(versions(), 2);
    let reason = place.value(
        "SELECT reason FROM contest_rules WHERE version = 2",
        json!([]),
    );
    assert_eq!(reason, "应多地要求， 报名延长一周 <b>");
    // Somebody who read the version before is told so.
    let other = review
        .with("entries-closes_at", "2026-12-28T18:00")
        .with("act", "publish");
    clerk.sends("/schedule", &other).is(412);
    assert_eq!(versions(), 2);
}

#[test]
fn an_amendment_reaches_back_nowhere() {
    let desk = Desk::new();
    let place = desk.place();
    let clerk = Clerk::of(place, &announced(place, &example()));
    desk.it_is(at("2026-12-27T09:00:00+08:00"));
    let sends = |section: &str, changes: &[(&str, &str)]| {
        let mut form = clerk
            .form(section)
            .with("reason", "试试")
            .with("act", "publish");
        for (name, value) in changes {
            form = form.with(name, value);
        }
        clerk.sends(section, &form).is(422).text()
    };
    assert!(sends("/tracks", &[]).contains("与现行规则相同"));
    let page = sends("/tracks", &[("tracks-0-field", "care")]);
    assert!(page.contains("href=\"#tracks\"") && page.contains("报名已经开始，不能再改"));
    assert!(sends("/entries", &[("entries-attachments", "9")]).contains("报名已经截止，不能再改"));
    let page = sends("/schedule", &[("stages-1-name", "别的")]);
    assert!(
        page.contains("href=\"#stages-1\"") && page.contains("该阶段已经开始，只能延后结束时间")
    );
    assert!(sends("/rubric-2", &[("criteria-0-name", "别的")]).contains("该阶段已经开始"));
    let page = sends("/schedule", &[("stages-2-opens_at", "2026-12-26T10:00")]);
    assert_eq!(
        beside(&page, "stages-2-opens_at"),
        "应在报名截止和上一阶段结束之后；应晚于现在"
    );
    assert!(sends("/awards", &[("awards-0-quota", "2")]).contains("href=\"#awards\""));
    let page = sends("/schedule", &[("notice_days", "9")]);
    assert_eq!(beside(&page, "notice_days"), "评分已经开始，不能再改");
    assert_eq!(
        place.value("SELECT count(*) FROM contest_rules", json!([])),
        1
    );
}

#[test]
fn nobody_else_writes_them() {
    let desk = Desk::new();
    let place = desk.place();
    let contest = drafted(place, &example());
    let clerk = Clerk::of(place, &contest);
    let form = clerk.form("/tracks");
    let preset = Filled(vec![
        ("version".into(), "1".into()),
        ("preset".into(), "paper".into()),
    ]);
    let organization = place.organization();
    let strangers = [
        place.adult(),
        place.coordinator("3607"),
        organization.member("owner"),
    ];
    for who in strangers {
        let other = Clerk {
            who,
            rules: clerk.rules.clone(),
        };
        for section in ["", "/tracks", "/json"] {
            other.opens(section).is(404);
        }
        for (section, form) in [("/tracks", &form), ("", &preset), ("/json", &form)] {
            let status = other.sends(section, form).status;
            assert!([403, 404].contains(&status), "{status}");
        }
    }
    let signed_out = place.send(&Request::get(format!("{}/tracks", clerk.rules)));
    assert!(
        signed_out
            .is(303)
            .header("location")
            .unwrap()
            .starts_with("/sign-in?back=/contests/")
    );
    // A supervisor looks and changes nothing.
    let supervisor = place.adult();
    place.rows(
        "INSERT INTO contest_officer (id, contest_id, role, phone_hash, phone_sealed, created_at)
         SELECT ?1, ?2, 'supervisor', phone_hash, '', 0 FROM volunteer WHERE id = ?3",
        json!([uuid::Uuid::now_v7().to_string(), contest, supervisor.id]),
    );
    let watching = Clerk {
        who: supervisor,
        rules: clerk.rules.clone(),
    };
    let page = watching.opens("").is(200).text();
    assert!(
        page.contains("占总分 40%") && !page.contains("/rules/tracks") && !page.contains("<button")
    );
    watching.opens("/tracks").is(403);
    watching.sends("/tracks", &form).is(403);
    // Nor anybody once it is called off.
    place.rows(
        "UPDATE contest SET state = 'cancelled', state_reason = 'x'",
        json!([]),
    );
    clerk.sends("/tracks", &form).is(409);
    clerk.sends("", &preset).is(409);
    clerk.opens("/tracks").is(409);
}

#[test]
fn anything_may_be_sent() {
    let desk = Desk::new();
    let clerk = Clerk::of(desk.place(), &drafted(desk.place(), &example()));
    let before = clerk.draft();
    clerk.opens("/nothing").is(404);
    clerk.opens("/stage-99999999999999999999").is(404);
    clerk.sends("/tracks", &Filled(Vec::new())).is(412);
    clerk
        .sends("", &Filled(vec![("preset".into(), "mine".into())]))
        .is(404);
    let many = clerk.form("/tracks").with("tracks-count", "4000000000");
    let page = clerk
        .sends("/tracks", &many.with("act", "drop:tracks-77"))
        .is(200);
    assert!(page.body.len() < 60_000);
    let mut many = clerk.form("/tracks").with("tracks-count", "31");
    for at in 0..31 {
        many = many.with(&format!("tracks-{at}-name"), &format!("第{at}"));
    }
    let page = clerk.sends("/tracks", &many).is(422).text();
    assert!(page.contains("最多 30 项"));
    let huge = clerk
        .form("/tracks")
        .with("tracks-0-name", &"𠮷".repeat(80_000));
    let page = clerk.sends("/tracks", &huge).is(422);
    assert!(page.text().contains("不能超过 40 个字"));
    clerk
        .sends(
            "/tracks",
            &huge.with("tracks-1-name", &"x".repeat(1_100_000)),
        )
        .is(413);
    // Keys are the system's: what a page makes up is none, and no two are the same.
    let form = clerk
        .form("/tracks")
        .with("tracks-1-key", "Not a key")
        .with("tracks-0-key", "open");
    clerk.saves("/tracks", form.with("stage", "paper"));
    let draft = clerk.draft();
    assert_eq!(draft["tracks"][0]["key"], "open");
    assert_eq!(draft["tracks"][1]["key"], "track_3");
    assert_eq!(draft["stages"], before["stages"]);
}
