// A contest of the size of a national final, from draft to final through the public API:
//
//   script/test --no-run && node script/bench-contest.mjs [entries, 1202 when left out]
//
// Ten tracks, seventy judges, seven judges an entry; paper review, adjusted for severity, then
// a roadshow of a sixth of the entries, highest and lowest dropped. People sign in, judges
// redeem their links and declare their conflicts, organizations publish and enter, judges score
// as they would. Only what is no part of a contest is written past the product: organizations,
// who coordinates, and, once the result is on notice, that its days have gone by.
//
// Says how long each part took and what ranking cost, recomputes every track with the module
// that browsers load, and ends with 1 when a byte differs. Runs what the tests run
// (build/test), on Linux: CPU is read from /proc.

import { spawn } from "node:child_process";
import { createHash, randomUUID } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";

import { recompute } from "./ranking.mjs";

const ENTRIES = Number(process.argv[2] ?? 1202);
const TRACKS = 10, JUDGES_A_TRACK = 7, ORGANIZATIONS = 120;
const IN_THE_SHOW = Math.max(1, Math.floor(ENTRIES / TRACKS / 6));
const AT_ONCE = 16;

const launcher = spawn(process.execPath, [join(import.meta.dirname, "../tests/support/launch.mjs")], {
  env: { ...process.env, WORKERS_PLAN: "paid" },
  stdio: ["pipe", "pipe", "inherit"],
});
const [line] = await new Promise((told) => createInterface(launcher.stdout).once("line", (...lines) => told(lines)));
const { url, control } = JSON.parse(line);
const sleep = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));
const sha256 = (text) => createHash("sha256").update(text).digest("hex");

async function sql(...statements) {
  const body = JSON.stringify({ statements: statements.map(([sql, ...params]) => ({ sql, params })) });
  const answer = await fetch(`${control}/sql`, { method: "POST", body });
  if (!answer.ok) throw new Error(await answer.text());
  return (await answer.json()).results.map(({ rows }) => rows);
}

let requests = 0;
async function call(method, path, token, body) {
  const headers = { authorization: token ? `Bearer ${token}` : undefined, "content-type": "application/json" };
  if (!token) delete headers.authorization;
  requests++;
  const answer = await fetch(url + path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
  return text ? JSON.parse(text) : null;
}
const post = (path, token, body = {}) => call("POST", path, token, body);

// Does something with each, so many at a time.
async function each(items, act) {
  const rest = items.entries();
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (const [index, item] of rest) await act(item, index);
    }),
  );
}

async function part(name, act) {
  const [began, before] = [performance.now(), requests];
  const result = await act();
  const took = (performance.now() - began) / 1000;
  const made = requests - before;
  console.log(`${name.padEnd(34)} ${took.toFixed(1).padStart(6)} s  ${String(made).padStart(6)} requests  ${Math.round(made / took)}/s`);
  return result;
}

let phones = 13_000_000_000;
async function signIn() {
  const phone = String(++phones);
  const from = { "cf-connecting-ip": `10.${phones & 255}.1.1`, "content-type": "application/json" };
  const asks = (path, body) => fetch(url + path, { method: "POST", headers: from, body: JSON.stringify(body) });
  requests += 2;
  await asks("/api/v1/sign-in-codes", { phone });
  for (;;) {
    const letters = await (await fetch(`${control}/webhook`)).json();
    const letter = letters.map(({ body }) => JSON.parse(body)).find(({ to }) => to === phone);
    if (letter) {
      const [code] = letter.text.match(/\d{6}/);
      const { token } = await (await asks("/api/v1/sessions", { phone, code })).json();
      return { phone, token };
    }
    await sleep(50);
  }
}

