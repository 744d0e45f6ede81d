//! Contests of projects, one in each state that can be tried: a result on notice, a paper
//! review under way with a judge to sign in as, and one that takes entries.

use std::collections::HashMap;

use axum::http::Method;
use diandan::platform::clock::{DAY, HOUR, Instant, MINUTE};
use diandan::platform::crypto::Token;
use serde_json::{Value, json};

use super::accounts::{self, CHAIR, JUDGES, SUPERVISOR};
use super::desk::Desk;
use super::dice::Dice;
use super::people::Person;
use super::sheet::{self, Candidate, Failure};

const TRACKS: [(&str, &str); 2] = [("company", "陪伴与教育"), ("life", "健康与生活")];
const JUDGES_AN_ENTRY: usize = 3;

/// Who holds contests, and whom they need.
struct Stage<'a> {
    desk: &'a Desk,
    office: &'a Token,
    keys: &'a HashMap<String, Token>,
    chair: Person,
    judges: Vec<Person>,
    candidates: Vec<Candidate>,
}

/// When the parts of a contest are.
struct Course {
    prepared: Instant,
    entries: [Instant; 2],
    paper: [Instant; 2],
    show: [Instant; 2],
}

/// An entry, and how good it is.
struct Entry {
    id: String,
    quality: i64,
}

/// Holds the contests; `reader` objects to the result of the first.
pub fn hold(
    desk: &Desk,
    office: &Token,
    keys: &HashMap<String, Token>,
    reader: &Person,
) -> Result<(), Failure> {
    let enrolled = |(phone, name): (&str, &str)| accounts::somebody(desk, name, phone);
    let supervisor = enrolled(SUPERVISOR)?;
    let stage = Stage {
        desk,
        office,
        keys,
        chair: enrolled(CHAIR)?,
        judges: JUDGES.into_iter().map(enrolled).collect::<Result<_, _>>()?,
        candidates: sheet::candidates()?,
    };
    let mut dice = Dice::new(12);
    stage.judged(&supervisor, reader, &mut dice)?;
    stage.being_judged(&supervisor, &mut dice)?;
    stage.taking_entries()
}

