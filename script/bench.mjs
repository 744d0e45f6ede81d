// What script/bench measures.
//
//   node script/bench.mjs                     measures, over target/bench/<projects>/loaded.sqlite
//   node script/bench.mjs take <state> <file> copies the only D1 file of a state folder

import { createHash } from "node:crypto";
import { copyFileSync, mkdirSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { Agent, request } from "node:http";
import { cpus } from "node:os";
import { join, resolve } from "node:path";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";

process.env.CLOUDFLARE_CF_FETCH_ENABLED = "false";
// That node:sqlite is experimental is known.
process.removeAllListeners("warning");
const { DatabaseSync } = process.getBuiltinModule("node:sqlite");

const SIZES = [1_000, 100_000];
// How long one way of asking is measured, in milliseconds, after half as long of warming up.
const SPELL = 4_000;
const CONNECTIONS = 16;
// How often a question is asked for its median, and one that writes.
const REPEATS = 21;
const FEW = 7;
// Whatever happens, it ends.
const LONGEST = 8 * 60_000;
const FRESH_VOLUNTEERS = 12_000;
// Shifts that are over, and how many came to each.
const PAST = 5;
const CAME = 500;
// The province and its cities, which every page of the menu offers as a filter.
const DIVISIONS = 12;

async function measure() {
  setTimeout(() => {
    console.error("This takes too long; something is stuck.");
    process.exit(1);
  }, LONGEST).unref();
  const [{ model }] = cpus();
  console.log(`\n${cpus().length} × ${model}, Node ${process.version}, workerd over D1's local SQLite`);
  const costs = [];
  let speeds;
  for (const size of SIZES) {
    const data = prepare(size);
    const server = await serve({ state: data.state, product: true });
    costs.push(await ask(server, data));
    if (size === SIZES.at(-1)) speeds = await race(server, data);
    await server.stop();
  }
  const idle = await serve({ state: resolve("target/bench/idle") });
  speeds.unshift(await run(idle, "a Worker in Rust that does nothing", { paths: ["/"] }));
  await idle.stop();
  printCosts(costs);
  printSpeeds(speeds);
}

// --- the databases

function onlyDatabase(state) {
  const folder = join(state, "d1/miniflare-D1DatabaseObject");
  const [file] = readdirSync(folder).filter((name) => /^[0-9a-f]{64}\.sqlite$/.test(name));
  return join(folder, file);
}

function take(state, target) {
  const database = new DatabaseSync(onlyDatabase(state));
  database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  database.close();
  copyFileSync(onlyDatabase(state), target);
}

// A copy to work on, with somebody to ask as, and what to ask for.
function prepare(size) {
  const home = resolve("target/bench", String(size));
  const state = join(home, "state");
  const file = onlyDatabase(join(home, "empty/v3")).replace(join(home, "empty/v3"), state);
  rmSync(state, { recursive: true, force: true });
  mkdirSync(join(file, ".."), { recursive: true });
  copyFileSync(join(home, "loaded.sqlite"), file);

  const database = new DatabaseSync(file);
  const all = (sql, ...values) => database.prepare(sql).all(...values);
  const one = (sql, ...values) => Object.values(database.prepare(sql).get(...values) ?? {})[0];
  const now = Date.now();
  const session = database.prepare("INSERT INTO session VALUES (?, ?, ?, ?)");
  const signIn = (token, volunteer) => session.run(sha256(token), volunteer, now, now + 86_400_000);
  database.exec("BEGIN");

  // The busiest of a thousand shifts to come, one who runs it, a key of the organization.
  const [busy] = all(`
    SELECT h.id, p.id AS project, p.organization_id AS organization, h.confirmed + h.waiting AS people
    FROM (SELECT * FROM shift ORDER BY id LIMIT 1000) h JOIN project p ON p.seq = h.project
    ORDER BY people DESC LIMIT 1`);
  const runner = one("SELECT id FROM volunteer ORDER BY id LIMIT 1");
  database.prepare("INSERT INTO member VALUES (?, ?, 'owner', ?)").run(busy.organization, runner, now);
  signIn("dds_runner", runner);
  const eager = one(`
    SELECT volunteer_id FROM (SELECT volunteer_id FROM signup LIMIT 20000) GROUP BY 1 ORDER BY count(*) DESC LIMIT 1`);
  signIn("dds_eager", eager);
  database.prepare(`INSERT INTO api_key (token_hash, id, organization_id, name, scopes, created_at, expires_at)
    VALUES (?, 'bench', ?, 'bench', ?, ?, ?)`)
    .run(sha256("ddk_bench"), busy.organization, '["projects:write","signups:read"]', now, now + 86_400_000);

  const enrol = database.prepare(`
    INSERT INTO volunteer (id, name, phone_hash, phone_sealed, birth_date, adult_declared_at, created_at)
    SELECT ?, '测试', ?, phone_sealed, '1990-01-01', ?, ? FROM volunteer LIMIT 1`);
  for (let n = 0; n < FRESH_VOLUNTEERS; n++) {
    const id = `00000000-0000-7000-8000-${String(n).padStart(12, "0")}`;
    enrol.run(id, sha256(id), now, now);
    signIn(`dds_fresh_${n}`, id);
  }
  const roomy = all(`
    SELECT h.id FROM shift h JOIN project p ON p.seq = h.project
    WHERE h.capacity - h.confirmed >= 8 AND p.skills = '[]' AND p.min_age <= 18 LIMIT 2000`);
  const town = one("SELECT region FROM project GROUP BY 1 ORDER BY count(*) DESC LIMIT 1");

  // Who has served most, and where.
  const tireless = one("SELECT volunteer_id FROM hours_total GROUP BY 1 ORDER BY sum(records) DESC LIMIT 1");
  signIn("dds_tireless", tireless);
  const unit = one(`
    SELECT organization_id FROM service_record WHERE volunteer_id = ? GROUP BY 1 ORDER BY count(*) DESC LIMIT 1`, tireless);
  const past = Array.from({ length: PAST }, (_, n) => hold(database, busy.project, n, now - (2 + n) * 86_400_000));
  const data = {
    size, state, town, busy, unit, past, open: roomy.map(({ id }) => id),
    ...all("SELECT id AS ticket, shift_id AS taken FROM signup WHERE volunteer_id = ? AND state = 'confirmed' LIMIT 1", eager)[0],
    projects: all("SELECT id FROM project ORDER BY id LIMIT 500").map(({ id }) => id),
  };
  database.exec("COMMIT");
  database.close();
  return data;
}

// A shift that many came to, by the code, from its start to its end.
function hold(database, project, n, startsAt) {
  const id = `00000000-0000-7000-9000-${String(n).padStart(12, "0")}`;
  const endsAt = startsAt + 7_200_000;
  const date = new Date(startsAt + 8 * 3_600_000).toISOString().slice(0, 10);
  database.prepare(`
    INSERT INTO shift (id, project, ref, role, starts_at, ends_at, local_date, capacity)
    SELECT ?, seq, ?, '测试', ?, ?, ?, ? FROM project WHERE id = ?`)
    .run(id, `past-${n}`, startsAt, endsAt, date, CAME, project);
  const signUp = database.prepare(`
    INSERT INTO signup (id, shift_id, volunteer_id, state, starts_at, ends_at, created_at)
    VALUES (?, ?, ?, 'confirmed', ?, ?, ?)`);
  const see = database.prepare(`
    INSERT INTO attendance (id, signup_id, shift_id, volunteer_id, kind, method, happened_at, received_at, late, actor)
    VALUES (?, ?, ?, ?, ?, 'code', ?, ?, 0, 'volunteer:' || ?)`);
  for (let person = 0; person < CAME; person++) {
    const volunteer = `00000000-0000-7000-8000-${String(person).padStart(12, "0")}`;
    const signup = sha256(`${id} ${person}`);
    signUp.run(signup, id, volunteer, startsAt, endsAt, startsAt - 1);
    for (const [kind, at] of [["in", startsAt], ["out", endsAt]]) {
      see.run(sha256(`${signup} ${kind}`), signup, id, volunteer, kind, at, at, volunteer);
    }
  }
  return id;
}

function sha256(text) {
  return createHash("sha256").update(text).digest("hex");
}

// --- the server

async function serve({ state, product }) {
  const { convertV4MiniflareOptions, Log, LogLevel, Miniflare } = await import("miniflare");
  const settings = readFileSync("wrangler.toml", "utf8");
  const compiled = (folder) => [
    { type: "ESModule", path: resolve(folder, "index.js") },
    { type: "CompiledWasm", path: resolve(folder, "index_bg.wasm") },
  ];
  const worker = product
    ? {
        modules: compiled("build"),
        d1Databases: { DB: settings.match(/^database_id *= *"(.*)"/m)[1] },
        bindings: { ENVIRONMENT: "development", MASTER_KEY: process.env.MASTER_KEY },
      }
    : { modules: compiled("build/no-op") };
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      host: "127.0.0.1",
      port: 0,
      resourcePersistencePath: state,
      log: new Log(LogLevel.ERROR),
      // Read, so that the Worker's lines cost what they cost, and dropped.
      handleStructuredLogs: () => {},
      workers: [{ name: "bench", compatibilityDate: settings.match(/^compatibility_date *= *"(.*)"/m)[1], ...worker }],
    }),
  );
  const before = new Set(children());
  const url = await miniflare.ready;
  const pid = children().find((child) => !before.has(child));
  return { origin: url.origin, pid, stop: () => miniflare.dispose() };
}

