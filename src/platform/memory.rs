//! The short memory of an isolate: public answers, kept for two seconds, so that a
//! crowd asking the same thing asks the database once.

use std::cell::RefCell;
use std::collections::HashMap;

use super::clock::Instant;

/// How long an answer is remembered, in milliseconds.
const KEPT_FOR: i64 = 2_000;
/// How many answers are remembered.
const MOST: usize = 256;
/// How many bytes they may have together: an isolate has 128 MB for everything.
const MOST_BYTES: usize = 8 * 1024 * 1024;
/// Longer bodies are not remembered, in bytes.
const LONGEST: usize = 256 * 1024;

/// An answer as it left: status 200, its headers and its body.
#[derive(Clone, Debug)]
pub struct Remembered {
    /// Names and values.
    pub headers: Vec<(String, String)>,
    /// Its entity tag.
    pub etag: String,
    /// The bytes.
    pub body: Vec<u8>,
}

#[derive(Debug)]
struct Entry {
    until: Instant,
    answer: Remembered,
}

thread_local! {
    static ANSWERS: RefCell<HashMap<String, Entry>> = RefCell::default();
}

/// Lends the answer remembered under a key to `use_it`, if it is still fresh.
pub fn recall<T>(key: &str, now: Instant, use_it: impl FnOnce(&Remembered) -> T) -> Option<T> {
    ANSWERS.with_borrow(|answers| {
        answers
            .get(key)
            .filter(|entry| now < entry.until)
            .map(|entry| use_it(&entry.answer))
    })
}

/// Remembers an answer. When memory is full, what has expired goes, then everything.
pub fn remember(key: String, now: Instant, answer: Remembered) {
    if answer.body.len() > LONGEST {
        return;
    }
    ANSWERS.with_borrow_mut(|answers| {
        let full = |answers: &HashMap<String, Entry>| {
            let bytes: usize = answers.values().map(|entry| entry.answer.body.len()).sum();
            answers.len() >= MOST || bytes + answer.body.len() > MOST_BYTES
        };
        if full(answers) {
            answers.retain(|_, entry| now < entry.until);
        }
        if full(answers) {
            answers.clear();
        }
        let until = now.plus(KEPT_FOR);
        answers.insert(key, Entry { until, answer });
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(body: &str) -> Remembered {
        Remembered {
            headers: Vec::new(),
            etag: String::new(),
            body: body.as_bytes().to_vec(),
        }
    }

    fn body(key: &str, now: i64) -> Option<Vec<u8>> {
        recall(key, Instant::from_millis(now), |answer| answer.body.clone())
    }

    #[test]
    fn an_answer_is_forgotten_after_two_seconds() {
        remember("short".into(), Instant::from_millis(1_000), answer("a"));
        assert_eq!(body("short", 2_999), Some(b"a".to_vec()));
        assert_eq!(body("short", 3_000), None);
    }

    #[test]
    fn memory_is_bounded() {
        for n in 0..3 * MOST {
            remember(n.to_string(), Instant::from_millis(0), answer("a"));
        }
        ANSWERS.with_borrow(|answers| assert!(answers.len() <= MOST));
        remember(
            "long".into(),
            Instant::from_millis(0),
            answer(&"a".repeat(LONGEST + 1)),
        );
        assert_eq!(body("long", 0), None);
    }
}