impl Stage<'_> {
    fn days(&self, days: i64) -> Instant {
        self.desk.now.plus(days * DAY)
    }

    fn post(&self, at: Instant, who: &Token, path: &str, body: &Value) -> Result<Value, Failure> {
        Ok(self.desk.ask(at, who, Method::POST, path, body)?)
    }

    /// A contest whose last result is on notice, with an objection that was answered.
    fn judged(&self, supervisor: &Person, reader: &Person, dice: &mut Dice) -> Result<(), Failure> {
        let course = Course {
            prepared: self.days(-6).plus(-6 * HOUR),
            entries: [self.days(-6), self.days(-5)],
            paper: [self.days(-5), self.days(-3)],
            show: [self.days(-2).plus(-6 * HOUR), self.days(-2)],
        };
        let contest = self.announced("江西省山乡志愿服务项目大赛", &course, supervisor)?;
        let entries = self.entered(&contest, course.entries[0].plus(HOUR))?;
        self.scored(&contest, &entries, course.paper[0], dice, |_, _| true)?;
        self.published(&contest, "paper", course.paper[1].plus(HOUR))?;
        self.shown(&contest, &entries, &course, dice)?;
        self.published(&contest, "roadshow", course.show[1].plus(HOUR))?;
        let at = self.days(-1);
        let words = "海报上写服务了六个月，公示的服务记录只有四个月，请核对。";
        let path = format!("{contest}/stages/roadshow/results/1/objections");
        let body = json!({"words": words, "entry": "E0007"});
        let objection = self.post(at, &reader.token, &path, &body)?;
        let path = format!("{contest}/objections/{}/answer", text(&objection, "id")?);
        let answer = json!({"answer": "已与服务总账逐条核对：六个月中有两个月由乡卫生院单独完成，未计入本项目。海报已请该组织更正。"});
        self.post(at.plus(4 * HOUR), self.office, &path, &answer)
            .map(drop)
    }

    /// A contest that judges are reading for; the first has most of it before them.
    fn being_judged(&self, supervisor: &Person, dice: &mut Dice) -> Result<(), Failure> {
        let course = Course {
            prepared: self.days(-5).plus(-2 * HOUR),
            entries: [self.days(-5), self.days(-2)],
            paper: [self.days(-2), self.days(5)],
            show: [self.days(8), self.days(8).plus(8 * HOUR)],
        };
        let contest = self.announced("赣南冬日暖心项目大赛", &course, supervisor)?;
        let entries = self.entered(&contest, course.entries[0].plus(HOUR))?;
        let at = course.paper[0];
        self.scored(&contest, &entries, at, dice, |judge, nth| {
            judge > 0 || nth < 2
        })
    }

    /// A contest that takes entries for two weeks to come.
    fn taking_entries(&self) -> Result<(), Failure> {
        let course = Course {
            prepared: self.days(-1),
            entries: [self.days(-1).plus(12 * HOUR), self.days(14)],
            paper: [self.days(15), self.days(25)],
            show: [self.days(28), self.days(28).plus(8 * HOUR)],
        };
        self.prepared("春季志愿服务项目大赛", &course).map(drop)
    }

    fn prepared(&self, name: &str, course: &Course) -> Result<String, Failure> {
        let body = json!({
            "region": "36", "name": name, "rules": rules(course),
            "about": "面向全省志愿服务组织和社工机构。已经做过、有服务记录的项目都可以报名；评审规则在报名前公布，评分和排名谁都可以核算。",
        });
        let at = course.prepared;
        let made = self.post(at, self.office, "/api/v1/contests", &body)?;
        let contest = format!("/api/v1/contests/{}", text(&made, "id")?);
        let announced = format!("{contest}/announcement");
        self.post(at.plus(HOUR), self.office, &announced, &Value::Null)?;
        Ok(contest)
    }

    /// The same with its officers and its judges.
    fn announced(
        &self,
        name: &str,
        course: &Course,
        supervisor: &Person,
    ) -> Result<String, Failure> {
        let contest = self.prepared(name, course)?;
        let at = course.prepared.plus(90 * MINUTE);
        for (person, role) in [(&self.chair, "chair"), (supervisor, "supervisor")] {
            let body = json!({"phone": person.phone, "role": role});
            self.post(at, self.office, &format!("{contest}/officers"), &body)?;
        }
        for (index, judge) in self.judges.iter().enumerate() {
            let mut tracks = TRACKS.iter().cycle();
            let (track, _) = tracks.nth(index / JUDGES_AN_ENTRY).ok_or("no track")?;
            let body = json!({"name": judge.name, "tracks": [track]});
            let link = self.post(at, self.office, &format!("{contest}/judges"), &body)?;
            let body = json!({"code": text(&link, "code")?, "answer": "accept"});
            self.post(at, &judge.token, "/api/v1/judge-invitations", &body)?;
            let conflicts = format!("{contest}/conflicts");
            self.post(at, &judge.token, &conflicts, &json!({"conflicts": []}))?;
        }
        Ok(contest)
    }

    fn entered(&self, contest: &str, at: Instant) -> Result<Vec<Entry>, Failure> {
        let mut entries = Vec::new();
        for (candidate, quality) in self
            .candidates
            .iter()
            .zip([62, 48, 71, 55, 66, 40].iter().cycle())
        {
            let key = self
                .keys
                .get(&candidate.organization)
                .ok_or("whose project?")?;
            let project = super::story::address(&candidate.organization, &candidate.client_ref);
            let project = self
                .desk
                .ask(at, key, Method::GET, &project, &Value::Null)?;
            let body = json!({
                "organization_id": candidate.organization, "project_id": text(&project, "id")?,
                "track": candidate.track, "title": candidate.title,
                "words": {"need": candidate.need, "effect": candidate.effect},
            });
            let entry = self.post(at, key, &format!("{contest}/entries"), &body)?;
            let id = text(&entry, "id")?.to_owned();
            let submitted = format!("{contest}/entries/{id}/submission");
            self.post(at, key, &submitted, &Value::Null)?;
            entries.push(Entry {
                id,
                quality: *quality,
            });
        }
        Ok(entries)
    }

    /// Draws judges for the paper review, who hand in what `does` says of each and the place
    /// of the entry among theirs.
    fn scored(
        &self,
        contest: &str,
        entries: &[Entry],
        opened: Instant,
        dice: &mut Dice,
        does: impl Fn(usize, usize) -> bool,
    ) -> Result<(), Failure> {
        let draws = format!("{contest}/stages/paper/draws");
        self.post(opened.plus(HOUR), self.office, &draws, &json!({}))?;
        let ballots = format!("{contest}/stages/paper/ballots");
        for (index, judge) in self.judges.iter().enumerate() {
            let at = opened.plus(20 * HOUR);
            let desk = self
                .desk
                .ask(at, &judge.token, Method::GET, &ballots, &Value::Null)?;
            for (nth, id) in ids(&desk).enumerate().filter(|(nth, _)| does(index, *nth)) {
                let mut given = given(entries, id, index, dice);
                let body = json!({
                    "scores": {"need": given(20), "effect": given(50), "growth": given(30)},
                    "comment": "需求讲得实在；成效的数字如能附上来源更好。", "hand_in": true,
                });
                let minutes = i64::try_from(nth).unwrap_or_default() * 6 * MINUTE;
                let target = format!("{ballots}/{id}");
                self.desk
                    .ask(at.plus(minutes), &judge.token, Method::PUT, &target, &body)?;
            }
        }
        Ok(())
    }

    /// Entries come up one after the other, are scored, and their result is shown.
    fn shown(
        &self,
        contest: &str,
        entries: &[Entry],
        course: &Course,
        dice: &mut Dice,
    ) -> Result<(), Failure> {
        let draws = format!("{contest}/stages/roadshow/draws");
        let at = course.paper[1].plus(6 * HOUR);
        self.post(at, self.office, &draws, &json!({}))?;
        let floor = format!("{contest}/stages/roadshow/floor");
        let ballots = format!("{contest}/stages/roadshow/ballots");
        for (hall, judges) in self.judges.chunks(JUDGES_AN_ENTRY).enumerate() {
            let mut at = course.show[0].plus(MINUTE);
            let first = judges.first().ok_or("an empty panel")?;
            let desk = self
                .desk
                .ask(at, &first.token, Method::GET, &ballots, &Value::Null)?;
            for id in ids(&desk) {
                let act = |act: &str| json!({"entry_id": id, "act": act});
                self.post(at, &self.chair.token, &floor, &act("open"))?;
                for (nth, judge) in judges.iter().enumerate() {
                    let mut given = given(entries, id, hall * JUDGES_AN_ENTRY + nth, dice);
                    let body = json!({"scores": {"show": given(100)}, "hand_in": true});
                    let target = format!("{ballots}/{id}");
                    self.desk.ask(
                        at.plus(8 * MINUTE),
                        &judge.token,
                        Method::PUT,
                        &target,
                        &body,
                    )?;
                }
                self.post(
                    at.plus(9 * MINUTE),
                    &self.chair.token,
                    &floor,
                    &act("close"),
                )?;
                self.post(
                    at.plus(10 * MINUTE),
                    &self.chair.token,
                    &floor,
                    &act("show"),
                )?;
                at = at.plus(12 * MINUTE);
            }
        }
        Ok(())
    }

    fn published(&self, contest: &str, stage: &str, at: Instant) -> Result<(), Failure> {
        let results = format!("{contest}/stages/{stage}/results");
        self.post(at, self.office, &results, &json!({}))?;
        let approvals = format!("{results}/1/approvals");
        self.post(at.plus(HOUR), self.office, &approvals, &Value::Null)?;
        self.post(
            at.plus(2 * HOUR),
            &self.chair.token,
            &approvals,
            &Value::Null,
        )
        .map(drop)
    }
}

