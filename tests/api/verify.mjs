// Verifies an Open Badge by another hand: JOSE by `jose`, everything else from what the
// issuer serves. Reads the badge on standard input; says what it found as JSON.

import { gunzipSync } from "node:zlib";
import { text } from "node:stream/consumers";
import { compactVerify, decodeProtectedHeader, importJWK } from "jose";

const SITE = new URL(process.env.SITE);

// did:web resolves over HTTPS; a test on this machine has none.
async function resolve(did) {
  const [host, ...path] = did.replace(/^did:web:/, "").split(":").map(decodeURIComponent);
  if (host !== SITE.host) throw new Error(`${did} is not at ${SITE.host}`);
  const answer = await fetch(`${SITE.protocol}//${host}/${path.join("/")}/did.json`);
  const document = await answer.json();
  if (document.id !== did) throw new Error(`${document.id} is not ${did}`);
  return document;
}

async function verify(token) {
  const { kid, alg } = decodeProtectedHeader(token);
  const document = await resolve(kid.split("#")[0]);
  const method = document.verificationMethod.find(({ id }) => id === kid);
  if (!document.assertionMethod.includes(kid)) throw new Error(`${kid} asserts nothing`);
  const key = await importJWK(method.publicKeyJwk, alg);
  const { payload } = await compactVerify(token, key, { algorithms: ["EdDSA"] });
  const credential = JSON.parse(new TextDecoder().decode(payload));
  const issuer = credential.issuer.id ?? credential.issuer;
  if (issuer !== document.id || credential.iss !== issuer) throw new Error(`${issuer} did not sign`);
  if (credential.jti !== credential.id) throw new Error("jti is not the id");
  if (credential.sub !== credential.credentialSubject.id) throw new Error("sub is not the subject");
  if (credential.nbf !== Date.parse(credential.validFrom) / 1000) throw new Error("nbf is not validFrom");
  return { kid, credential };
}

async function isSet({ statusListCredential, statusListIndex, statusPurpose }) {
  const answer = await fetch(statusListCredential, { headers: { accept: "application/vc+jwt" } });
  if (answer.headers.get("content-type") !== "application/vc+jwt") throw new Error("not a credential");
  const { credential } = await verify((await answer.text()).trim());
  const { encodedList, statusPurpose: purpose, type } = credential.credentialSubject;
  if (type !== "BitstringStatusList" || purpose !== statusPurpose) throw new Error("another list");
  if (credential.id !== statusListCredential || encodedList[0] !== "u") throw new Error("another list");
  const bits = gunzipSync(Buffer.from(encodedList.slice(1), "base64url"));
  if (bits.length < 16384) throw new Error("too short a list");
  const index = Number(statusListIndex);
  return (bits[index >> 3] & (0x80 >> (index & 7))) !== 0;
}

const { kid, credential } = await verify((await text(process.stdin)).trim());
const revoked = await isSet(credential.credentialStatus);
console.log(JSON.stringify({ kid, revoked, credential }));
