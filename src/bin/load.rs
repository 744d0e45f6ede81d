//! Fills a migrated D1 file for benchmarks, the same way every time:
//! `cargo run --bin load -- <D1 file> [--projects 100000] [--shifts 300000]
//! [--signups 1000000] [--volunteers 200000] [--organizations 2000]`, with `MASTER_KEY`.
//!
//! Rows are written with their final counters while triggers and indexes are away; both
//! come back word for word, and the triggers are asked whether they would have written
//! the same.

#[cfg(not(target_arch = "wasm32"))]
#[path = "demo/dice.rs"]
mod dice;
#[cfg(not(target_arch = "wasm32"))]
#[expect(dead_code, reason = "the demo reads more of it")]
#[path = "demo/sheet.rs"]
mod sheet;

#[cfg(not(target_arch = "wasm32"))]
fn main() {
    if let Err(failure) = load::run() {
        eprintln!("load: {failure}");
        std::process::exit(1);
    }
}

#[cfg(target_arch = "wasm32")]
fn main() {}

#[cfg(not(target_arch = "wasm32"))]
mod load {
    use std::collections::BTreeSet;
    use std::io::Write as _;
    use std::path::PathBuf;
    use std::time::{Instant as Stopwatch, SystemTime};

    use diandan::menu::notice::ProjectBody;
    use diandan::menu::search::Terms;
    use diandan::menu::{Field, Skill};
    use diandan::platform::clock::{DAY, HOUR, Instant, MINUTE, coming_weekend, start_of};
    use diandan::platform::config::Config;
    use diandan::platform::input::{Choice as _, FieldErrors};
    use jiff::ToSpan as _;
    use rusqlite::{Connection, params};
    use serde_json::{Map, Value, json};

    use super::dice::Dice;
    use super::sheet::{self, Failure};

    /// How far ahead shifts lie, in days.
    const AHEAD: usize = 42;
    /// Phones are sealed so many times, and the seals shared: nobody signs in by phone
    /// here, but rosters show numbers.
    const SEALS: usize = 256;

    struct Size {
        organizations: usize,
        projects: usize,
        shifts: usize,
        signups: usize,
        volunteers: usize,
    }

    struct Load {
        connection: Connection,
        dice: Dice,
        now: Instant,
        began: Stopwatch,
    }

    pub fn run() -> Result<(), Failure> {
        let (path, size) = arguments()?;
        if !path.is_file() {
            return Err(format!("{} is not there", path.display()));
        }
        let config = Config::read(|name| std::env::var(name).ok())?;
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        let millis = now.map_err(|error| error.to_string())?.as_millis();
        let mut load = Load {
            connection: Connection::open(&path).map_err(told)?,
            dice: Dice::new(2018),
            now: Instant::from_millis(i64::try_from(millis).unwrap_or_default()),
            began: Stopwatch::now(),
        };
        load.fill(&size, &config)
    }

    fn arguments() -> Result<(PathBuf, Size), Failure> {
        const USAGE: &str = "load <D1 file> [--projects N] [--shifts N] [--signups N] [--volunteers N] [--organizations N]";
        let mut size = Size {
            organizations: 2_000,
            projects: 100_000,
            shifts: 300_000,
            signups: 1_000_000,
            volunteers: 200_000,
        };
        let mut path = None;
        let mut words = std::env::args().skip(1);
        while let Some(word) = words.next() {
            let place = match word.as_str() {
                "--organizations" => &mut size.organizations,
                "--projects" => &mut size.projects,
                "--shifts" => &mut size.shifts,
                "--signups" => &mut size.signups,
                "--volunteers" => &mut size.volunteers,
                _ if path.is_none() && !word.starts_with('-') => {
                    path = Some(PathBuf::from(word));
                    continue;
                }
                _ => return Err(USAGE.to_owned()),
            };
            *place = words
                .next()
                .and_then(|number| number.parse().ok())
                .ok_or(USAGE)?;
        }
        if size.organizations == 0 || size.volunteers == 0 || size.shifts < size.projects {
            return Err("every project needs an organization, a shift and volunteers".to_owned());
        }
        Ok((path.ok_or(USAGE)?, size))
    }

