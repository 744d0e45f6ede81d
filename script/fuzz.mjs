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
const year = now + 365 * 86_400_000;
const sha256 = (text) => createHash("sha256").update(text).digest("hex");
const [org, key] = [randomUUID(), `ddk_${randomUUID()}`];

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

const scopes = JSON.stringify(["projects:write", "signups:read", "signups:write"]);
await sql(
  [
    "INSERT INTO organization (id, name, kind, region, state, created_at) VALUES (?1, '试验队', 'volunteer_team', '36', 'verified', ?2)",
    org,
    now,
  ],
  [
    "INSERT INTO api_key (token_hash, id, organization_id, name, scopes, created_at, expires_at) VALUES (?1, ?2, ?3, 'fuzz', ?4, ?5, ?6)",
    sha256(key),
    randomUUID(),
    org,
    scopes,
    now,
    year,
  ],
);

const post = (path, body) =>
  ask(url, path, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });

// Signs in like anybody.
async function signIn(phone) {
  await post("/api/v1/sign-in-codes", { phone });
  const told = async () => (await ask(control, "/webhook")).map(({ body }) => JSON.parse(body)).find(({ to }) => to === phone);
  let message;
  while (!(message = await told())) await new Promise((later) => setTimeout(later, 50));
  const [code] = message.text.match(/\d{6}/);
  const { token } = await post("/api/v1/sessions", { phone, code, name: "试验" });
  return token;
}
const owner = await signIn("13800138000");
await sql(["INSERT INTO member (organization_id, volunteer_id, role, created_at) SELECT ?1, id, 'owner', ?2 FROM volunteer", org, now]);
const coordinator = await signIn("13800138001");
await sql([
  `INSERT INTO coordinator (id, region, office, phone_hash, phone_sealed, created_at)
   SELECT ?1, '36', '试验', phone_hash, phone_sealed, ?2 FROM volunteer WHERE id NOT IN (SELECT volunteer_id FROM member)`,
  randomUUID(),
  now,
]);
const volunteer = await signIn("13800138002");

const day = (days) => new Date(now + days * 86_400_000).toISOString().slice(0, 10);
const project = await ask(url, `/api/v1/organizations/${org}/projects/fuzz`, {
  method: "PUT",
  headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
  body: JSON.stringify({
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
    shifts: [
      { ref: "a", role: "试验", starts_at: `${day(9)}T09:00:00+08:00`, ends_at: `${day(9)}T11:00:00+08:00`, capacity: 9 },
    ],
  }),
});

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

# Conditions of a search can contradict each other.
[[operations]]
include-path = "/api/v1/projects"
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
parameters = { "path.id" = "${project.shifts[0].id}" }
`,
);

const bearing = (token) => ["-H", `Authorization: Bearer ${token}`];
const roles = {
  nobody: [],
  "an organization's key": bearing(key),
  "a volunteer": bearing(volunteer),
  "a coordinator": bearing(coordinator),
  "an owner": bearing(owner),
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
