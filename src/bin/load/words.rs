//! Notices made of the demo's words: varied, and with the pairs of characters that real
//! ones have.

use diandan::menu::{Field, Skill};
use diandan::platform::input::Choice as _;
use serde_json::{Map, Value, json};

use super::crowd::Town;
use super::dice::Dice;
use super::sheet::{self, Failure};
use super::shifts::Shift;

/// The demo's words, taken apart by field, to be put together anew.
pub struct Words {
    notices: Vec<(Field, Map<String, Value>, Parts)>,
}

struct Parts {
    title: (String, String),
    summary: (String, String),
    place: String,
}

impl Words {
    pub fn gather(towns: &[Town]) -> Result<Self, Failure> {
        let mut notices = Vec::new();
        for project in sheet::projects()? {
            let notice = project.notice;
            let text = |name: &str| notice.get(name).and_then(Value::as_str).unwrap_or_default();
            if text("state") != "published" {
                continue;
            }
            let field = Field::from_word(text("field")).ok_or("a project without a field")?;
            let home = towns.iter().find(|town| town.code == text("region"));
            let name = home.map_or("", |town| town.name.as_str());
            let elsewhere = |text: &str| text.replace(name, "").replace(stem(name), "");
            let parts = Parts {
                title: halves(&elsewhere(text("title"))),
                summary: halves(&elsewhere(text("summary"))),
                place: elsewhere(text("place")),
            };
            notices.push((field, notice, parts));
        }
        Ok(Self { notices })
    }

    /// A notice in a town: the body of one, the words of others of its field.
    pub fn write(
        &self,
        dice: &mut Dice,
        town: &Town,
        shifts: &[Shift],
    ) -> Result<Map<String, Value>, Failure> {
        let (field, notice, _) = dice.pick(&self.notices).ok_or("no notices")?;
        let kin: Vec<&Parts> = self
            .notices
            .iter()
            .filter(|(other, _, _)| other == field)
            .map(|(_, _, parts)| parts)
            .collect();
        let mut part = || dice.pick(&kin).copied().ok_or("no words");
        let (a, b, c, d, e) = (part()?, part()?, part()?, part()?, part()?);
        let title = format!("{}{}，{}", stem(&town.name), a.title.0, b.title.1);
        let summary = format!("{}，{}", c.summary.0, d.summary.1);
        let place = format!("{}{}", town.name, e.place);
        let skills: Vec<Skill> = Skill::all().collect();
        let mut wanted: Vec<&Skill> = Vec::new();
        if dice.percent(40) {
            wanted.extend(dice.pick(&skills));
            let second = dice.percent(20);
            wanted.extend(dice.pick(&skills).filter(|_| second));
        }
        let min_age = dice
            .pick(&[0, 14, 14, 16, 16, 16, 18, 18, 18, 18, 20])
            .copied();
        let mut notice = notice.clone();
        for (name, value) in [
            ("title", json!(cut(&title, 60))),
            ("summary", json!(cut(&summary, 120))),
            ("place", json!(cut(&place, 120))),
            ("region", json!(town.code)),
            ("state", json!("published")),
            ("min_age", json!(min_age)),
            ("skills", json!(wanted)),
        ] {
            notice.insert(name.to_owned(), value);
        }
        let shifts = shifts.iter().enumerate().map(|(number, shift)| {
            json!({
                "ref": format!("s{}", number + 1), "role": shift.role, "starts_at": shift.starts_at,
                "ends_at": shift.ends_at, "capacity": shift.capacity, "waitlist": shift.waitlist,
            })
        });
        notice.insert("shifts".to_owned(), shifts.collect());
        Ok(notice)
    }
}

/// A town's name without what kind of division it is.
fn stem(name: &str) -> &str {
    let short = ["街道", "镇", "乡"]
        .iter()
        .find_map(|kind| name.strip_suffix(kind))
        .unwrap_or(name);
    if short.chars().count() < 2 {
        name
    } else {
        short
    }
}

fn halves(text: &str) -> (String, String) {
    let (a, b) = text
        .split_once(['，', '：', '。', '、'])
        .unwrap_or((text, text));
    let b = if b.trim().is_empty() { a } else { b };
    (a.to_owned(), b.trim_end_matches('。').to_owned())
}

fn cut(text: &str, most: usize) -> String {
    text.chars().take(most).collect()
}
