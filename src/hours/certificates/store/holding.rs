//! What a holder decides: who sees what, and by which document they are known.

use super::{Certificate, Shown, found, reading};
use crate::bind;
use crate::hours::certificates::id_document::{IdDocument, IdDocumentKind, masked};
use crate::hours::certificates::{Disclosure, Number};
use crate::platform::db::{Param, Statement};
use crate::platform::idempotency::{IdempotencyKey, Ran, Reply};
use crate::platform::problem::Problem;
use crate::platform::visit::Visit;
use crate::volunteers::{Me, who};

/// `?3` the number, `?4` what it becomes.
const DISCLOSE: &str = concat!(
    "WITH ",
    caller!(),
    "
UPDATE certificate SET disclosure = ?4
WHERE number = ?3 AND volunteer_id = (SELECT id FROM caller) AND disclosure <> ?4"
);

const SHARE: &str = concat!(
    "WITH ",
    caller!(),
    "
UPDATE certificate SET share_sealed = ?4
WHERE number = ?3 AND volunteer_id = (SELECT id FROM caller) AND share_sealed IS NOT ?4"
);

/// Right after an act. `?3` what was done, `?4` to what, `?5` what came of it, `?6` the
/// request.
const RECORD: &str = concat!(
    "WITH ",
    caller!(),
    "
INSERT INTO audit (at, actor, action, subject, after, request_id)
SELECT ?2, 'volunteer:' || id, ?3, ?4, ?5, ?6 FROM caller WHERE changes() > 0"
);

fn records(visit: &Visit, action: &str, subject: String, after: &serde_json::Value) -> Statement {
    bind!(
        RECORD,
        visit.credential_hash(),
        visit.now,
        action,
        subject,
        after.to_string(),
        &*visit.request_id,
    )
}

fn changes(visit: &Visit, number: &Number, sql: &'static str, to: impl Into<Param>) -> Statement {
    bind!(sql, visit.credential_hash(), visit.now, number.as_str()).and(to)
}

/// The holder's own certificate, once `act` was carried out on it.
async fn act(
    visit: &Visit,
    number: &Number,
    act: Statement,
    (action, after): (&str, serde_json::Value),
    (key, keep): (&IdempotencyKey, Option<Statement>),
) -> Result<(Certificate, Option<Ran>), Problem> {
    let subject = format!("certificate:{number}");
    let mut statements = vec![who(visit), act, records(visit, action, subject, &after)];
    statements.extend(keep);
    statements.push(reading(visit, number));
    let last = statements.len() - 1;
    let batch = match key.run(visit, statements).await? {
        Ran::Now(batch) => batch,
        earlier @ Ran::Before(_) => return Ok((super::read(visit, number).await?, Some(earlier))),
    };
    batch.first::<Me>(0)?.ok_or_else(Problem::unauthenticated)?;
    let certificate = found(&batch, last)?;
    if certificate.is_holder {
        Ok((certificate, None))
    } else {
        Err(Problem::forbidden())
    }
}

/// Changes what strangers see.
pub async fn set_disclosure(
    visit: &Visit,
    number: &Number,
    disclosure: Disclosure,
) -> Result<Certificate, Problem> {
    let change = changes(visit, number, DISCLOSE, disclosure.word());
    let after = serde_json::json!({"disclosure": disclosure});
    let said = ("certificate.disclosed", after);
    let (certificate, _) = act(
        visit,
        number,
        change,
        said,
        (&IdempotencyKey::default(), None),
    )
    .await?;
    Ok(certificate)
}

/// Gives a certificate's link another secret, or none: the link before ends. A new one is
/// answered with `reply`, now and to a retry.
pub async fn set_share(
    visit: &Visit,
    number: &Number,
    secret: Option<&str>,
    key: &IdempotencyKey,
    reply: Option<&Reply>,
) -> Result<Option<Ran>, Problem> {
    let sealed = secret
        .map(|secret| visit.config.keys.seal(secret))
        .transpose()?;
    let action = match sealed {
        Some(_) => "certificate.shared",
        None => "certificate.unshared",
    };
    let keep = reply
        .map(|reply| key.keep(visit, number, reply))
        .transpose()?;
    let change = changes(visit, number, SHARE, sealed);
    let (_, earlier) = act(
        visit,
        number,
        change,
        (action, serde_json::json!({})),
        (key, keep),
    )
    .await?;
    Ok(earlier)
}

/// `?3` which document, `?4` its number and `?5` the same with its middle hidden, sealed;
/// nothing to forget it.
const KEEP_DOCUMENT: &str = concat!(
    "WITH ",
    caller!(),
    "
UPDATE volunteer SET id_document_kind = ?3, id_document_sealed = ?4, id_document_shown_sealed = ?5
WHERE id = (SELECT id FROM caller)"
);

const FORGET_DOCUMENT: &str = concat!(
    "WITH ",
    caller!(),
    "
UPDATE certificate SET id_document_kind = NULL, id_document_sealed = NULL
WHERE volunteer_id = (SELECT id FROM caller) AND id_document_sealed IS NOT NULL"
);

/// Keeps the document by which a volunteer is known, for certificates to come; or forgets
/// it, on those that were issued as well. As it may be shown.
pub async fn keep_document(
    visit: &Visit,
    document: Option<&IdDocument>,
) -> Result<Option<Shown>, Problem> {
    let seal = |text: Option<&str>| text.map(|text| visit.config.keys.seal(text)).transpose();
    let shown = document.map(|document| masked(document.number()));
    let kind = document.map(IdDocument::kind);
    let (credential, now) = (visit.credential_hash(), visit.now);
    let (action, after) = match kind {
        Some(kind) => ("id_document.kept", serde_json::json!({"kind": kind})),
        None => ("id_document.forgotten", serde_json::json!({})),
    };
    let mut statements = vec![
        who(visit),
        bind!(
            KEEP_DOCUMENT,
            credential.as_deref(),
            now,
            kind.map(IdDocumentKind::word),
            seal(document.map(IdDocument::number))?,
            seal(shown.as_deref())?,
        ),
        records(visit, action, "volunteer".to_owned(), &after),
    ];
    if document.is_none() {
        statements.push(bind!(FORGET_DOCUMENT, credential, now));
    }
    let batch = visit.db.batch(statements).await?;
    batch.first::<Me>(0)?.ok_or_else(Problem::unauthenticated)?;
    Ok(kind.zip(shown))
}

const FORGET: [&str; 2] = [
    "UPDATE certificate SET holder_name = NULL, id_document_kind = NULL, id_document_sealed = NULL,
       share_sealed = NULL, disclosure = 'validity'
     WHERE volunteer_id = ?1",
    "UPDATE volunteer SET id_document_kind = NULL, id_document_sealed = NULL, id_document_shown_sealed = NULL
     WHERE id = ?1",
];

/// The statements by which certificates forget whom they meant: numbers stay checkable, and
/// name nobody.
pub fn forget_holder(volunteer: &str) -> [Statement; 2] {
    FORGET.map(|sql| bind!(sql, volunteer))
}