// Processes that this one started; empty where there is no /proc.
function children() {
  try {
    return readFileSync(`/proc/self/task/${process.pid}/children`, "utf8").split(" ").filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

// CPU time of a process so far, in milliseconds; NaN where there is no /proc.
function cpu(pid) {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").replace(/.*\) /s, "").split(" ");
    return (Number(fields[11]) + Number(fields[12])) * 10;
  } catch {
    return NaN;
  }
}

const agent = new Agent({ keepAlive: true });

function fetchOnce(origin, { method = "GET", path, token, body }) {
  return new Promise((done, fail) => {
    const headers = {};
    if (token) headers.authorization = `Bearer ${token}`;
    if (body) headers["content-type"] = "application/json";
    const sent = request(origin + path, { method, headers, agent }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (part) => (text += part));
      response.on("end", () => done({ status: response.statusCode, headers: response.headers, text }));
    });
    sent.on("error", fail).end(body && JSON.stringify(body));
  });
}

// --- what a question costs

// A day so many days from today, on a calendar in Beijing.
function day(days) {
  return new Date(Date.now() + 8 * 3_600_000 + days * 86_400_000).toISOString().slice(0, 10);
}

function questions({ town, busy, unit, past, ticket, taken, projects, open }) {
  const toSaturday = 6 - new Date(`${day(7)}T00:00:00Z`).getUTCDay();
  const span = (from, to) => `from=${day(from)}&to=${day(to)}`;
  const [city, county] = [town.slice(0, 4), town.slice(0, 6)];
  const list = (name, query) => ({ name, path: `/api/v1/projects?${query}`, shown: items });
  const next = (name, query) => ({
    ...list(name, query),
    prepare: async (send, token) => ({ path: JSON.parse((await send({ ...list(name, query), token })).text).next }),
  });
  const page = (name, path, mark, more = 1) => ({ name, path, shown: ({ text }) => text.split(mark).length - 1 + more });
  const signUp = (shift) => `/api/v1/shifts/${shift}/signups`;
  const one = () => 1;
  const wish = { method: "POST", body: {}, shown: one };
  // Signs up first, which is not measured.
  const leaving = {
    method: "DELETE",
    shown: one,
    prepare: async (send, token) => {
      const { text } = await send({ path: signUp(open[2]), ...wish, token });
      return { path: `/api/v1/signups/${JSON.parse(text).id}` };
    },
  };
  const publishing = {
    method: "PUT",
    token: "ddk_bench",
    shown: one,
    prepare: (_, __, { refs }) => ({
      path: `/api/v1/organizations/${busy.organization}/projects/${refs === "new" ? `new-${++written}` : "same"}`,
      body: { ...notice(town), title: `心肺复苏课 ${++written}` },
    }),
  };
  const settlement = (shift) => `/api/v1/shifts/${shift}/settlement`;
  const settling = {
    method: "POST",
    body: { person_in_charge: "王队长" },
    token: "dds_runner",
    shown: ({ text }) => JSON.parse(text).recorded.length,
    prepare: () => ({ path: past[settled] && settlement(past[settled++]) }),
  };
  const certifying = {
    method: "POST",
    token: "dds_tireless",
    shown: one,
    // Another day each time, so that none is answered with the one before.
    prepare: () => ({ path: "/api/v1/me/certificates", body: { organization_id: unit, from: day(-5000 - ++written) } }),
  };
  const checking = {
    prepare: async (send) => {
      const { text } = await send({ path: "/api/v1/me/certificates", token: "dds_tireless" });
      return { path: `/api/v1/certificates/${JSON.parse(text).items[0].number}` };
    },
  };
  return [
    page("the menu /", "/", 'class="dish"', DIVISIONS),
    page("/?field=education", "/?field=education", 'class="dish"', DIVISIONS),
    list("everything", ""),
    list("field", "field=education"),
    list("province", "region=36"),
    list("city", `region=${city}`),
    list("county", `region=${county}`),
    list("town", `region=${town}`),
    list("field + city", `field=health&region=${city}`),
    list("field + county", `field=health&region=${county}`),
    list("field + town", `field=health&region=${town}`),
    list("a day", span(9, 9)),
    list("a weekend", span(7 + toSaturday, 8 + toSaturday)),
    list("7 days from today", span(0, 6)),
    list("7 days in four weeks", span(28, 34)),
    list("after five weeks", `from=${day(35)}`),
    list("after 60 days: nothing", `from=${day(60)}`),
    list("skill", "skill=teaching"),
    list("age 15", "age=15"),
    list("age 30", "age=30"),
    list("free seats", "free=1"),
    list("q, 2 characters", "q=老人"),
    list("q, 2, rare", "q=雕版"),
    list("q, 4 characters", "q=心肺复苏"),
    list("q, two common words", "q=老人+小学"),
    list("q, one common, one unknown", "q=老人+火箭"),
    list("q, 4, nowhere as a word", "q=小学老人"),
    list("newest", "sort=newest"),
    list("newest, field", "sort=newest&field=care"),
    list("newest, q", "sort=newest&q=老人"),
    list("newest, 7 days from today", `sort=newest&${span(0, 6)}`),
    list("newest, 7 days in four weeks", `sort=newest&${span(28, 34)}`),
    next("everything, page 2", ""),
    next("field + city, page 2", `field=health&region=${city}`),
    next("q, page 2", "q=老人"),
    next("newest, page 2", "sort=newest"),
    list("everything, 100", "limit=100"),
    list("q, 100", "q=老人&limit=100"),
    list("skill + city", `skill=teaching&region=${city}`),
    list("skill + town", `skill=teaching&region=${town}`),
    list("day + field", `${span(9, 9)}&field=health`),
    list("day + county", `${span(9, 9)}&region=${county}`),
    list("day + town", `${span(9, 9)}&region=${town}`),
    list("weekend + county", `${span(7 + toSaturday, 8 + toSaturday)}&region=${county}`),
    list("7 days + county", `${span(0, 6)}&region=${county}`),
    list("7 days in four weeks + county", `${span(28, 34)}&region=${county}`),
    list("q + city", `q=老人&region=${city}`),
    list("q + county", `q=老人&region=${county}`),
    list("q + field", "q=老人&field=education"),
    list("age 15 + county", `age=15&region=${county}`),
    list("age 15 + skill", "age=15&skill=medical"),
    list("skill + day", `skill=medical&${span(9, 9)}`),
    list("free + county", `free=1&region=${county}`),
    list("field + county + day + age + free", `field=care&region=${county}&${span(9, 9)}&age=15&free=1`),
    page("a project", `/projects/${projects[0]}`, 'href="/shifts/'),
    page("an organization", `/organizations/${busy.organization}`, 'class="dish"'),
    { name: "divisions of a city", path: `/api/v1/regions?parent=${city}`, shown: items },
    { ...page("the form to sign up", `/shifts/${open[0]}/sign-up`, "<form", 1), token: "dds_eager" },
    { ...page("my shifts", "/me/signups", 'href="/me/signups/'), token: "dds_eager" },
    { ...page("my shifts, as an organizer", "/me/signups", 'href="/shifts/'), token: "dds_runner", each: 4 },
    { name: "my shifts, JSON", path: "/api/v1/me/signups", token: "dds_eager", shown: items },
    { name: "my ticket", path: `/api/v1/signups/${ticket}`, token: "dds_eager", shown: () => 1 },
    { name: "a roster", path: `/api/v1/shifts/${busy.id}/signups`, token: "dds_runner", shown: items },
    { name: "a roster, by key", path: `/api/v1/shifts/${busy.id}/signups`, token: "ddk_bench", shown: items },
    { name: "signing up", path: signUp(open[1]), ...wish, fresh: true },
    { name: "signing up, already on it", path: signUp(taken), ...wish, token: "dds_eager", refused: true },
    { name: "leaving a shift", ...leaving, fresh: true },
    { name: "publishing a project", ...publishing, refs: "new" },
    { name: "publishing it again, changed", ...publishing, refs: "same" },
    { name: "my hours and star", path: "/api/v1/me/hours", token: "dds_tireless", shown: one },
    { name: "my records", path: "/api/v1/me/records", token: "dds_tireless", shown: items, each: 8 },
    { ...page("my records, as a page", "/me/records", 'href="/me/records/'), token: "dds_tireless", each: 8 },
    { name: "asking for a certificate", ...certifying },
    { name: "checking a certificate", ...checking, shown: one },
    { name: "an organization's records", path: `/api/v1/organizations/${busy.organization}/records`, token: "dds_runner", shown: items, each: 2 },
    { name: `what settling ${CAME} comes to`, path: settlement(past[0]), token: "dds_runner", shown: ({ text }) => JSON.parse(text).people.length, each: 8 },
    { name: `settling ${CAME}`, ...settling },
  ];
}