    fn told(error: rusqlite::Error) -> Failure {
        format!("the database: {error}")
    }

    /// A division that projects take place in.
    struct Town {
        code: String,
        name: String,
        full_name: String,
    }

    struct Organization {
        id: String,
        name: String,
    }

    /// What is known of a shift once sign-ups have come.
    struct Shift {
        id: String,
        project: usize,
        starts_at: Instant,
        ends_at: Instant,
        role: String,
        capacity: usize,
        waitlist: usize,
        wanted: usize,
        arrived: usize,
        confirmed: usize,
        waiting: usize,
        cancelled: usize,
    }

    impl Load {
        fn fill(&mut self, size: &Size, config: &Config) -> Result<(), Failure> {
            let journal: String = self.one("PRAGMA journal_mode")?;
            if self.one::<i64>("SELECT count(*) FROM organization")? > 0 {
                return Err("the database is not empty".to_owned());
            }
            self.script("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA foreign_keys = OFF; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -400000; BEGIN")?;
            let schema = self.schema()?;
            for (kind, name, _) in &schema {
                self.script(&format!("DROP {kind} \"{name}\""))?;
            }
            let towns = self.towns()?;
            let organizations = self.organizations(size, &towns)?;
            self.volunteers(size, config)?;
            let mut shifts = self.shifts(size)?;
            self.signups(size, &mut shifts)?;
            self.write_shifts(&shifts)?;
            self.projects(size, &towns, &organizations, &shifts)?;
            self.menu()?;
            for (kind, name, sql) in &schema {
                self.script(sql)?;
                if kind == "index" {
                    self.say(&format!("index {name}"));
                }
            }
            self.script("COMMIT; PRAGMA foreign_keys = ON")?;
            if self.schema()? != schema {
                return Err("the schema is not what it was".to_owned());
            }
            self.ask_the_triggers()?;
            self.script(&format!("PRAGMA journal_mode = {journal}"))?;
            self.say("done");
            Ok(())
        }

        fn say(&self, what: &str) {
            println!("{:7.1} s  {what}", self.began.elapsed().as_secs_f64());
            let _ = std::io::stdout().flush();
        }

        fn script(&self, sql: &str) -> Result<(), Failure> {
            self.connection.execute_batch(sql).map_err(told)
        }

        fn one<T: rusqlite::types::FromSql>(&self, sql: &str) -> Result<T, Failure> {
            self.connection
                .query_one(sql, [], |row| row.get(0))
                .map_err(told)
        }

        /// Triggers and indexes, and the words that make them.
        fn schema(&self) -> Result<BTreeSet<(String, String, String)>, Failure> {
            self.connection
                .prepare("SELECT type, name, sql FROM sqlite_master WHERE type IN ('trigger', 'index') AND sql IS NOT NULL")
                .and_then(|mut all| {
                    all.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
                        .collect()
                })
                .map_err(told)
        }

