//! The file: what is taken away while it is filled, and how it comes back.

use std::io::Write as _;
use std::path::PathBuf;
use std::time::{Instant as Stopwatch, SystemTime};

use diandan::platform::clock::{HOUR, Instant, MINUTE};
use diandan::platform::config::Config;
use rusqlite::{Connection, ToSql};

use super::dice::Dice;
use super::sheet::Failure;

/// How many rows of each kind.
pub struct Size {
    pub organizations: usize,
    pub projects: usize,
    pub shifts: usize,
    pub signups: usize,
    pub volunteers: usize,
    pub records: usize,
}

/// A file that is being filled.
pub struct Load {
    pub connection: Connection,
    pub dice: Dice,
    pub now: Instant,
    pub began: Stopwatch,
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
    const USAGE: &str = "load <D1 file> [--projects N] [--shifts N] [--signups N] [--volunteers N] [--organizations N] [--records N]";
    let mut size = Size {
        organizations: 2_000,
        projects: 100_000,
        shifts: 300_000,
        signups: 1_000_000,
        volunteers: 200_000,
        records: 1_000_000,
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
            "--records" => &mut size.records,
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

pub fn told(error: rusqlite::Error) -> Failure {
    format!("the database: {error}")
}

/// As SQLite takes numbers.
pub fn whole(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

impl Load {
    fn fill(&mut self, size: &Size, config: &Config) -> Result<(), Failure> {
        let journal: String = self.one("PRAGMA journal_mode")?;
        if self.one::<i64>("SELECT count(*) FROM organization")? > 0 {
            return Err("the database is not empty".to_owned());
        }
        self.script(
            "PRAGMA journal_mode = OFF;
             PRAGMA synchronous = OFF;
             PRAGMA foreign_keys = OFF;
             PRAGMA temp_store = MEMORY;
             PRAGMA cache_size = -400000;
             BEGIN",
        )?;
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
        self.records(size)?;
        for (kind, name, sql) in &schema {
            self.script(sql)?;
            if kind == "index" {
                self.say(&format!("index {name}"));
            }
        }
        self.copies()?;
        self.menu()?;
        self.script("COMMIT; PRAGMA foreign_keys = ON")?;
        if self.schema()? != schema {
            return Err("the schema is not what it was".to_owned());
        }
        self.script(&format!("PRAGMA journal_mode = {journal}"))?;
        self.ask_the_triggers()?;
        self.say("done");
        Ok(())
    }

    pub fn say(&self, what: &str) {
        println!("{:7.1} s  {what}", self.began.elapsed().as_secs_f64());
        let _ = std::io::stdout().flush();
    }

    pub fn script(&self, sql: &str) -> Result<(), Failure> {
        self.connection.execute_batch(sql).map_err(told)
    }

    pub fn insert(&self, sql: &str, row: &[&dyn ToSql]) -> Result<(), Failure> {
        self.connection
            .prepare_cached(sql)
            .and_then(|mut insert| insert.execute(row))
            .map(drop)
            .map_err(told)
    }

    pub fn one<T: rusqlite::types::FromSql>(&self, sql: &str) -> Result<T, Failure> {
        self.connection
            .query_one(sql, [], |row| row.get(0))
            .map_err(told)
    }

    /// Triggers and indexes in the order of their making, and the words that make them.
    fn schema(&self) -> Result<Vec<(String, String, String)>, Failure> {
        const SCHEMA: &str = "
            SELECT type, name, sql FROM sqlite_master
            WHERE type IN ('trigger', 'index') AND sql IS NOT NULL
            ORDER BY rowid";
        self.connection
            .prepare(SCHEMA)
            .and_then(|mut all| {
                all.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
                    .collect()
            })
            .map_err(told)
    }

    /// A UUIDv7 of an instant.
    pub fn id(&mut self, at: Instant) -> String {
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

    pub fn hash(&mut self) -> String {
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
    pub fn ago(&mut self, days: usize) -> Instant {
        let minutes = i64::try_from(self.dice.below(days * 1440)).unwrap_or_default();
        self.now.plus(-HOUR - minutes * MINUTE)
    }

    /// What the triggers would have written, as the migrations did for what stood already.
    fn copies(&self) -> Result<(), Failure> {
        let migration = include_str!("../../../migrations/0007_own_copies.sql");
        let updates = migration
            .split("\n\n")
            .filter(|statement| statement.starts_with("UPDATE "));
        for update in updates {
            self.script(update)?;
        }
        self.say("copies on shifts and sign-ups");
        self.script(
            "INSERT INTO organization_key (organization_id, version, created_at)
             SELECT id, 1, created_at FROM organization",
        )?;
        self.say("keys of organizations");
        Ok(())
    }

    /// What the triggers would have indexed.
    fn menu(&self) -> Result<(), Failure> {
        for table in ["menu_by_start", "menu_by_newest"] {
            self.script(&format!("INSERT INTO {table} ({table}) VALUES ('rebuild')"))?;
            self.say(table);
        }
        Ok(())
    }

    /// A project that leaves the menu and comes back must stand where it stood, a sign-up
    /// must count as counted.
    fn ask_the_triggers(&self) -> Result<(), Failure> {
        let stands = || self.one::<String>(STANDING);
        let seats = || self.one::<i64>("SELECT seats_free FROM project WHERE seq = 1");
        let (stood, free) = (stands()?, seats()?);
        self.script("BEGIN; UPDATE project SET state = 'closed' WHERE seq = 1")?;
        let left = stands()?;
        self.script("UPDATE project SET state = 'published' WHERE seq = 1")?;
        let back = stands()?;
        let gone = self.connection.execute(ONE_GIVES_UP, []).map_err(told)?;
        let freed = seats()?;
        self.script("ROLLBACK")?;
        let as_written = left.is_empty() && stood == back && freed == free + whole(gone);
        if !as_written || self.one::<i64>(MISCOUNTED)? > 0 {
            return Err("the triggers would write something else: load is out of date".to_owned());
        }
        Ok(())
    }
}

/// The terms under which the first project stands on the menu, in both orders.
const STANDING: &str = "
    SELECT coalesce(group_concat(value, ' '), '') FROM (
      SELECT t.value FROM project p, json_each(p.terms) t, menu_by_start m
      WHERE p.seq = 1 AND m.menu_by_start MATCH '\"' || t.value || '\"'
        AND m.rowid = (p.next_starts_at / 1000) << 29 | p.seq
      UNION ALL
      SELECT t.value FROM project p, json_each(p.terms) t, menu_by_newest m
      WHERE p.seq = 1 AND m.menu_by_newest MATCH '\"' || t.value || '\"'
        AND m.rowid = (p.published_at / 1000) << 29 | p.seq
      ORDER BY 1)";

const ONE_GIVES_UP: &str = "
    UPDATE signup SET state = 'cancelled' WHERE seq = (
      SELECT min(s.seq) FROM shift h JOIN signup s ON s.shift_id = h.id
      WHERE h.project = 1 AND s.state = 'confirmed')";

const MISCOUNTED: &str = "
    SELECT count(*) FROM shift h WHERE (confirmed, waiting) <> (
      SELECT coalesce(sum(state = 'confirmed'), 0), coalesce(sum(state = 'waitlisted'), 0)
      FROM signup WHERE shift_id = h.id)";
