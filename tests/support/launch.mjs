// Runs the Worker for the black-box tests: workerd with a fresh D1, the clock
// of its cron, the SMS gateway it posts to, and a browser when one is asked for.
//
// Prints one line of JSON, {"url": …, "control": …}, and lives until its
// standard input ends, so that it never outlives the tests, however they end.
//
// At the control address:
//   POST /sql             {"statements": [{"sql", "params"?}]}: one D1 batch
//                         → {"results": [{"rows", "meta"}]}
//   POST /scheduled       {"time"?: milliseconds, "cron"?}: one tick of the cron
//   GET  /logs            what the Worker logged
//   GET  /webhook         the messages the Worker sent: [{"path", "headers", "body"}]
//   POST /webhook-status  {"status"}: what the gateway answers from now on
//   POST /receivers/{name}         where a test's organization receives events
//   GET  /receivers/{name}         those it received: [{"headers", "body", "genuine"}]
//   PUT  /receivers/{name}         {"status"?, "secret"?}: what it answers from now on, and
//                                  what it verifies with
//   POST /chromedriver    starts it once → {"url", "capabilities"}

import { spawn } from "node:child_process";
import { createHmac, timingSafeEqual } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";

// Standard output carries the one line; whatever wrangler has to say goes beside it.
console.log = console.info = console.error;
process.env.CLOUDFLARE_CF_FETCH_ENABLED = "false";
process.env.WRANGLER_SEND_METRICS = "false";

const root = resolve(import.meta.dirname, "../..");
const build = join(root, "build/test");
const limited = process.env.RATE_LIMITS === "on";
const scratch = mkdtempSync(join(tmpdir(), "diandan-test-"));

let harness, worker, database, driver, driverUrl;
const messages = [];
let messageStatus = 204;
const receivers = new Map();

function receiver(name) {
  if (!receivers.has(name)) receivers.set(name, { status: 204, secret: "", events: [] });
  return receivers.get(name);
}

// Standard Webhooks by the letter, with the cryptography of Node.js.
function genuine({ headers, body }, secret) {
  const key = Buffer.from(secret.replace(/^whsec_/, ""), "base64");
  const signed = `${headers["webhook-id"]}.${headers["webhook-timestamp"]}.${body}`;
  const expected = createHmac("sha256", key).update(signed).digest();
  return (headers["webhook-signature"] ?? "").split(" ").some((signature) => {
    const [version, value = ""] = signature.split(",");
    const given = Buffer.from(value, "base64");
    return version === "v1" && given.length === expected.length && timingSafeEqual(given, expected);
  });
}

// A connection that rested may be closed just as it is used again. What was said then is
// said once more; had it been heard all the same, its ids would not be free any more.
async function onAnOpenLine(say) {
  try {
    return await say();
  } catch (error) {
    if (!["ECONNRESET", "UND_ERR_SOCKET"].includes(error?.cause?.code)) throw error;
    return say();
  }
}

const routes = {
  "POST /sql": async ({ statements }) => {
    const prepared = statements.map(({ sql, params = [] }) => database.prepare(sql).bind(...params));
    const results = await onAnOpenLine(() => database.batch(prepared));
    return { results: results.map(({ results, meta }) => ({ rows: results, meta })) };
  },
  "POST /scheduled": ({ time = Date.now(), cron = "* * * * *" }) =>
    worker.scheduled({ cron, scheduledTime: new Date(time) }),
  "GET /logs": () => harness.getLogs(),
  "GET /webhook": () => messages,
  "POST /webhook-status": ({ status }) => ({ status: (messageStatus = status) }),
  "POST /chromedriver": async () => ({
    url: await (driverUrl ??= startChromedriver()),
    capabilities: capabilities(),
  }),
};

const control = createServer(async (request, response) => {
  const answer = (status, value) => {
    response.writeHead(status, { "content-type": "application/json" });
    response.end(value === undefined ? undefined : JSON.stringify(value));
  };
  try {
    const { pathname } = new URL(request.url, "http://control");
    let body = "";
    for await (const chunk of request.setEncoding("utf8")) body += chunk;
    const route = routes[`${request.method} ${pathname}`];
    if (route) {
      answer(200, await route(body ? JSON.parse(body) : {}));
    } else if (pathname.startsWith("/receivers/")) {
      const here = receiver(pathname.slice("/receivers/".length));
      if (request.method === "PUT") {
        answer(200, Object.assign(here, JSON.parse(body)));
      } else if (request.method === "GET") {
        answer(200, here.events.map((event) => ({ ...event, genuine: genuine(event, here.secret) })));
      } else {
        here.events.push({ headers: request.headers, body });
        if (here.status >= 300 && here.status < 400) {
          response.setHeader("location", `${controlUrl}/receivers/elsewhere`);
        }
        answer(here.status);
      }
    } else if (request.method === "POST" && /^\/webhook(\/|$)/.test(pathname)) {
      messages.push({ path: pathname, headers: request.headers, body });
      answer(messageStatus);
    } else {
      answer(404, { error: "no such route" });
    }
  } catch (error) {
    answer(500, { error: [error?.message ?? error, error?.cause?.message].filter(Boolean).join(": ") });
  }
});