function items({ text }) {
  return JSON.parse(text).items.length;
}

function notice(region) {
  const text = "周末在村卫生室，教大家按压和人工呼吸，每人练到会为止。";
  const shift = (days) => ({
    ref: `d${days}`, role: "现场助教", capacity: 8, waitlist: 3,
    starts_at: `${day(days)}T09:00:00+08:00`, ends_at: `${day(days)}T11:30:00+08:00`,
  });
  return {
    state: "published", field: "health", region, summary: "两个小时，学会按那三十下", place: "村卫生室二楼活动室",
    content: text, conditions: text, how_to_sign_up: text, risks: text, safeguards: text, skills: ["first_aid"],
    shifts: [shift(5), shift(12), shift(19)],
  };
}

let fresh = 0;
let written = 0;
let settled = 0;

async function ask(server, data) {
  settled = 0;
  const send = (question) => fetchOnce(server.origin, question);
  const costs = [];
  for (const question of questions(data)) {
    const times = [];
    let answer;
    const until = performance.now() + 4_000;
    while (times.length < (question.method ? FEW : REPEATS) && performance.now() < until) {
      // Whoever presents something is never answered from memory.
      const token = question.fresh ? `dds_fresh_${fresh++}` : (question.token ?? "nobody");
      const asked = { ...question, token, ...(await question.prepare?.(send, token, question)) };
      if (!asked.path) break;
      const began = performance.now();
      answer = await send(asked);
      times.push(performance.now() - began);
    }
    if (!answer) {
      costs.push({ name: question.name });
      continue;
    }
    if (answer.status >= 400 !== Boolean(question.refused)) {
      throw new Error(`${question.name}: ${answer.status} ${answer.text}`);
    }
    const meter = /(\d+) calls.*?(\d+) read, (\d+) written/.exec(answer.headers["server-timing"]);
    const [calls, read, wrote] = meter.slice(1).map(Number);
    const reads = !question.method && !question.refused;
    const each = question.each ?? EACH;
    costs.push({ name: question.name, reads, each, shown: question.shown(answer), calls, read, wrote, time: median(times) });
  }
  return costs;
}

