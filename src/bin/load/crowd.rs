//! Organizations and volunteers.

use diandan::platform::config::Config;
use rusqlite::params;

use super::file::{Load, Size, told};
use super::sheet::{self, Failure};

/// Phones are sealed so many times, and the seals shared: nobody signs in by phone
/// here, but rosters show numbers.
const SEALS: usize = 256;

const FIRST: &str = "青禾 豆灯 橘井 麦穗 灯芯 候鸟 莲心 杉树 暖阳 邻里 山泉 映山红
    同行 微光 梓里 古樟 清江 竹林 星火 家常 渡口 稻香 雨伞 慢慢";

const LAST: [(&str, &str); 6] = [
    ("志愿者协会", "social_organization"),
    ("社会工作服务中心", "social_work_agency"),
    ("志愿服务队", "volunteer_team"),
    ("公益基金会", "foundation"),
    ("助老服务中心", "private_non_enterprise_unit"),
    ("农业技术协会", "social_organization"),
];

const ORGANIZATION: &str = "
    INSERT INTO organization (id, name, kind, region, about, contact_phone, state, created_at)
    VALUES (?, ?, ?, ?, ?, ?, 'verified', ?)";

const VOLUNTEER: &str = "
    INSERT INTO volunteer (
      id, name, phone_hash, phone_sealed, birth_date, adult_declared_at, calendar_hash, created_at)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?)";

/// A division that projects take place in.
pub struct Town {
    pub code: String,
    pub name: String,
    pub full_name: String,
}

/// Who publishes.
pub struct Organization {
    pub id: String,
    pub name: String,
}

impl Load {
    pub fn towns(&self) -> Result<Vec<Town>, Failure> {
        self.connection
            .prepare(
                "SELECT code, name, full_name FROM region WHERE length(code) = 9 ORDER BY code",
            )
            .and_then(|mut all| {
                all.query_map([], |row| {
                    Ok(Town {
                        code: row.get(0)?,
                        name: row.get(1)?,
                        full_name: row.get(2)?,
                    })
                })?
                .collect()
            })
            .map_err(told)
    }

    pub fn organizations(
        &mut self,
        size: &Size,
        towns: &[Town],
    ) -> Result<Vec<Organization>, Failure> {
        let first: Vec<&str> = FIRST.split_whitespace().collect();
        let mut all = Vec::with_capacity(size.organizations);
        for number in 0..size.organizations {
            let at = self.ago(900);
            let id = self.id(at);
            let town = self.dice.pick(towns).ok_or("no towns")?;
            let county = town.code.get(..6).unwrap_or(&town.code);
            let called = self.dice.pick(&first).copied().unwrap_or_default();
            let (last, kind) = self.dice.pick(&LAST).copied().unwrap_or_default();
            let place = town.full_name.trim_end_matches(town.name.as_str());
            let name = format!("{place}{called}{last}");
            let about = format!("{name}，在{place}一带服务。");
            let phone = format!("0791-{number:07}");
            let row = params![id, name, kind, county, about, phone, at.millis()];
            self.insert(ORGANIZATION, row)?;
            all.push(Organization { id, name });
        }
        self.say(&format!("{} organizations", all.len()));
        Ok(all)
    }

    pub fn volunteers(&mut self, size: &Size, config: &Config) -> Result<(), Failure> {
        let names = sheet::names()?;
        let mut seals = Vec::with_capacity(SEALS);
        for number in 0..SEALS {
            let sealed = config.keys.seal(&format!("139{number:08}"));
            seals.push(sealed.map_err(|_| "no randomness")?);
        }
        for number in 0..size.volunteers {
            let at = self.ago(700);
            let (id, phone, calendar) = (self.id(at), self.hash(), self.hash());
            let surname = self.dice.pick(&names.surnames);
            let given = self.dice.pick(&names.given_names);
            let name: String = surname
                .into_iter()
                .chain(given)
                .map(String::as_str)
                .collect();
            let birth = format!(
                "{}-{:02}-{:02}",
                1950 + self.dice.below(58),
                1 + self.dice.below(12),
                1 + self.dice.below(28)
            );
            let seal = seals.get(number % SEALS);
            let at = at.millis();
            let row = params![id, name, phone, seal, birth, at, calendar, at];
            self.insert(VOLUNTEER, row)?;
        }
        self.say(&format!("{} volunteers", size.volunteers));
        Ok(())
    }
}
