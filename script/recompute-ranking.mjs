// Recomputes a contest's ranking with the module that browsers load (script/lib.sh builds it):
//
//   node script/recompute-ranking.mjs <sheet.json >ranking.json
//   node script/recompute-ranking.mjs --bench    how long a national final takes
//
// Ends with 1 and says why when the sheet has no ranking.

import { readFileSync } from "node:fs";
import { text } from "node:stream/consumers";
import { gzipSync } from "node:zlib";

import { nationalSheet } from "./national-sheet.mjs";
import { folder, recompute } from "./ranking.mjs";

if (process.argv[2] === "--bench") {
  for (const file of ["ranking.wasm", "recompute.mjs"]) {
    const bytes = readFileSync(new URL(file, folder));
    console.log(`${file}: ${bytes.length} bytes, ${gzipSync(bytes, { level: 9 }).length} compressed`);
  }
  await recompute("").catch(() => {});
  const together = [JSON.stringify(nationalSheet())];
  const apart = Array.from({ length: 10 }, (_, track) => JSON.stringify(nationalSheet(track)));
  await measure("one sheet of 1,202 entries", together);
  await measure("a sheet for each of 10 tracks", apart);
} else {
  try {
    process.stdout.write(await recompute(await text(process.stdin)));
  } catch (reason) {
    process.stderr.write(reason.message);
    process.exitCode = 1;
  }
}

// CPU time, once the module is loaded. The first round is run by code compiled in haste;
// compiling it well goes on beside it and is counted; not so with
// node --liftoff-only --single-threaded.
async function measure(what, sheets) {
  const times = [];
  for (let round = 0; round < 60; round++) {
    const before = process.cpuUsage();
    for (const sheet of sheets) await recompute(sheet);
    const { user, system } = process.cpuUsage(before);
    times.push((user + system) / 1000);
  }
  const [first] = times;
  times.sort((a, b) => a - b);
  const median = times[times.length / 2];
  console.log(`${what}: ${first.toFixed(0)} ms at first, ${median.toFixed(0)} ms in the middle of ${times.length}`);
}
