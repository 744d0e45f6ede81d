//! Secrets: keyed hashes, sealed text, random tokens. Every key is derived from one
//! master key (HKDF-SHA256, RFC 5869), one key a purpose.

use std::fmt;

use chacha20poly1305::aead::{Aead as _, KeyInit as _};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use data_encoding::{BASE64URL_NOPAD, HEXLOWER, HEXLOWER_PERMISSIVE};
use hkdf::Hkdf;
use hmac::{Hmac, Mac as _};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

const NONCE_BYTES: usize = 24;

/// As long as a block of SHA-256, the longest key HMAC uses unhashed (RFC 2104, section 3).
type HmacKey = [u8; 64];

/// Randomness could not be had from the platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoRandomness;

/// The keys of a deployment.
pub struct Keys {
    phone: HmacKey,
    address: HmacKey,
    code: HmacKey,
    calendar: HmacKey,
    request: HmacKey,
    attendance: HmacKey,
    sheet: HmacKey,
    signing: HmacKey,
    seal: XChaCha20Poly1305,
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keys(…)")
    }
}

impl Keys {
    /// From 64 hexadecimal digits, 256 bits; `None` for anything else.
    pub fn from_master(hex: &str) -> Option<Self> {
        let master = HEXLOWER_PERMISSIVE.decode(hex.trim().as_bytes()).ok()?;
        if master.len() != 32 {
            return None;
        }
        let hkdf = Hkdf::<Sha256>::new(Some(b"diandan v1"), &master);
        let derive = |purpose: &str| {
            let mut key: HmacKey = [0; 64];
            hkdf.expand(purpose.as_bytes(), &mut key).ok().map(|()| key)
        };
        let mut seal = [0; 32];
        hkdf.expand(b"seal", &mut seal).ok()?;
        Some(Self {
            phone: derive("phone lookup")?,
            address: derive("address lookup")?,
            code: derive("sign-in code")?,
            calendar: derive("calendar address")?,
            request: derive("idempotent request")?,
            attendance: derive("attendance code")?,
            sheet: derive("attendance sheet")?,
            signing: derive("signing keys")?,
            seal: XChaCha20Poly1305::new(&seal.into()),
        })
    }

    /// By which a phone number is found without being stored.
    pub fn phone_hash(&self, phone: &str) -> String {
        keyed_hash(&self.phone, &[phone])
    }

    /// By which attempts from one network address are counted.
    pub fn address_hash(&self, address: &str) -> String {
        keyed_hash(&self.address, &[address])
    }

    /// A one-time code as it is stored: bound to its phone, useless without the key.
    pub fn code_hash(&self, phone_hash: &str, code: &str) -> String {
        keyed_hash(&self.code, &[phone_hash, code])
    }

    /// By which a repeated request is known again. Bodies hold phones and codes, which
    /// a hash without a key would give away.
    pub fn request_hash(&self, target: &str, body: &str) -> String {
        keyed_hash(&self.request, &[target, body])
    }

    /// The secret part of a volunteer's calendar address; a new version, a new address.
    pub fn calendar_token(&self, volunteer: &str, version: i64) -> Token {
        let mac = keyed(&self.calendar, &[volunteer, &version.to_string()]);
        Token(BASE64URL_NOPAD.encode(&mac))
    }

    /// From which the codes of one shift are made (RFC 6238).
    pub fn attendance_key(&self, shift: &str) -> [u8; 32] {
        keyed(&self.attendance, &[shift])
    }

    /// The secret part of one row on a printed sheet.
    pub fn sheet_token(&self, signup: &str) -> Token {
        let mac = keyed(&self.sheet, &[signup]);
        Token(BASE64URL_NOPAD.encode(&mac))
    }

    /// Seed of the Ed25519 key (RFC 8032) with which `signer` signs; a new version, a new
    /// key. One block of HKDF-Expand (RFC 5869, section 2.3) is one HMAC.
    pub fn signing_seed(&self, signer: &str, version: i64) -> [u8; 32] {
        keyed(&self.signing, &[signer, &version.to_string()])
    }

    /// Encrypts and authenticates: a nonce and the sealed text, base64url.
    pub fn seal(&self, plain: &str) -> Result<String, NoRandomness> {
        let nonce: [u8; NONCE_BYTES] = random()?;
        let sealed = self
            .seal
            .encrypt(&XNonce::from(nonce), plain.as_bytes())
            .map_err(|_| NoRandomness)?;
        Ok(BASE64URL_NOPAD.encode(&[nonce.as_slice(), &sealed].concat()))
    }

    /// Reads what `seal` wrote; `None` when it was sealed by another key or altered.
    pub fn open(&self, sealed: &str) -> Option<String> {
        let bytes = BASE64URL_NOPAD.decode(sealed.as_bytes()).ok()?;
        let (nonce, sealed) = bytes.split_at_checked(NONCE_BYTES)?;
        let nonce: [u8; NONCE_BYTES] = nonce.try_into().ok()?;
        let plain = self.seal.decrypt(&XNonce::from(nonce), sealed).ok()?;
        String::from_utf8(plain).ok()
    }
}

fn keyed(key: &HmacKey, parts: &[&str]) -> [u8; 32] {
    let mut mac = <Hmac<Sha256> as hmac::KeyInit>::new(key.into());
    for part in parts {
        mac.update(part.as_bytes());
        mac.update(&[0]);
    }
    mac.finalize().into_bytes().into()
}

