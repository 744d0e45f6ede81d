//! The code that changes: RFC 6238 with HMAC-SHA-256, steps of 30 seconds, six digits.

use super::Refusal;
use crate::platform::clock::{Instant, MINUTE};
use crate::platform::crypto::{hmac_sha256, same};

/// How long one code is shown, in milliseconds.
pub const STEP: i64 = 30_000;
/// A code of so many milliseconds ago is told to be old, rather than wrong.
const REMEMBERED: i64 = 10 * MINUTE;

/// A one-time password by time step (RFC 6238, section 4.2) of so many digits, at most nine.
pub fn totp(key: &[u8], step: u64, digits: usize) -> String {
    let mac = hmac_sha256(key, step.to_be_bytes());
    // Dynamic truncation (RFC 4226, section 5.3).
    let offset = usize::from(mac.last().copied().unwrap_or_default() & 0xf);
    let four = mac.get(offset..).and_then(|tail| tail.first_chunk::<4>());
    let number = u32::from_be_bytes(four.copied().unwrap_or_default()) & 0x7fff_ffff;
    let modulus = 10_u32.pow(u32::try_from(digits.min(9)).unwrap_or(9));
    format!("{:0digits$}", number % modulus)
}

/// One of the 30-second steps since the epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Step(pub i64);

impl Step {
    /// The step an instant lies in.
    pub fn of(instant: Instant) -> Self {
        Self(instant.millis().div_euclid(STEP))
    }

    /// When it begins.
    pub fn begins(self) -> Instant {
        Instant::from_millis(self.0.saturating_mul(STEP))
    }

    /// When the next begins.
    pub fn ends(self) -> Instant {
        self.begins().plus(STEP)
    }

    /// The code shown in it.
    pub fn code(self, key: &[u8]) -> String {
        totp(key, u64::try_from(self.0).unwrap_or_default(), 6)
    }

    /// Itself, the one before and the one after (RFC 6238, section 5.2): whoever types
    /// needs time, and clocks differ.
    fn tolerated(self) -> impl Iterator<Item = Self> {
        (-1..=1).map(move |more| Self(self.0.saturating_add(more)))
    }

    fn shows(self, key: &[u8], code: &str) -> bool {
        same(&self.code(key), code)
    }
}

/// What a volunteer presents.
#[derive(Clone, Copy, Debug)]
pub struct Presented<'a> {
    /// Six digits.
    pub code: &'a str,
    /// Of which step, when it was scanned.
    pub step: Option<Step>,
    /// When they saw it, when it was kept on the phone for want of a network.
    pub happened_at: Option<Instant>,
}

/// What a code that fits bears out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Borne {
    /// When the volunteer was there.
    pub at: Instant,
    /// Whether it arrived after the code had changed.
    pub late: bool,
}

