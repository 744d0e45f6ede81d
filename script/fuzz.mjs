// What script/fuzz runs: node script/fuzz.mjs <schemathesis> [options of schemathesis run…]

import { spawn } from "node:child_process";
import { createHash, randomUUID } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";

const [schemathesis, ...options] = process.argv.slice(2);
const seconds = process.env.SECONDS_EACH ?? "90";
const root = resolve(import.meta.dirname, "..");
const scratch = mkdtempSync(join(tmpdir(), "diandan-fuzz-"));
process.on("exit", () => rmSync(scratch, { recursive: true, force: true }));

// Lives until its standard input ends, which it does with this process.
const launcher = spawn("node", [join(root, "tests/support/launch.mjs")], { stdio: ["pipe", "pipe", "inherit"] });
const lines = createInterface({ input: launcher.stdout });
const [line] = await new Promise((told, failed) => {
  lines.once("line", (line) => told([line]));
  launcher.once("exit", () => failed(new Error("the Worker did not start")));
});
const { url, control } = JSON.parse(line);

const now = Date.now();
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const sha256 = (text) => createHash("sha256").update(text).digest("hex");

async function ask(origin, path, init) {
  const answer = await fetch(origin + path, init);
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return answer.json();
}

const sql = (...statements) =>
  ask(control, "/sql", {
    method: "POST",
    body: JSON.stringify({ statements: statements.map(([sql, ...params]) => ({ sql, params })) }),
  });

const send = (method, path, body, token) =>
  ask(url, path, {
    method,
    headers: { "content-type": "application/json", ...(token && { authorization: `Bearer ${token}` }) },
    body: JSON.stringify(body),
  });
const post = (path, body, token) => send("POST", path, body, token);

// An organization that may do everything, with a key of every scope.
async function organization() {
  const [id, key] = [randomUUID(), `ddk_${randomUUID()}`];
  await sql([
    "INSERT INTO organization (id, name, kind, region, state, created_at) VALUES (?1, '试验队', 'volunteer_team', '36', 'verified', ?2)",
    id,
    now,
  ]);
  return { id, key: await newKey(id) };
}

async function newKey(organization) {
  const key = `ddk_${randomUUID()}`;
  const scopes = ["projects:write", "signups:read", "signups:write", "hours:read", "hours:export", "hours:write"];
  await sql([
    "INSERT INTO api_key (token_hash, id, organization_id, name, scopes, created_at, expires_at) VALUES (?1, ?2, ?3, 'fuzz', ?4, ?5, ?6)",
    sha256(key),
    randomUUID(),
    organization,
    JSON.stringify(scopes),
    now,
    now + 365 * DAY,
  ]);
  return key;
}

// Signs in like anybody.
let people = 0;
async function signIn() {
  const phone = `138001380${String(people++).padStart(2, "0")}`;
  await post("/api/v1/sign-in-codes", { phone });
  const told = async () => (await ask(control, "/webhook")).map(({ body }) => JSON.parse(body)).find(({ to }) => to === phone);
  let message;
  while (!(message = await told())) await new Promise((later) => setTimeout(later, 50));
  const [code] = message.text.match(/\d{6}/);
  const { token } = await post("/api/v1/sessions", { phone, code, name: "试验" });
  return token;
}

async function member(organization, role) {
  const token = await signIn();
  await sql([
    "INSERT INTO member (organization_id, volunteer_id, role, created_at) SELECT ?1, volunteer_id, ?2, ?3 FROM session WHERE token_hash = ?4",
    organization,
    role,
    now,
    sha256(token),
  ]);
  return token;
}

async function coordinator(region) {
  const token = await signIn();
  await sql([
    `INSERT INTO coordinator (id, region, office, phone_hash, phone_sealed, created_at)
     SELECT ?1, ?2, '试验', v.phone_hash, v.phone_sealed, ?3
     FROM session s JOIN volunteer v ON v.id = s.volunteer_id WHERE s.token_hash = ?4`,
    randomUUID(),
    region,
    now,
    sha256(token),
  ]);
  return token;
}

const [ours, theirs] = [await organization(), await organization()];
const org = ours.id;
const revoked = await newKey(org);
await sql(["UPDATE api_key SET revoked_at = ?1 WHERE token_hash = ?2", now, sha256(revoked)]);
const volunteer = await signIn();