// Seconds of CPU that workerd has had, below the launcher.
function cpu() {
  const processes = readdirSync("/proc").filter((name) => /^\d+$/.test(name)).flatMap((pid) => {
    try {
      const [, name, rest] = readFileSync(`/proc/${pid}/stat`, "utf8").match(/\((.*)\) (.*)/);
      const fields = rest.split(" ");
      return [{ pid: Number(pid), name, parent: Number(fields[1]), ticks: Number(fields[11]) + Number(fields[12]) }];
    } catch {
      return [];
    }
  });
  const below = (parent) => processes.filter((one) => one.parent === parent).flatMap((one) => [one, ...below(one.pid)]);
  return below(launcher.pid).reduce((sum, { name, ticks }) => sum + (name === "workerd" ? ticks : 0), 0) / 100;
}

const rubric = { need: [250, 25], innovation: [200, 20], effect: [350, 35], growth: [200, 20] };
const levels = (maximum) => [{ score: 0, words: "没有说明" }, { score: maximum, words: "有数据支撑，可以复制" }];
const criteria = Object.entries(rubric).map(([key, [weight, max]]) => ({ key, name: key, weight, min: 0, max, levels: levels(max) }));

// Its course, in seconds from now: long enough for each part on two slow cores.
const ENTERING = Math.max(20, ENTRIES / 15), SCORING = Math.max(25, ENTRIES / 5), BETWEEN = 30, SHOWING = Math.max(30, ENTRIES / 10);
function rules(begins) {
  const at = (seconds) => new Date(begins + seconds * 1000).toISOString();
  const paper = ENTERING + 1;
  const show = paper + SCORING + BETWEEN;
  const stage = (key, name, opens, lasts, more) => ({ key, name, opens_at: at(opens), closes_at: at(opens + lasts), judges_per_entry: JUDGES_A_TRACK, criteria, ...more });
  return {
    tracks: Array.from({ length: TRACKS }, (_, track) => ({ key: `track_${track}`, name: `第 ${track + 1} 赛道` })),
    entries: { opens_at: at(0), closes_at: at(ENTERING), fields: [{ key: "effect", name: "项目成效", limit: 800 }], attachments: 0 },
    stages: [
      stage("paper", "书面评审", paper, SCORING, { kind: "review", weight: 400, blind: true, method: "severity_adjusted", advance: IN_THE_SHOW }),
      stage("roadshow", "路演", show, SHOWING, { kind: "roadshow", weight: 600, method: "trimmed_mean", trim: 1 }),
    ],
    awards: [{ key: "gold", name: "金奖", quota: 1, bars: true }, { key: "silver", name: "银奖", quota: 2 }, { key: "bronze", name: "铜奖", quota: 4 }],
    ties: [{ stage: "roadshow" }, { stage: "paper", criterion: "effect" }],
    notice_days: 5, bar_past: true, bar_elsewhere: true,
  };
}

// Whole numbers below a bound, from a seed.
let seed = 2026;
function random(bound) {
  seed = (seed + 0x6d2b79f5) | 0;
  let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
  return ((mixed ^ (mixed >>> 14)) >>> 0) % bound;
}

function scores(quality, severity) {
  return Object.fromEntries(
    Object.entries(rubric).map(([key, [, maximum]]) => {
      const given = quality + severity + random(17) - 8;
      return [key, Math.max(0, Math.min(maximum, Math.floor((given * maximum) / 100)))];
    }),
  );
}

const until = (instant) => sleep(Math.max(0, new Date(instant).getTime() - Date.now() + 50));