function median(numbers) {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];
}

// --- how many a second

async function race(server, data) {
  const nobody = { authorization: "Bearer nobody" };
  const eager = { authorization: "Bearer dds_eager" };
  const signUps = Array.from({ length: FRESH_VOLUNTEERS - fresh }, (_, n) => ({
    path: `/api/v1/shifts/${data.open[n % data.open.length]}/signups`,
    headers: { authorization: `Bearer dds_fresh_${fresh + n}`, "content-type": "application/json" },
  }));
  const pages = data.projects.map((id) => `/projects/${id}`);
  const speeds = [];
  for (const [name, how] of [
    ["/robots.txt, the cheapest route in Rust", { paths: ["/robots.txt"], headers: nobody }],
    ["the menu, from memory", { paths: ["/"] }],
    ["the menu, asked anew", { paths: ["/"], headers: nobody }],
    ["/api/v1/projects, from memory", { paths: ["/api/v1/projects"] }],
    ["/api/v1/projects, asked anew", { paths: ["/api/v1/projects"], headers: nobody }],
    ["a search for two characters", { paths: ["/api/v1/projects?q=老人"], headers: nobody }],
    ["project pages", { paths: pages, headers: nobody }],
    ["my shifts", { paths: ["/me/signups"], headers: eager }],
    ["signing up", { requests: signUps, method: "POST", body: "{}" }],
  ]) {
    speeds.push(await run(server, name, how));
  }
  return speeds;
}