// A shift to come, and one that is over: somebody served, it is settled and certified.
const at = (time) => new Date(time).toISOString();
const shift = (ref, starts) => ({ ref, role: "试验", starts_at: at(starts), ends_at: at(starts + 2 * HOUR), capacity: 9 });
const project = await send("PUT", `/api/v1/organizations/${org}/projects/fuzz`, {
  state: "published",
  title: "试验",
  field: "education",
  summary: "试验",
  content: "试验",
  region: "360731",
  place: "试验",
  conditions: "试验",
  how_to_sign_up: "试验",
  risks: "试验",
  safeguards: "试验",
  shifts: [shift("a", now + 9 * DAY), shift("b", now + 8 * DAY)],
}, ours.key);
const [open, over] = ["a", "b"].map((ref) => project.shifts.find((shift) => shift.ref === ref).id);
const signup = await post(`/api/v1/shifts/${over}/signups`, { adult: true }, volunteer);
const began = now - DAY;
await sql(["UPDATE shift SET starts_at = ?1, ends_at = ?2 WHERE id = ?3", began, began + 2 * HOUR, over]);
for (const [kind, time] of [["in", began], ["out", began + 2 * HOUR]]) {
  await post(`/api/v1/shifts/${over}/attendance-by-hand`, { kind, happened_at: at(time), reason: "试验" }, ours.key);
}
await post(`/api/v1/shifts/${over}/settlement`, { person_in_charge: "试验" }, ours.key);
const { items: [record] } = await ask(url, "/api/v1/me/records", { headers: { authorization: `Bearer ${volunteer}` } });
const certificate = await post("/api/v1/me/certificates", { organization_id: org, disclosure: "full" }, volunteer);

// A request may be refused although each field of it is as described: for who sends it, for
// what there is, or because fields contradict each other (a shift that ends before it begins).
const refused = ["2xx", 401, 403, 404, 409, 410, 412, 422, 429].map((status) => `"${status}"`).join(", ");
const config = join(scratch, "schemathesis.toml");
writeFileSync(
  config,
  `[checks]
positive_data_acceptance.expected-statuses = [${refused}]

[parameters]
"path.org" = "${org}"

# Conditions of a search can contradict each other, and days lie within two centuries.
[[operations]]
include-path-regex = "^/api/v1/(projects|organizations/[^/]*/records)$"
checks.positive_data_acceptance.expected-statuses = ["400", ${refused}]

# How far the ledger reaches, its description does not say.
[[operations]]
include-path = "/api/v1/ledger/proofs/consistency"
checks.positive_data_acceptance.expected-statuses = ["400", ${refused}]

# A sign-up given up stays readable, as cancelled.
[[operations]]
include-path = "/api/v1/signups/{id}"
checks.use_after_free.enabled = false

[[operations]]
include-path-regex = "^/api/v1/projects/"
parameters = { "path.id" = "${project.id}" }

[[operations]]
include-path-regex = "^/api/v1/shifts/"
parameters = { "path.id" = "${open}" }

[[operations]]
include-path-regex = "^/api/v1/shifts/[^/]*/(attendance-by-hand|settlement)"
parameters = { "path.id" = "${over}" }

[[operations]]
include-path-regex = "^/api/v1/signups/[^/]*/"
parameters = { "path.id" = "${signup.id}" }

[[operations]]
include-path-regex = "^/api/v1/records/"
parameters = { "path.id" = "${record.id}" }

[[operations]]
include-path-regex = "^/api/v1/certificates/"
parameters = { "path.number" = "${certificate.number}" }
`,
);

const bearing = (token) => ["-H", `Authorization: Bearer ${token}`];
const roles = {
  nobody: [],
  "an organization's key": bearing(ours.key),
  "a revoked key": bearing(revoked),
  "another organization's key": bearing(theirs.key),
  "a volunteer": bearing(volunteer),
  "a viewer": bearing(await member(org, "viewer")),
  "a recorder": bearing(await member(org, "recorder")),
  "a manager": bearing(await member(org, "manager")),
  "an owner": bearing(await member(org, "owner")),
  "another organization's owner": bearing(await member(theirs.id, "owner")),
  "a coordinator": bearing(await coordinator("36")),
  "a coordinator elsewhere": bearing(await coordinator("3601")),
};
let failed = false;
for (const [role, headers] of Object.entries(roles)) {
  const sessions = ["/api/v1/sessions", "/api/v1/sessions/current"].flatMap((path) => ["--exclude-path", path]);
  const run = ["--config-file", config, "run", join(root, "docs/openapi.json"), "--url", url, "--checks", "all"];
  run.push("--continue-on-failure", "--max-time", seconds, ...headers, ...(headers.length ? sessions : []), ...options);
  console.log(`\n==> As ${role}: schemathesis ${run.join(" ")}`);
  const code = await new Promise((ended) =>
    spawn(schemathesis, run, { stdio: "inherit", cwd: scratch, env: { ...process.env, NO_COLOR: "1", PYTHONPATH: join(root, "script"), PYTHONDONTWRITEBYTECODE: "1", SCHEMATHESIS_HOOKS: "fuzz_bodies" } }).once("exit", ended),
  );
  failed ||= code !== 0;
}
const ended = new Promise((done) => launcher.once("exit", done));
launcher.stdin.end();
await ended;
process.exit(failed ? 1 : 0);
