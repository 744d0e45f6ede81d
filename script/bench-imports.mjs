// What importing 5,000 projects costs on this machine: node script/bench-imports.mjs
// Takes build/ as script/bench left it. Seconds, calls to D1 and memory, and whether an
// import during which workerd is killed comes to the same end (the same number). Wasm
// memory never shrinks, so what it has at the end is the most it had.

import { createHash } from "node:crypto";
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { resolve } from "node:path";

process.env.CLOUDFLARE_CF_FETCH_ENABLED = "false";
const PROJECTS = Number(process.argv[2] ?? 5_000);
const MEGABYTE = 1024 * 1024;
const ORGANIZATION = "01900000-0000-7000-8000-000000000001";
const KEY = "ddk_bench";

const sleep = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));
const sha256 = (text) => createHash("sha256").update(text).digest("hex");

// A notice as long as notices are, with three shifts.
function project(number) {
  const paragraph = `第 ${number} 个项目：陪老人量血压、聊天，帮他们打扫屋子，记下他们缺的东西。`;
  const shift = (day) => ({
    ref: `d${day}`,
    role: "助老",
    starts_at: new Date(Date.UTC(2030, 0, day, 1) - 3 * 365 * 86_400_000).toISOString(),
    ends_at: new Date(Date.UTC(2030, 0, day, 4) - 3 * 365 * 86_400_000).toISOString(),
    capacity: 6,
    waitlist: 2,
  });
  return JSON.stringify({
    client_ref: `bench-${number}`,
    state: "published",
    title: `敬老院陪伴日第 ${number} 期`,
    field: "care",
    summary: "陪老人说说话，量量血压",
    content: paragraph.repeat(20),
    region: "360731",
    place: "于都县敬老院",
    conditions: "有耐心",
    how_to_sign_up: "在本页报名",
    risks: "山路湿滑",
    safeguards: "已投保",
    shifts: [3, 10, 17].map(shift),
  });
}

// The Worker with its memory at the end of each line it logs.
function instrumented() {
  const source = readFileSync("build/index.js", "utf8");
  const made = source.match(/WebAssembly\.Instance\([^;]*?\),(\w+)=\w+\.exports;/);
  const probe = `const say = console.log;
console.log = (line) => say(line.replace(/}$/, ',"wasm_memory":' + (globalThis.benchedWasm?.memory.buffer.byteLength ?? 0) + "}"));
`;
  return probe + source.replaceAll(made[0], `${made[0]}globalThis.benchedWasm=${made[1]};`);
}

function resident(pid) {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(status.match(/VmRSS:\s+(\d+)/)[1]) * 1024;
}

function children() {
  return readFileSync(`/proc/self/task/${process.pid}/children`, "utf8").split(" ").filter(Boolean).map(Number);
}

async function start(plan, state) {
  const { convertV4MiniflareOptions, Log, LogLevel, Miniflare } = await import("miniflare");
  const lines = [];
  const before = new Set(children());
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      host: "127.0.0.1",
      port: 0,
      resourcePersistencePath: state,
      log: new Log(LogLevel.NONE),
      handleStructuredLogs: ({ message }) => message.startsWith("{") && lines.push(JSON.parse(message)),
      workers: [
        {
          name: "bench",
          compatibilityDate: "2026-11-01",
          modules: [
            { type: "ESModule", path: resolve("build/index.js"), contents: instrumented() },
            { type: "CompiledWasm", path: resolve("build/index_bg.wasm") },
          ],
          d1Databases: { DB: "bench" },
          bindings: { ENVIRONMENT: "development", MASTER_KEY: "0f".repeat(32), RATE_LIMITS: "off", WORKERS_PLAN: plan },
        },
      ],
    }),
  );
  const { origin } = await miniflare.ready;
  const pid = children().find((child) => !before.has(child));
  return { miniflare, origin, pid, lines };
}

async function prepare(miniflare) {
  const database = await miniflare.getD1Database("DB");
  for (const file of readdirSync("migrations").sort()) {
    for (const statement of statements(readFileSync(`migrations/${file}`, "utf8"))) {
      await database.prepare(statement).run();
    }
  }
  const now = Date.now();
  await database.batch([
    database
      .prepare("INSERT INTO organization (id, name, kind, region, state, created_at) VALUES (?, '量量', 'volunteer_team', '36', 'verified', ?)")
      .bind(ORGANIZATION, now),
    database
      .prepare("INSERT INTO api_key (token_hash, id, organization_id, name, scopes, created_at, expires_at) VALUES (?, 'bench', ?, 'bench', '[\"projects:write\"]', ?, ?)")
      .bind(sha256(KEY), ORGANIZATION, now, now + 86_400_000),
  ]);
}

