// Serves build/ in workerd over the D1 file that `wrangler d1 … --local` keeps,
// and ticks its cron, which `wrangler dev` doesn't. script/server starts it.
//
//   node script/serve.mjs            serves on HOST and PORT until it is told to stop
//   node script/serve.mjs database   prints the path of the D1 file

import { createHash, createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { networkInterfaces } from "node:os";
import { join, resolve } from "node:path";

process.env.CLOUDFLARE_CF_FETCH_ENABLED = "false";
process.chdir(resolve(import.meta.dirname, ".."));
const state = resolve(".wrangler/state/v3");

if (process.argv[2] === "database") {
  console.log(databaseFile());
} else {
  await serve(process.env.HOST ?? "127.0.0.1", Number(process.env.PORT ?? 8787));
}

// workerd names a database after the hash of its id.
function databaseFile() {
  const [, id] = readFileSync("wrangler.toml", "utf8").match(/^database_id *= *"(.*)"/m);
  const object = "miniflare-D1DatabaseObject";
  const key = createHash("sha256").update(object).digest();
  const mac = (data) => createHmac("sha256", key).update(data).digest().subarray(0, 16);
  const name = mac(id);
  return join(state, "d1", object, `${Buffer.concat([name, mac(name)]).toString("hex")}.sqlite`);
}

async function serve(host, port) {
  // A second of loading, so only when serving.
  const { convertV4MiniflareOptions, Log, LogLevel, Miniflare } = await import("miniflare");
  const { unstable_getMiniflareWorkerOptions } = await import("wrangler");
  const { workerOptions } = unstable_getMiniflareWorkerOptions("wrangler.toml");
  const server = new Miniflare(
    convertV4MiniflareOptions({
      host,
      port,
      resourcePersistencePath: state,
      log: new Log(LogLevel.WARN),
      workers: [
        {
          ...workerOptions,
          modules: [
            { type: "ESModule", path: resolve("build/index.js") },
            { type: "CompiledWasm", path: resolve("build/index_bg.wasm") },
          ],
        },
      ],
    }),
  );

  let ticking, stopping;
  const stop = (code) => {
    clearTimeout(ticking);
    return (stopping ??= server.dispose().finally(() => process.exit(code)));
  };
  for (const [signal, code] of Object.entries({ SIGHUP: 129, SIGINT: 0, SIGTERM: 143 })) {
    process.removeAllListeners(signal).on(signal, () => stop(code));
  }

  await server.ready.catch((error) => {
    console.error(error.message);
    return stop(1);
  });
  const worker = await server.getWorker();
  const [cron] = workerOptions.cronTriggers ?? [];
  const tickNextMinute = () => {
    const now = Date.now();
    const next = now - (now % 60_000) + 60_000;
    ticking = setTimeout(async () => {
      const tick = worker.scheduled({ cron, scheduledTime: new Date(next) });
      const { outcome } = await tick.catch((error) => ({ outcome: error.message }));
      if (stopping) return;
      if (outcome !== "ok") console.error(`The cron's tick of ${new Date(next).toISOString()}: ${outcome}`);
      tickNextMinute();
    }, next - now);
  };
  if (cron) tickNextMinute();

  console.log("");
  for (const address of addresses(host)) {
    console.log(`  The menu                    http://${address}:${port}/`);
    console.log(`  Codes sent to volunteers    http://${address}:${port}/outbox`);
  }
  console.log("\nCtrl-C stops it; the data stays.");
}

function addresses(host) {
  if (host !== "0.0.0.0" && host !== "::") return [host];
  const others = Object.values(networkInterfaces()).flat();
  const reachable = others.filter(({ family, internal }) => family === "IPv4" && !internal);
  return ["127.0.0.1", ...reachable.map(({ address }) => address)];
}