// In a thread of its own, so that reading logs and asking don't wait for each other.
async function run(server, name, how) {
  const alone = await inThread(server, { ...how, connections: 1, spell: SPELL / 4 });
  // Requests that may be made once each are not made twice.
  const rest = how.requests && { requests: how.requests.slice(alone.count + 1) };
  const together = await inThread(server, { ...how, ...rest, connections: CONNECTIONS, spell: SPELL });
  return { name, ...together, alone: alone.p50 };
}

function inThread({ origin, pid }, how) {
  return new Promise((done, fail) => {
    const thread = new Worker(new URL(import.meta.url), { workerData: { origin, pid, ...how } });
    thread.on("message", done).on("error", fail);
  });
}

async function press({ origin, pid, paths, requests, headers, method = "GET", body, connections, spell }) {
  const { hostname, port } = new URL(origin);
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  let next = 0;
  const took = [];
  let measuring = false;
  let refused = 0;
  const total = () => requests?.length ?? Infinity;
  const once = () =>
    new Promise((done, fail) => {
      const number = next++;
      const own = requests?.[number];
      const path = own?.path ?? paths[number % paths.length];
      const began = performance.now();
      const sent = request(
        { hostname, port, path: encodeURI(path), method, agent, headers: own?.headers ?? headers },
        (response) => {
          response.on("data", () => {}).on("end", () => {
            if (response.statusCode >= 400) refused++;
            if (measuring) took.push(performance.now() - began);
            done();
          });
        },
      );
      sent.on("error", fail).end(body);
    });
  const until = async (end) => {
    const line = async () => {
      while (performance.now() < end && next < total()) await once();
    };
    await Promise.all(Array.from({ length: connections }, line));
  };
  await until(performance.now() + spell / 2);
  measuring = true;
  const [began, cpuBegan] = [performance.now(), cpu(pid)];
  await until(began + spell);
  const [seconds, cpuTime] = [(performance.now() - began) / 1000, cpu(pid) - cpuBegan];
  agent.destroy();
  const sorted = took.toSorted((a, b) => a - b);
  const at = (part) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))];
  return { count: next, refused, rate: took.length / seconds, p50: at(0.5), p99: at(0.99), cpu: cpuTime / took.length };
}