// Everything an import may have touched, without ids and hours, as one number.
async function end(miniflare) {
  const database = await miniflare.getD1Database("DB");
  const all = [];
  for (const sql of [
    "SELECT client_ref, version, state, title, terms, seats_free, waits_free, next_starts_at, body_hash FROM project ORDER BY client_ref",
    "SELECT p.client_ref, h.ref, h.starts_at, h.capacity, h.state FROM shift h JOIN project p ON p.seq = h.project ORDER BY p.client_ref, h.ref",
    "SELECT seq, line, reference, outcome, refusal FROM import_result ORDER BY seq",
    "SELECT action, count(*) AS acts FROM audit GROUP BY action ORDER BY action",
  ]) {
    all.push((await database.prepare(sql).all()).results);
  }
  return sha256(JSON.stringify(all));
}

async function measure(plan, kills) {
  const state = resolve("target/bench/imports");
  rmSync(state, { recursive: true, force: true });
  let server = await start(plan, state);
  await prepare(server.miniflare);
  const at = `/api/v1/organizations/${ORGANIZATION}/imports`;
  const headers = { authorization: `Bearer ${KEY}` };
  await (await fetch(server.origin + at, { headers })).text();
  await sleep(200);
  const quiet = { resident: resident(server.pid), wasm: server.lines.at(-1)?.wasm_memory ?? 0 };
  const file = Array.from({ length: PROJECTS }, (_, number) => `${project(number)}\n`).join("");
  const began = performance.now();
  const taken = await fetch(server.origin + at, {
    method: "POST",
    headers: { ...headers, "content-type": "application/x-ndjson", "idempotency-key": "bench" },
    body: file,
  });
  const handedIn = performance.now();
  const location = taken.headers.get("location");
  let [most, polls, progress, killed] = [0, 0, await taken.json(), 0];
  if (taken.status !== 202) throw new Error(JSON.stringify(progress));
  while (progress.state !== "done") {
    progress = await (await fetch(server.origin + location, { headers })).json();
    polls++;
    most = Math.max(most, resident(server.pid));
    if (killed < kills && progress.done > ((killed + 1) * PROJECTS) / (kills + 1)) {
      // In the middle of whatever it is doing.
      await sleep(Math.random() * 100);
      process.kill(server.pid, "SIGKILL");
      killed++;
      await server.miniflare.dispose().catch(() => {});
      server = await start(plan, state);
    }
    await sleep(20);
  }
  const done = performance.now();
  const exporting = `${server.origin}${at.replace(/imports$/, "export")}?format=csv`;
  const exported = kills ? "" : await (await fetch(exporting, { headers })).text();
  await sleep(500);
  most = Math.max(most, resident(server.pid));
  const { lines } = server;
  const worked = lines.filter((line) => line.message === "imported");
  const begun = lines.find((line) => line.method === "POST");
  const sum = (numbers) => numbers.reduce((all, number) => all + number, 0);
  const wasm = (of) => Math.max(0, ...lines.filter(of).map((line) => line.wasm_memory ?? 0));
  const importing = wasm((line) => !line.route?.endsWith("/export"));
  const megabytes = (bytes) => (bytes / MEGABYTE).toFixed(1);
  console.log(`
WORKERS_PLAN=${plan}${kills ? `, killed ${killed} times` : ""}: ${PROJECTS} projects, ${megabytes(Buffer.byteLength(file))} MB
  came to     ${JSON.stringify({ created: progress.created, refused: progress.refused })}, ${(await end(server.miniflare)).slice(0, 16)}
  done in     ${((done - handedIn) / 1000).toFixed(1)} s, ${polls} polls`);
  if (!kills) {
    console.log(`  taken in    ${((handedIn - began) / 1000).toFixed(1)} s, ${begun?.d1_calls} calls to D1
  worked      ${sum(worked.map((line) => line.d1_calls))} calls to D1 in ${worked.length} invocations, ${Math.max(...worked.map((line) => line.lines))} lines in one at most, ${Math.max(...worked.map((line) => line.duration_ms))} ms at most
  Wasm memory ${megabytes(quiet.wasm)} MB before, ${megabytes(importing)} MB at most, ${megabytes(wasm(() => true))} MB with an export of ${megabytes(Buffer.byteLength(exported))} MB
  workerd     ${megabytes(quiet.resident)} MB resident before, ${megabytes(most)} MB at most, with D1 and its cache`);
  }
  await server.miniflare.dispose();
}

// One statement at a time; those of a trigger stand between BEGIN and END.
function statements(script) {
  const found = [];
  let held = "";
  for (const line of script.split("\n")) {
    if (!line.trim() || line.trim().startsWith("--")) continue;
    held += `${line}\n`;
    const inside = /\bBEGIN\s*$/m.test(held) && !/^END;$/m.test(held);
    if (line.trimEnd().endsWith(";") && !inside) {
      found.push(held);
      held = "";
    }
  }
  return found;
}

await measure("paid", 0);
await measure("paid", 3);
await measure("free", 0);
process.exit(0);
