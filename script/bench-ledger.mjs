// What sealing costs: the CPU that workerd and its D1 spend on getting so many records into
// the ledger, and how long proofs and entries take then.
//
//   script/test --no-run && node script/bench-ledger.mjs [records, 10000 when left out]
//
// Runs what the tests run (build/test), on Linux: CPU is read from /proc. The deployed
// build is optimized further.

import { spawn } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";

const RECORDS = Number(process.argv[2] ?? 10_000);
const TICKS_PER_SECOND = 100;

const launcher = spawn(process.execPath, [join(import.meta.dirname, "../tests/support/launch.mjs")], {
  env: { ...process.env, WORKERS_PLAN: "paid" },
  stdio: ["pipe", "pipe", "inherit"],
});
const [line] = await new Promise((told) => createInterface(launcher.stdout).once("line", (...lines) => told(lines)));
const { url, control } = JSON.parse(line);

async function order(path, body) {
  const answer = await fetch(control + path, { method: "POST", body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(await answer.text());
  return answer.json();
}

const sql = async (...statements) =>
  (await order("/sql", { statements: statements.map((sql) => ({ sql })) })).results.map(({ rows }) => rows);

// Seconds of CPU that workerd has had, below the launcher.
function cpu() {
  const processes = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
        const [, name, rest] = stat.match(/\((.*)\) (.*)/);
        const fields = rest.split(" ");
        return [{ pid: Number(pid), name, parent: Number(fields[1]), ticks: Number(fields[11]) + Number(fields[12]) }];
      } catch {
        return [];
      }
    });
  const below = (parent) =>
    processes.filter((one) => one.parent === parent).flatMap((one) => [one, ...below(one.pid)]);
  const ticks = below(launcher.pid).reduce((sum, { name, ticks }) => sum + (name === "workerd" ? ticks : 0), 0);
  return ticks / TICKS_PER_SECOND;
}

async function asked(path) {
  const began = performance.now();
  const answer = await fetch(url + path);
  await answer.arrayBuffer();
  return `${answer.status} in ${Math.round(performance.now() - began)} ms: ${answer.headers.get("server-timing")}`;
}

try {
  await sql(
    "INSERT INTO organization (id, name, kind, region, state, created_at) VALUES ('o', '量量', 'volunteer_team', '36', 'verified', 0)",
    "INSERT INTO volunteer (id, name, phone_hash, phone_sealed, calendar_hash, created_at) VALUES ('v', 'x', 'x', 'x', 'x', 0)",
  );
  const facts = JSON.stringify({ activity: "夏令营".repeat(10), content: "陪读、讲故事、做手工".repeat(20), evidence: ["", ""].fill("01990000-0000-7000-8000-000000000002") });
  for (let made = 0; made < RECORDS; made += 1_000) {
    await sql(
      `INSERT INTO service_record (id, kind, volunteer_id, organization_id, on_date, started_at, ended_at, minutes, grade, facts, due_on, recorded_at, recorded_by)
       SELECT 'r' || n, 'service', 'v', 'o', '2026-01-01', n * 3600000, (n + 1) * 3600000, 60, 'A', '${facts}', '2026-01-15', 1, 'volunteer:v'
       FROM (WITH RECURSIVE c (n) AS (SELECT ${made} UNION ALL SELECT n + 1 FROM c WHERE n + 1 < ${made + 1_000}) SELECT n FROM c)`,
    );
  }
  const size = async () => (await sql("SELECT coalesce(max(size), 0) AS size FROM ledger_checkpoint"))[0][0].size;
  const [began, before] = [performance.now(), cpu()];
  let ticks = 0;
  for (; (await size()) < RECORDS; ticks++) await order("/scheduled", {});
  const took = Math.round(performance.now() - began);
  console.log(`${RECORDS} records sealed in ${ticks} ticks: ${(cpu() - before).toFixed(2)} s of CPU, ${took} ms`);
  for (const path of [
    `/api/v1/ledger/proofs/consistency?from=${Math.ceil(RECORDS / 3)}&to=${RECORDS}`,
    `/api/v1/ledger/entries?from=${RECORDS - 256}`,
    "/ledger/tile/0/000",
  ]) {
    console.log(`${path}: ${await asked(path)}`);
  }
} finally {
  launcher.stdin.end();
}