impl Presented<'_> {
    /// Holds the code against what was shown under this key, now or at the time it claims.
    ///
    /// # Errors
    /// [`Refusal::WrongCode`] for one that was not shown then; [`Refusal::CodeExpired`] for
    /// one that was shown a moment ago, when it does not claim to be old.
    pub fn verify(&self, key: &[u8], now: Instant) -> Result<Borne, Refusal> {
        let here = Step::of(now);
        let fits = |step: &Step| {
            self.step.is_none_or(|claimed| claimed == *step) && step.shows(key, self.code)
        };
        if here.tolerated().any(|step| fits(&step)) {
            let at = now;
            return Ok(Borne { at, late: false });
        }
        // Nobody has seen what is shown after the next step.
        let shown_by_now = |step: &Step| step.0 <= here.0.saturating_add(1);
        let Some(at) = self.happened_at else {
            let oldest = Step::of(now.plus(-REMEMBERED)).0;
            let expired = (oldest..here.0).map(Step).any(|step| fits(&step))
                || self
                    .step
                    .filter(shown_by_now)
                    .is_some_and(|step| fits(&step));
            return Err(match expired {
                true => Refusal::CodeExpired,
                false => Refusal::WrongCode,
            });
        };
        let seen = match self.step {
            Some(step) => Some(step).filter(shown_by_now).filter(fits),
            None => Step::of(at).tolerated().filter(shown_by_now).find(fits),
        };
        let step = seen.ok_or(Refusal::WrongCode)?;
        // The clock of the phone counts as far as the code bears it out.
        let (earliest, latest) = (step.begins().plus(-STEP), step.ends().plus(STEP - 1));
        let at = at.clamp(earliest, latest).min(now);
        Ok(Borne { at, late: true })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// RFC 6238, appendix B, the rows of SHA-256.
    #[test]
    fn the_known_answers_of_the_standard() {
        let key = b"12345678901234567890123456789012";
        for (seconds, code) in [
            (59, "46119246"),
            (1_111_111_109, "68084774"),
            (1_111_111_111, "67062674"),
            (1_234_567_890, "91819424"),
            (2_000_000_000, "90698825"),
            (20_000_000_000, "77737706"),
        ] {
            assert_eq!(totp(key, seconds / 30, 8), code, "at {seconds}");
            let step = Step::of(Instant::from_millis(i64::try_from(seconds).unwrap() * 1000));
            assert_eq!(step.code(key), code[2..]);
        }
    }

    const KEY: &[u8] = b"a key of the tests";
    const NOW: i64 = 1_795_824_000_000;

    fn now() -> Instant {
        Instant::from_millis(NOW + 12_345)
    }

    fn typed(code: &str) -> Presented<'_> {
        Presented {
            code,
            step: None,
            happened_at: None,
        }
    }

    #[test]
    fn what_was_shown_a_moment_ago_is_old_and_not_wrong() {
        let here = Step::of(now());
        for (back, outcome) in [
            (2, Refusal::CodeExpired),
            (20, Refusal::CodeExpired),
            (21, Refusal::WrongCode),
        ] {
            let code = Step(here.0 - back).code(KEY);
            assert_eq!(typed(&code).verify(KEY, now()), Err(outcome), "{back}");
        }
        // A link says itself how old it is.
        let step = Step(here.0 - 5000);
        let code = step.code(KEY);
        let scanned = Presented {
            step: Some(step),
            ..typed(&code)
        };
        assert_eq!(scanned.verify(KEY, now()), Err(Refusal::CodeExpired));
    }

    #[test]
    fn a_kept_code_counts_for_when_it_was_shown() {
        let seen = now().plus(-3 * crate::platform::clock::HOUR);
        let step = Step::of(seen);
        let code = step.code(KEY);
        let kept = Presented {
            code: &code,
            step: None,
            happened_at: Some(seen),
        };
        assert_eq!(
            kept.verify(KEY, now()),
            Ok(Borne {
                at: seen,
                late: true
            })
        );
        let elsewhen = Presented {
            happened_at: Some(seen.plus(3 * STEP)),
            ..kept
        };
        assert_eq!(elsewhen.verify(KEY, now()), Err(Refusal::WrongCode));
        // A scan knows its step, whatever the clock of the phone shows.
        let scanned = Presented {
            step: Some(step),
            happened_at: Some(seen.plus(-7 * MINUTE)),
            ..kept
        };
        let at = step.begins().plus(-STEP);
        assert_eq!(scanned.verify(KEY, now()), Ok(Borne { at, late: true }));
    }

    #[test]
    fn nobody_comes_from_the_future() {
        let step = Step(Step::of(now()).0 + 2);
        let code = step.code(KEY);
        for claimed in [None, Some(step)] {
            let ahead = Presented {
                code: &code,
                step: claimed,
                happened_at: Some(step.begins()),
            };
            assert_eq!(ahead.verify(KEY, now()), Err(Refusal::WrongCode));
        }
    }

    proptest! {
        #[test]
        fn a_code_passes_for_one_step_around_and_no_other(
            seconds in 0_i64..4_000_000_000, number in 0_u32..1_000_000, key: [u8; 32],
        ) {
            let now = Instant::from_millis(seconds * 1000);
            let here = Step::of(now);
            let shown = [-1, 0, 1].map(|more| Step(here.0 + more).code(&key));
            for code in &shown {
                prop_assert_eq!(typed(code).verify(&key, now), Ok(Borne { at: now, late: false }));
            }
            let other = format!("{number:06}");
            if !shown.contains(&other) {
                prop_assert!(typed(&other).verify(&key, now).is_err());
            }
            // Under the key of another shift it is nothing.
            let mut another = key;
            another[0] ^= 1;
            if !here.tolerated().any(|step| step.code(&another) == shown[1]) {
                prop_assert!(typed(&shown[1]).verify(&another, now).is_err());
            }
        }

        #[test]
        fn a_claimed_time_is_borne_out_to_a_minute(back in 0_i64..300_000_000, off in -100_000_i64..100_000) {
            let seen = now().plus(-back);
            let code = Step::of(seen).code(KEY);
            let kept = Presented { code: &code, step: None, happened_at: Some(seen.plus(off)) };
            if let Ok(borne) = kept.verify(KEY, now()) {
                prop_assert!((borne.at.millis() - seen.millis()).abs() <= 2 * STEP);
                prop_assert!(borne.at <= now());
            }
        }
    }
}
