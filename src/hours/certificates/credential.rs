//! The same statement for programs: Open Badges 3.0 in the JSON Web Token form (section
//! 8.2.4), W3C Verifiable Credentials 2.0, signed with Ed25519 (RFC 8037) by the
//! organization as `did:web`.

use data_encoding::BASE64URL_NOPAD;
use ed25519_dalek::{Signer as _, SigningKey};
use serde_json::{Value, json};

use super::Number;
use super::snapshot::{Item, Snapshot};
use super::status_list;
use crate::hours::Grade;
use crate::platform::clock::{Instant, parse_date, start_of};
use crate::platform::crypto::Keys;
use crate::platform::i18n::Lang;

/// The media type of a credential secured so (VC-JOSE-COSE, section 6.1).
pub const MEDIA_TYPE: &str = "application/vc+jwt";

const CREDENTIALS: &str = "https://www.w3.org/ns/credentials/v2";
const OPEN_BADGES: &str = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json";
const OPEN_BADGES_SCHEMA: &str =
    "https://purl.imsglobal.org/spec/ob/v3p0/schema/json/ob_v3p0_achievementcredential_schema.json";

/// An organization as those know it who check what it signed.
#[derive(Clone, Copy, Debug)]
pub struct Issuer<'a> {
    /// Scheme and host of this site.
    pub origin: &'a str,
    /// Its id.
    pub organization: &'a str,
}

impl Issuer<'_> {
    /// `did:web:diandan.example:organizations:…`; the colon of a port is escaped.
    pub fn did(&self) -> String {
        let host = self
            .origin
            .split_once("://")
            .map_or(self.origin, |(_, host)| host);
        format!(
            "did:web:{}:organizations:{}",
            host.replace(':', "%3A"),
            self.organization
        )
    }

    /// The name of a key in what it signed.
    pub fn key_id(&self, version: i64) -> String {
        format!("{}#key-{version}", self.did())
    }

    fn page(&self) -> String {
        format!("{}/organizations/{}", self.origin, self.organization)
    }

    fn list(&self, number: i64) -> String {
        format!("{}/status-lists/{number}", self.page())
    }

    /// `iss`, `jti`, `sub` and `nbf` (RFC 7519) of what it signs.
    fn claims(&self, id: &str, subject: &str, since: Instant) -> Value {
        json!({
            "iss": self.did(), "jti": id, "sub": subject, "nbf": since.millis().div_euclid(1000),
        })
    }

    fn key(&self, keys: &Keys, version: i64) -> SigningKey {
        let signer = format!("organization:{}", self.organization);
        SigningKey::from_bytes(&keys.signing_seed(&signer, version))
    }

    /// The public half of a key, as a JSON Web Key (RFC 8037, section 2).
    pub fn public_key(&self, keys: &Keys, version: i64) -> Value {
        let public = self.key(keys, version).verifying_key();
        json!({"kty": "OKP", "crv": "Ed25519", "x": BASE64URL_NOPAD.encode(public.as_bytes())})
    }

    /// Who the organization is and with which keys it signed, ever (DID Core 1.0).
    pub fn did_document(&self, keys: &Keys, versions: &[i64]) -> Value {
        let did = self.did();
        let method = |version: &i64| {
            json!({
                "id": self.key_id(*version),
                "type": "JsonWebKey",
                "controller": did,
                "publicKeyJwk": self.public_key(keys, *version),
            })
        };
        let ids: Vec<String> = versions
            .iter()
            .map(|version| self.key_id(*version))
            .collect();
        json!({
            "@context": ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/jwk/v1"],
            "id": did,
            "alsoKnownAs": [self.page()],
            "verificationMethod": versions.iter().map(method).collect::<Vec<Value>>(),
            "assertionMethod": ids,
        })
    }

    /// Signs a credential: JWS compact serialization (RFC 7515). The claims repeat what the
    /// credential says.
    fn sign(&self, keys: &Keys, version: i64, claims: Value, credential: Value) -> String {
        let payload = merged([claims, credential]);
        let header = json!({"alg": "EdDSA", "typ": "JWT", "kid": self.key_id(version)});
        let part = |value: Value| BASE64URL_NOPAD.encode(value.to_string().as_bytes());
        let signed = format!("{}.{}", part(header), part(payload));
        let signature = self.key(keys, version).sign(signed.as_bytes());
        format!("{signed}.{}", BASE64URL_NOPAD.encode(&signature.to_bytes()))
    }
}

/// The members of all of these.
fn merged(parts: [Value; 2]) -> Value {
    let members = parts.into_iter().filter_map(|part| match part {
        Value::Object(members) => Some(members),
        _ => None,
    });
    Value::Object(members.flatten().collect())
}