// --- the tables

// Cells of Chinese text don't occur; every character is as wide as another.
function table(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  for (const row of rows) {
    console.log(row.map((cell, column) => (column ? cell.padStart(widths[column]) : cell.padEnd(widths[column]))).join("  "));
  }
}

// Rows read for each row shown where a question names no other number: what a record or a
// person is made of (project, shift, organization, certificates) is read beside it.
const EACH = 1.5;

// A bound for what lists and shows; what writes is counted in calls.
const within = ({ reads, each, shown, read }) => !reads || read <= each * shown + 20;

function printCosts([small, large]) {
  console.log("\nWhat a question costs, at 1,000 and at 100,000 projects. Bound for what shows: rows read ≤ ${EACH} × rows shown + 20, and more a row where several are joined.\n");
  const rows = [["", "calls", "shown", "read", "written", "ms", "shown", "read", "written", "ms", "time ×", ""]];
  large.forEach((after, index) => {
    const before = small[index];
    const cells = (cost) =>
      cost.time === undefined ? ["", "", "", ""] : [cost.shown, cost.read, cost.wrote, cost.time.toFixed(1)].map(String);
    const ratio = before.time && after.time ? (after.time / before.time).toFixed(2) : "";
    const bad = [before, after].some((cost) => cost.time !== undefined && !within(cost));
    const calls = String(after.calls ?? before.calls ?? "");
    rows.push([after.name, calls, ...cells(before), ...cells(after), ratio, bad ? "READS TOO MUCH" : ""]);
  });
  table(rows);
}

function printSpeeds(speeds) {
  console.log(`\nRequests a second at 100,000 projects, ${CONNECTIONS} connections; CPU is workerd's, client excluded.\n`);
  const rows = [["", "a second", "p50 ms", "p99 ms", "alone ms", "CPU ms", ""]];
  for (const { name, rate, p50, p99, alone, cpu, refused } of speeds) {
    const cells = [Math.round(rate).toString(), p50.toFixed(1), p99.toFixed(1), alone.toFixed(1), Number.isNaN(cpu) ? "–" : cpu.toFixed(2)];
    rows.push([name, ...cells, refused ? `${refused} refused` : ""]);
  }
  table(rows);
  console.log("");
}

if (!isMainThread) {
  press(workerData).then((result) => parentPort.postMessage(result));
} else if (process.argv[2] === "take") {
  take(process.argv[3], process.argv[4]);
} else {
  process.chdir(resolve(import.meta.dirname, ".."));
  await measure();
}