async function run() {
  const whole = performance.now();
  const organizations = Array.from({ length: ORGANIZATIONS }, (_, at) => ({ id: randomUUID(), name: `第 ${at + 1} 志愿服务队`, key: `ddk_${at}` }));
  const now = Date.now();
  await sql(
    ...organizations.flatMap(({ id, name, key }) => [
      ["INSERT INTO organization (id, name, kind, region, state, created_at) VALUES (?, ?, 'volunteer_team', '360731', 'verified', ?)", id, name, now],
      ["INSERT INTO api_key (token_hash, id, organization_id, name, scopes, created_at, expires_at) VALUES (?, ?, ?, 'bench', '[\"projects:write\",\"contests:enter\"]', ?, ?)", sha256(key), id, id, now, now + 86_400_000],
    ]),
  );
  const [office, chair, reader, judges] = await part("people sign in", async () => {
    const [office, chair, reader] = [await signIn(), await signIn(), await signIn()];
    const judges = [];
    await each(Array.from({ length: TRACKS * JUDGES_A_TRACK }), async (_, at) => {
      judges[at] = { ...(await signIn()), track: at % TRACKS, severity: random(25) - 12 };
    });
    return [office, chair, reader, judges];
  });
  await sql(
    ["INSERT INTO coordinator (id, region, office, phone_hash, phone_sealed, created_at) SELECT 'bench', '36', '江西省民政厅', phone_hash, phone_sealed, 0 FROM volunteer WHERE id = (SELECT volunteer_id FROM session WHERE token_hash = ?)", sha256(office.token)],
  );
  const projects = Array.from({ length: ENTRIES }, (_, at) => ({ at, organization: organizations[at % ORGANIZATIONS], track: at % TRACKS, quality: 40 + random(40) }));
  await part("projects are published", () =>
    each(projects, async (project) => {
      const start = Date.UTC(new Date().getUTCFullYear() + 1, 0, 1 + (project.at % 300), 1);
      const [starts_at, ends_at] = [start, start + 3 * 3_600_000].map((at) => new Date(at).toISOString());
      const body = {
        state: "published", title: `乡村科学课第 ${project.at + 1} 期`, field: "education", summary: "三个小实验", content: "每节四十分钟。",
        region: "360731", place: "于都县潭头村小学", conditions: "有耐心", how_to_sign_up: "在本页报名", risks: "山路湿滑", safeguards: "已投保",
        shifts: [{ ref: "a", role: "讲师", starts_at, ends_at, capacity: 6 }],
      };
      const { id } = await call("PUT", `/api/v1/organizations/${project.organization.id}/projects/p-${project.at}`, project.organization.key, body);
      project.id = id;
    }),
  );
  const course = rules(Math.ceil(Date.now() / 1000) * 1000 + 20_000);
  const contest = await part("prepared, announced, judges accept", async () => {
    const { id } = await post("/api/v1/contests", office.token, { region: "36", name: "志愿服务项目大赛", rules: course });
    const contest = `/api/v1/contests/${id}`;
    await post(`${contest}/announcement`, office.token);
    await post(`${contest}/officers`, office.token, { phone: chair.phone, role: "chair" });
    await each(judges, async (judge, at) => {
      const { code } = await post(`${contest}/judges`, office.token, { name: `评委 ${at + 1}`, tracks: [`track_${judge.track}`] });
      await post("/api/v1/judge-invitations", judge.token, { code, answer: "accept" });
      await post(`${contest}/conflicts`, judge.token, { conflicts: [] });
    });
    return contest;
  });
  await until(course.entries.opens_at);
  await part("entries are submitted", () =>
    each(projects, async (project) => {
      const { organization } = project;
      const entry = await post(`${contest}/entries`, organization.key, {
        organization_id: organization.id, project_id: project.id, track: `track_${project.track}`, title: `乡村科学课第 ${project.at + 1} 期`,
        words: { effect: "孩子们一学期上了二十四节课，三个村小都有了实验角。" },
      });
      const { number } = await post(`${contest}/entries/${entry.id}/submission`, organization.key);
      Object.assign(project, { entry: entry.id, number });
    }),
  );
  const qualities = new Map(projects.map(({ entry, quality }) => [entry, quality]));
  await until(course.entries.closes_at);
  await part("judges are drawn", () => post(`${contest}/stages/paper/draws`, office.token));
  await until(course.stages[0].opens_at);
  await part("paper review", () =>
    each(judges, async (judge) => {
      const { items } = await call("GET", `${contest}/stages/paper/ballots`, judge.token);
      for (const { entry_id } of items) {
        const body = { scores: scores(qualities.get(entry_id), judge.severity), comment: "需求真实，成效可信。", hand_in: true };
        await call("PUT", `${contest}/stages/paper/ballots/${entry_id}`, judge.token, body);
      }
    }),
  );
  await until(course.stages[0].closes_at);
  await published(contest, "paper", [office, chair]);
  await part("judges are drawn for the roadshow", () => post(`${contest}/stages/roadshow/draws`, office.token));
  await until(course.stages[1].opens_at);
  await part("roadshow", () => roadshow(contest, chair, judges, qualities));
  await until(course.stages[1].closes_at);
  const result = await published(contest, "roadshow", [office, chair]);
  await part("an objection is heard", async () => {
    const { id } = await post(`${result}/objections`, reader.token, { words: "请核对 E0001 的服务时长。", entry: "E0001" });
    await post(`${contest}/objections/${id}/answer`, office.token, { answer: "已核对总账，一致。" });
    await post(`${contest}/objections/${id}/decision`, chair.token, { decision: "dismissed", reason: "维持公示结果。" });
  });
  await recomputed(result);
  await noticeGoesBy();
  await part("final, with awards", () => post(`${result}/finalization`, office.token));
  const { items } = await call("GET", `${contest}/awards`);
  console.log(`${items.length} awards; ${requests} requests in ${((performance.now() - whole) / 1000).toFixed(0)} s, waiting for dates included`);
}