        fn towns(&self) -> Result<Vec<Town>, Failure> {
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

        /// A UUIDv7 of an instant.
        fn id(&mut self, at: Instant) -> String {
            let millis = u64::try_from(at.millis()).unwrap_or_default();
            let (a, b) = (self.dice.number().to_le_bytes(), self.dice.number());
            let mut random = [0; 10];
            for (place, byte) in random.iter_mut().zip(a.into_iter().chain(b.to_le_bytes())) {
                *place = byte;
            }
            uuid::Builder::from_unix_timestamp_millis(millis, &random)
                .into_uuid()
                .to_string()
        }

        fn hash(&mut self) -> String {
            let mut digits = || self.dice.number();
            format!(
                "{:016x}{:016x}{:016x}{:016x}",
                digits(),
                digits(),
                digits(),
                digits()
            )
        }

        /// Some time in the days before today.
        fn ago(&mut self, days: usize) -> Instant {
            let minutes = i64::try_from(self.dice.below(days * 1440)).unwrap_or_default();
            self.now.plus(-HOUR - minutes * MINUTE)
        }

        fn organizations(
            &mut self,
            size: &Size,
            towns: &[Town],
        ) -> Result<Vec<Organization>, Failure> {
            const FIRST: [&str; 24] = [
                "青禾",
                "豆灯",
                "橘井",
                "麦穗",
                "灯芯",
                "候鸟",
                "莲心",
                "杉树",
                "暖阳",
                "邻里",
                "山泉",
                "映山红",
                "同行",
                "微光",
                "梓里",
                "古樟",
                "清江",
                "竹林",
                "星火",
                "家常",
                "渡口",
                "稻香",
                "雨伞",
                "慢慢",
            ];
            const LAST: [(&str, &str); 6] = [
                ("志愿者协会", "social_organization"),
                ("社会工作服务中心", "social_work_agency"),
                ("志愿服务队", "volunteer_team"),
                ("公益基金会", "foundation"),
                ("助老服务中心", "private_non_enterprise_unit"),
                ("农业技术协会", "social_organization"),
            ];
            let mut all = Vec::with_capacity(size.organizations);
            for number in 0..size.organizations {
                let at = self.ago(900);
                let id = self.id(at);
                let town = self.dice.pick(towns).ok_or("no towns")?;
                let county = town.code.get(..6).unwrap_or(&town.code);
                let first = self.dice.pick(&FIRST).copied().unwrap_or_default();
                let (last, kind) = self.dice.pick(&LAST).copied().unwrap_or_default();
                let place = town.full_name.trim_end_matches(town.name.as_str());
                let name = format!("{place}{first}{last}");
                self.connection
                    .prepare_cached(
                        "INSERT INTO organization (id, name, kind, region, about, contact_phone, state, created_at)
                         VALUES (?, ?, ?, ?, ?, ?, 'verified', ?)",
                    )
                    .and_then(|mut insert| {
                        let about = format!("{name}，在{place}一带服务。");
                        let phone = format!("0791-{number:07}");
                        insert.execute(params![id, name, kind, county, about, phone, at.millis()])
                    })
                    .map_err(told)?;
                all.push(Organization { id, name });
            }
            self.say(&format!("{} organizations", all.len()));
            Ok(all)
        }

        fn volunteers(&mut self, size: &Size, config: &Config) -> Result<(), Failure> {
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
                self.connection
                    .prepare_cached(
                        "INSERT INTO volunteer (id, name, phone_hash, phone_sealed, birth_date, adult_declared_at, calendar_hash, created_at)
                         VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                    )
                    .and_then(|mut insert| {
                        insert.execute(params![id, name, phone, seal, birth, at.millis(), calendar, at.millis()])
                    })
                    .map_err(told)?;
            }
            self.say(&format!("{} volunteers", size.volunteers));
            Ok(())
        }

        /// Every project has one shift at least; the others fall where they fall. In order
        /// of projects.
        fn shifts(&mut self, size: &Size) -> Result<Vec<Shift>, Failure> {
            const ROLES: [&str; 8] = [
                "现场协助",
                "课堂助教",
                "入户走访",
                "搬运整理",
                "引导登记",
                "陪伴照护",
                "摄影记录",
                "后勤保障",
            ];
            let mut each = vec![1_usize; size.projects];
            for _ in size.projects..size.shifts {
                let lucky = self.dice.below(size.projects);
                each.iter_mut()
                    .skip(lucky)
                    .take(1)
                    .for_each(|count| *count += 1);
            }
            let mut shifts = Vec::with_capacity(size.shifts);
            for (project, count) in each.into_iter().enumerate() {
                let created = self.ago(30);
                let first = self.day();
                for number in 0..count {
                    // The next week, mostly.
                    let day = if self.dice.percent(70) {
                        (first + 7 * number) % AHEAD
                    } else {
                        self.day()
                    };
                    let quarter_hours = 32 + self.dice.below(46);
                    let starts_at = self.at(day, quarter_hours)?;
                    let lasts = i64::try_from(6 + self.dice.below(7)).unwrap_or_default();
                    let role = self.dice.pick(&ROLES).copied().unwrap_or_default();
                    shifts.push(Shift {
                        id: self.id(created),
                        project,
                        starts_at,
                        ends_at: starts_at.plus(lasts * 15 * MINUTE),
                        role: role.to_owned(),
                        capacity: 2 + self.dice.below(9) + self.dice.below(16),
                        waitlist: self.dice.below(7),
                        wanted: 0,
                        arrived: 0,
                        confirmed: 0,
                        waiting: 0,
                        cancelled: 0,
                    });
                }
            }
            Ok(shifts)
        }