/// What an organization states of somebody.
#[derive(Debug)]
pub struct Statement<'a> {
    /// Whose certificate it is.
    pub issuer: Issuer<'a>,
    /// The certificate's number.
    pub number: &'a Number,
    /// When it was issued.
    pub issued_at: Instant,
    /// Whom it means.
    pub holder: &'a str,
    /// What it states.
    pub snapshot: &'a Snapshot,
    /// With which version of its key the organization signed.
    pub key_version: i64,
    /// The list and the bit that say whether it still holds.
    pub status: (i64, i64),
}

/// A day as Open Badges want it.
fn midnight(date: &str) -> Option<String> {
    parse_date(date).map(|date| start_of(date).rfc3339())
}

fn evidence(item: &Item, page: &str, at: usize) -> Value {
    let (from, to) = item.span();
    let grades: Vec<String> = item
        .minutes()
        .graded()
        .map(|(grade, minutes)| format!("{} {minutes}", grade.word()))
        .collect();
    json!({
        "id": format!("{page}#{}", at + 1),
        "type": ["Evidence"],
        "name": item.activity,
        "description": format!(
            "{} {}；{from} – {to}；{} min ({})；{}",
            item.region_name, item.place, item.minutes().total(), grades.join(", "), item.person_in_charge,
        ),
        "narrative": item.content,
    })
}

impl Statement<'_> {
    /// The credential, signed. Whenever it is asked for, byte for byte the same.
    pub fn badge(&self, keys: &Keys) -> String {
        let Issuer { origin, .. } = self.issuer;
        let page = format!("{origin}/certificates/{}", self.number);
        let (from, to) = self.snapshot.span();
        let minutes = self.snapshot.minutes();
        let by_grade = |grade: Grade| {
            let id = format!("{page}#grade-{}", grade.word());
            let name = format!("{} · {}", grade.word(), grade.name(Lang::Zh));
            (
                json!({"id": id, "type": ["ResultDescription"], "name": format!("{name}（分钟）"), "resultType": "RawScore"}),
                json!({"type": ["Result"], "resultDescription": id, "value": minutes.with(grade).to_string()}),
            )
        };
        let (described, results): (Vec<Value>, Vec<Value>) =
            minutes.graded().map(|(grade, _)| by_grade(grade)).unzip();
        let profile = json!({
            "id": self.issuer.did(),
            "type": ["Profile"],
            "name": self.snapshot.organization,
            "url": self.issuer.page(),
        });
        let code = self.snapshot.credit_code.as_ref().map(|code| {
            json!({"otherIdentifier": [{
                "type": "IdentifierEntry", "identifier": code, "identifierType": "ext:unifiedSocialCreditCode",
            }]})
        });
        let holder = format!("{page}#holder");
        let (list, index) = self.status;
        let list = self.issuer.list(list);
        let items = self.snapshot.items.iter().enumerate();
        let credential = json!({
            "@context": [CREDENTIALS, OPEN_BADGES],
            "id": page,
            "type": ["VerifiableCredential", "OpenBadgeCredential"],
            "name": "志愿服务记录证明",
            "issuer": merged([profile, code.unwrap_or_default()]),
            "validFrom": self.issued_at.rfc3339(),
            "credentialSubject": {
                "id": holder,
                "type": ["AchievementSubject"],
                "identifier": [{
                    "type": "IdentityObject", "identityType": "name", "hashed": false, "identityHash": self.holder,
                }],
                "activityStartDate": midnight(from),
                "activityEndDate": midnight(to),
                "achievement": {
                    "id": format!("{page}#achievement"),
                    "type": ["Achievement"],
                    "achievementType": "CommunityService",
                    "name": "志愿服务记录证明",
                    "description": format!("志愿服务 {} 分钟", minutes.total()),
                    "criteria": {"narrative": "按《志愿服务记录与证明出具办法（试行）》记录的志愿服务时间，以实际提供服务的时间计算。"},
                    "resultDescription": described,
                },
                "result": results,
            },
            "evidence": items.map(|(at, item)| evidence(item, &page, at)).collect::<Vec<Value>>(),
            "credentialStatus": {
                "id": format!("{list}#{index}"),
                "type": "BitstringStatusListEntry",
                "statusPurpose": "revocation",
                "statusListIndex": index.to_string(),
                "statusListCredential": list,
            },
            "credentialSchema": [{"id": OPEN_BADGES_SCHEMA, "type": "1EdTechJsonSchemaValidator2019"}],
        });
        let claims = self.issuer.claims(&page, &holder, self.issued_at);
        self.issuer.sign(keys, self.key_version, claims, credential)
    }
}

/// The state of a status list.
#[derive(Debug)]
pub struct StatusList<'a> {
    /// Whose list it is.
    pub issuer: Issuer<'a>,
    /// Which of its lists.
    pub number: i64,
    /// With which version of its key the organization signs.
    pub key_version: i64,
    /// When it changed last.
    pub changed_at: Instant,
    /// The bits that are set.
    pub set: Vec<usize>,
}

