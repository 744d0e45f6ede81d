// Recomputes the root of the ledger from what is published of it, by RFC 6962's definition
// and nothing of ours: script/recompute-root.mjs https://diandan.example [verifier key]
//
// Reads the checkpoint and the entry bundles (C2SP tlog-tiles), hashes recursively as
// section 2.1 is worded, and verifies the signature when told the key. Ends with 1 when
// anything differs.

import { createHash, createPublicKey, verify } from "node:crypto";

const [origin, vkey] = process.argv.slice(2);
const sha256 = (...parts) => parts.reduce((hash, part) => hash.update(part), createHash("sha256")).digest();

async function get(path) {
  for (;;) {
    const answer = await fetch(new URL(path, origin));
    if (answer.ok) return Buffer.from(await answer.arrayBuffer());
    if (answer.status !== 429) throw new Error(`${path}: status ${answer.status}`);
    await new Promise((later) => setTimeout(later, 1000 * (answer.headers.get("retry-after") ?? 2)));
  }
}

// MTH({d(0)}) = SHA-256(0x00 || d(0));
// MTH(D[n]) = SHA-256(0x01 || MTH(D[0:k]) || MTH(D[k:n])), k the largest power of two < n.
function treeHash(entries) {
  if (entries.length === 0) return sha256();
  if (entries.length === 1) return sha256(Buffer.of(0), entries[0]);
  let k = 1;
  while (2 * k < entries.length) k *= 2;
  return sha256(Buffer.of(1), treeHash(entries.slice(0, k)), treeHash(entries.slice(k)));
}

function bundlePath(index, width) {
  const groups = String(index).padStart(3 * Math.ceil(String(index).length / 3), "0").match(/.{3}/g);
  const path = groups.map((group, at) => (at < groups.length - 1 ? `x${group}` : group)).join("/");
  return `/ledger/tile/entries/${path}${width < 256 ? `.p/${width}` : ""}`;
}

async function entriesOf(size) {
  const entries = [];
  for (let index = 0; index * 256 < size; index++) {
    const bundle = await get(bundlePath(index, Math.min(256, size - index * 256)));
    for (let at = 0; at < bundle.length; at += 2 + bundle.readUInt16BE(at)) {
      entries.push(bundle.subarray(at + 2, at + 2 + bundle.readUInt16BE(at)));
    }
  }
  return entries;
}

// An Ed25519 key in DER (RFC 8410) is these bytes and the key.
function signedBy(text, signature, vkey) {
  const key = Buffer.from(vkey.split("+").slice(2).join("+"), "base64").subarray(1);
  const der = Buffer.concat([Buffer.from("302a300506032b6570032100", "hex"), key]);
  const publicKey = createPublicKey({ key: der, format: "der", type: "spki" });
  return verify(null, Buffer.from(text), publicKey, signature.subarray(4));
}

const note = (await get("/ledger/checkpoint")).toString();
const [, text, signature] = note.match(/^([^]*\n)\n— \S+ (\S+)\n$/);
const [, size, root] = text.split("\n");
const entries = await entriesOf(Number(size));
const recomputed = treeHash(entries).toString("base64");
const faults = [
  entries.length !== Number(size) && `${entries.length} entries, not ${size}`,
  recomputed !== root && `root ${recomputed}, not ${root}`,
  vkey && !signedBy(text, Buffer.from(signature, "base64"), vkey) && "the signature does not verify",
].filter(Boolean);
console.log(faults.length ? faults.join("\n") : `${size} entries, root ${root}`);
process.exitCode = faults.length ? 1 : 0;