        /// Weekends are busier.
        fn day(&mut self) -> usize {
            let day = self.dice.below(AHEAD);
            if !self.dice.percent(30) {
                return day;
            }
            let date = self
                .now
                .date()
                .saturating_add(i32::try_from(day).unwrap_or_default().days());
            let (saturday, _) = coming_weekend(date);
            let until = date.until(saturday).map_or(0, |span| span.get_days());
            (day + usize::try_from(until).unwrap_or_default()).min(AHEAD - 1)
        }

        fn at(&self, day: usize, quarter_hours: usize) -> Result<Instant, Failure> {
            let on = |day: usize| {
                let days = i32::try_from(day).ok()?;
                let date = self.now.date().checked_add(days.days()).ok()?;
                let minutes = i64::try_from(quarter_hours * 15).ok()?;
                Some(start_of(date).plus(minutes * MINUTE))
            };
            on(day)
                .filter(|at| *at > self.now.plus(HOUR))
                .or_else(|| on(day + 1))
                .ok_or_else(|| "no such day".to_owned())
        }

        /// One shift in twelve is full, the others have seats; whoever comes first sits.
        fn signups(&mut self, size: &Size, shifts: &mut [Shift]) -> Result<(), Failure> {
            const STRIDE: usize = 7_919;
            let mut left = size.signups;
            for shift in shifts.iter_mut() {
                shift.wanted = match self.dice.below(24) {
                    0 => shift.capacity + shift.waitlist,
                    1 => shift.capacity + shift.waitlist / 2,
                    _ => 0,
                }
                .min(left)
                .min(size.volunteers);
                left -= shift.wanted;
            }
            let (mut idle, many) = (0, shifts.len());
            while left > 0 && idle < 50 * many {
                let chosen = self.dice.below(many);
                let Some(shift) = shifts.get_mut(chosen) else {
                    break;
                };
                if shift.wanted + 1 < shift.capacity.min(size.volunteers) {
                    shift.wanted += 1;
                    left -= 1;
                    idle = 0;
                } else {
                    idle += 1;
                }
            }
            let mut order: Vec<usize> = shifts
                .iter()
                .enumerate()
                .flat_map(|(index, shift)| std::iter::repeat_n(index, shift.wanted))
                .collect();
            self.dice.shuffle(&mut order);
            self.script("CREATE TEMP TABLE arrival AS SELECT row_number() OVER () - 1 AS n, id FROM volunteer")?;
            self.script("CREATE UNIQUE INDEX arrival_n ON arrival (n)")?;
            let pause = 20 * DAY / i64::try_from(order.len()).unwrap_or(1).max(1);
            let mut at = self.now.plus(-20 * DAY - HOUR);
            for (number, index) in order.iter().enumerate() {
                at = at.plus(pause);
                let (id, gives_up) = (self.id(at), self.dice.percent(5));
                let Some(shift) = shifts.get_mut(*index) else {
                    continue;
                };
                let volunteer = (*index * 104_729 + shift.arrived * STRIDE) % size.volunteers;
                shift.arrived += 1;
                let roomy = shift.wanted < shift.capacity;
                let state = if gives_up && roomy {
                    shift.cancelled += 1;
                    "cancelled"
                } else if shift.confirmed < shift.capacity {
                    shift.confirmed += 1;
                    "confirmed"
                } else {
                    shift.waiting += 1;
                    "waitlisted"
                };
                self.connection
                    .prepare_cached(
                        "INSERT INTO signup (seq, id, shift_id, volunteer_id, state, starts_at, ends_at, created_at, cancelled_at, cancelled_by)
                         SELECT ?1, ?2, ?3, id, ?5, ?6, ?7, ?8,
                           CASE ?5 WHEN 'cancelled' THEN ?8 END, CASE ?5 WHEN 'cancelled' THEN 'volunteer' END
                         FROM arrival WHERE n = ?4",
                    )
                    .and_then(|mut insert| {
                        insert.execute(params![
                            whole(number + 1), id, shift.id, whole(volunteer), state, shift.starts_at.millis(),
                            shift.ends_at.millis(), at.millis(),
                        ])
                    })
                    .map_err(told)?;
            }
            self.script("DROP TABLE arrival")?;
            self.say(&format!("{} sign-ups", order.len()));
            Ok(())
        }

