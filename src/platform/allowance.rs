//! What one invocation of the Worker may ask of others: calls to the database and requests
//! to other systems, which the platform counts together and cuts off at a number.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use super::config::Plan;
use super::db::{Db, Meter};

/// What is left to one invocation.
#[derive(Debug)]
pub struct Allowance {
    most: u32,
    meter: Arc<Meter>,
    requests: AtomicU32,
}

impl Allowance {
    /// What a plan allows, less what was asked of this database already.
    pub fn of(plan: Plan, db: &Db) -> Self {
        Self {
            most: plan.subrequests(),
            meter: Arc::clone(db.meter()),
            requests: AtomicU32::new(0),
        }
    }

    /// Notes requests to other systems.
    pub fn spend(&self, requests: usize) {
        let requests = u32::try_from(requests).unwrap_or(u32::MAX);
        self.requests.fetch_add(requests, Ordering::Relaxed);
    }

    /// How many calls and requests are left.
    pub fn left(&self) -> u32 {
        let spent = self.meter.calls() + self.requests.load(Ordering::Relaxed);
        self.most.saturating_sub(spent)
    }

    /// How many requests a round may make, besides one call that asks what is due and one
    /// that notes what came of it: at most so many, and none when nothing is left.
    pub fn round(&self, most: u32) -> u32 {
        self.left().saturating_sub(2).min(most)
    }

    /// The same of half of what is left: others come after.
    pub fn round_of_half(&self, most: u32) -> u32 {
        (self.left() / 2).saturating_sub(2).min(most)
    }
}

#[cfg(test)]
mod tests {
    use pollster::FutureExt as _;

    use super::*;
    use crate::bind;
    use crate::platform::outbox;

    fn calls(db: &Db, many: u32) {
        for _ in 0..many {
            db.run(bind!("SELECT 1")).block_on().unwrap();
        }
    }

    /// A tick with more to do than it may: gives messages, deliveries and all it asked.
    fn tick(plan: Plan) -> (u32, u32, u32) {
        let db = Db::in_memory().unwrap();
        let allowance = Allowance::of(plan, &db);
        let mut asked = 2;
        calls(&db, 2);
        let letters = allowance.round_of_half(outbox::A_ROUND);
        calls(&db, 2);
        allowance.spend(letters as usize);
        asked += 2 + letters;
        let mut deliveries = 0;
        loop {
            let round = allowance.round(6);
            if round == 0 {
                return (letters, deliveries, asked);
            }
            calls(&db, 2);
            allowance.spend(round as usize);
            deliveries += round;
            asked += 2 + round;
        }
    }

    #[test]
    fn a_tick_stays_within_what_the_plan_allows_and_everybody_gets_some() {
        let (letters, deliveries, asked) = tick(Plan::Free);
        assert!(asked <= 50, "{asked}");
        assert!(letters >= 20 && deliveries >= 15, "{letters} {deliveries}");
        let (letters, deliveries, asked) = tick(Plan::Paid);
        assert!(asked <= 1000, "{asked}");
        assert!(
            letters == outbox::A_ROUND && deliveries > 500,
            "{letters} {deliveries}"
        );
    }
}