impl StatusList<'_> {
    /// The list as a credential, signed.
    pub fn credential(self, keys: &Keys) -> std::io::Result<String> {
        let url = self.issuer.list(self.number);
        let subject = format!("{url}#list");
        let credential = json!({
            "@context": [CREDENTIALS],
            "id": url,
            "type": ["VerifiableCredential", "BitstringStatusListCredential"],
            "issuer": self.issuer.did(),
            "validFrom": self.changed_at.rfc3339(),
            "credentialSubject": {
                "id": subject,
                "type": "BitstringStatusList",
                "statusPurpose": "revocation",
                "encodedList": status_list::encoded(self.set)?,
            },
        });
        let claims = self.issuer.claims(&url, &subject, self.changed_at);
        Ok(self.issuer.sign(keys, self.key_version, claims, credential))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use data_encoding::HEXLOWER;
    use ed25519_dalek::{Signature, VerifyingKey};

    const ISSUER: Issuer<'_> = Issuer {
        origin: "http://127.0.0.1:8787",
        organization: "01938e2a-7c10-7d3a-9c55-4b1f8e6d2a90",
    };

    fn keys() -> Keys {
        Keys::from_master(&"0123456789abcdef".repeat(4)).unwrap()
    }

    /// RFC 8037, appendix A: the key of A.1, the JSON Web Key of A.2, the signature of A.4.
    #[test]
    fn signs_as_rfc_8037_does() {
        let seed = BASE64URL_NOPAD
            .decode(b"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A")
            .unwrap();
        let key = SigningKey::from_bytes(&seed.try_into().unwrap());
        assert_eq!(
            BASE64URL_NOPAD.encode(key.verifying_key().as_bytes()),
            "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
        );
        let signed = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc";
        let signature = key.sign(signed.as_bytes());
        assert_eq!(
            BASE64URL_NOPAD.encode(&signature.to_bytes()),
            "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
        );
    }

    /// RFC 5869, appendix A.1: how the master key becomes those of organizations.
    #[test]
    fn derives_as_rfc_5869_does() {
        let ikm = [0x0b; 22];
        let salt = HEXLOWER.decode(b"000102030405060708090a0b0c").unwrap();
        let info = HEXLOWER.decode(b"f0f1f2f3f4f5f6f7f8f9").unwrap();
        let mut key = [0; 42];
        hkdf::Hkdf::<sha2::Sha256>::new(Some(&salt), &ikm)
            .expand(&info, &mut key)
            .unwrap();
        assert_eq!(
            HEXLOWER.encode(&key),
            "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"
        );
    }

    #[test]
    fn a_port_is_escaped() {
        assert_eq!(
            ISSUER.did(),
            "did:web:127.0.0.1%3A8787:organizations:01938e2a-7c10-7d3a-9c55-4b1f8e6d2a90"
        );
        let here = Issuer {
            origin: "https://diandan.example",
            organization: "x",
        };
        assert_eq!(here.did(), "did:web:diandan.example:organizations:x");
    }

    fn parts(token: &str) -> (Value, Value, String, Signature) {
        let (signed, signature) = token.rsplit_once('.').unwrap();
        let (header, payload) = signed.split_once('.').unwrap();
        let read = |part: &str| {
            serde_json::from_slice(&BASE64URL_NOPAD.decode(part.as_bytes()).unwrap()).unwrap()
        };
        let bytes = BASE64URL_NOPAD.decode(signature.as_bytes()).unwrap();
        (
            read(header),
            read(payload),
            signed.to_owned(),
            Signature::from_slice(&bytes).unwrap(),
        )
    }

    #[test]
    fn what_is_signed_fits_the_key_it_names() {
        let document = ISSUER.did_document(&keys(), &[1, 2, 3]);
        let list = |key_version| StatusList {
            issuer: ISSUER,
            number: 0,
            key_version,
            changed_at: Instant::from_millis(1_795_825_200_000),
            set: vec![7],
        };
        for version in 1..=3 {
            let token = list(version).credential(&keys()).unwrap();
            let (header, payload, signed, signature) = parts(&token);
            let methods = document["verificationMethod"].as_array().unwrap();
            let fits = |method: &&Value| {
                let x = method["publicKeyJwk"]["x"].as_str().unwrap();
                let key: [u8; 32] = BASE64URL_NOPAD
                    .decode(x.as_bytes())
                    .unwrap()
                    .try_into()
                    .unwrap();
                let key = VerifyingKey::from_bytes(&key).unwrap();
                key.verify_strict(signed.as_bytes(), &signature).is_ok()
            };
            let fitting: Vec<_> = methods.iter().filter(fits).collect();
            assert_eq!(fitting.len(), 1);
            assert_eq!(fitting[0]["id"], header["kid"]);
            assert_eq!(payload["iss"], document["id"]);
            assert_eq!(payload["nbf"], 1_795_825_200);
            assert_eq!(
                (&payload["jti"], &payload["sub"]),
                (&payload["id"], &payload["credentialSubject"]["id"])
            );
        }
    }
}