        fn write_shifts(&self, shifts: &[Shift]) -> Result<(), Failure> {
            let mut number = 0;
            let mut of = usize::MAX;
            for shift in shifts {
                number = if of == shift.project { number + 1 } else { 1 };
                of = shift.project;
                self.connection
                    .prepare_cached(
                        "INSERT INTO shift (id, project, ref, role, starts_at, ends_at, local_date, capacity, waitlist, confirmed, waiting)
                         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    )
                    .and_then(|mut insert| {
                        insert.execute(params![
                            shift.id, whole(shift.project + 1), format!("s{number}"), shift.role, shift.starts_at.millis(),
                            shift.ends_at.millis(), shift.starts_at.date().to_string(), whole(shift.capacity), whole(shift.waitlist),
                            whole(shift.confirmed), whole(shift.waiting),
                        ])
                    })
                    .map_err(told)?;
            }
            self.say(&format!("{} shifts", shifts.len()));
            Ok(())
        }

        fn projects(
            &mut self,
            size: &Size,
            towns: &[Town],
            organizations: &[Organization],
            shifts: &[Shift],
        ) -> Result<(), Failure> {
            let words = Words::gather(towns)?;
            let mut rest = shifts;
            for project in 0..size.projects {
                let count = rest
                    .iter()
                    .take_while(|shift| shift.project == project)
                    .count();
                let (own, others) = rest.split_at_checked(count).unwrap_or((rest, &[]));
                rest = others;
                let town = self.dice.pick(towns).ok_or("no towns")?;
                let organization = self.dice.pick(organizations).ok_or("no organizations")?;
                let notice = words.write(&mut self.dice, town, own)?;
                self.project(project, &notice, town, organization, own)?;
                if (project + 1) % 20_000 == 0 {
                    self.say(&format!("{} projects", project + 1));
                }
            }
            self.say(&format!("{} projects", size.projects));
            Ok(())
        }

        fn project(
            &mut self,
            project: usize,
            notice: &Map<String, Value>,
            town: &Town,
            organization: &Organization,
            shifts: &[Shift],
        ) -> Result<(), Failure> {
            let body: ProjectBody =
                deserr::deserialize::<_, _, FieldErrors>(Value::Object(notice.clone()))
                    .map_err(|errors| format!("{errors:?}"))?;
            body.check().map_err(|errors| format!("{errors:?}"))?;
            let published = self.ago(60);
            let (id, hash) = (self.id(published), self.hash());
            let next = shifts.iter().map(|shift| shift.starts_at.millis()).min();
            let seats: usize = shifts
                .iter()
                .map(|shift| shift.capacity - shift.confirmed)
                .sum();
            let waits: usize = shifts
                .iter()
                .map(|shift| shift.waitlist - shift.waiting)
                .sum();
            let text = |name: &str| notice.get(name).and_then(Value::as_str);
            self.connection
                .prepare_cached(
                    "INSERT INTO project (
                       seq, id, organization_id, client_ref, state, organization_state, organization_name, field,
                       title, summary, region, region_name, place, min_age, skills, next_starts_at, seats_free,
                       waits_free, published_at, created_at, updated_at, terms, travel_minutes, body_hash, content,
                       conditions, how_to_sign_up, risks, safeguards, what_to_bring)
                     VALUES (?, ?, ?, ?, 'published', 'verified', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 30, ?, ?, ?, ?, ?, ?, ?)",
                )
                .and_then(|mut insert| {
                    insert.execute(params![
                        whole(project + 1), id, organization.id, format!("load-{project}"), organization.name,
                        text("field"), text("title"), text("summary"), town.code, town.full_name, text("place"),
                        body.min_age(), json!(body.skills()).to_string(), next, whole(seats), whole(waits), published.millis(),
                        published.millis(), published.millis(), Terms::of(&body, &organization.name).json(), hash,
                        text("content"), text("conditions"), text("how_to_sign_up"), text("risks"),
                        text("safeguards"), text("what_to_bring"),
                    ])
                })
                .map(drop)
                .map_err(told)
        }