/// What a judge gives an entry, of so many points: near its quality, some being harsher.
fn given<'a>(
    entries: &[Entry],
    id: &str,
    judge: usize,
    dice: &'a mut Dice,
) -> impl FnMut(i64) -> i64 + use<'a> {
    let quality = entries.iter().find(|entry| entry.id == id);
    let severity = [6, -9, 2, -4, 8, 0]
        .get(judge % 6)
        .copied()
        .unwrap_or_default();
    let level = quality.map_or(60, |entry| entry.quality + 25) + severity;
    move |points| {
        let near = i64::try_from(dice.below(11)).unwrap_or_default() - 5;
        ((level + near) * points / 100).clamp(0, points)
    }
}

fn text<'v>(value: &'v Value, member: &str) -> Result<&'v str, Failure> {
    let text = value.get(member).and_then(Value::as_str);
    text.ok_or_else(|| format!("no {member}: {value}"))
}

fn ids(desk: &Value) -> impl Iterator<Item = &str> {
    let items = desk.get("items").and_then(Value::as_array);
    let items = items.into_iter().flatten();
    items.filter_map(|item| item.get("entry_id")?.as_str())
}

fn rules(course: &Course) -> Value {
    let criterion = |key: &str, name: &str, weight: i64, max: i64, best: &str| {
        json!({"key": key, "name": name, "weight": weight, "min": 0, "max": max, "levels": [
            {"score": 0, "words": "没有说明，或与事实不符"},
            {"score": max / 2, "words": "有说明，依据不足"},
            {"score": max, "words": best},
        ]})
    };
    let tracks: Vec<Value> = TRACKS
        .iter()
        .map(|(key, name)| json!({"key": key, "name": name}))
        .collect();
    json!({
        "tracks": tracks,
        "entries": {
            "opens_at": course.entries[0], "closes_at": course.entries[1], "attachments": 3,
            "fields": [
                {"key": "need", "name": "服务需求", "limit": 400},
                {"key": "effect", "name": "项目成效", "limit": 600},
            ],
        },
        "stages": [
            {"key": "paper", "name": "书面评审", "kind": "review", "opens_at": course.paper[0], "closes_at": course.paper[1],
             "weight": 400, "blind": true, "judges_per_entry": JUDGES_AN_ENTRY, "method": "severity_adjusted", "advance": 4,
             "criteria": [
                criterion("need", "需求真实", 200, 20, "逐户走访核实，有数据"),
                criterion("effect", "成效可见", 500, 50, "有前后对比，受助者能作证"),
                criterion("growth", "能否持续", 300, 30, "本地人已经会做，离开了也转得动"),
             ]},
            {"key": "roadshow", "name": "路演", "kind": "roadshow", "opens_at": course.show[0], "closes_at": course.show[1],
             "weight": 600, "judges_per_entry": JUDGES_AN_ENTRY, "method": "weighted_mean",
             "criteria": [criterion("show", "现场展示与答辩", 1000, 100, "讲得清、答得实，看得见人")]},
        ],
        "awards": [
            {"key": "gold", "name": "金奖", "quota": 1, "bars": true},
            {"key": "silver", "name": "银奖", "quota": 1},
            {"key": "bronze", "name": "铜奖", "quota": 2},
        ],
        "ties": [{"stage": "roadshow"}, {"stage": "paper", "criterion": "effect"}],
        "notice_days": 7, "bar_past": true, "bar_elsewhere": false,
    })
}