// The Worker is told where its gateway is, so the gateway is there first.
const controlUrl = await new Promise((ready) =>
  control.listen(0, "127.0.0.1", () => ready(`http://127.0.0.1:${control.address().port}`)),
);

// The limits of a caller so low that a test reaches them on a machine of any speed.
function limitedConfig() {
  const file = join(scratch, "wrangler.toml");
  const settings = readFileSync(join(root, "wrangler.toml"), "utf8")
    .replace(/\blimit = \d{1,3}\b/g, "limit = 20")
    .replace(/^(main|migrations_dir|directory) = "(.*)"/gm, (_, name, path) => `${name} = "${join(root, path)}"`);
  writeFileSync(file, settings);
  return file;
}

async function start() {
  if (!existsSync(join(build, "index.js"))) {
    throw new Error("build/test holds no Worker: run script/test, which builds it.");
  }
  const { createTestHarness } = await import("wrangler");
  harness = createTestHarness({
    root,
    workers: [
      {
        configPath: limited ? limitedConfig() : "wrangler.toml",
        prebuiltWorkerDir: build,
        vars: {
          ENVIRONMENT: "test",
          OUTBOX_PAGE: "on",
          NOTIFIER_URL: `${controlUrl}/webhook`,
          // Tests come in crowds.
          RATE_LIMITS: limited ? "on" : "off",
          WORKERS_PLAN: process.env.WORKERS_PLAN ?? "free",
        },
        secrets: { NOTIFIER_TOKEN: "test-token", MASTER_KEY: "0123456789abcdef".repeat(4) },
      },
    ],
  });
  const { url } = await harness.listen();
  worker = harness.getWorker();
  await worker.applyD1Migrations("DB");
  database = (await worker.getEnv()).DB;
  return url.origin;
}

function startChromedriver() {
  // What Chromium writes is ours to remove.
  driver = spawn("chromedriver", ["--port=0"], {
    env: { ...process.env, TMPDIR: scratch, XDG_CONFIG_HOME: scratch },
    stdio: ["ignore", "pipe", "inherit"],
  });
  return new Promise((started, failed) => {
    let output = "";
    driver.on("error", () => failed(new Error("chromedriver is missing: run script/setup test.")));
    driver.on("exit", (code) => failed(new Error(`chromedriver ended with ${code}: ${output}`)));
    driver.stdout.on("data", (chunk) => {
      output += chunk;
      const port = output.match(/started successfully on port (\d+)/)?.[1];
      if (port) started(`http://127.0.0.1:${port}`);
    });
  });
}

function capabilities() {
  const onPath = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"].flatMap((name) =>
    process.env.PATH.split(delimiter).map((directory) => join(directory, name)),
  );
  const args = [
    "--headless",
    // Nothing here reaches beyond this machine.
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
    // Containers have a small /dev/shm.
    "--disable-dev-shm-usage",
  ];
  // Chromium refuses its sandbox to root, which is who CI machines are.
  if (process.getuid?.() === 0) args.push("--no-sandbox");
  // Elsewhere chromedriver knows where Chrome is.
  const binary = process.env.CHROME ?? onPath.find(existsSync);
  return { browserName: "chrome", "goog:chromeOptions": { args, ...(binary && { binary }) } };
}

let stopping;
function stop(code) {
  stopping ??= (async () => {
    // A test that panicked leaves its browser open; the driver closes it.
    if (driver?.exitCode === null) {
      const ended = new Promise((done) => driver.once("exit", done));
      await fetch(`${await driverUrl}/shutdown`).catch(() => driver.kill());
      await ended;
    }
    await harness?.close();
    process.exit(code);
  })();
}

function stopOnSignals() {
  for (const [signal, code] of Object.entries({ SIGHUP: 129, SIGINT: 130, SIGTERM: 143 })) {
    // wrangler, once started, has listeners that exit at once and leave the browser behind.
    process.removeAllListeners(signal).on(signal, () => stop(code));
  }
}

process.on("exit", () => rmSync(scratch, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 }));
process.stdin.on("end", () => stop(0)).on("error", () => stop(0)).resume();

try {
  stopOnSignals();
  const url = await start();
  stopOnSignals();
  process.stdout.write(`${JSON.stringify({ url, control: controlUrl })}\n`);
} catch (error) {
  // Told to stop while it was starting: whatever then fails is no news.
  if (!stopping) console.error(error.message);
  stop(1);
}
