// Works the log of a contest out anew, as its supervisor, and names the first line that does
// not fit its chain:
//
//   DIANDAN_SESSION=dds_… node script/verify-contest-log.mjs https://desk.example/api/v1/contests/ID
//   DIANDAN_SESSION=dds_… node script/verify-contest-log.mjs https://… --save log.json
//   node script/verify-contest-log.mjs log.json    what was saved before, or - for stdin
//
// With --kept LINES:HASH, the log must still have had this hash after so many lines: the head
// that anybody could copy from the contest's page. Without it, who rewrites the log whole,
// hashes and all, is not found out.
//
// Ends with 1 when something does not fit, with 2 when there is nothing to check.

import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import { parseArgs } from "node:util";

const BEGINNING = "0".repeat(64);

class Misfit extends Error {}

// RFC 8785, for what stands in a log: objects, arrays, texts and whole numbers.
function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const members = Object.keys(value).sort().map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`);
  return `{${members.join(",")}}`;
}

const hashed = (before, line) => createHash("sha256").update(before + canonical(line)).digest("hex");

function verify(items, heads) {
  const hashes = [BEGINNING];
  let waiting = null;
  for (const { place, hash, line } of items) {
    if (hash === null) {
      waiting ??= line;
      continue;
    }
    const [last, before] = [hashes.length - 1, hashes.at(-1)];
    if (waiting) throw new Misfit(`line ${place}: before it stands one that was put in afterwards (seq ${waiting.seq})`);
    if (place !== last + 1) throw new Misfit(`line ${last + 1}: is missing`);
    if (line.contest_id !== items[0].line.contest_id) throw new Misfit(`line ${place}: is of another contest`);
    if (hashed(before, line) !== hash) throw new Misfit(`line ${place}: does not fit its hash (${line.act}, seq ${line.seq})`);
    hashes.push(hash);
  }
  for (const head of heads) {
    if (head.lines >= hashes.length) throw new Misfit(`line ${hashes.length}: is missing, ${head.lines} were chained`);
    if (hashes[head.lines] !== head.hash) throw new Misfit(`line ${head.lines}: is chained, but not as it was kept`);
  }
  return { lines: hashes.length - 1, hash: hashes.at(-1), waiting: items.length - hashes.length + 1 };
}

async function read(url) {
  const session = process.env.DIANDAN_SESSION;
  const headers = session ? { authorization: `Bearer ${session}` } : {};
  const answer = await fetch(url, { headers });
  const body = await answer.json();
  if (!answer.ok) throw new Error(`${url}: ${answer.status} ${body.code ?? ""}`);
  return body;
}

// The head is read first: the log only grows.
async function download(contest) {
  const head = await read(`${contest}/log/head`);
  const items = [];
  for (let next = `${contest}/log`; next; ) {
    const page = await read(next);
    items.push(...page.items);
    next = page.next && new URL(page.next, contest);
  }
  return { head, items };
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { kept: { type: "string" }, save: { type: "string" } },
});
try {
  const [source] = positionals;
  const kept = values.kept?.match(/^(\d+):([0-9a-f]{64})$/);
  if (!source || positionals.length > 1 || (values.kept && !kept)) {
    throw new Error("usage: verify-contest-log.mjs URL|FILE|- [--kept LINES:HASH] [--save FILE]");
  }
  const log = /^https?:/.test(source)
    ? await download(source.replace(/\/+$/, ""))
    : JSON.parse(source === "-" ? await text(process.stdin) : await readFile(source, "utf8"));
  if (values.save) await writeFile(values.save, JSON.stringify(log));
  const heads = [log.head, kept && { lines: Number(kept[1]), hash: kept[2] }].filter(Boolean);
  const found = verify(log.items, heads);
  console.log(`${found.lines} lines fit their chain; the last hash is ${found.hash}`);
  if (found.waiting > 0) console.log(`${found.waiting} more wait to be chained`);
} catch (reason) {
  console.error(reason.message);
  process.exitCode = reason instanceof Misfit ? 1 : 2;
}
