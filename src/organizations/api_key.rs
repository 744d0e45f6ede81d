//! How an API key is written: recognizable without asking anybody.

use std::cell::RefCell;
use std::collections::HashMap;

use data_encoding::BASE64URL_NOPAD;
use jiff::civil::Date;
use sha2::{Digest as _, Sha256};

use crate::platform::crypto::{NoRandomness, Token};
use crate::platform::visit::Visit;

/// The prefix of every API key.
pub const KEY_PREFIX: &str = "ddk_";
/// So many characters at the end are the checksum.
const CHECKSUM: usize = 6;
/// So many characters at the beginning tell a key from others: the prefix and four more.
const HINT: usize = KEY_PREFIX.len() + 4;
/// Prefix, 256 random bits in base64url, checksum.
const LENGTH: usize = KEY_PREFIX.len() + 43 + CHECKSUM;

/// A new key. Its last six characters are the first six of the base64url SHA-256 of all
/// before them: who finds a string can tell whether it is a key, and who types one is told
/// of a slip, offline.
pub fn new_key() -> Result<Token, NoRandomness> {
    Token::new(KEY_PREFIX).map(|body| with_checksum(body.reveal()))
}

/// The key whose prefix and 43 characters these are.
pub fn with_checksum(body: &str) -> Token {
    Token::presented(&format!("{body}{}", checksum(body)))
}

/// The part of a key that may be kept and shown.
pub fn hint(key: &Token) -> &str {
    key.reveal().get(..HINT).unwrap_or(KEY_PREFIX)
}

/// Whether this starts like a key and cannot be one: cut off, or mistyped.
pub fn is_mistyped_key(token: &str) -> bool {
    token.starts_with(KEY_PREFIX)
        && token
            .split_at_checked(LENGTH - CHECKSUM)
            .is_none_or(|(body, end)| checksum(body) != end)
}

/// An isolate remembers so many keys in use.
const REMEMBERED: usize = 1000;

/// Whether the caller presents a key whose use this isolate has not noted today. It takes
/// the row's own word for the rest: see `note_use`.
pub fn first_use_today(visit: &Visit) -> bool {
    thread_local! {
        static NOTED: RefCell<HashMap<String, Date>> = RefCell::default();
    }
    if !visit.presents(|token| token.starts_with(KEY_PREFIX)) {
        return false;
    }
    let (Some(hash), today) = (visit.credential_hash(), visit.now.date()) else {
        return false;
    };
    NOTED.with_borrow_mut(|noted| {
        if noted.len() >= REMEMBERED && !noted.contains_key(&hash) {
            noted.clear();
        }
        noted.insert(hash, today) != Some(today)
    })
}

fn checksum(body: &str) -> String {
    let mut digest = BASE64URL_NOPAD.encode(&Sha256::digest(body.as_bytes()));
    digest.truncate(CHECKSUM);
    digest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_recognized_and_so_is_every_slip_in_it() {
        let key = new_key().unwrap();
        let text = key.reveal();
        assert_eq!(text.len(), LENGTH);
        assert!(!is_mistyped_key(text));
        assert_eq!(hint(&key), &text[..8]);
        for at in KEY_PREFIX.len()..LENGTH {
            let mut letters: Vec<char> = text.chars().collect();
            letters[at] = if letters[at] == 'A' { 'B' } else { 'A' };
            assert!(
                is_mistyped_key(&letters.iter().collect::<String>()),
                "at {at}"
            );
            assert!(is_mistyped_key(&text[..at]), "cut at {at}");
        }
        assert!(is_mistyped_key(&format!("{text}A")));
    }

    #[test]
    fn a_key_is_what_its_description_says() {
        // printf %s BODY | openssl dgst -sha256 -binary | basenc --base64url
        let body = format!("ddk_{}", "A".repeat(43));
        assert_eq!(checksum(&body), "Gw37E-");
    }

    #[test]
    fn other_tokens_are_not_judged() {
        assert!(!is_mistyped_key("dds_open-sesame") && !is_mistyped_key(""));
        assert!(is_mistyped_key("ddk_字字字字"));
    }
}
