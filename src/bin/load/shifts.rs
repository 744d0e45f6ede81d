//! Shifts in the next six weeks, and who signed up for them.

use diandan::platform::clock::{DAY, HOUR, Instant, MINUTE, coming_weekend, start_of};
use jiff::ToSpan as _;
use rusqlite::params;

use super::file::{Load, Size, whole};
use super::sheet::Failure;

/// How far ahead shifts lie, in days.
const AHEAD: usize = 42;

const SIGNUP: &str = "
    INSERT INTO signup (
      seq, id, shift_id, volunteer_id, state, starts_at, ends_at, created_at, cancelled_at, cancelled_by)
    SELECT ?1, ?2, ?3, id, ?5, ?6, ?7, ?8,
      CASE ?5 WHEN 'cancelled' THEN ?8 END, CASE ?5 WHEN 'cancelled' THEN 'volunteer' END
    FROM arrival WHERE n = ?4";

const SHIFT: &str = "
    INSERT INTO shift (
      id, project, ref, role, starts_at, ends_at, local_date, capacity, waitlist, confirmed, waiting)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

/// What is known of a shift once sign-ups have come.
pub struct Shift {
    pub id: String,
    pub project: usize,
    pub starts_at: Instant,
    pub ends_at: Instant,
    pub role: String,
    pub capacity: usize,
    pub waitlist: usize,
    pub wanted: usize,
    pub arrived: usize,
    pub confirmed: usize,
    pub waiting: usize,
}

impl Load {
    /// Every project has one shift at least; the others fall where they fall. In order
    /// of projects.
    pub fn shifts(&mut self, size: &Size) -> Result<Vec<Shift>, Failure> {
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
    pub fn signups(&mut self, size: &Size, shifts: &mut [Shift]) -> Result<(), Failure> {
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
        self.script(
            "CREATE TEMP TABLE arrival AS SELECT row_number() OVER () - 1 AS n, id FROM volunteer",
        )?;
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
                "cancelled"
            } else if shift.confirmed < shift.capacity {
                shift.confirmed += 1;
                "confirmed"
            } else {
                shift.waiting += 1;
                "waitlisted"
            };
            let row = params![
                whole(number + 1),
                id,
                shift.id,
                whole(volunteer),
                state,
                shift.starts_at.millis(),
                shift.ends_at.millis(),
                at.millis(),
            ];
            self.insert(SIGNUP, row)?;
        }
        self.script("DROP TABLE arrival")?;
        self.say(&format!("{} sign-ups", order.len()));
        Ok(())
    }

    pub fn write_shifts(&self, shifts: &[Shift]) -> Result<(), Failure> {
        let mut number = 0;
        let mut of = usize::MAX;
        for shift in shifts {
            number = if of == shift.project { number + 1 } else { 1 };
            of = shift.project;
            let row = params![
                shift.id,
                whole(shift.project + 1),
                format!("s{number}"),
                shift.role,
                shift.starts_at.millis(),
                shift.ends_at.millis(),
                shift.starts_at.date().to_string(),
                whole(shift.capacity),
                whole(shift.waitlist),
                whole(shift.confirmed),
                whole(shift.waiting),
            ];
            self.insert(SHIFT, row)?;
        }
        self.say(&format!("{} shifts", shifts.len()));
        Ok(())
    }
}
