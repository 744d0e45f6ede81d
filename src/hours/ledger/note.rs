//! Signed notes (C2SP signed-note) by Ed25519, and the checkpoints they carry (C2SP
//! tlog-checkpoint).

use std::fmt;

use data_encoding::{BASE64, HEXLOWER};
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use sha2::{Digest as _, Sha256};

use super::tree::{Hash, Seen};

/// The type of signature: Ed25519 over the text.
const ED25519: u8 = 1;

/// Who signs, and what others verify it with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verifier {
    name: String,
    key: VerifyingKey,
}

impl Verifier {
    /// The name of the key.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// By which a signature names its key.
    pub fn id(&self) -> [u8; 4] {
        let digest: Hash = Sha256::new()
            .chain_update(&self.name)
            .chain_update([b'\n', ED25519])
            .chain_update(self.key.as_bytes())
            .finalize()
            .into();
        let [a, b, c, d, ..] = digest;
        [a, b, c, d]
    }

    /// Reads a verifier key, `name+id+key`; none when it is none of Ed25519.
    pub fn parse(vkey: &str) -> Option<Self> {
        let (name, rest) = vkey.trim().split_once('+')?;
        let (id, key) = rest.split_once('+')?;
        let encoded = BASE64.decode(key.as_bytes()).ok()?;
        let (ED25519, key) = encoded.split_first().map(|(kind, key)| (*kind, key))? else {
            return None;
        };
        let verifier = Self {
            name: is_name(name).then(|| name.to_owned())?,
            key: VerifyingKey::from_bytes(key.try_into().ok()?).ok()?,
        };
        (HEXLOWER.encode(&verifier.id()) == id).then_some(verifier)
    }

    /// The text of a note that this key signed; none when it did not.
    pub fn open<'a>(&self, note: &'a str) -> Option<&'a str> {
        let (text, signatures) = split(note)?;
        let mut own = signatures
            .lines()
            .filter_map(|line| line.strip_prefix("— ")?.split_once(' '))
            .filter(|(name, _)| *name == self.name)
            .filter_map(|(_, signature)| BASE64.decode(signature.as_bytes()).ok())
            .filter_map(|signature| Some(signature.strip_prefix(&self.id())?.to_vec()))
            .peekable();
        own.peek()?;
        own.all(|signature| {
            Signature::from_slice(&signature)
                .is_ok_and(|signature| self.key.verify_strict(text.as_bytes(), &signature).is_ok())
        })
        .then_some(text)
    }
}

impl fmt::Display for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = [&[ED25519], self.key.as_bytes().as_slice()].concat();
        let (id, key) = (HEXLOWER.encode(&self.id()), BASE64.encode(&key));
        write!(f, "{}+{id}+{key}", self.name)
    }
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && !name.contains(|c: char| c.is_whitespace() || c == '+')
}

/// The text, its last line ended, and the signatures.
fn split(note: &str) -> Option<(&str, &str)> {
    let at = note.rfind("\n\n")?;
    let (text, rest) = note.split_at_checked(at + 1)?;
    let plain = |c: char| c == '\n' || !c.is_ascii_control();
    note.chars().all(plain).then_some((text, rest.get(1..)?))
}

/// Who signs.
#[derive(Debug)]
pub struct Signer {
    verifier: Verifier,
    key: SigningKey,
}

impl Signer {
    /// A name without spaces and plus signs, and the seed of a key (RFC 8032).
    pub fn new(name: String, seed: &[u8; 32]) -> Self {
        let key = SigningKey::from_bytes(seed);
        let verifier = Verifier {
            name,
            key: key.verifying_key(),
        };
        Self { verifier, key }
    }

    /// What others verify it with.
    pub fn verifier(&self) -> &Verifier {
        &self.verifier
    }

    /// The signed note of a text that ends with a line's end.
    pub fn sign(&self, text: &str) -> String {
        let signature = self.key.sign(text.as_bytes()).to_bytes();
        let signature = [self.verifier.id().as_slice(), &signature].concat();
        let signature = BASE64.encode(&signature);
        format!("{text}\n— {} {signature}\n", self.verifier.name)
    }
}

/// What a checkpoint says of a tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// Which log.
    pub origin: String,
    /// Its size and its root.
    pub tree: Seen,
}