        /// What the triggers would have written, in the order in which it is kept.
        fn menu(&self) -> Result<(), Failure> {
            for (table, key) in [
                ("menu_by_start", "next_starts_at"),
                ("menu_by_newest", "published_at"),
            ] {
                self.script(&format!(
                    "INSERT INTO {table} SELECT DISTINCT t.value, p.{key}, p.seq
                     FROM project p, json_each(p.terms) t WHERE p.listed ORDER BY 1, 2, 3"
                ))?;
                let rows: i64 = self.one(&format!("SELECT count(*) FROM {table}"))?;
                self.say(&format!("{rows} rows in {table}"));
            }
            Ok(())
        }

        /// A project that leaves the menu and comes back must stand where it stood, and a
        /// sign-up must count as counted.
        fn ask_the_triggers(&self) -> Result<(), Failure> {
            let standing = || -> Result<(String, String, i64), Failure> {
                let rows = |table: &str| {
                    self.one::<String>(&format!(
                        "SELECT coalesce(group_concat(term || ' ' || m.rowkey), '') FROM (
                           SELECT term, {} AS rowkey FROM {table}
                           WHERE term IN (SELECT value FROM project, json_each(terms) WHERE seq = 1) AND project = 1
                           ORDER BY 1, 2) m",
                        if table == "menu_by_start" { "starts_at" } else { "published_at" }
                    ))
                };
                Ok((
                    rows("menu_by_start")?,
                    rows("menu_by_newest")?,
                    self.one("SELECT seats_free FROM project WHERE seq = 1")?,
                ))
            };
            let written = standing()?;
            self.script("BEGIN; UPDATE project SET state = 'closed' WHERE seq = 1")?;
            let away = standing()?;
            self.script(
                "UPDATE project SET state = 'published' WHERE seq = 1;
                 UPDATE signup SET state = 'cancelled' WHERE seq = (
                   SELECT min(s.seq) FROM shift h JOIN signup s ON s.shift_id = h.id
                   WHERE h.project = 1 AND s.state = 'confirmed')",
            )?;
            let back = standing()?;
            self.script("ROLLBACK")?;
            let wrong: i64 = self.one(
                "SELECT count(*) FROM shift h WHERE (confirmed, waiting) <> (
                   SELECT coalesce(sum(state = 'confirmed'), 0), coalesce(sum(state = 'waitlisted'), 0)
                   FROM signup WHERE shift_id = h.id)",
            )?;
            let same = (&back.0, &back.1) == (&written.0, &written.1);
            let counted = back.2 == written.2 || back.2 == written.2 + 1;
            if !same || !away.0.is_empty() || !away.1.is_empty() || !counted || wrong > 0 {
                return Err(
                    "the triggers would have written something else: this program is out of date"
                        .to_owned(),
                );
            }
            Ok(())
        }
    }

    /// The demo's words, taken apart by field, to be put together anew.
    struct Words {
        notices: Vec<(Field, Map<String, Value>, Parts)>,
    }

    struct Parts {
        title: (String, String),
        summary: (String, String),
        place: String,
    }

    impl Words {
        fn gather(towns: &[Town]) -> Result<Self, Failure> {
            let mut notices = Vec::new();
            for project in sheet::projects()? {
                let notice = project.notice;
                let text =
                    |name: &str| notice.get(name).and_then(Value::as_str).unwrap_or_default();
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
        fn write(
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

    /// As SQLite takes numbers.
    fn whole(number: usize) -> i64 {
        i64::try_from(number).unwrap_or(i64::MAX)
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
}