fn keyed_hash(key: &HmacKey, parts: &[&str]) -> String {
    HEXLOWER.encode(&keyed(key, parts))
}

/// HMAC-SHA256 (RFC 2104) under a key that somebody else holds as well.
pub fn hmac_sha256(key: &[u8], message: impl AsRef<[u8]>) -> [u8; 32] {
    // Keys of any length fit: longer ones than a block are hashed first.
    <Hmac<Sha256> as hmac::KeyInit>::new_from_slice(key)
        .map(|mut mac| {
            mac.update(message.as_ref());
            mac.finalize().into_bytes().into()
        })
        .unwrap_or_default()
}

/// SHA-256.
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// Bytes in hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    HEXLOWER.encode(bytes)
}

/// SHA-256 in hexadecimal: tokens of 256 random bits need no key.
pub fn sha256_hex(text: &str) -> String {
    digest_hex(text.as_bytes())
}

/// The same of any bytes.
pub fn digest_hex(bytes: &[u8]) -> String {
    hex(&sha256(bytes))
}

/// The same of bytes that come in pieces.
#[derive(Clone, Debug, Default)]
pub struct Digest(Sha256);

impl Digest {
    /// Takes the next piece.
    pub fn update(&mut self, piece: &[u8]) {
        sha2::Digest::update(&mut self.0, piece);
    }

    /// In hexadecimal.
    pub fn hex(self) -> String {
        HEXLOWER.encode(&sha2::Digest::finalize(self.0))
    }
}

/// Whether two hashes are the same, in a time that does not tell where they differ.
pub fn same(a: &str, b: &str) -> bool {
    a.as_bytes().ct_eq(b.as_bytes()).into()
}

/// Six decimal digits, each code equally likely.
pub fn six_digits() -> Result<String, NoRandomness> {
    // The largest multiple of a million below 2^32: rejecting above it removes the bias.
    const BOUND: u32 = 4_294_000_000;
    loop {
        let number = u32::from_le_bytes(random()?);
        if number < BOUND {
            return Ok(format!("{:06}", number % 1_000_000));
        }
    }
}

/// Random bytes from the platform.
pub fn random<const N: usize>() -> Result<[u8; N], NoRandomness> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|_| NoRandomness)?;
    Ok(bytes)
}

/// 256 random bits that open a door. Shown to its holder once; stored only as a hash.
pub struct Token(String);

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

impl Token {
    /// A new token whose prefix tells what it opens.
    pub fn new(prefix: &str) -> Result<Self, NoRandomness> {
        let bytes: [u8; 32] = random()?;
        Ok(Self(format!("{prefix}{}", BASE64URL_NOPAD.encode(&bytes))))
    }

    /// What a caller presented.
    pub fn presented(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// For its holder's eyes.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// For the database.
    pub fn hash(&self) -> String {
        sha256_hex(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(digit: &str) -> Keys {
        Keys::from_master(&digit.repeat(64)).unwrap()
    }

    #[test]
    fn what_is_sealed_opens_with_the_same_key_only() {
        let sealed = keys("a").seal("13800000000 𠮷").unwrap();
        assert_eq!(keys("a").open(&sealed).unwrap(), "13800000000 𠮷");
        assert_eq!(keys("b").open(&sealed), None);
        assert_ne!(sealed, keys("a").seal("13800000000 𠮷").unwrap());
    }

    #[test]
    fn a_changed_letter_is_noticed() {
        let sealed = keys("a").seal("13800000000").unwrap();
        for at in 0..sealed.len() {
            let mut letters: Vec<char> = sealed.chars().collect();
            letters[at] = if letters[at] == 'A' { 'B' } else { 'A' };
            assert_eq!(
                keys("a").open(&letters.iter().collect::<String>()),
                None,
                "at {at}"
            );
        }
        assert_eq!(keys("a").open(""), None);
    }

    #[test]
    fn hashes_depend_on_key_purpose_and_parts() {
        let (a, b) = (keys("a"), keys("b"));
        assert_eq!(a.phone_hash("1"), a.phone_hash("1"));
        assert_ne!(a.phone_hash("1"), b.phone_hash("1"));
        assert_ne!(a.phone_hash("1"), a.address_hash("1"));
        assert_ne!(a.code_hash("1", "23"), a.code_hash("12", "3"));
    }

    #[test]
    fn a_master_key_is_64_hexadecimal_digits() {
        assert!(Keys::from_master(&"A0".repeat(32)).is_some());
        for bad in ["", "a", &"a".repeat(63), &"a".repeat(66), &"g".repeat(64)] {
            assert!(Keys::from_master(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn secrets_do_not_print() {
        let token = Token::new("dds_").unwrap();
        assert_eq!(format!("{token:?} {:?}", keys("a")), "Token(…) Keys(…)");
        assert_eq!(token.reveal().len(), 4 + 43);
    }

    #[test]
    fn codes_have_six_digits() {
        for _ in 0..100 {
            let code = six_digits().unwrap();
            assert!(
                code.len() == 6 && code.bytes().all(|b| b.is_ascii_digit()),
                "{code}"
            );
        }
    }
}