impl Checkpoint {
    /// Reads the text of a note.
    pub fn parse(text: &str) -> Option<Self> {
        let mut lines = text.strip_suffix('\n')?.split('\n');
        let (origin, size, root) = (lines.next()?, lines.next()?, lines.next()?);
        let tree = Seen {
            size: size.parse().ok()?,
            root: BASE64.decode(root.as_bytes()).ok()?.try_into().ok()?,
        };
        let canonical = tree.size.to_string() == size && lines.all(|line| !line.is_empty());
        let origin = (!origin.is_empty() && canonical).then(|| origin.to_owned())?;
        Some(Self { origin, tree })
    }

    /// Reads a note without asking who signed it.
    pub fn of_note(note: &str) -> Option<Self> {
        Self::parse(split(note)?.0)
    }
}

impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Seen { size, root } = &self.tree;
        write!(f, "{}\n{size}\n{}\n", self.origin, BASE64.encode(root))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of golang.org/x/mod/sumdb/note: its text, its keys and its note.
    const TEXT: &str = "If you think cryptography is the answer to your problem,\n\
                        then you don't know what your problem is.\n";
    const SECRET: &str = "AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
    const KEY: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    const SIGNED: &str = "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

    fn peter() -> Signer {
        let secret = BASE64.decode(SECRET.as_bytes()).unwrap();
        Signer::new("PeterNeumann".into(), secret[1..].try_into().unwrap())
    }

    #[test]
    fn the_published_example_verifies_and_is_signed_the_same() {
        let note = format!("{TEXT}\n{SIGNED}");
        let verifier = Verifier::parse(KEY).unwrap();
        assert_eq!(verifier.open(&note), Some(TEXT));
        assert_eq!(verifier.to_string(), KEY);
        assert_eq!(peter().verifier(), &verifier);
        assert_eq!(peter().sign(TEXT), note);
    }

    #[test]
    fn keys_sign_as_rfc_8032_shows() {
        // Section 7.1, test 3: two bytes.
        let hex = |text: &str| HEXLOWER.decode(text.as_bytes()).unwrap();
        let seed = hex("c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7");
        let signer = Signer::new("x".into(), seed[..].try_into().unwrap());
        let public = hex("fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025");
        assert_eq!(signer.verifier.key.as_bytes()[..], public);
        let expected = hex(
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac\
             18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
        );
        assert_eq!(signer.key.sign(&[0xaf, 0x82]).to_bytes()[..], expected);
    }

    #[test]
    fn a_changed_note_does_not_open() {
        let verifier = Verifier::parse(KEY).unwrap();
        let note = format!("{TEXT}\n{SIGNED}");
        for changed in [
            note.replace("answer", "question"),
            note.replace("x08go/", "x08go0"),
            note.replace("x08go/ZJ", "x08go/ZK"),
            note.replace("PeterNeumann", "Peter"),
            note.replace("\n\n", "\n"),
            format!("{note}{}", SIGNED.replace("/ZJ", "/ZK")),
            note.replace(".\n", ".\r\n"),
            TEXT.to_owned(),
            String::new(),
        ] {
            assert_eq!(verifier.open(&changed), None, "{changed}");
        }
        // Others may sign as well.
        let witness = Signer::new("witness.example".into(), &[7; 32]).sign(TEXT);
        let more = format!("{note}{}", witness.rsplit("\n\n").next().unwrap());
        assert_eq!(verifier.open(&more), Some(TEXT));
    }

    #[test]
    fn a_key_with_a_slip_is_none() {
        for bad in [
            "",
            "PeterNeumann",
            &KEY.replace("c74f", "c74e"),
            &KEY.replace("Peter", "Pater"),
            &KEY.replace("+ARpc", "+AhpC"),
            &KEY.replace("ARpc", "ARpd"),
        ] {
            assert_eq!(Verifier::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn checkpoints_are_written_one_way() {
        // The example of the specification.
        let text =
            "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";
        let checkpoint = Checkpoint::parse(text).unwrap();
        assert_eq!(checkpoint.tree.size, 20_852_163);
        assert_eq!(checkpoint.to_string(), text);
        let signed = peter().sign(text);
        assert_eq!(Checkpoint::of_note(&signed), Some(checkpoint));
        assert!(Checkpoint::parse(&format!("{text}extension\n")).is_some());
        for bad in [
            "",
            "a\n",
            &text.replace("20852163", "020852163"),
            &text.replace("20852163", "-1"),
            &text.replace("q2I=", "q2I"),
            &text.replace("CsUY", ""),
            &text.replace("example.com/behind-the-sofa", ""),
            &format!("{text}\n"),
            text.trim_end(),
        ] {
            assert_eq!(Checkpoint::parse(bad), None, "{bad}");
        }
    }
}