// Each track has its hall: entries come up one after the other.
async function roadshow(contest, chair, judges, qualities) {
  const floor = `${contest}/stages/roadshow/floor`;
  await Promise.all(
    Array.from({ length: TRACKS }, async (_, track) => {
      const panel = judges.filter((judge) => judge.track === track);
      const { items } = await call("GET", `${contest}/stages/roadshow/ballots`, panel[0].token);
      for (const { entry_id } of items) {
        await post(floor, chair.token, { entry_id, act: "open" });
        await Promise.all(
          panel.map((judge) =>
            call("PUT", `${contest}/stages/roadshow/ballots/${entry_id}`, judge.token, { scores: scores(qualities.get(entry_id), judge.severity), hand_in: true }),
          ),
        );
        await post(floor, chair.token, { entry_id, act: "close" });
        await post(floor, chair.token, { entry_id, act: "show" });
      }
    }),
  );
}

async function published(contest, stage, approvers) {
  const before = cpu();
  const { version, short } = await part(`${stage}: drawn up`, () => post(`${contest}/stages/${stage}/results`, approvers[0].token));
  console.log(`${"".padEnd(34)} ${(cpu() - before).toFixed(2).padStart(6)} s of CPU, reading and writing included; ${short.length} entries short of ballots`);
  const result = `${contest}/stages/${stage}/results/${version}`;
  for (const { token } of approvers) await post(`${result}/approvals`, token);
  return result;
}

// Every track as a visitor's browser does.
async function recomputed(result) {
  const { tracks, hash } = await call("GET", result);
  const text = async (path) => (await fetch(url + path)).text();
  if (sha256(await text(`${result}/document`)) !== hash) throw new Error("the document is not what was approved");
  const sheets = await Promise.all(tracks.map(async ({ track }) => [await text(`${result}/tracks/${track}/sheet`), await text(`${result}/tracks/${track}/ranking`)]));
  await recompute(sheets[0][0]);
  const before = process.cpuUsage();
  const again = [];
  for (const [sheet] of sheets) again.push(await recompute(sheet));
  const { user, system } = process.cpuUsage(before);
  const same = sheets.every(([, ranking], at) => ranking === again[at]);
  console.log(`${tracks.length} tracks recomputed in ${((user + system) / 1000).toFixed(0)} ms of CPU: ${same ? "the same to the last byte" : "DIFFERENT"}`);
  if (!same) process.exitCode = 1;
}

async function noticeGoesBy() {
  const name = "contest_result_published_by_two";
  const [[{ sql: trigger }]] = await sql(["SELECT sql FROM sqlite_schema WHERE name = ?", name]);
  await sql([`DROP TRIGGER ${name}`], ["UPDATE contest_result SET published_at = 1, notice_until = 2 WHERE notice_until IS NOT NULL"], [trigger]);
}

try {
  await run();
} finally {
  launcher.stdin.end();
}
